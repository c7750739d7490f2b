from __future__ import annotations

import time

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from annotator.ui.window.main_window import MainWindow
from tools.stress.monkey import Monkey, Watch, growth


def test_memory_that_levels_off_has_not_grown() -> None:
    assert growth([100, 300, 500, 500, 500, 501, 499, 500]) == pytest.approx(-0.5)
    assert growth([100, 200, 300, 400, 500, 600, 700, 800]) == pytest.approx(400)
    assert growth([1, 2]) == 0


def test_the_monkey_plays_without_a_problem(opened: MainWindow) -> None:
    watch = Watch()
    monkey = Monkey(opened, watch, seed=3)
    monkey._gestures = [(gesture, weight) for gesture, weight in monkey._gestures
                        if gesture not in (monkey.run_a_job, monkey.click_anything)]
    for _ in range(40):
        monkey.step()
    monkey.end()
    assert not watch.problems
    assert monkey.count == 40
    assert not opened.isVisible()


def test_a_problem_is_told_with_what_was_done_before() -> None:
    watch = Watch()
    watch.done.extend(["go.next", "wheel 120 over Canvas"])
    try:
        raise ValueError(f"at {time.monotonic():.0f}")
    except ValueError as error:
        watch._on_exception(type(error), error, error.__traceback__)
    (problem,) = watch.problems
    assert "ValueError" in problem
    assert "go.next; wheel 120 over Canvas" in problem

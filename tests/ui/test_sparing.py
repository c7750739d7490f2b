from __future__ import annotations

import time

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QObject

from annotator.ui.sparing import SparingTimer


def test_it_comes_soon_after_a_pause_and_seldom_in_a_rush(qtbot: object) -> None:
    done: list[float] = []
    parent = QObject()
    timer = SparingTimer(lambda: done.append(time.monotonic()), 300, parent, soonest=1)
    timer.begin()
    assert timer.interval() == 1
    timer.begin()
    qtbot.waitUntil(lambda: len(done) == 1)  # type: ignore[attr-defined]
    timer.begin()
    assert 1 < timer.interval() <= 300
    timer.begin()
    assert timer.interval() > 1, "what waits is not put off and not hurried"
    qtbot.waitUntil(lambda: len(done) == 2)  # type: ignore[attr-defined]
    assert done[1] - done[0] >= 0.29


def test_what_took_long_waits_longer(qtbot: object) -> None:
    done: list[int] = []
    parent = QObject()

    def work() -> None:
        time.sleep(0.05)
        done.append(1)

    timer = SparingTimer(work, 10, parent)
    timer.begin()
    assert timer.interval() == 10
    qtbot.waitUntil(lambda: len(done) == 1)  # type: ignore[attr-defined]
    timer.begin()
    assert timer.interval() > 500
    timer.stop()


def test_a_person_does_not_wait_for_a_rush_to_end(qtbot: object) -> None:
    done: list[int] = []
    parent = QObject()
    timer = SparingTimer(lambda: done.append(1), 60000, parent, soonest=1)
    timer.begin()
    qtbot.waitUntil(lambda: len(done) == 1)  # type: ignore[attr-defined]
    timer.begin()
    assert timer.interval() > 1000
    timer.begin(at_once=True)
    qtbot.waitUntil(lambda: len(done) == 2, timeout=1000)  # type: ignore[attr-defined]
    assert not timer.isActive()

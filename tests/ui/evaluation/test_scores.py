from __future__ import annotations

import math

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from pytestqt.qtbot import QtBot

from annotator.ui.evaluation.scores import ScoreGrid
from tests.ui.evaluation import scored


@pytest.fixture
def grid(qtbot: QtBot) -> ScoreGrid:
    made = ScoreGrid()
    qtbot.addWidget(made)
    return made


def shown(grid: ScoreGrid) -> list[list[str]]:
    return [[cell.text() for cell in row] for row in grid.cells]


def test_it_shows_before_now_and_the_change(grid: ScoreGrid) -> None:
    before = scored.scores(hota=60.04, deta=70, assa=50, idf1=55.5, mota=-3, idsw=1500)
    after = scored.scores(hota=61.2, deta=69.96, assa=50, idf1=80, mota=math.nan, idsw=12)
    grid.show_scores(scored.project(before=before, after=after))
    assert shown(grid) == [["60.0", "70.0", "50.0", "55.5", "-3.0", "1,500"],
                           ["61.2", "70.0", "50.0", "80.0", "-", "12"], ["+1.2", "0.0", "0.0", "+24.5", "-", "-1,488"]]


def test_without_a_run_there_is_no_change_and_none_clears_all(grid: ScoreGrid) -> None:
    grid.show_scores(scored.project(after=scored.scores(hota=50)))
    assert (shown(grid)[0], shown(grid)[1][0], shown(grid)[2]) == (["-"] * 6, "50.0", ["-"] * 6)
    grid.show_scores(None)
    assert shown(grid) == [["-"] * 6] * 3

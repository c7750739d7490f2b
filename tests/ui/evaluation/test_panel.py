"""The evaluation panel alone: what it shows and what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from annotator.ui.evaluation.models import ErrorKind, ErrorRow
from annotator.ui.evaluation.panel import EvaluatePanel
from annotator.ui.threads.tasks import TaskWorker
from tests.ui.evaluation import scored

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[EvaluatePanel]:
    owner = QObject()  # of the worker
    made = EvaluatePanel(TaskWorker(owner, "task"))
    qtbot.addWidget(made)
    made.resize(420, 500)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    owner.deleteLater()


def click_row(view: QTableView, row: int, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(view.model().index(row, 0)).center())


def test_nothing_is_scored_at_first(panel: EvaluatePanel) -> None:
    assert not panel.tabs.isEnabled()
    assert panel.kind.itemText(0) == "All errors (0)"
    assert not panel.notice.isVisible()


def test_the_list_keeps_its_kind_when_new_scores_arrive(panel: EvaluatePanel) -> None:
    panel.show_scores(scored.project())
    assert panel.tabs.isEnabled()
    assert [panel.kind.itemText(k) for k in range(4)] == [
        "All errors (4)", "Identity switches (1)", "Misses (1)", "False positives (2)"]
    panel.kind.setCurrentIndex(panel.kind.findData(ErrorKind.MISS))
    panel.show_scores(scored.project("one", "two"))
    assert panel.kind.currentText() == "Misses (2)"
    assert panel.errors.rowCount() == 2


def test_a_click_and_an_arrow_key_choose_an_error(panel: EvaluatePanel, qtbot: QtBot) -> None:
    panel.show_scores(scored.project())
    chosen: list[ErrorRow] = []
    panel.error_chosen.connect(chosen.append)
    click_row(panel.error_view, 1, qtbot)
    assert {row.kind for row in chosen} == {ErrorKind.MISS}
    qtbot.keyClick(panel.error_view, Qt.Key.Key_Down)
    assert (chosen[-1].kind, chosen[-1].frame) == (ErrorKind.SWITCH, 10)


def test_a_click_chooses_the_track_of_its_row_in_any_order(panel: EvaluatePanel, qtbot: QtBot) -> None:
    panel.show_scores(scored.project())
    panel.tabs.setCurrentIndex(1)
    panel.track_view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    chosen: list[tuple[str, int]] = []
    panel.track_chosen.connect(lambda *track: chosen.append(track))
    click_row(panel.track_view, 0, qtbot)
    assert chosen == [("clip", 9)]


def test_buttons_ask_and_a_long_path_shows_its_beginning(panel: EvaluatePanel, qtbot: QtBot) -> None:
    for button, signal in ((panel.file, panel.file_wanted), (panel.folder, panel.folder_wanted),
                           (panel.evaluate, panel.evaluation_wanted)):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    path = Path("/data") / ("long" * 40) / "gt.txt"
    panel.show_ground_truth(path)
    assert (panel.path.text(), panel.path.toolTip()) == (str(path), str(path))
    panel.show_ground_truth(None)
    assert (panel.path.text(), panel.path.toolTip()) == ("", "")


def test_a_notice_shows_markup_as_text_and_an_empty_one_hides(panel: EvaluatePanel) -> None:
    panel.say("<b>clip</b> has no tracks")
    assert panel.notice.isVisible()
    assert panel.notice.textFormat() is Qt.TextFormat.PlainText
    panel.say("")
    assert not panel.notice.isVisible()

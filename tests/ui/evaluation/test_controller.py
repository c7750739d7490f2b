from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QTableView
from pytestqt.qtbot import QtBot

from annotator.jobs.project import open_project
from annotator.storage.edits import identities
from annotator.ui.evaluation.models import ErrorKind
from annotator.ui.window.main_window import MainWindow
from testbed.synthetic_clips import make_clip
from tests.conftest import SEED, SPEC

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """The clip's true boxes as gt.txt, object 1 without its first five frames."""
    rows = []
    for frame, boxes in enumerate(make_clip(SPEC, SEED).boxes()):
        for number, (x0, y0, x1, y1) in enumerate(boxes.tolist(), 1):
            if number > 1 or frame >= 5:
                rows.append(f"{frame + 1},{number},{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},1,1,1")
    path = tmp_path / "truth" / "clip" / "gt" / "gt.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(rows) + "\n")
    return path


def evaluated(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.features.evaluation.worker.ended, timeout=60000):
        qtbot.mouseClick(window.features.evaluation.panel.evaluate, Qt.MouseButton.LeftButton)


def click_row(view: QTableView, row: int, qtbot: QtBot) -> None:
    place = view.visualRect(view.model().index(row, 2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))


def numbers(window: MainWindow) -> set[int]:
    return {window.document.tracks()[track].number for track in window.document.selection}


def test_it_scores_before_and_after_and_leads_to_each_error(
        opened: MainWindow, truth: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    window, panel = opened, opened.features.evaluation.panel
    qtbot.keyClick(window, Qt.Key.Key_V, CTRL_SHIFT)
    assert window.features.evaluation.dock.isVisible()
    assert "Select the ground truth first" in panel.notice.text()
    assert not panel.evaluate.isEnabled()

    tracks = {track.number: track.id for track in window.document.tracks().values()}
    window.document.edit(lambda session: identities.swap_tracks(session.store, tracks[1], tracks[2], 10))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(truth), ""))
    with qtbot.waitSignal(window.features.evaluation.worker.ended, timeout=60000):
        qtbot.mouseClick(panel.file, Qt.MouseButton.LeftButton)
    before, now, change = ([cell.text() for cell in cells] for cells in panel.scores.cells)
    assert (before[5], now[5], change[5]) == ("0", "2", "+2")
    assert float(now[2]) < float(before[2]) < 100.0, "AssA; object 1 lacks five boxes in the truth"
    assert change[1] == "0.0"
    assert panel.notice.text() == ""

    assert [panel.kind.itemText(k) for k in range(4)] == [
        "All errors (3)", "Identity switches (2)", "Misses (0)", "False positives (1)"]
    panel.kind.setCurrentIndex(1)
    assert panel.errors.rowCount() == panel.errors.count(ErrorKind.SWITCH) == 2
    click_row(panel.error_view, 0, qtbot)
    assert (window.document.frame, numbers(window)) == (10, {1, 2})
    assert panel.errors.index(0, 2).data() == "object 1 switches from track 1 to track 2"
    panel.kind.setCurrentIndex(3)
    click_row(panel.error_view, 0, qtbot)
    assert (window.document.frame, numbers(window)) == (0, {1})
    assert panel.errors.index(0, 1).data() == "5"

    panel.tabs.setCurrentIndex(1)
    shown = [[panel.sorted_tracks.index(row, column).data() for column in range(6)] for row in range(3)]
    assert shown[0] == ["1", "20", "75%", "2", "67%", "2"]
    assert shown[2] == ["3", "20", "100%", "3", "100%", "0"]
    click_row(panel.track_view, 2, qtbot)
    assert numbers(window) == {3}


def test_edits_make_it_out_of_date_until_it_is_asked_again(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    window, panel = opened, opened.features.evaluation.panel
    window.features.evaluation.set_ground_truth(truth.parent.parent)
    window.features.evaluation.dock.show()
    window.features.evaluation.dock.raise_()
    evaluated(window, qtbot)
    tracks = {track.number: track.id for track in window.document.tracks().values()}
    window.document.edit(lambda session: identities.delete_range(session.store, [tracks[1]], 0, 4))
    assert "Out of date" in panel.notice.text()
    assert panel.scores.cells[1][0].text() != "100.0"
    evaluated(window, qtbot)
    assert panel.notice.text() == ""
    assert panel.scores.cells[1][0].text() == "100.0"
    assert panel.errors.count() == 0


def test_a_missed_object_is_outlined_where_it_is(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    window, panel = opened, opened.features.evaluation.panel
    window.features.evaluation.set_ground_truth(truth)
    tracks = {track.number: track.id for track in window.document.tracks().values()}
    window.document.edit(lambda session: identities.delete_range(session.store, [tracks[3]], 12, 14))
    window.features.evaluation.dock.show()
    window.features.evaluation.dock.raise_()
    evaluated(window, qtbot)
    panel.kind.setCurrentIndex(2)
    click_row(panel.error_view, 0, qtbot)
    assert panel.errors.index(0, 2).data() == "object 3 is missed"
    assert (window.document.frame, numbers(window)) == (12, set())
    x0, y0, x1, y1 = make_clip(SPEC, SEED).boxes()[12, 2].tolist()
    rect = window.features.evaluation.missed.rect
    assert rect is not None
    assert (rect.left(), rect.top(), rect.right(), rect.bottom()) == pytest.approx((x0, y0, x1, y1))
    qtbot.keyClick(window.canvas, Qt.Key.Key_F)
    assert window.features.evaluation.missed.rect is None


def test_the_ground_truth_is_remembered_for_its_project(opened: MainWindow, truth: Path, project: Path,
                                                       tmp_path: Path) -> None:
    opened.features.evaluation.set_ground_truth(truth)
    open_project(tmp_path / "other.annot", create=True).close()
    assert opened.open_path(tmp_path / "other.annot")
    remembered = opened.features.evaluation.ground_truth
    assert remembered is None
    assert opened.features.evaluation.panel.path.text() == ""
    assert opened.open_path(project)
    assert opened.features.evaluation.ground_truth == truth
    assert opened.features.evaluation.panel.path.text() == str(truth)


def test_what_cannot_be_scored_is_said_in_a_line(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, panel = opened, opened.features.evaluation.panel
    (tmp_path / "gt.txt").write_text("1,1,0,0\n")
    window.features.evaluation.set_ground_truth(tmp_path / "gt.txt")
    window.features.evaluation.dock.show()
    window.features.evaluation.dock.raise_()
    evaluated(window, qtbot)
    assert "gt.txt line 1 has 4 columns" in panel.notice.text()
    assert "gt.txt line 1 has 4 columns" in window.statusBar().currentMessage()
    window.features.evaluation.set_ground_truth(tmp_path / "gone.txt")
    evaluated(window, qtbot)
    assert "gone.txt does not exist" in panel.notice.text()
    assert panel.scores.cells[1][0].text() == "-"


def test_it_can_be_cancelled_and_nothing_is_shown(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    window, panel = opened, opened.features.evaluation.panel
    window.features.evaluation.set_ground_truth(truth)
    window.features.evaluation.dock.show()
    with qtbot.waitSignal(window.features.evaluation.worker.ended, timeout=60000):
        window.features.evaluation.evaluate()
        assert not window.actions_["run.evaluate"].isEnabled()
        assert not panel.evaluate.isEnabled()
        panel.task.cancel.click()
    assert "cancelled" in panel.notice.text()
    assert panel.scores.cells[1][0].text() == "-"
    assert panel.evaluate.isEnabled()

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QSettings, Qt
from pytestqt.qtbot import QtBot

from annotator.storage.edits import drawn_boxes
from annotator.ui.edits.history_list import short_time
from annotator.ui.window.main_window import MainWindow
from tests.ui.manual_boxes import set_box

BOX = (10.0, 10.0, 40.0, 40.0)


def make_steps(window: MainWindow, frames: tuple[int, ...] = (2, 4, 6)) -> int:
    track = min(window.document.tracks())
    for frame in frames:
        set_box(window, track, frame, BOX)
    return track


def drawn(window: MainWindow, track: int) -> set[int]:
    assert window.document.session is not None
    return {o.frame for o in window.document.session.store.trajectory(track) if o.human}


def labels(window: MainWindow) -> list[str]:
    model = window.features.edits.history.model
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def click_row(window: MainWindow, row: int, qtbot: QtBot) -> None:
    view = window.features.edits.history.view
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not window.features.edits.history.travelling)


def show_list(window: MainWindow) -> None:
    dock = window.features.edits.history.parentWidget()
    assert dock is not None
    dock.raise_()
    window.features.edits.history.reload()


def test_every_step_is_listed_with_its_time_and_the_present_one_is_marked(opened: MainWindow, qtbot: QtBot) -> None:
    make_steps(opened)
    qtbot.waitUntil(lambda: opened.features.edits.history.model.rowCount() == 6)
    assert labels(opened)[0] == "Initial state"
    assert labels(opened)[3:] == [f"Set box of track 1 in frame {frame}" for frame in (2, 4, 6)]
    model = opened.features.edits.history.model
    assert model.done == 5
    assert model.index(5, 0).data(Qt.ItemDataRole.FontRole).bold()
    assert model.index(4, 0).data(Qt.ItemDataRole.FontRole) is None
    assert ":" in model.index(5, 1).data()


def test_a_click_goes_back_and_forth(opened: MainWindow, qtbot: QtBot) -> None:
    track = make_steps(opened)
    show_list(opened)
    click_row(opened, 3, qtbot)
    assert drawn(opened, track) == {2}
    assert opened.features.edits.history.model.done == 3
    click_row(opened, 5, qtbot)
    assert drawn(opened, track) == {2, 4, 6}
    click_row(opened, 0, qtbot)
    assert not opened.document.tracks()


def test_undo_elsewhere_moves_the_mark_and_a_new_step_drops_what_was_undone(opened: MainWindow, qtbot: QtBot) -> None:
    track = make_steps(opened)
    opened.actions_["edit.undo"].trigger()
    opened.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: opened.features.edits.history.model.done == 3)
    assert opened.features.edits.history.model.rowCount() == 6
    opened.document.edit(lambda session: drawn_boxes.set_box(session.store, track, 9, BOX))
    qtbot.waitUntil(lambda: opened.features.edits.history.model.rowCount() == 5)
    assert opened.features.edits.history.model.done == 4


def test_steps_of_the_last_time_are_still_there(opened: MainWindow, project: Path, tmp_path: Path,
                                                qtbot: QtBot) -> None:
    track = make_steps(opened)
    opened.actions_["edit.undo"].trigger()
    opened.close()
    again = MainWindow(QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(again)
    again.show()
    assert again.open_path(project)
    assert (again.features.edits.history.model.rowCount(), again.features.edits.history.model.done) == (6, 4)
    again.features.edits.history.go_to(5)
    qtbot.waitUntil(lambda: not again.features.edits.history.travelling)
    assert drawn(again, track) == {2, 4, 6}
    again.close()


def test_a_closed_project_has_no_steps(opened: MainWindow) -> None:
    opened.document.close()
    assert opened.features.edits.history.model.rowCount() == 0
    assert not opened.features.edits.history.empty.isHidden()


def test_a_read_only_project_stays_as_it_is(window: MainWindow, project: Path) -> None:
    window.document.open(project, read_only=True)
    window.features.edits.history.go_to(0)
    assert window.features.edits.history.model.done == 2
    assert "read-only" in window.statusBar().currentMessage()


def test_earlier_days_come_with_their_date() -> None:
    now = datetime.now(UTC)
    assert len(short_time(now.isoformat("T", "milliseconds"))) == len("14:05:22")
    assert (now - timedelta(days=3)).astimezone().strftime("%Y-%m-%d") in short_time(
        (now - timedelta(days=3)).isoformat("T", "milliseconds"))


def test_a_long_way_is_gone_in_pieces(opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    track = make_steps(opened, tuple(range(12)))
    monkeypatch.setattr("annotator.ui.edits.history_list.PIECE", 1e-9)
    opened.features.edits.history.go_to(4)
    assert opened.features.edits.history.travelling
    qtbot.waitUntil(lambda: not opened.features.edits.history.travelling)
    assert drawn(opened, track) == {0, 1}
    opened.features.edits.history.go_to(13)
    opened.document.edit(lambda session: drawn_boxes.set_box(session.store, track, 15, BOX))
    qtbot.waitUntil(lambda: not opened.features.edits.history.travelling)
    assert 15 in drawn(opened, track)


def test_a_closed_panel_comes_back_and_a_hidden_one_to_the_front(opened: MainWindow, qtbot: QtBot) -> None:
    dock = opened.features.edits.history.parentWidget()
    assert dock is not None
    assert dock.visibleRegion().isEmpty()
    opened.actions_["panel.history"].trigger()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    opened.actions_["panel.history"].trigger()
    assert dock.isHidden()
    opened.actions_["panel.history"].trigger()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())


def test_the_view_is_long_enough_to_be_clicked(opened: MainWindow) -> None:
    make_steps(opened)
    show_list(opened)
    assert opened.features.edits.history.view.viewport().rect().contains(QPoint(5, 5))

"""Drawn boxes that last, by mouse and keys."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from annotator.model.box import Box
from annotator.storage.edits import identities, lasting
from annotator.ui.canvas.canvas import Tool
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.required import required
from tests.ui.window.test_main_window import at

NONE, SHIFT, ALT = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier)
BOX, OTHER = (5.0, 5.0, 45.0, 35.0), (65.0, 5.0, 105.0, 35.0)


def drag(window: MainWindow, qtbot: QtBot, box: Box, modifiers: Qt.KeyboardModifier = NONE) -> None:
    port = window.canvas.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, modifiers, at(window, box[0], box[1]))
    for x, y in ((box[0] + 8, box[1] + 8), box[2:]):
        qtbot.mouseMove(port, at(window, x, y))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, modifiers, at(window, box[2], box[3]))


def frames(window: MainWindow, track: int) -> list[int]:
    return [seen.frame for seen in window.document.trajectory(track) if seen.box_xyxy is not None]


def draw_new(window: MainWindow, qtbot: QtBot, modifiers: Qt.KeyboardModifier = NONE) -> int:
    window.document.go_to(2)
    qtbot.keyClick(window, Qt.Key.Key_N, ALT)
    drag(window, qtbot, BOX, modifiers)
    (track,) = window.document.selection
    return track


def test_a_drawn_track_lasts_to_the_end_and_is_straight_between_its_boxes(opened: MainWindow, qtbot: QtBot) -> None:
    track = draw_new(opened, qtbot)
    assert frames(opened, track) == list(range(2, FRAMES))
    [lane] = opened.document.lanes([track])
    assert (lane.first, lane.last, lane.keyframes) == (2, FRAMES - 1, [2])
    opened.document.go_to(10)
    opened.document.set_box(track, OTHER)
    assert [required(seen.box_xyxy)[0] for seen in opened.document.trajectory(track)][4] == pytest.approx(35, abs=2)
    opened.document.go_to(12)
    qtbot.keyClick(opened, Qt.Key.Key_O, SHIFT)
    assert frames(opened, track) == list(range(2, 12))
    [lane] = opened.document.lanes([track])
    assert (lane.last, lane.length) == (11, 10), "interpolated frames count"
    model = opened.features.tracks.table.model

    def rows() -> list[list[str]]:
        return [[str(model.index(row, column).data()) for column in (0, 3, 4, 5)] for row in range(model.rowCount())]

    qtbot.waitUntil(lambda: [str(lane.track.number), "2", "11", "10"] in rows(), timeout=10000)
    opened.document.go_to(8)
    qtbot.keyClick(opened, Qt.Key.Key_Q, SHIFT)
    assert next(seen.frame for seen in opened.document.trajectory(track) if seen.occluded) == 8
    qtbot.keyClick(opened, Qt.Key.Key_Q, SHIFT)
    assert not any(seen.occluded for seen in opened.document.trajectory(track))


def test_where_the_selected_track_has_no_box_a_drag_draws_it(opened: MainWindow, qtbot: QtBot) -> None:
    track = draw_new(opened, qtbot)
    opened.document.go_to(6)
    qtbot.keyClick(opened, Qt.Key.Key_O, SHIFT)
    opened.document.go_to(10)
    known = set(opened.document.tracks())
    assert opened.canvas.tool is Tool.SELECT
    drag(opened, qtbot, OTHER)
    assert set(opened.document.tracks()) == known
    assert frames(opened, track) == [*range(2, 6), *range(10, FRAMES)]
    assert opened.document.selection == {track}
    rect = opened.canvas.view_rect()
    opened.document.select(())
    drag(opened, qtbot, OTHER)
    assert set(opened.document.tracks()) == known, "without a selection a drag pans"
    assert opened.canvas.view_rect() != rect


def test_shift_or_the_projects_choice_make_a_box_of_one_frame(opened: MainWindow, qtbot: QtBot) -> None:
    assert frames(opened, draw_new(opened, qtbot, SHIFT)) == [2]
    opened.actions_["track.lasting"].trigger()
    assert frames(opened, draw_new(opened, qtbot)) == [2]
    assert frames(opened, draw_new(opened, qtbot, SHIFT)) == list(range(2, FRAMES))


def test_the_choice_belongs_to_the_project(opened: MainWindow, settings: QSettings, tmp_path: object) -> None:
    path = required(opened.document.path)
    opened.actions_["track.lasting"].trigger()
    opened.document.close()
    assert opened.open_path(path)
    assert not opened.actions_["track.lasting"].isChecked()
    opened.document.open(path.with_name("other.annot"), create=True)
    assert opened.actions_["track.lasting"].isChecked()


def test_a_deleted_part_of_a_lasting_track_leaves_the_rest(opened: MainWindow, qtbot: QtBot) -> None:
    track = draw_new(opened, qtbot)
    store = required(opened.document.session).store
    identities.delete_range(store, [track], 5, 7)
    assert frames(opened, track) == [2, 3, 4, *range(8, FRAMES)]
    lasting.draw_box(store, track, 5, BOX, lasting=False)
    assert frames(opened, track) == [2, 3, 4, 5, *range(8, FRAMES)]

"""Masks on the canvas, painted by hand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.model.mask import Mask
from annotator.model.painting.mask_algebra import common, without
from annotator.model.track import TrackObservation
from annotator.storage.edits import masks, track_marks
from annotator.storage.store import Store
from annotator.ui.canvas.canvas import Tool
from annotator.ui.window.main_window import MainWindow
from tests.required import required
from tests.ui.window.test_main_window import at

ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


def store_of(window: MainWindow) -> Store:
    return required(window.document.session).store


def shown(window: MainWindow, track: int) -> TrackObservation:
    return next(seen for seen in window.document.observations(window.document.frame, masks=True) if seen.track == track)


def stroke(window: MainWindow, qtbot: QtBot, *points: tuple[float, float], modifiers: Qt.KeyboardModifier = NONE,
           ) -> None:
    port = window.canvas.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, modifiers, at(window, *points[0]))
    for point in points[1:]:
        qtbot.mouseMove(port, at(window, *point))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, modifiers, at(window, *points[-1]))


def steps(window: MainWindow) -> int:
    return sum(not step.undone for step in store_of(window).history())


@pytest.fixture
def track(opened: MainWindow) -> int:
    """The selected track."""
    key = min(opened.document.tracks())
    opened.document.select((key,))
    return key


def test_a_stroke_is_one_step_and_undone_at_once(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    before = required(shown(opened, track).mask)
    x, y = before.left + before.width, before.top + before.height / 2
    qtbot.keyClick(opened, Qt.Key.Key_P)
    assert opened.canvas.tool is Tool.BRUSH
    count = steps(opened)
    stroke(opened, qtbot, (x, y), (x + 10, y), (x + 20, y))
    seen = shown(opened, track)
    after = required(seen.mask)
    assert steps(opened) == count + 1
    assert without(before, after).is_empty()
    assert after.left + after.width >= before.left + before.width + 25
    assert (seen.human, seen.box_xyxy) == (True, after.box_xyxy)
    assert opened.canvas.tool is Tool.BRUSH, "more strokes may follow"
    stroke(opened, qtbot, (x, y), (x + 30, y), modifiers=ALT)
    assert required(shown(opened, track).mask).area() < after.area()
    opened.actions_["edit.undo"].trigger()
    assert shown(opened, track).mask == after
    opened.actions_["edit.undo"].trigger()
    assert shown(opened, track).mask == before
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Escape)
    assert opened.canvas.tool not in (Tool.BRUSH, Tool.ERASER)


def test_the_eraser_and_escape(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    before = required(shown(opened, track).mask)
    center = before.left + before.width / 2, before.top + before.height / 2
    qtbot.keyClick(opened, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    count = steps(opened)
    qtbot.mousePress(opened.canvas.viewport(), Qt.MouseButton.LeftButton, NONE, at(opened, *center))
    assert opened.features.masks.target.painting is not None
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(opened.canvas.viewport(), Qt.MouseButton.LeftButton, NONE, at(opened, *center))
    assert (steps(opened), shown(opened, track).mask) == (count, before), "a cancelled stroke changes nothing"
    opened.canvas.set_tool(Tool.ERASER)
    stroke(opened, qtbot, center)
    assert required(shown(opened, track).mask).area() < before.area()


def test_the_wheel_changes_the_size_and_ctrl_still_zooms(opened: MainWindow, track: int) -> None:
    def turn(modifiers: Qt.KeyboardModifier) -> None:
        place = QPointF(opened.canvas.viewport().rect().center())
        event = QWheelEvent(place, opened.canvas.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
                            modifiers, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(opened.canvas.viewport(), event)

    opened.actions_["mask.brush"].trigger()
    size, scale = opened.features.masks.brush.brush.size, opened.canvas.scale_factor()
    turn(NONE)
    assert opened.features.masks.brush.brush.size > size
    assert opened.canvas.scale_factor() == scale
    size = opened.features.masks.brush.brush.size
    turn(Qt.KeyboardModifier.ControlModifier)
    assert opened.features.masks.brush.brush.size == size
    assert opened.canvas.scale_factor() > scale


def test_painting_without_a_selection_makes_a_track(opened: MainWindow, qtbot: QtBot) -> None:
    known = set(opened.document.tracks())
    opened.document.select(())
    opened.actions_["mask.brush"].trigger()
    stroke(opened, qtbot, (40, 40), (50, 40))
    (new,) = set(opened.document.tracks()) - known
    assert opened.document.selection == {new}
    first = required(shown(opened, new).mask)
    stroke(opened, qtbot, (50, 40), (60, 60))
    assert set(opened.document.tracks()) - known == {new}, "the next stroke belongs to the same track"
    assert without(first, required(shown(opened, new).mask)).is_empty()
    for _ in range(2):
        opened.actions_["edit.undo"].trigger()
    assert set(opened.document.tracks()) == known


def test_a_held_box_stays(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    box = shown(opened, track).box_xyxy
    opened.actions_["mask.hold-box"].trigger()
    opened.actions_["mask.brush"].trigger()
    assert box is not None
    stroke(opened, qtbot, (box[2], box[3]), (box[2] + 10, box[3]))
    assert shown(opened, track).box_xyxy == box


def test_a_locked_track_is_neither_painted_nor_painted_over(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    other = max(opened.document.tracks())
    theirs = required(shown(opened, other).mask)
    center = theirs.left + theirs.width / 2, theirs.top + theirs.height / 2
    track_marks.lock_tracks(store_of(opened), [other])
    before = required(shown(opened, track).mask)
    opened.actions_["mask.brush"].trigger()
    stroke(opened, qtbot, center, (center[0] + 40, center[1]))
    mine = required(shown(opened, track).mask)
    assert mine.area() > before.area()
    assert common(mine, theirs) == common(before, theirs)
    assert "left to locked or reviewed tracks" in opened.statusBar().currentMessage()
    opened.document.select((other,))
    count = steps(opened)
    stroke(opened, qtbot, center)
    assert steps(opened) == count
    assert "is locked" in opened.statusBar().currentMessage()


def test_a_polygon_adds_and_erases(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    before = required(shown(opened, track).mask)
    left, top = before.left + before.width, before.top
    corners = [(left, top), (left + 20, top), (left + 20, top + 20), (left + 50, top + 50), (left, top + 20)]
    qtbot.keyClick(opened, Qt.Key.Key_Y)
    for corner in corners:
        stroke(opened, qtbot, corner)
    assert len(opened.features.masks.polygon.corners) == 5
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Backspace)
    stroke(opened, qtbot, corners[4])
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    added = required(shown(opened, track).mask)
    assert added.area() > before.area() + 300
    for corner in corners[:3]:
        stroke(opened, qtbot, corner)
    stroke(opened, qtbot, corners[0], modifiers=ALT)
    assert required(shown(opened, track).mask).area() < added.area()
    assert not opened.features.masks.polygon.corners


def test_a_line_drawn_by_dragging_is_a_polygon_too(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    before = required(shown(opened, track).mask)
    x, y = before.left + before.width, before.top
    opened.actions_["mask.polygon"].trigger()
    circle = [(x + 15 * np.cos(t), y + 15 + 15 * np.sin(t)) for t in np.linspace(0, 6, 30)]
    stroke(opened, qtbot, *circle)
    assert len(opened.features.masks.polygon.corners) > 10
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    assert required(shown(opened, track).mask).area() > before.area() + 250


def test_corners_of_an_outline_are_moved_added_and_deleted(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    square = Mask.from_bitmap(np.ones((60, 60), bool), 40, 40)
    masks.set_mask(store_of(opened), track, 0, square, protect=False)
    qtbot.keyClick(opened, Qt.Key.Key_W)
    outline = opened.features.masks.outline
    assert sorted(outline.loops[0]) == [(40, 40), (40, 100), (100, 40), (100, 100)]
    stroke(opened, qtbot, (100, 100), (110, 105), (120, 110))
    mask = required(shown(opened, track).mask)
    assert mask.area() > square.area() + 600
    assert without(square, mask).is_empty()
    stroke(opened, qtbot, (40, 70), (50, 70))
    assert len(outline.loops[0]) == 5
    assert required(shown(opened, track).mask).area() < mask.area()
    x, y = outline.loops[0][next(k for k, (a, _) in enumerate(outline.loops[0]) if abs(a - 50) < 3)]
    stroke(opened, qtbot, (x, y), modifiers=ALT)
    assert len(outline.loops[0]) == 4
    assert shown(opened, track).mask == mask
    opened.actions_["edit.undo"].trigger()
    assert shown(opened, track).mask != mask, "the outline follows an undo"


def test_shared_pixels_are_shown_and_one_key_decides(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    other = max(opened.document.tracks())
    theirs = required(shown(opened, other).mask)
    masks.set_mask(store_of(opened), track, 0, theirs)
    masks.set_mask(store_of(opened), other, 0, Mask.from_bitmap(np.ones((80, 80), bool), theirs.left, theirs.top))
    qtbot.keyClick(opened, Qt.Key.Key_P)
    assert "are shared with other tracks" in opened.statusBar().currentMessage()
    qtbot.keyClick(opened, Qt.Key.Key_U)
    assert common(required(shown(opened, track).mask), required(shown(opened, other).mask)).is_empty()
    assert shown(opened, track).mask == theirs
    assert opened.statusBar().currentMessage() == "Bring track 1 to the front in frame 0"


def test_masks_are_copied_pasted_and_moved_over_a_range(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    mask = required(shown(opened, track).mask)
    qtbot.keyClick(opened, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert (opened.document.frame, shown(opened, track).mask, shown(opened, track).human) == (1, mask, True)
    opened.document.go_to(0)
    opened.actions_["mask.copy"].trigger()
    opened.document.go_to(5)
    opened.document.set_range((4, 6))
    opened.actions_["mask.paste"].trigger()
    opened.actions_["mask.move-right"].trigger()
    for frame in (4, 5, 6):
        opened.document.go_to(frame)
        assert required(shown(opened, track).mask).left == mask.left + 1
    opened.actions_["mask.delete"].trigger()
    assert not shown(opened, track).human


def test_a_dragged_box_takes_a_painted_mask_along(opened: MainWindow, track: int) -> None:
    mask = Mask.from_bitmap(np.ones((30, 20), bool), 60, 50)
    masks.set_mask(store_of(opened), track, 0, mask, protect=False)
    opened.document.set_box(track, (64, 52, 84, 82))
    assert required(shown(opened, track).mask).box_xyxy == (64, 52, 84, 82)

"""Gestures on the canvas alone: what it emits for real mouse events, without a window around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.model.box import Box
from annotator.model.frame import TrackState
from annotator.model.track import TrackObservation
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.canvas.overlay import Shape

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
                    Qt.KeyboardModifier.AltModifier)
OUTER, INNER = (20.0, 20.0, 120.0, 100.0), (40.0, 40.0, 60.0, 60.0)
#: A pixel of the widget is a tenth of the frame's at most: positions are exact to half of one.
NEAR = 1.0


def shape(track: int, box: Box | None) -> Shape:
    return Shape(TrackObservation(0, track, track, 1, track, box, 0.9, TrackState.RELIABLE, False), QColor("red"), "1")


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Canvas]:
    """A frame of 200 x 150 in a canvas of 640 x 480, with a box inside another one."""
    holder = QWidget()  # pyqtgraph's own close() takes the scene apart before Qt is done with it
    qtbot.addWidget(holder)
    made = Canvas(holder)
    made.resize(640, 480)
    holder.resize(640, 480)
    with qtbot.waitExposed(holder):
        holder.show()
    made.set_picture_size(200, 150)
    made.set_image(np.zeros((150, 200, 3), np.uint8))
    made.set_shapes([shape(1, OUTER), shape(2, INNER), shape(3, None)])
    yield made
    holder.close()


def heard(signal: Any) -> list[tuple[Any, ...]]:
    """All later emissions of a signal."""
    calls: list[tuple[Any, ...]] = []
    signal.connect(lambda *values: calls.append(values))
    return calls


def on_widget(canvas: Canvas, x: float, y: float) -> QPoint:
    return canvas.to_widget(QPointF(x, y)).toPoint()


def click(canvas: Canvas, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(canvas.viewport(), LEFT, modifiers, on_widget(canvas, x, y))


def drag(canvas: Canvas, path: Sequence[tuple[float, float]], modifiers: Qt.KeyboardModifier = NONE,
         button: Qt.MouseButton = LEFT, release: bool = True) -> None:
    """Press at the first point, move through the others, release at the last. Points in image pixels."""
    viewport, places = canvas.viewport(), [on_widget(canvas, *point) for point in path]
    QTest.mousePress(viewport, button, modifiers, places[0])
    for place in places[1:]:
        QTest.mouseMove(viewport, place)
    if release:
        QTest.mouseRelease(viewport, button, modifiers, places[-1])


def test_a_click_selects_the_smallest_box_and_a_modifier_adds(canvas: Canvas) -> None:
    clicked, missed = heard(canvas.clicked), heard(canvas.missed)
    click(canvas, 50, 50)
    click(canvas, 100, 90)
    click(canvas, 100, 90, SHIFT)
    assert clicked == [(2, False), (1, False), (1, True)]
    assert missed == []
    click(canvas, 180, 140)
    assert clicked[-1] == (None, False)
    assert (missed[0][0].x(), missed[0][0].y()) == pytest.approx((180, 140), abs=NEAR)


def test_the_draw_tool_draws_one_box_inside_the_frame_and_is_put_down(canvas: Canvas) -> None:
    drawn, tools = heard(canvas.box_drawn), heard(canvas.tool_changed)
    canvas.set_tool(Tool.DRAW)
    drag(canvas, [(150, 100), (180, 120), (260, 190)])
    assert drawn[0][0] == pytest.approx((150, 100, 200, 150), abs=NEAR)
    assert drawn[0][0][2:] == (200.0, 150.0)
    assert canvas.tool is Tool.SELECT
    assert [tool for tool, in tools] == [Tool.DRAW, Tool.SELECT]


def test_a_drag_that_is_a_slip_of_the_hand_draws_nothing(canvas: Canvas) -> None:
    drawn, pointed = heard(canvas.box_drawn), heard(canvas.pointed)
    canvas.set_tool(Tool.DRAW)
    drag(canvas, [(150, 100), (150.4, 100.2)])
    assert (drawn, len(pointed)) == ([], 1)
    assert canvas.tool is Tool.DRAW


def test_a_region_is_drawn_with_its_own_tool(canvas: Canvas) -> None:
    regions, drawn = heard(canvas.region_drawn), heard(canvas.box_drawn)
    canvas.set_tool(Tool.IGNORE)
    drag(canvas, [(10, 10), (30, 30), (60, 50)])
    assert regions[0][0] == pytest.approx((10, 10, 60, 50), abs=NEAR)
    assert drawn == []


def test_a_prompt_is_a_drag_with_control_or_the_prompt_tool_which_stays(canvas: Canvas) -> None:
    began, drawn, pointed = heard(canvas.prompt_began), heard(canvas.prompt_drawn), heard(canvas.prompt_pointed)
    drag(canvas, [(150, 100), (170, 110), (190, 130)], CTRL)
    assert len(began) == 1
    assert drawn[0][1] is False, "a drag with Control propagates at once"
    canvas.set_tool(Tool.PROMPT)
    drag(canvas, [(150, 100), (170, 110), (190, 130)])
    assert drawn[1][1] is True
    assert canvas.tool is Tool.PROMPT
    click(canvas, 100, 90)
    click(canvas, 100, 90, ALT)
    assert [positive for _, positive in pointed] == [True, False]


@pytest.mark.parametrize(("grip", "by", "wanted"), [
    ((20, 20), (-10, -5), (10, 15, 120, 100)), ((70, 20), (30, 10), (20, 30, 120, 100)),
    ((120, 20), (10, 10), (20, 30, 130, 100)), ((120, 60), (10, 30), (20, 20, 130, 100)),
    ((120, 100), (20, 20), (20, 20, 140, 120)), ((70, 100), (5, 20), (20, 20, 120, 120)),
    ((20, 100), (5, 20), (25, 20, 120, 120)), ((20, 60), (5, 20), (25, 20, 120, 100)),
    ((90, 80), (5, 20), (25, 40, 125, 120)), ((20, 20), (110, 90), (120, 100, 130, 110))])
def test_each_handle_moves_its_sides_and_the_inside_the_whole_box(
        canvas: Canvas, grip: tuple[float, float], by: tuple[float, float], wanted: Box) -> None:
    changed = heard(canvas.box_changed)
    canvas.overlay.set_selected(frozenset({1}))
    (x, y), (dx, dy) = grip, by
    drag(canvas, [(x, y), (x + dx / 2, y + dy / 2), (x + dx, y + dy)])
    assert changed[0][0] == 1
    assert changed[0][1] == pytest.approx(wanted, abs=NEAR)


def test_boxes_of_several_selected_tracks_have_no_handles(canvas: Canvas) -> None:
    changed = heard(canvas.box_changed)
    canvas.overlay.set_selected(frozenset({1, 2}))
    drag(canvas, [(20, 20), (15, 15), (10, 10)])
    assert changed == []


def test_what_cannot_be_edited_is_panned(canvas: Canvas) -> None:
    changed, drawn = heard(canvas.box_changed), heard(canvas.box_drawn)
    canvas.overlay.set_selected(frozenset({1}))
    canvas.set_editable(False)
    canvas.set_tool(Tool.DRAW)
    assert canvas.tool is Tool.SELECT
    before = canvas.to_widget(QPointF(0, 0))
    drag(canvas, [(90, 80), (100, 85), (110, 90)])
    assert (changed, drawn) == ([], [])
    moved = canvas.to_widget(QPointF(0, 0)) - before
    assert (moved.x(), moved.y()) == pytest.approx((20 * canvas.scale_factor(), 10 * canvas.scale_factor()), abs=2)


def test_escape_cancels_a_drag_and_then_the_tool(canvas: Canvas) -> None:
    drawn = heard(canvas.box_drawn)
    canvas.set_tool(Tool.DRAW)
    drag(canvas, [(150, 100), (170, 110), (190, 130)], release=False)
    assert canvas.overlay.draft is not None
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas.viewport(), LEFT, NONE, on_widget(canvas, 190, 130))
    assert drawn == []
    assert (canvas.overlay.draft is None, canvas.tool) == (True, Tool.SELECT)


def test_zoom_keeps_the_point_under_the_cursor_and_a_resize_keeps_the_zoom(canvas: Canvas) -> None:
    fitted, center = canvas.scale_factor(), QPointF(50, 40)
    place = canvas.to_widget(center)
    canvas.zoom(3, center)
    after = canvas.to_widget(center)
    assert canvas.scale_factor() == pytest.approx(3 * fitted)
    assert (after.x(), after.y()) == pytest.approx((place.x(), place.y()), abs=1)
    canvas.zoom(1e9)
    assert canvas.scale_factor() == pytest.approx(64)
    canvas.zoom(1e-9)
    assert canvas.scale_factor() == pytest.approx(0.02)
    canvas.fit()
    assert canvas.scale_factor() == pytest.approx(fitted)


def test_a_part_in_view_is_not_moved_and_another_is_brought_to_the_middle(canvas: Canvas) -> None:
    canvas.zoom(4, QPointF(0, 0))
    before = canvas.to_widget(QPointF(0, 0))
    canvas.show_rect(QRectF(5, 5, 10, 10))
    assert canvas.to_widget(QPointF(0, 0)) == before
    canvas.show_rect(QRectF(180, 130, 10, 10))
    middle = canvas.to_widget(QPointF(185, 135))
    assert (middle.x(), middle.y()) == pytest.approx((320, 240), abs=4)


def test_points_are_kept_in_the_frame_each_alone_or_all_together(canvas: Canvas) -> None:
    points = [QPointF(-10, 20), QPointF(30, 160)]
    assert canvas.within(points, together=False) == [QPointF(0, 20), QPointF(30, 150)]
    assert canvas.within(points, together=True) == [QPointF(0, 10), QPointF(40, 150)]


def test_without_a_video_the_mouse_does_nothing(canvas: Canvas) -> None:
    canvas.set_picture_size(0, 0)
    clicked = heard(canvas.clicked)
    QTest.mouseClick(canvas.viewport(), LEFT, NONE, QPoint(100, 100))
    canvas.zoom(2)
    assert clicked == []

"""Reshape an ignore region with the mouse: move it or a corner, insert a corner, delete one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from annotator.model.track import Mark
from annotator.ui.canvas.canvas import CLICK_SLIP, Canvas, Tool
from annotator.ui.canvas.overlay import REACH
from annotator.ui.regions.layer import RegionLayer

Corners = Sequence[tuple[float, float]]

#: A polygon with fewer corners has no area.
LEAST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class Grip:
    """The part of a region under the pointer; the inside if neither field is set."""

    corner: int | None = None
    edge: int | None = None
    """Index of the corner at which the edge begins."""


class RegionShaping(QObject):
    """Turns drags of the selected region into a new outline, which is reported when the button is released.

    Dragging a corner moves it, dragging an edge inserts a corner there, and dragging the inside moves the region. Alt
    with a click deletes a corner. Esc cancels the gesture. A click without a drag is passed to the canvas.
    """

    def __init__(self, canvas: Canvas, layer: RegionLayer, selected: Callable[[], Mark | None],
                 reshaped: Callable[[Mark, Corners], object]) -> None:
        super().__init__(canvas)
        self._canvas, self._layer, self._selected, self._reshaped = canvas, layer, selected, reshaped
        self._press: QPointF | None = None
        self._grip = Grip()
        self._region: Mark | None = None
        self._draft: list[QPointF] | None = None
        canvas.viewport().installEventFilter(self)
        canvas.installEventFilter(self)
        canvas.pointer = self._cursor

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QMouseEvent) and watched is self._canvas.viewport():
            if event.type() is QEvent.Type.MouseButtonPress:
                return self._begin(event)
            if self._press is not None and event.type() is QEvent.Type.MouseMove:
                self._drag(event.position())
                return True
            if self._press is not None and event.type() is QEvent.Type.MouseButtonRelease:
                self._end(event)
                return True
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._draft is not None:
            if event.type() is QEvent.Type.KeyPress:
                self._stop()
            event.accept()
            return True
        return False

    def grip_at(self, position: QPointF) -> Grip | None:
        """Return the part of the selected region at a position in widget coordinates."""
        region = self._selected()
        if region is None or not region.region or self._canvas.tool is not Tool.SELECT or not self._canvas.editable:
            return None
        corners = [self._canvas.to_widget(QPointF(x, y)) for x, y in region.region]
        distances = [(corner - position).manhattanLength() for corner in corners]
        if min(distances) <= REACH:
            return Grip(corner=int(np.argmin(distances)))
        ends = zip(corners, [*corners[1:], corners[0]], strict=True)
        edges = [_distance(position, one, other) for one, other in ends]
        if min(edges) <= REACH / 2:
            return Grip(edge=int(np.argmin(edges)))
        inside = self._layer.polygon(region).containsPoint(self._canvas.to_picture(position), Qt.FillRule.OddEvenFill)
        return Grip() if inside else None

    def _cursor(self, position: QPointF) -> Qt.CursorShape | None:
        grip = self.grip_at(position)
        if grip is None:
            return None
        return Qt.CursorShape.SizeAllCursor if grip.edge is None else Qt.CursorShape.PointingHandCursor

    # One gesture

    def _begin(self, event: QMouseEvent) -> bool:
        if self._press is not None:
            return True  # another button during a gesture
        modifiers = event.modifiers()
        if event.button() is not Qt.MouseButton.LeftButton or self._canvas.panning or modifiers & (
                Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        grip, region = self.grip_at(event.position()), self._selected()
        if grip is None or region is None:
            return False
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            return self._delete_corner(region, grip)
        self._press, self._grip, self._region = event.position(), grip, region
        return True

    def _delete_corner(self, region: Mark, grip: Grip) -> bool:
        if grip.corner is None:
            return False
        if len(region.region) > LEAST_CORNERS:
            self._reshaped(region, [*region.region[:grip.corner], *region.region[grip.corner + 1:]])
        return True

    def _drag(self, position: QPointF) -> None:
        assert self._press is not None
        assert self._region is not None
        if self._draft is None and (position - self._press).manhattanLength() <= CLICK_SLIP:
            return
        moved = self._canvas.to_picture(position) - self._canvas.to_picture(self._press)
        self._draft = self._canvas.within(_changed(self._region.region, self._grip, moved,
                                                   self._canvas.to_picture(self._press)), self._grip == Grip())
        self._layer.set_shaped(self._region.id, self._draft)

    def _end(self, event: QMouseEvent) -> None:
        press, draft, region = self._press, self._draft, self._region
        self._stop()
        if draft is not None and region is not None:
            self._reshaped(region, [(point.x(), point.y()) for point in draft])
        elif press is not None:
            self._canvas.click_at(self._canvas.to_picture(press))

    def _stop(self) -> None:
        self._press = self._draft = self._region = None
        self._layer.set_shaped(None, ())


def _changed(corners: Corners, grip: Grip, moved: QPointF, start: QPointF) -> list[QPointF]:
    """Return the corners after a drag that began at ``start``, in image pixels."""
    points = [QPointF(x, y) for x, y in corners]
    if grip.corner is not None:
        points[grip.corner] += moved
    elif grip.edge is not None:
        points.insert(grip.edge + 1, start + moved)
    else:
        points = [point + moved for point in points]
    return points


def _distance(point: QPointF, one: QPointF, other: QPointF) -> float:
    """Return the distance of a point from the line segment between two others."""
    p, a, b = (np.array([each.x(), each.y()]) for each in (point, one, other))
    along = float(np.dot(b - a, b - a))
    share = 0.0 if along == 0 else min(max(float(np.dot(p - a, b - a)) / along, 0.0), 1.0)
    return float(np.hypot(*(p - a - share * (b - a))))

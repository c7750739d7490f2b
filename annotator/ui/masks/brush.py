"""Brush and eraser: a drag is one stroke, and one step."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor, QMouseEvent

from annotator.model.painting.brush import Brush, BrushShape
from annotator.ui.canvas.canvas import Canvas, Gesture, Tool
from annotator.ui.masks.layer import MaskPaintLayer
from annotator.ui.masks.target import MaskTarget

#: Diameter of the brush at first, in pixels of the frame.
FIRST_SIZE = 20


class BrushTool(QObject):
    """Paints strokes. Alt erases with the brush and paints with the eraser; the wheel changes the size."""

    changed = Signal()
    """Size or shape."""

    def __init__(self, canvas: Canvas, layer: MaskPaintLayer, target: MaskTarget) -> None:
        super().__init__(canvas)
        self._canvas, self._layer, self._target = canvas, layer, target
        self.brush = Brush(FIRST_SIZE)
        self._pointer: QPointF | None = None
        for tool in (Tool.BRUSH, Tool.ERASER):
            canvas.gestures[tool] = self._begin
            canvas.wheels[tool] = self.resize
        canvas.viewport().installEventFilter(self)
        canvas.tool_changed.connect(lambda _: self._on_tool())

    @property
    def active(self) -> bool:
        """Whether the brush or the eraser is the tool."""
        return self._canvas.tool in (Tool.BRUSH, Tool.ERASER)

    def resize(self, steps: float) -> None:
        """Make the brush larger or smaller."""
        self.brush = self.brush.resized(steps)
        self._show()
        self.changed.emit()

    def set_shape(self, shape: BrushShape) -> None:
        self.brush = replace(self.brush, shape=shape)
        self._show()
        self.changed.emit()

    def _begin(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        painting = self._target.begin()
        if painting is None:
            return None
        erases = (self._canvas.tool is Tool.ERASER) != bool(modifiers & Qt.KeyboardModifier.AltModifier)
        brush = replace(self.brush, erases=erases)
        last = (point.x(), point.y())
        self._layer.changed(painting.stroke([last], brush))

        def drag(position: QPointF) -> None:
            nonlocal last
            to = self._canvas.to_picture_exactly(position)
            start, last = last, (to.x(), to.y())
            self._layer.changed(painting.stroke([start, last], brush))

        return drag, self._target.commit

    def _on_tool(self) -> None:
        place = self._canvas.mapFromGlobal(QCursor.pos())
        inside = self._canvas.viewport().rect().contains(place)
        self._pointer = self._canvas.to_picture_exactly(QPointF(place)) if self.active and inside else None
        self._show()

    def _show(self) -> None:
        self._layer.set_brush(self.brush if self.active else None, self._pointer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.MouseMove and isinstance(event, QMouseEvent) and self.active:
            self._pointer = self._canvas.to_picture_exactly(event.position())
            self._show()
        elif event.type() is QEvent.Type.Leave:
            self._pointer = None
            self._show()
        return False

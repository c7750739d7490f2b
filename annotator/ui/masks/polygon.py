"""Draw a polygon whose inside is added to the mask, or erased from it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from annotator.ui.canvas.canvas import Canvas, Gesture, Tool
from annotator.ui.masks.layer import MaskPaintLayer
from annotator.ui.masks.target import MaskTarget

#: Distance from the first corner within which a click closes the polygon, and between the corners of a line drawn by
#: dragging, in device-independent pixels.
CLOSING, SPACING = 10, 6
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)


class PolygonTool(QObject):
    """Clicks set corners, and a drag draws a free line. Enter or a click on the first corner closes the polygon, with
    Alt to erase; Backspace removes the last corner."""

    def __init__(self, canvas: Canvas, layer: MaskPaintLayer, target: MaskTarget) -> None:
        super().__init__(canvas)
        self._canvas, self._layer, self._target = canvas, layer, target
        self._corners: list[QPointF] = []
        canvas.gestures[Tool.POLYGON] = self._begin
        canvas.tool_changed.connect(lambda _: self.drop())
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)

    @property
    def corners(self) -> list[QPointF]:
        """Corners of the polygon so far, in image pixels."""
        return list(self._corners)

    def drop(self) -> None:
        """Forget the polygon."""
        self._set([])

    def _begin(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        if len(self._corners) > 2 and self._away(self._corners[0], point) <= CLOSING:
            self._close(bool(modifiers & Qt.KeyboardModifier.AltModifier))
            return None
        self._set([*self._corners, point])

        def drag(position: QPointF) -> None:
            to = self._canvas.to_picture_exactly(position)
            if self._away(self._corners[-1], to) >= SPACING:
                self._set([*self._corners, to])

        return drag, lambda: None

    def _away(self, one: QPointF, other: QPointF) -> float:
        return (self._canvas.to_widget(one) - self._canvas.to_widget(other)).manhattanLength()

    def _set(self, corners: list[QPointF]) -> None:
        self._corners = corners
        self._layer.set_corners([*corners, corners[-1]] if corners else ())

    def _close(self, erases: bool) -> None:
        corners = [(point.x(), point.y()) for point in self._corners]
        self.drop()
        painting = self._target.begin()
        if painting is not None:
            painting.polygon(corners, erases)
            self._target.commit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if not self._corners:
            return False
        if isinstance(event, QKeyEvent) and watched is self._canvas and event.key() in _KEYS:
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()  # otherwise an action with this shortcut would receive it
                return True
            if event.type() is QEvent.Type.KeyPress:
                self._on_key(event)
                return True
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseMove:
            self._layer.set_corners([*self._corners, self._canvas.to_picture_exactly(event.position())])
        return False

    def _on_key(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace:
            self._set(self._corners[:-1])
        elif len(self._corners) > 2:
            self._close(bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))

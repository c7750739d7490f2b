"""Edit the outline of a mask: move, add and delete its corners."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from annotator.model.mask import Mask
from annotator.model.painting.outlines import mask_loops
from annotator.ui.canvas.canvas import Canvas, Gesture, Tool
from annotator.ui.canvas.overlay import REACH
from annotator.ui.masks.layer import MaskPaintLayer
from annotator.ui.masks.target import MaskTarget
from annotator.ui.widgets.message import Message

Corner = tuple[float, float]
#: How far the shown outline may lie from the mask's edge, in pixels of the screen; in the frame's at most the second.
_COARSE, _COARSEST = 3.0, 6.0
_LEAST_CORNERS = 3


class OutlineTool(QObject):
    """Shows the corners of the selected track's mask. A drag of a corner moves it, a drag of an edge inserts one,
    and Alt with a click deletes one. Only the pixels between the old and the new outline change, so details of the mask
    that the corners do not show are kept elsewhere."""

    message = Signal(Message)

    def __init__(self, canvas: Canvas, layer: MaskPaintLayer, target: MaskTarget) -> None:
        super().__init__(canvas)
        self._canvas, self._layer, self._target = canvas, layer, target
        self._loops: list[list[Corner]] = []
        self._mask: Mask | None = None
        canvas.gestures[Tool.OUTLINE] = self._begin
        canvas.gesture_cancelled.connect(self.refresh)
        canvas.tool_changed.connect(lambda _: self.refresh())

    @property
    def loops(self) -> list[list[Corner]]:
        """The shown outlines, in image pixels."""
        return [list(loop) for loop in self._loops]

    def refresh(self) -> None:
        """Show the outline of the selected track's mask in the current frame, if this is the tool."""
        if self._canvas.tool is not Tool.OUTLINE:
            self._loops, self._mask = [], None
            self._layer.set_loops(())
            return
        mask = self._target.mask()
        if mask != self._mask or mask is None:
            self._mask = mask
            tolerance = min(_COARSE / max(self._canvas.scale_factor(), 1e-6), _COARSEST)
            self._loops = [] if mask is None else [
                [(float(x), float(y)) for x, y in loop] for loop in mask_loops(mask, tolerance)]
        self._layer.set_loops(self._loops)

    def _begin(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        position = self._canvas.to_widget(point)
        found = self._grip(position)
        if found is None:
            if not self._loops:
                self.message.emit(Message.refused(
                    self.tr("Select a single track with a mask in this frame to edit its outline"),
                    lambda: not self._loops))
            return None
        number, at, on_edge = found
        before = [list(loop) for loop in self._loops]
        loop = before[number]
        if modifiers & Qt.KeyboardModifier.AltModifier:
            if not on_edge and len(loop) > _LEAST_CORNERS:
                self._store(before, number, loop[:at] + loop[at + 1:])
            return None
        if on_edge:
            loop = [*loop[:at + 1], (point.x(), point.y()), *loop[at + 1:]]
            at += 1
        moved = list(loop)

        def drag(to: QPointF) -> None:
            place = self._canvas.within([self._canvas.to_picture_exactly(to)], together=False)[0]
            moved[at] = (place.x(), place.y())
            self._layer.set_loops([moved if k == number else each for k, each in enumerate(before)])

        return drag, lambda: self._store(before, number, moved)

    def _grip(self, position: QPointF) -> tuple[int, int, bool] | None:
        """Return the loop, its corner or the corner before its edge, and whether it is an edge."""
        best: tuple[float, int, int, bool] | None = None
        for number, loop in enumerate(self._loops):
            places = [self._canvas.to_widget(QPointF(x, y)) for x, y in loop]
            for at, place in enumerate(places):
                away = (place - position).manhattanLength()
                if away <= REACH and (best is None or best[3] or away < best[0]):
                    best = away, number, at, False
                edge = _distance(position, place, places[(at + 1) % len(places)])
                if edge <= REACH / 2 and (best is None or (best[3] and edge < best[0])):
                    best = edge, number, at, True
        return None if best is None else best[1:]

    def _store(self, before: list[list[Corner]], number: int, loop: list[Corner]) -> None:
        after = [loop if k == number else each for k, each in enumerate(before)]
        painting = self._target.begin() if after != before else None
        if painting is None:
            self._layer.set_loops(self._loops)
            return
        painting.reshape(before, after)
        # The corners stay as the user set them; those of the changed mask would lie elsewhere.
        self._mask, self._loops = painting.mask(), after
        self._target.commit()
        self.refresh()


def _distance(point: QPointF, one: QPointF, other: QPointF) -> float:
    """Return the distance of a point from the line segment between two others."""
    edge, offset = other - one, point - one
    length = edge.x() ** 2 + edge.y() ** 2
    along = 0.0 if length == 0 else min(max((edge.x() * offset.x() + edge.y() * offset.y()) / length, 0.0), 1.0)
    rest = offset - edge * along
    return float((rest.x() ** 2 + rest.y() ** 2) ** 0.5)

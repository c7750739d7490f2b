"""The layer over the tracks that draws a mask while it is painted, the brush's tip, corners and shared pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.mask import Mask
from annotator.model.painting.brush import Brush, BrushShape, Painting
from annotator.model.painting.mask_algebra import Place
from annotator.ui.canvas.overlay import HANDLE, contour_path

#: Color of pixels that two tracks share, and of the outlines of corners and of the brush.
_SHARED, _LINE, _SHADE = QColor(255, 255, 255, 150), QColor("white"), QColor(0, 0, 0, 160)


class MaskPaintLayer(QGraphicsItem):
    """Draws only the region that is exposed, so a step of a stroke repaints no more than what it changed."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._rect = QRectF()
        self._painting: Painting | None = None
        self._color, self._opacity = QColor("white"), 0.5
        self._brush: tuple[Brush, QPointF] | None = None
        self._corners: Sequence[QPointF] = ()
        self._loops: Sequence[QPolygonF] = ()
        self._shared: Sequence[Mask] = ()
        self._shared_paths: Sequence[QPainterPath] = ()

    def set_picture_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)
        self.clear()

    def clear(self) -> None:
        """Draw nothing any more."""
        self._painting, self._brush, self._corners, self._loops = None, None, (), ()
        self._shared, self._shared_paths = (), ()
        self.update()

    def set_painting(self, painting: Painting | None, color: QColor | None = None, opacity: float = 0.5) -> None:
        """Draw a mask that is being painted, in a track's color."""
        self._painting, self._opacity = painting, max(opacity, 0.3)
        self._color = QColor("white") if color is None else color
        self.update()

    def changed(self, place: Place) -> None:
        """Draw a region of the painting again."""
        if place[2] > place[0]:
            self.update(QRectF(place[0] - 1, place[1] - 1, place[2] - place[0] + 2, place[3] - place[1] + 2))

    def set_brush(self, brush: Brush | None, point: QPointF | None = None) -> None:
        """Draw the outline of the brush's tip at a point, or none."""
        before = self._brush
        self._brush = None if brush is None or point is None else (brush, point)
        for shown in (before, self._brush):
            if shown is not None:
                reach = shown[0].size / 2 + 4
                self.update(QRectF(shown[1].x() - reach, shown[1].y() - reach, 2 * reach, 2 * reach))

    def set_corners(self, corners: Sequence[QPointF]) -> None:
        """Draw a polygon that is being drawn; its last corner is under the pointer."""
        self._corners = tuple(corners)
        self.update()

    def set_loops(self, loops: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Draw outlines with a handle at each corner."""
        self._loops = [QPolygonF([QPointF(x, y) for x, y in loop]) for loop in loops]
        self.update()

    def set_shared(self, shared: Sequence[Mask]) -> None:
        """Mark pixels that two tracks share."""
        if list(shared) != list(self._shared):
            self._shared = tuple(shared)
            self._shared_paths = [contour_path(mask) for mask in shared]
            self.update()

    # Painting

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._painting is not None:
            self._paint_mask(painter, self._painting, option.exposedRect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for path in self._shared_paths:
            if path.controlPointRect().intersects(option.exposedRect):
                painter.fillPath(path, _SHARED)
                self._outline(painter, lambda path=path: painter.drawPath(path))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._corners:
            self._outline(painter, lambda: painter.drawPolyline(QPolygonF(list(self._corners))))
            self._paint_handles(painter, self._corners[:-1])
        for loop in self._loops:
            self._outline(painter, lambda loop=loop: painter.drawPolygon(loop))
            self._paint_handles(painter, [loop.at(k) for k in range(loop.count())])
        if self._brush is not None:
            self._paint_brush(painter, *self._brush)

    def _paint_mask(self, painter: QPainter, painting: Painting, exposed: QRectF) -> None:
        left, top, right, bottom = painting.reach
        left, top = max(left, int(exposed.left()) - 1), max(top, int(exposed.top()) - 1)
        right, bottom = min(right, int(exposed.right()) + 2), min(bottom, int(exposed.bottom()) + 2)
        if left >= right or top >= bottom:
            return
        alpha = round(255 * self._opacity)
        red, green, blue = (round(each * self._opacity) for each in self._color.getRgb()[:3])  # type: ignore[index]
        value = np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
        pixels = np.multiply(painting.region((left, top, right, bottom)), value, dtype=np.uint32)
        painter.drawImage(QPointF(left, top), QImage(pixels.data, right - left, bottom - top, 4 * (right - left),
                                                     QImage.Format.Format_ARGB32_Premultiplied))

    def _paint_brush(self, painter: QPainter, brush: Brush, point: QPointF) -> None:
        half = brush.size / 2
        tip = QRectF(point.x() - half, point.y() - half, brush.size, brush.size)
        draw = painter.drawEllipse if brush.shape is BrushShape.ROUND else painter.drawRect
        self._outline(painter, lambda: draw(tip))

    def _paint_handles(self, painter: QPainter, corners: Sequence[QPointF]) -> None:
        half = HANDLE / painter.worldTransform().m11()
        painter.setPen(_pen(_SHADE, 1.0))
        painter.setBrush(_LINE)
        for point in corners:
            painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _outline(self, painter: QPainter, draw: object) -> None:
        """Draw a line that is seen on light and on dark."""
        assert callable(draw)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((_SHADE, 3.0), (_LINE, 1.2)):
            painter.setPen(_pen(color, width))
            draw()


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen

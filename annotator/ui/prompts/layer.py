"""The canvas layer that draws prompts and proposals over the tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.prompt import Point
from annotator.ui.canvas.overlay import contour_path

#: Dash pattern of proposed shapes, in line widths.
_DASHES = [4.0, 3.0]
_HALO = QColor(0, 0, 0, 170)


@dataclass(frozen=True, slots=True)
class ProposedShape:
    """A shape that is only proposed: an object of a proposal, or a prompt."""

    color: QColor
    name: str
    """Caption; empty for none."""
    box_xyxy: Box | None
    mask: Mask | None = None
    points: tuple[Point, ...] = ()
    faint: bool = False
    """Draw it translucent, for queued prompts; the caption stays opaque."""


class PromptLayer(QGraphicsItem):
    """Draws dashed lines over dark ones, which differ from tracks on any footage."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._shapes: Sequence[ProposedShape] = ()
        self._font = QFont()
        self._font.setPointSizeF(8.5)
        self._font.setBold(True)

    @property
    def shapes(self) -> Sequence[ProposedShape]:
        """The shapes on display."""
        return self._shapes

    def set_picture_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)

    def set_shapes(self, shapes: Sequence[ProposedShape]) -> None:
        self._shapes = shapes
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for shape in self._shapes:
            painter.setOpacity(0.55 if shape.faint else 1.0)
            if shape.mask is not None and not shape.mask.is_empty():
                self._paint_mask(painter, shape.mask, shape.color)
            if shape.box_xyxy is not None:
                self._paint_box(painter, shape.box_xyxy, shape.color)
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setOpacity(1.0)
        for shape in self._shapes:
            for point in shape.points:
                _paint_point(painter, transform.map(QPointF(point.x, point.y)), point.positive)
            if shape.name and shape.box_xyxy is not None:
                x1, y1, x2, y2 = shape.box_xyxy
                self._paint_name(painter, transform.mapRect(QRectF(QPointF(x1, y1), QPointF(x2, y2))), shape)
        painter.restore()

    def _paint_mask(self, painter: QPainter, mask: Mask, color: QColor) -> None:
        path = contour_path(mask)
        fill = QColor(color)
        fill.setAlphaF(0.35)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPath(path)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen_color, width in ((_HALO, 3.0), (color, 1.5)):
            painter.setPen(_pen(pen_color, width))
            painter.drawPath(path)

    def _paint_box(self, painter: QPainter, box: Box, color: QColor) -> None:
        rect = QRectF(QPointF(box[0], box[1]), QPointF(box[2], box[3]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(_HALO, 4.0))
        painter.drawRect(rect)
        painter.setPen(_pen(color, 2.0, dashed=True))
        painter.drawRect(rect)

    def _paint_name(self, painter: QPainter, rect: QRectF, shape: ProposedShape) -> None:
        """Draw the caption below the box, where captions of tracks are rare, or above it at the lower edge."""
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        width, height = metrics.horizontalAdvance(shape.name) + 10, metrics.height() + 3
        port = QRectF(painter.viewport())
        left = min(max(rect.left() - 2, port.left()), port.right() - width)
        top = rect.bottom() + 2 if rect.bottom() + 2 + height <= port.bottom() else rect.top() - height - 2
        place = QRectF(left, top, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 205))
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(shape.color.lighter(140))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shape.name)


def _pen(color: QColor, width: float, dashed: bool = False) -> QPen:
    pen = QPen(color, width)
    if dashed:
        pen.setDashPattern(_DASHES)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setCosmetic(True)
    return pen


def _paint_point(painter: QPainter, place: QPointF, positive: bool) -> None:
    """Draw a disc with a plus or minus sign."""
    painter.setPen(QPen(QColor("white"), 1.5))
    painter.setBrush(QColor("#2ea043" if positive else "#d93f3f"))
    painter.drawEllipse(place, 7, 7)
    painter.setPen(QPen(QColor("white"), 2))
    painter.drawLine(place + QPointF(-3.5, 0), place + QPointF(3.5, 0))
    if positive:
        painter.drawLine(place + QPointF(0, -3.5), place + QPointF(0, 3.5))

"""What is drawn over the picture: masks, boxes, trails, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.frame import TrackState
from annotator.model.mask import Mask
from annotator.model.track import TrackObservation
from annotator.ui.names import NamePlaces

#: Half the side of a handle, and how near the pointer must come to it, in device-independent pixels.
HANDLE, REACH = 4.0, 8.0
#: Pens and widths of names that are kept.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown, and how."""

    boxes: bool = True
    names: bool = True
    masks: bool = True
    contours: bool = False
    """Outlines of the masks instead of filled ones."""
    opacity: float = 0.4
    trail: int = 0
    """Frames of the past whose centres are joined by a line; 0 for none."""
    solo: bool = False
    """Only selected tracks."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One track in the frame that is shown."""

    observation: TrackObservation
    color: QColor
    name: str
    """Number, class and whatever else is written at the box."""
    trail: Sequence[tuple[float, float]] = field(default=())
    """Centres in earlier frames, pixels, oldest first."""
    rect: QRectF | None = field(init=False)
    """The box, in picture pixels."""

    def __post_init__(self) -> None:
        box = self.observation.box_xyxy
        rect = None if box is None else QRectF(box[0], box[1], box[2] - box[0], box[3] - box[1])
        object.__setattr__(self, "rect", rect)

    @property
    def track(self) -> int:
        return self.observation.track


class MaskLayer:
    """Masks of one frame blended into one premultiplied image the size of the picture.

    Only what the last frame painted is wiped, so that a frame costs what its objects are large.
    """

    def __init__(self, width: int, height: int) -> None:
        self._pixels: npt.NDArray[np.uint32] = np.zeros((height, width), np.uint32)
        self._painted: list[tuple[slice, slice]] = []

    def paint(self, shapes: Sequence[Shape], opacity: float) -> QImage:
        """The image; valid until the next call."""
        for area in self._painted:
            self._pixels[area] = 0
        self._painted.clear()
        for shape in shapes:
            mask = shape.observation.mask
            if mask is not None and not mask.is_empty():
                self._paint_one(mask, _premultiplied(shape.color, opacity))
        height, width = self._pixels.shape
        return QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)

    def _paint_one(self, mask: Mask, value: int) -> None:
        height, width = self._pixels.shape
        x0, y0 = max(mask.left, 0), max(mask.top, 0)
        x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
        if x0 >= x1 or y0 >= y1:
            return
        crop = mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left]
        area = (slice(y0, y1), slice(x0, x1))
        np.copyto(self._pixels[area], value, where=crop)
        self._painted.append(area)


class Overlay(QGraphicsItem):
    """All shapes of a frame as one item. Lines and names keep their size on the screen at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._shapes: Sequence[Shape] = ()
        self._selected: frozenset[int] = frozenset()
        self._hovered: int | None = None
        self._look = Look()
        self._layer: MaskLayer | None = None
        self._masks: QImage | None = None
        self._draft: QRectF | None = None
        self._font = QFont()
        self._font.setPointSizeF(8.5)
        self._pens: dict[tuple[int, float, Qt.PenStyle], QPen] = {}
        self._widths: dict[str, float] = {}

    # What it shows

    @property
    def shapes(self) -> Sequence[Shape]:
        """Those that are shown, in drawing order."""
        if not self._look.solo:
            return self._shapes
        return [shape for shape in self._shapes if shape.track in self._selected]

    def set_picture_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)
        self._layer = MaskLayer(width, height)
        self.set_shapes(())

    def set_shapes(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._masks = None
        self.update()

    @property
    def selected(self) -> frozenset[int]:
        """Track ids."""
        return self._selected

    def set_selected(self, tracks: frozenset[int]) -> None:
        self._selected = tracks
        if self._look.solo:
            self._masks = None
        self.update()

    def set_hovered(self, track: int | None) -> None:
        if track != self._hovered:
            self._hovered = track
            self.update()

    @property
    def draft(self) -> QRectF | None:
        """The box that is being drawn or changed."""
        return self._draft

    def set_draft(self, rect: QRectF | None) -> None:
        """A box that is being drawn or changed, over everything else."""
        self._draft = rect
        self.update()

    @property
    def look(self) -> Look:
        return self._look

    def set_look(self, **changes: object) -> None:
        self._look = replace(self._look, **changes)  # type: ignore[arg-type]
        self._masks = None
        self.update()

    def handles(self, rect: QRectF) -> list[QPointF]:
        """The eight places where a box can be taken hold of, from the top left clockwise."""
        c = rect.center()
        return [rect.topLeft(), QPointF(c.x(), rect.top()), rect.topRight(), QPointF(rect.right(), c.y()),
                rect.bottomRight(), QPointF(c.x(), rect.bottom()), rect.bottomLeft(), QPointF(rect.left(), c.y())]

    # Painting

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        shapes = self.shapes
        if self._look.masks:
            self._paint_masks(painter, shapes)
        for shape in shapes:
            if shape.trail:
                self._paint_trail(painter, shape)
        if self._look.boxes:
            for shape in sorted(shapes, key=self._is_marked):
                self._paint_box(painter, shape)
        if self._look.names:
            self._paint_names(painter, shapes)
        if self._draft is not None:
            pen = QPen(QColor("white"), 1.5, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRect(self._draft)

    def _is_marked(self, shape: Shape) -> bool:
        return shape.track in self._selected or shape.track == self._hovered

    def _paint_masks(self, painter: QPainter, shapes: Sequence[Shape]) -> None:
        if self._look.contours:
            for shape in shapes:
                pen = QPen(shape.color, 1.5)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                if shape.observation.mask is not None:
                    painter.drawPath(contour_path(shape.observation.mask))
            return
        if self._masks is None and self._layer is not None:
            self._masks = self._layer.paint(shapes, self._look.opacity)
        if self._masks is not None:
            painter.drawImage(0, 0, self._masks)

    def _paint_trail(self, painter: QPainter, shape: Shape) -> None:
        pen = QPen(shape.color, 1.5)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in shape.trail]))

    def _paint_box(self, painter: QPainter, shape: Shape) -> None:
        rect = shape.rect
        if rect is None:
            return
        selected = shape.track in self._selected
        width = 2.5 if selected else 2.0 if shape.track == self._hovered else 1.2
        style = Qt.PenStyle.DashLine if shape.observation.state is TrackState.LOST or shape.observation.occluded \
            else Qt.PenStyle.SolidLine
        painter.setPen(self._pen(shape.color, width, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
        if shape.observation.human:
            self._paint_human_mark(painter, rect, shape.color)
        if selected and len(self._selected) == 1:
            self._paint_handles(painter, rect, shape.color)

    def _pen(self, color: QColor, width: float, style: Qt.PenStyle) -> QPen:
        """A pen whose width is the same at any zoom. Kept: a frame needs a hundred, and the next one the same."""
        key = (color.rgba(), width, style)
        pen = self._pens.get(key)
        if pen is None:
            if len(self._pens) >= _KEPT:
                self._pens.clear()
            pen = self._pens[key] = QPen(color, width, style)
            pen.setCosmetic(True)
        return pen

    def _paint_human_mark(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        """A filled corner says that a person drew this box."""
        side = 7 / painter.worldTransform().m11()
        corner = rect.topRight()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([corner, corner + QPointF(-side, 0), corner + QPointF(0, side)]))

    def _paint_handles(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        half = HANDLE / painter.worldTransform().m11()
        pen = QPen(color, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(QColor("white"))
        for point in self.handles(rect):
            painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))

    def _paint_names(self, painter: QPainter, shapes: Sequence[Shape]) -> None:
        """Names above their boxes, moved where they would cover one another or leave the picture."""
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        limits = transform.mapRect(self._rect).intersected(QRectF(painter.viewport()))
        height, ascent = metrics.height() + 1, metrics.ascent()
        places = NamePlaces((limits.left(), limits.top(), limits.right(), limits.bottom()), height)
        for shape in sorted(shapes, key=self._is_marked, reverse=True):
            if shape.rect is None:
                continue
            box = transform.mapRect(shape.rect)
            width = self._width(metrics, shape.name) + 6
            place = places.place((box.left(), box.top(), box.right(), box.bottom()), width)
            if place is None:
                continue
            painter.fillRect(QRectF(place[0], place[1], width, height), shape.color)
            painter.setPen(readable_on(shape.color))
            painter.drawText(QPointF(place[0] + 3, place[1] + ascent + 0.5), shape.name)
        painter.restore()

    def _width(self, metrics: QFontMetricsF, text: str) -> float:
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) >= _KEPT:
                self._widths.clear()
            width = self._widths[text] = metrics.horizontalAdvance(text)
        return width


def contour_path(mask: Mask) -> QPainterPath:
    """The mask's outlines, in picture pixels."""
    path = QPainterPath()
    if mask.is_empty():
        return path
    outlines, _ = cv2.findContours(mask.crop().astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        points = outline[:, 0] + np.array([mask.left + 0.5, mask.top + 0.5])
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        path.closeSubpath()
    return path


def _premultiplied(color: QColor, opacity: float) -> int:
    alpha = round(255 * opacity)
    red, green, blue = (round(channel * opacity) for channel in (color.red(), color.green(), color.blue()))
    return alpha << 24 | red << 16 | green << 8 | blue


def readable_on(color: QColor) -> Qt.GlobalColor:
    """Black or white, whichever is read more easily on this colour."""
    luminance = 0.299 * color.red() + 0.587 * color.green() + 0.114 * color.blue()
    return Qt.GlobalColor.black if luminance > 140 else Qt.GlobalColor.white

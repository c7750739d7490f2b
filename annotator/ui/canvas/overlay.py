"""The overlay on the frame: masks, boxes, trails and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.frame import TrackState
from annotator.model.mask import Mask
from annotator.model.native import near
from annotator.model.track import TrackObservation
from annotator.ui.canvas.mask_layer import MaskLayer
from annotator.ui.canvas.name_layout import NameLayout
from annotator.ui.widgets.name_plates import NamePlates, Plate

#: Half the side of a handle, and the distance at which it can be grabbed, in device-independent pixels.
HANDLE, REACH = 4.0, 8.0
#: Number of cached pens.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Look:
    """What the overlay shows, and how."""

    boxes: bool = True
    names: bool = True
    masks: bool = True
    contours: bool = False
    """Outlines of masks instead of filled masks."""
    opacity: float = 0.4
    trail: int = 0
    """Number of past frames in the trail of box centers; 0 for no trails."""
    solo: bool = False
    """Whether only selected tracks are shown."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One track in the displayed frame."""

    observation: TrackObservation
    color: QColor
    name: str
    """Text at the box: number, name or class, and score."""
    trail: Sequence[tuple[float, float]] = field(default=())
    """Box centers in earlier frames, in image pixels, oldest first."""
    rect: QRectF | None = field(init=False)
    """The box, in image pixels."""

    def __post_init__(self) -> None:
        box = self.observation.box_xyxy
        if box is not None:
            left, top, right, bottom = near(box)
            object.__setattr__(self, "rect", QRectF(left, top, right - left, bottom - top))
        else:
            object.__setattr__(self, "rect", None)

    @property
    def track(self) -> int:
        return self.observation.track


class Overlay(QGraphicsItem):
    """All shapes of a frame in one item. Lines and names have the same size on the screen at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        # Paints are told which part is exposed: a stroke of a brush exposes little of a large frame.
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._rect = QRectF()
        self._shapes: Sequence[Shape] = ()
        self._selected: frozenset[int] = frozenset()
        self._hovered: int | None = None
        self._look = Look()
        self._masks = MaskLayer()
        self._decoded = False
        self._draft: QRectF | None = None
        self._replaced: int | None = None
        self._with_handles = True
        self._font = QFont()
        self._font.setPointSizeF(8.5)
        self._pens: dict[tuple[int, float, Qt.PenStyle], QPen] = {}
        self._ratio = 1.0
        self._plates: NamePlates | None = None

    # Content

    @property
    def shapes(self) -> Sequence[Shape]:
        """Displayed shapes in drawing order."""
        if not self._look.solo:
            return self._shapes
        return [shape for shape in self._shapes if shape.track in self._selected]

    def set_picture_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)
        self.set_shapes(())

    def set_shapes(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._decoded = False
        self.update()

    @property
    def selected(self) -> frozenset[int]:
        """Track ids."""
        return self._selected

    def set_selected(self, tracks: frozenset[int]) -> None:
        self._selected = tracks
        if self._look.solo:
            self._decoded = False
        self.update()

    def set_hovered(self, track: int | None) -> None:
        if track != self._hovered:
            self._hovered = track
            self.update()

    @property
    def draft(self) -> QRectF | None:
        """Box that is being drawn or changed."""
        return self._draft

    def set_draft(self, rect: QRectF | None) -> None:
        """Show a box that is being drawn or changed, over everything else."""
        self._draft = rect
        self.update()

    def set_handles(self, shown: bool) -> None:
        """Set whether the selected box has handles; they can be dragged with the selection tool only."""
        if shown != self._with_handles:
            self._with_handles = shown
            self.update()

    def set_replaced(self, track: int | None) -> None:
        """Leave out the mask of a track, because another layer draws it while it is painted; None for all masks."""
        if track != self._replaced:
            self._replaced, self._decoded = track, False
            self.update()

    @property
    def look(self) -> Look:
        return self._look

    def set_look(self, **changes: Any) -> None:
        self._look = replace(self._look, **changes)
        self._decoded = False
        self.update()

    def handles(self, rect: QRectF) -> list[QPointF]:
        """Return the positions of the eight handles of a box, clockwise from the top left."""
        c = rect.center()
        return [rect.topLeft(), QPointF(c.x(), rect.top()), rect.topRight(), QPointF(rect.right(), c.y()),
                rect.bottomRight(), QPointF(c.x(), rect.bottom()), rect.bottomLeft(), QPointF(rect.left(), c.y())]

    # Painting

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        shapes = self.shapes
        self._ratio = painter.device().devicePixelRatioF()
        if self._look.masks:
            self._paint_masks(painter, shapes, option.exposedRect)
        for shape in shapes:
            if shape.trail:
                self._paint_trail(painter, shape)
        if self._look.boxes:
            self._paint_boxes(painter, shapes)
        if self._look.names:
            self._paint_names(painter, shapes)
        if self._draft is not None:
            painter.setPen(self._pen(0xffffffff, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._draft)

    def _is_marked(self, shape: Shape) -> bool:
        return shape.track in self._selected or shape.track == self._hovered

    def _paint_masks(self, painter: QPainter, shapes: Sequence[Shape], exposed: QRectF) -> None:
        if self._look.contours:
            for shape in shapes:
                painter.setPen(self._pen(shape.color.rgba(), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                if shape.observation.mask is not None and shape.track != self._replaced:
                    painter.drawPath(contour_path(shape.observation.mask))
            return
        if not self._decoded:
            self._masks.set_masks([(shape.observation.mask, shape.color) for shape in shapes
                                   if shape.observation.mask is not None and shape.track != self._replaced],
                                  self._look.opacity)
            self._decoded = True
        self._masks.draw(painter, exposed)

    def _paint_trail(self, painter: QPainter, shape: Shape) -> None:
        painter.setPen(self._pen(shape.color.rgba(), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in shape.trail]))

    def _paint_boxes(self, painter: QPainter, shapes: Sequence[Shape]) -> None:
        """Paint the boxes with one call per pen, selected and hovered ones last."""
        alike: dict[tuple[bool, int, float, Qt.PenStyle], list[QRectF]] = {}
        for shape in shapes:
            if shape.rect is not None:
                alike.setdefault(self._box_style(shape), []).append(shape.rect)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for style in sorted(alike, key=lambda style: style[0]):
            painter.setPen(self._pen(*style[1:]))
            painter.drawRects(alike[style])
        for shape in shapes:
            if shape.rect is not None and shape.observation.human:
                self._paint_human_mark(painter, shape.rect, shape.color)
        for shape in shapes:
            if shape.rect is not None and self._with_handles and self._selected == {shape.track}:
                self._paint_handles(painter, shape.rect, shape.color)

    def _box_style(self, shape: Shape) -> tuple[bool, int, float, Qt.PenStyle]:
        """Return whether the shape is selected or hovered, and the color, width and style of its lines."""
        track, observation = shape.track, shape.observation
        width = 2.5 if track in self._selected else 2.0 if track == self._hovered else 1.2
        dashed = observation.state is TrackState.LOST or observation.occluded
        return (width > 1.2, shape.color.rgba(), width, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)

    def _pen(self, rgba: int, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """Return a pen with the same width at any zoom and on any screen; cached for the next frames."""
        width *= self._ratio  # Qt measures the width of cosmetic pens in screen pixels
        key = (rgba, width, style)
        pen = self._pens.get(key)
        if pen is None:
            if len(self._pens) >= _KEPT:
                self._pens.clear()
            pen = self._pens[key] = QPen(QColor.fromRgba(rgba), width, style)
            pen.setCosmetic(True)
        return pen

    def _paint_human_mark(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        """Paint a filled corner, which marks a manual box."""
        side = 7 / painter.worldTransform().m11()
        corner = rect.topRight()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([corner, corner + QPointF(-side, 0), corner + QPointF(0, side)]))

    def _paint_handles(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        half = HANDLE / painter.worldTransform().m11()
        painter.setPen(self._pen(color.rgba(), 1.0))
        painter.setBrush(QColor("white"))
        for point in self.handles(rect):
            painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))

    def _paint_names(self, painter: QPainter, shapes: Sequence[Shape]) -> None:
        """Paint the names above their boxes, moved where they would overlap or leave the frame."""
        transform, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
        if self._plates is None or self._plates.ratio != ratio:
            self._plates = NamePlates(self._font, ratio)
        limits = transform.mapRect(self._rect).intersected(QRectF(painter.viewport()))
        # At whole pixels a plate is copied instead of resampled.
        places = NameLayout((ceil(limits.left()), ceil(limits.top()), floor(limits.right()), floor(limits.bottom())),
                            self._plates.height)
        across, down, scale_x, scale_y = transform.dx(), transform.dy(), transform.m11(), transform.m22()
        painter.save()
        painter.resetTransform()
        for shape in sorted(shapes, key=self._is_marked, reverse=True):
            box = shape.observation.box_xyxy
            if box is None:
                continue
            plate = self._plates.plate(shape.name, shape.color)
            place = places.place((round(box[0] * scale_x + across), round(box[1] * scale_y + down),
                                  round(box[2] * scale_x + across), round(box[3] * scale_y + down)), plate.width)
            if place is not None:
                _draw_plate(painter, plate, int(place[0]), int(place[1]))
        painter.restore()


def contour_path(mask: Mask) -> QPainterPath:
    """Return the outlines of a mask in image pixels."""
    path = QPainterPath()
    if mask.is_empty():
        return path
    outlines, _ = cv2.findContours(mask.crop().astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        points = outline[:, 0] + np.array([mask.left + 0.5, mask.top + 0.5])
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        path.closeSubpath()
    return path


def _draw_plate(painter: QPainter, plate: Plate, x: int, y: int) -> None:
    for piece in plate.pieces:
        painter.drawPixmap(x, y, piece.pixmap)
        x += piece.width

"""The layer that draws ignore regions between the frame and the tracks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.native import near
from annotator.model.track import Mark
from annotator.ui.canvas.overlay import HANDLE
from annotator.ui.widgets.theme import ACCENT


class RegionLayer(QGraphicsItem):
    """Hatched polygons. Hatching and lines have the same size on the screen at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._regions: Sequence[Mark] = ()
        self._selected: int | None = None
        self._draft: Sequence[QPointF] = ()
        self._shaped: tuple[int | None, Sequence[QPointF]] = (None, ())

    @property
    def regions(self) -> Sequence[Mark]:
        """Displayed regions."""
        return self._regions

    def set_picture_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)

    def set_regions(self, regions: Sequence[Mark], selected: int | None) -> None:
        """Set the regions of the frame, and the id of the selected one."""
        self._regions, self._selected = regions, selected
        self.update()

    def set_draft(self, corners: Sequence[QPointF]) -> None:
        """Set the corners of a polygon that is being drawn; the last one is under the pointer."""
        self._draft = tuple(corners)
        self.update()

    def set_shaped(self, region: int | None, corners: Sequence[QPointF]) -> None:
        """Draw a region with these corners while it is being reshaped; None ends that."""
        self._shaped = (region, tuple(corners))
        self.update()

    def at(self, point: QPointF) -> Mark | None:
        """Return the smallest region that contains a point in image pixels."""
        held = [(_area(polygon), -region.id, region) for region in self._regions
                if (polygon := self.polygon(region)).containsPoint(point, Qt.FillRule.OddEvenFill)]
        return min(held)[2] if held else None

    def polygon(self, region: Mark) -> QPolygonF:
        """Return the polygon of a region in image pixels; a region without corners is the whole frame."""
        if not region.region:
            return QPolygonF(self._rect)
        return QPolygonF([QPointF(*near(corner)) for corner in region.region])

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for region in self._regions:
            polygon = QPolygonF(self._shaped[1]) if region.id == self._shaped[0] else self.polygon(region)
            self._paint_region(painter, transform.map(polygon), region.id == self._selected)
            if region.id == self._selected and region.region:
                _paint_corners(painter, transform.map(polygon))
        if self._draft:
            painter.setPen(QPen(QColor("white"), 1.5, Qt.PenStyle.DashLine))
            painter.drawPolyline(transform.map(QPolygonF(self._draft)))
            painter.setBrush(QColor("white"))
            for corner in self._draft[:-1]:
                painter.drawEllipse(transform.map(corner), 3, 3)
        painter.restore()

    def _paint_region(self, painter: QPainter, polygon: QPolygonF, selected: bool) -> None:
        # Light lines over dark ones are visible on any image.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 90))
        painter.drawPolygon(polygon)
        painter.setBrush(QColor(0, 0, 0, 0))
        _hatch(painter, polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 3.5 if selected else 2.5))
        painter.drawPolygon(polygon)
        painter.setPen(QPen(QColor(ACCENT) if selected else QColor(255, 255, 255, 200), 2.5 if selected else 1.2))
        painter.drawPolygon(polygon)


def _paint_corners(painter: QPainter, polygon: QPolygonF) -> None:
    """Paint handles at the corners."""
    painter.setPen(QPen(QColor(ACCENT), 1))
    painter.setBrush(QColor("white"))
    for k in range(polygon.size()):
        corner = polygon.at(k)
        painter.drawRect(QRectF(corner.x() - HANDLE, corner.y() - HANDLE, 2 * HANDLE, 2 * HANDLE))


def _hatch(painter: QPainter, polygon: QPolygonF) -> None:
    painter.setBrush(Qt.BrushStyle.BDiagPattern)
    brush = painter.brush()
    brush.setColor(QColor(255, 255, 255, 130))
    painter.setBrush(brush)
    painter.drawPolygon(polygon)


def _area(polygon: QPolygonF) -> float:
    corners = [polygon.at(k) for k in range(polygon.size())]
    pairs = zip(corners, [*corners[1:], *corners[:1]], strict=True)
    return abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in pairs)) / 2

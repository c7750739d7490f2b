"""The canvas layer that outlines a missed object of the ground truth."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

#: Margin for the lines, in image pixels.
_MARGIN = 4.0


class MissedBox(QGraphicsItem):
    """White dashes on black, visible on any image and at any zoom, and unlike the colour of any track."""

    def __init__(self) -> None:
        super().__init__()
        self._rect: QRectF | None = None
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def rect(self) -> QRectF | None:
        """In image pixels; None if nothing is shown."""
        return self._rect

    def set_rect(self, rect: QRectF | None) -> None:
        self.prepareGeometryChange()
        self._rect = rect

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return QRectF() if self._rect is None else self._rect.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._rect is None:
            return
        for color, style in (("#000000", Qt.PenStyle.SolidLine), ("#ffffff", Qt.PenStyle.DashLine)):
            pen = QPen(QColor(color), 2, style)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRect(self._rect)

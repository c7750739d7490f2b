"""Small pictures of colours, for lists and buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

SIDE = 16


def swatch(color: str | None) -> QIcon:
    """A filled square of this colour (``#rrggbb``); an empty one where there is none, or several."""
    pixmap = QPixmap(2 * SIDE, 2 * SIDE)  # twice as large, for screens with fine pixels
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if color is None:
        painter.setPen(QPen(QColor("#868a91"), 2, Qt.PenStyle.DashLine))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
    painter.drawRoundedRect(QRectF(4, 4, 2 * SIDE - 8, 2 * SIDE - 8), 4, 4)
    painter.end()
    return QIcon(pixmap)

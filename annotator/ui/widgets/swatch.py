"""Color swatches for lists and buttons."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

SIDE = 16


@lru_cache(maxsize=256)  # tables ask for them with every painting
def swatch(color: str | None) -> QIcon:
    """Return a filled square of this color (``#rrggbb``); an empty one for None (no color, or different ones)."""
    pixmap = QPixmap(2 * SIDE, 2 * SIDE)  # twice the size, for high-resolution screens
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
    icon = QIcon()
    # The same in every mode: styles tint a selected icon, and the color would no longer be the track's.
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
        icon.addPixmap(pixmap, mode)
    return icon

"""Name labels on a colored background, drawn once and cached: consecutive frames show mostly the same names."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

#: Number of cached pieces; each takes about 5 kB on an ordinary screen.
_KEPT = 4096
#: Maximum width of a name without its last word, in device-independent pixels, and a number of characters that always
#: fits into it. The table of tracks shows the whole name.
_WIDEST, _LONG = 180.0, 16
#: Margin at either end of a name, in device-independent pixels.
_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name, and its width in whole device-independent pixels."""

    pixmap: QPixmap
    width: int


@dataclass(frozen=True, slots=True)
class Plate:
    """A name in pieces that are drawn side by side.

    The last word is a separate piece: it is often a score, which changes with every frame, while the rest stays.
    """

    pieces: tuple[Piece, ...]
    width: int


class NamePlates:
    """A cache of plates for one font and one screen."""

    def __init__(self, font: QFont, ratio: float) -> None:
        """``ratio``: screen pixels per device-independent pixel."""
        self._font, self.ratio = font, ratio
        self._metrics = QFontMetricsF(font)
        self.height = float(round(self._metrics.height()) + 1)
        self._pieces: OrderedDict[tuple[str, int, bool, bool], Piece] = OrderedDict()

    def plate(self, name: str, color: QColor) -> Plate:
        """Return the plate of a name on this color, to be drawn at whole pixels."""
        head, blank, last = name.rpartition(" ")
        rgba = color.rgba()
        if not blank:
            pieces: tuple[Piece, ...] = (self._piece(name, rgba, True, True),)
        else:
            head = self._metrics.elidedText(head, Qt.TextElideMode.ElideRight, _WIDEST) if len(head) > _LONG else head
            pieces = (self._piece(head + blank, rgba, True, False), self._piece(last, rgba, False, True))
        return Plate(pieces, sum(piece.width for piece in pieces))

    def _piece(self, text: str, rgba: int, first: bool, last: bool) -> Piece:
        key = (text, rgba, first, last)
        piece = self._pieces.get(key)
        if piece is not None:
            return piece
        if len(self._pieces) >= _KEPT:
            self._pieces.popitem(last=False)
        piece = self._pieces[key] = self._drawn(text, QColor.fromRgba(rgba), _MARGIN * first, _MARGIN * last)
        return piece

    def _drawn(self, text: str, color: QColor, before: float, after: float) -> Piece:
        width = round(before + self._metrics.horizontalAdvance(text) + after)
        piece = QPixmap(round(width * self.ratio), round(self.height * self.ratio))
        piece.setDevicePixelRatio(self.ratio)
        piece.fill(color)
        painter = QPainter(piece)
        painter.setFont(self._font)
        painter.setPen(readable_on(color))
        painter.drawText(QPointF(before, self._metrics.ascent() + 0.5), text)
        painter.end()
        return Piece(piece, width)


def readable_on(color: QColor) -> Qt.GlobalColor:
    """Return black or white, whichever is easier to read on this color."""
    luminance = 0.299 * color.red() + 0.587 * color.green() + 0.114 * color.blue()
    return Qt.GlobalColor.black if luminance > 140 else Qt.GlobalColor.white

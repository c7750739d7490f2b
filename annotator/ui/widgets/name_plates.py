"""Names on their colour, drawn once and kept: a frame shows a hundred, and the next one mostly the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

#: Pieces of names that are kept: some 5 kB each on an ordinary screen.
_KEPT = 4096
#: How wide a name may be before its last word, and how many letters are never wider; the table has all of it.
_WIDEST, _LONG = 180.0, 16
#: Room at either end of a name, in device-independent pixels.
_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name, and how wide it is in device-independent pixels: a whole number of them."""

    pixmap: QPixmap
    width: int


@dataclass(frozen=True, slots=True)
class Plate:
    """A name in pieces that are drawn side by side. The last word is one of its own: a score changes with every frame,
    what stands before it does not."""

    pieces: tuple[Piece, ...]
    width: int


class NamePlates:
    """Makes plates for one font and one screen."""

    def __init__(self, font: QFont, ratio: float) -> None:
        """``ratio``: pixels of the screen per device-independent pixel."""
        self._font, self.ratio = font, ratio
        self._metrics = QFontMetricsF(font)
        self.height = float(round(self._metrics.height()) + 1)
        self._pieces: OrderedDict[tuple[str, int, bool, bool], Piece] = OrderedDict()

    def plate(self, name: str, color: QColor) -> Plate:
        """The name on its colour; may be drawn at whole pixels."""
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
    """Black or white, whichever is read better on this colour."""
    luminance = 0.299 * color.red() + 0.587 * color.green() + 0.114 * color.blue()
    return Qt.GlobalColor.black if luminance > 140 else Qt.GlobalColor.white

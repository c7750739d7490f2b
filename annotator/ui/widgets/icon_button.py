"""Buttons with drawn icons in the text color: visible in both themes and sharp at any scale."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QToolButton, QWidget


class Sign(Enum):
    """The icon of a button."""

    FIRST = auto()
    PREVIOUS = auto()
    PLAY = auto()
    PAUSE = auto()
    NEXT = auto()
    LAST = auto()


class SignButton(QToolButton):
    """A flat button of 28 x 24 device-independent pixels."""

    def __init__(self, sign: Sign, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = sign
        self.setAutoRaise(True)
        self.setFixedSize(28, 24)

    @property
    def sign(self) -> Sign:
        return self._sign

    def set_sign(self, sign: Sign) -> None:
        self._sign = sign
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.ButtonText))
        painter.translate(self.width() / 2, self.height() / 2)
        if self._sign in (Sign.FIRST, Sign.PREVIOUS):
            painter.scale(-1, 1)
        if self._sign is Sign.PAUSE:
            painter.drawRect(QRectF(-5, -6, 3.5, 12))
            painter.drawRect(QRectF(1.5, -6, 3.5, 12))
        elif self._sign is Sign.PLAY:
            _draw_triangle(painter, -4, 9, 7)
        elif self._sign in (Sign.NEXT, Sign.PREVIOUS):
            painter.drawRect(QRectF(-5, -5, 2, 10))
            _draw_triangle(painter, -1, 6, 5)
        else:
            _draw_triangle(painter, -5, 7, 5)
            painter.drawRect(QRectF(3, -5, 2, 10))


def _draw_triangle(painter: QPainter, left: float, width: float, half: float) -> None:
    painter.drawPolygon(QPolygonF([QPointF(left, -half), QPointF(left + width, 0), QPointF(left, half)]))

"""The status bar: one message at a time, marked with its severity, and withdrawn when it is no longer true."""

from __future__ import annotations

import logging

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QStatusBar, QStyle, QStyleOption, QWidget

from annotator.ui.widgets.message import Message, Severity
from annotator.ui.widgets.plain_text import literal

log = logging.getLogger(__name__)

#: Milliseconds for which a message stays; 0: until another one replaces it or it no longer holds.
SECONDS = {Severity.DONE: 10_000, Severity.HINT: 0, Severity.REFUSED: 15_000, Severity.FAILED: 0}
_SIGNS = {Severity.DONE: "\u2713", Severity.HINT: "\u2139", Severity.REFUSED: "\u26a0", Severity.FAILED: "\u2715"}
#: Colours on a light and on a dark background.
_COLORS = {Severity.DONE: ("#1b7f3b", "#7bd88f"), Severity.HINT: ("#1f5fae", "#8ab4f8"),
           Severity.REFUSED: ("#8a5a00", "#f2c14e"), Severity.FAILED: ("#b3261e", "#ff8a80")}
_LEVELS = {Severity.DONE: logging.DEBUG, Severity.HINT: logging.DEBUG, Severity.REFUSED: logging.INFO,
           Severity.FAILED: logging.WARNING}
_MARGIN, _SIGN_WIDTH = 8, 20


class MessageBar(QStatusBar):
    """Shows the newest message. Text that does not fit is elided; the tooltip has all of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._message: Message | None = None
        self.messageChanged.connect(self._on_text)

    @property
    def message(self) -> Message | None:
        """The message on display."""
        return self._message

    def post(self, message: Message) -> None:
        """Show a message in place of the current one."""
        log.log(_LEVELS[message.severity], "%s", message.text)
        self._message = message
        self.showMessage(message.text, SECONDS[message.severity])
        self.setToolTip(literal(message.text))
        self.update()

    def withdraw(self, failures: bool = False) -> None:
        """Withdraw the message because what it is about was left behind; a failure only if ``failures`` is set."""
        if self._message is not None and (failures or self._message.severity is not Severity.FAILED):
            self.clearMessage()

    def recheck(self) -> None:
        """Withdraw the message if it no longer holds."""
        if self._message is not None and self._message.holds is not None and not self._message.holds():
            self.clearMessage()

    def _on_text(self, text: str) -> None:
        if not text:
            self._message = None
            self.setToolTip("")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        if self._message is None:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelStatusBar, option, painter, self)
        area = QRect(_MARGIN, 0, self._free_width() - 2 * _MARGIN, self.height())
        is_dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(_COLORS[self._message.severity][is_dark]))
        painter.drawText(area, align, _SIGNS[self._message.severity])
        area.setLeft(area.left() + _SIGN_WIDTH)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        text = self.fontMetrics().elidedText(self._message.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, align | Qt.TextFlag.TextSingleLine, text)

    def _free_width(self) -> int:
        """Pixels from the left edge to the first permanent widget."""
        taken = [child.geometry().left() for child in self.children()
                 if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()]
        return min(taken, default=self.width())

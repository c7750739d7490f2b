"""The log panel: recent log records, filtered by level, with a button to copy them."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.ui.threads.relay import Relay
from annotator.ui.widgets.plain_text import Label, literal

#: Lines kept; older ones are only in the log file.
MOST_LINES = 4000
#: Characters kept per line: enough for a traceback, not for a dumped tensor.
_MOST_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """One log record, formatted."""

    level: int
    text: str


class _Arrival(QObject):
    arrived = Signal()


class LogBuffer(logging.Handler):
    """Keeps the last records of all threads. Emits one signal for many records."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._fresh: deque[Line] = deque(maxlen=MOST_LINES)
        self._signal = _Arrival()
        self.arrived = self._signal.arrived
        self._relay = Relay(self._signal)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record. Called by logging, with the handler's lock held."""
        try:
            line = Line(record.levelno, self.format(record)[:_MOST_CHARACTERS])
        except (TypeError, ValueError, KeyError):  # arguments that do not fit their message
            self.handleError(record)
            return
        announced = bool(self._fresh)
        self._lines.append(line)
        self._fresh.append(line)
        if not announced:
            self._relay.post(self.arrived.emit)

    def lines(self) -> list[Line]:
        """Return all lines, oldest first, and mark them as read."""
        with _held(self):
            self._fresh.clear()
            return list(self._lines)

    def take_fresh(self) -> list[Line]:
        """Return the lines since the last call."""
        with _held(self):
            fresh = list(self._fresh)
            self._fresh.clear()
            return fresh

    def clear(self) -> None:
        with _held(self):
            self._lines.clear()
            self._fresh.clear()


class _held:  # noqa: N801 - read as a statement: with _held(handler)
    """Holds the lock of a handler, under which logging calls `emit`."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler

    def __enter__(self) -> None:
        self._handler.acquire()

    def __exit__(self, *_: object) -> None:
        self._handler.release()


class LogPanel(QWidget):
    """Shows the last lines of the log, and the path of the log file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buffer = LogBuffer()
        self.level = QComboBox(self)
        for text, level in ((self.tr("All levels"), logging.DEBUG), (self.tr("Information"), logging.INFO),
                            (self.tr("Warnings"), logging.WARNING), (self.tr("Errors"), logging.ERROR)):
            self.level.addItem(text, level)
        self.level.setCurrentIndex(1)
        self.copy = QPushButton(self.tr("Copy"), self)
        self.copy.setToolTip(self.tr("Copy the selected text, or all lines"))
        self.clear = QPushButton(self.tr("Clear"), self)
        self.folder = QPushButton(self.tr("Show log folder"), self)
        self.place = Label(self)
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.view = QPlainTextEdit(self, readOnly=True)
        self.view.setMaximumBlockCount(MOST_LINES)
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.level)
        row.addWidget(self.place, 1)
        for button in (self.folder, self.clear, self.copy):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.view)
        self.level.currentIndexChanged.connect(self._show_all)
        self.copy.clicked.connect(self._copy)
        self.clear.clicked.connect(self._clear)
        self.folder.clicked.connect(self._show_file)
        self.buffer.arrived.connect(self._append)
        logging.getLogger().addHandler(self.buffer)
        self._name_file()

    def detach(self) -> None:
        """Stop receiving log records."""
        logging.getLogger().removeHandler(self.buffer)

    def _append(self) -> None:
        lines = [line.text for line in self.buffer.take_fresh() if line.level >= self.level.currentData()]
        if lines:
            self.view.appendPlainText("\n".join(lines))

    def _show_all(self) -> None:
        least = self.level.currentData()
        self.view.setPlainText("\n".join(line.text for line in self.buffer.lines() if line.level >= least))
        self.view.verticalScrollBar().setValue(self.view.verticalScrollBar().maximum())

    def _clear(self) -> None:
        self.buffer.clear()
        self.view.clear()

    def _copy(self) -> None:
        chosen = self.view.textCursor().selectedText().replace("\u2029", "\n")
        QGuiApplication.clipboard().setText(chosen or self.view.toPlainText())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        self._name_file()
        super().showEvent(event)

    def _name_file(self) -> None:
        path = log_file()
        self.folder.setEnabled(path is not None)
        self.place.setText(self.tr("not written to a file") if path is None else str(path))
        self.place.setToolTip("" if path is None else literal(str(path)))

    def _show_file(self) -> None:
        path = log_file()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def log_file() -> Path | None:
    """Return the log file; None if the log is not written to a file."""
    return next((Path(handler.baseFilename) for handler in logging.getLogger().handlers
                 if isinstance(handler, logging.FileHandler)), None)

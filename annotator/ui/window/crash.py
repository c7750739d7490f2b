"""Reports of unexpected errors: log and dialog."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from annotator import __version__
from annotator.errors import UserError
from annotator.ui.threads.relay import Relay

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Logs uncaught exceptions of all threads, and shows them one at a time in a dialog."""

    def __init__(self, window: QWidget, log_path: Path, refused: Callable[[str], None] | None = None) -> None:
        """``refused`` is called with the message of a `UserError` that nothing caught: it is no crash, and its text
        says what to do."""
        super().__init__(window)
        self._window, self._log_path, self._refused = window, log_path, refused
        self.box: QMessageBox | None = None
        """The open dialog; None if there is none."""
        self._relay = Relay(self)

    def install(self) -> None:
        """Install the exception hooks."""
        sys.excepthook = self.report
        threading.excepthook = lambda args: self.report(args.exc_type, args.exc_value, args.exc_traceback)

    def report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Log an error and show it. Errors that occur while the dialog is open are only logged."""
        if issubclass(kind, SystemExit):
            return
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        if isinstance(error, UserError) and self._refused is not None:
            refused, text = self._refused, str(error)
            log.warning("%s", text, exc_info=error)
            self._relay.post(lambda: refused(text))
            return
        full = "".join(traceback.format_exception(kind, error, trace))
        log.critical("unexpected error\n%s", full)
        # Post it: the dialog must not open inside the failed event handler, which may be painting.
        self._relay.post(lambda: self._show(f"{kind.__name__}: {error}", full))

    def _show(self, summary: str, details: str) -> None:
        if self.box is not None:
            return
        self.box = box = crash_box(self._window, summary, details, self._log_path)
        box.finished.connect(self._on_closed)
        box.open()

    def _on_closed(self) -> None:
        self.box = None


def crash_box(parent: QWidget | None, summary: str, details: str, log_path: Path) -> QMessageBox:
    """Return a message box with the error, the location of the log, and the state of the project."""
    box = QMessageBox(QMessageBox.Icon.Critical, "SAM2MOT Annotator",
                      QCoreApplication.translate("Crash", "An unexpected error occurred: {0}").format(
                          _shortened(summary)),
                      QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setInformativeText(QCoreApplication.translate(
        "Crash", "The project is safe: all finished steps are saved. The log is in {0}.").format(log_path))
    report = f"SAM2MOT Annotator {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n{details}"
    box.setDetailedText(report)
    copy = box.addButton(QCoreApplication.translate("Crash", "Copy report"), QMessageBox.ButtonRole.ActionRole)
    folder = box.addButton(QCoreApplication.translate("Crash", "Open log folder"), QMessageBox.ButtonRole.ActionRole)
    # A message box closes on every button whose clicked signal is connected to it.
    for button in (copy, folder):
        button.clicked.disconnect()
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_path.parent))))
    return box


def _shortened(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[:most] + "…"

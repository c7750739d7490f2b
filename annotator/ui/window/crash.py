"""What happens when the program itself is at fault."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from annotator import __version__
from annotator.ui.threads.relay import Relay

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Logs what nobody caught, on any thread, and says it once at a time in a dialog of the window's thread."""

    def __init__(self, window: QWidget, log_path: Path) -> None:
        super().__init__(window)
        self._window, self._log_path = window, log_path
        self.box: QMessageBox | None = None
        """The dialog, while it is open."""
        self._relay = Relay(self)

    def install(self) -> None:
        """Hear of all errors from now on."""
        sys.excepthook = self.report
        threading.excepthook = lambda args: self.report(args.exc_type, args.exc_value, args.exc_traceback)

    def report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Log an error and show it; what comes while the dialog is open is only logged."""
        if issubclass(kind, SystemExit):
            return
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        full = "".join(traceback.format_exception(kind, error, trace))
        log.critical("unexpected error\n%s", full)
        # Not now: the dialog must not open inside the handler that failed, which may be painting.
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
    """Says that something is wrong with the program, where the log is, and that the project is safe."""
    box = QMessageBox(QMessageBox.Icon.Critical, "SAM2MOT Annotator",
                      QCoreApplication.translate("Crash", "Something went wrong in the program: {0}").format(
                          _shortened(summary)),
                      QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setInformativeText(QCoreApplication.translate(
        "Crash", "The project is safe: every finished step is in its file. The log is {0}.").format(log_path))
    report = f"SAM2MOT Annotator {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n{details}"
    box.setDetailedText(report)
    copy = box.addButton(QCoreApplication.translate("Crash", "Copy report"), QMessageBox.ButtonRole.ActionRole)
    folder = box.addButton(QCoreApplication.translate("Crash", "Open log folder"), QMessageBox.ButtonRole.ActionRole)
    # A message box closes on every button, unless the button is cut loose from it.
    for button in (copy, folder):
        button.clicked.disconnect()
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_path.parent))))
    return box


def _shortened(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[:most] + "…"

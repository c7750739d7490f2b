"""Start the window."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from annotator.ui.main_window import MainWindow, show_crash
from annotator.ui.theme import Theme, apply_theme

log = logging.getLogger(__name__)

NAME = "sam2mot-annotator"


def run(paths: Sequence[Path]) -> int:
    """Open the window with these projects and videos; returns the exit status when it is closed."""
    # Importing cv2 points this at Qt plugins of its own, which do not fit.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    log_path = _log_to_file()
    app = QApplication(sys.argv[:1])
    app.setApplicationName(NAME)
    app.setOrganizationName(NAME)
    settings = QSettings()
    apply_theme(app, Theme(str(settings.value("theme", Theme.SYSTEM.value))))
    window = MainWindow(settings)
    _catch_crashes(window, log_path)
    window.show()
    for path in paths:
        window.open_path(path)
    # Once the window stands and has drawn itself; whoever presses Run before that waits for no more than the rest.
    QTimer.singleShot(500, window.warm_up)
    return app.exec()


def _log_to_file() -> Path:
    folder = user_log_path(NAME, ensure_exists=True)
    path = folder / "annotator.log"
    handler = RotatingFileHandler(path, maxBytes=2 << 20, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    return path


def _catch_crashes(window: MainWindow, log_path: Path) -> None:
    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        log.critical("unexpected error", exc_info=(kind, error, trace))
        show_crash(window, f"{kind.__name__}: {error}", log_path)

    sys.excepthook = report

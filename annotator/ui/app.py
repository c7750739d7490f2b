"""Entry point of the window."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from PySide6.QtCore import QLocale, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from annotator.ui.help.about import NAME, log_folder
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.theme import apply_theme, follow_system, stored_theme
from annotator.ui.widgets.translation import install_translations
from annotator.ui.window.crash import CrashReporter
from annotator.ui.window.main_window import MainWindow

#: Longest time, in seconds, for which a thread may keep Python's lock while another one waits for it.
_SWITCH_INTERVAL = 0.001


def run(paths: Sequence[Path]) -> int:
    """Open the window with these projects and videos; return the exit status after it was closed."""
    prepare()
    log_path = _log_to_file()
    app = QApplication(sys.argv[:1])
    app.setApplicationName(NAME)
    app.setOrganizationName(NAME)
    install_translations(app, QLocale())
    settings = QSettings()
    apply_theme(app, stored_theme(settings))
    follow_system(app, lambda: stored_theme(settings))
    window = MainWindow(settings)
    CrashReporter(window, log_path, lambda text: window.messages.post(Message.failed(text))).install()
    window.show()
    freeze_startup_objects()
    for path in paths:
        window.open_path(path)
    # After the window has been drawn. A user who starts a run earlier only waits for the rest of the warm-up.
    QTimer.singleShot(500, window.warm_up)
    return app.exec()


def prepare() -> None:
    """Set up the environment and the interpreter before Qt starts."""
    # Importing cv2 points this variable to OpenCV's own Qt plugins, which are incompatible with PySide6.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    # The window's thread releases Python's lock whenever it paints. With Python's default it would wait up to 5 ms to
    # get it back from a thread that decodes or tracks.
    sys.setswitchinterval(_SWITCH_INTERVAL)


def freeze_startup_objects() -> None:
    """Exclude the objects that exist now from garbage collection; call it when the window is open.

    A full collection visits every object while it holds Python's lock, and the window freezes meanwhile.
    """
    gc.freeze()


def _log_to_file() -> Path:
    path = log_folder() / "annotator.log"
    handler = RotatingFileHandler(path, maxBytes=2 << 20, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    return path


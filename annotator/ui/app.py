"""Start the window."""

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

from annotator.ui.widgets.theme import Theme, apply_theme
from annotator.ui.widgets.translation import install_translations
from annotator.ui.window.about import NAME, log_folder
from annotator.ui.window.crash import CrashReporter
from annotator.ui.window.main_window import MainWindow

#: Seconds.
_SWITCH_INTERVAL = 0.001


def run(paths: Sequence[Path]) -> int:
    """Open the window with these projects and videos; returns the exit status when it is closed."""
    prepare()
    log_path = _log_to_file()
    app = QApplication(sys.argv[:1])
    app.setApplicationName(NAME)
    app.setOrganizationName(NAME)
    install_translations(app, QLocale())
    settings = QSettings()
    apply_theme(app, Theme(str(settings.value("theme", Theme.SYSTEM.value))))
    window = MainWindow(settings)
    CrashReporter(window, log_path).install()
    window.show()
    spare_collections()
    for path in paths:
        window.open_path(path)
    # Once the window stands and has drawn itself; whoever presses Run before that waits for no more than the rest.
    QTimer.singleShot(500, window.warm_up)
    return app.exec()


def prepare() -> None:
    """What has to be so before Qt starts."""
    # Importing cv2 points this at Qt plugins of its own, which do not fit.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    # How long a thread may keep Python's lock while another waits for it. The window's thread gives it up whenever it
    # paints, and would wait these 5 ms, Python's default, to get it back from one that decodes or tracks.
    sys.setswitchinterval(_SWITCH_INTERVAL)


def spare_collections() -> None:
    """Call it once the window is up: what exists now stays, and no collection of garbage need look at it again.

    A full collection visits every object with Python's lock held, and the window stands still meanwhile.
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


"""The Help menu, and where keys are changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.cheat_sheet import CheatSheet
from annotator.ui.actions.key_editor import KeyEditor
from annotator.ui.actions.registry import Actions
from annotator.ui.window.about import AboutDialog, log_folder


class HelpMenu(QObject):
    """Its actions; nothing here stops the work."""

    demo_asked = Signal()
    failed = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget,
                 show_folder: Callable[[QUrl], bool] = QDesktopServices.openUrl) -> None:
        super().__init__(parent)
        self._actions, self._window, self._show_folder = actions, parent, show_folder
        menu, tr, add = self.tr("Help"), self.tr, actions.add
        add("help.keys", menu, tr("Keys and gestures"), lambda: CheatSheet(actions, parent).open(), ["F1", "?"],
            tr("All keys on one page"))
        add("help.edit-keys", menu, tr("Change keys…"), lambda: KeyEditor(actions, parent).open(), ["Ctrl+Alt+K"])
        add("help.demo", menu, tr("Open the demo"), self.demo_asked.emit, [],
            tr("Open a project with a short clip to try things on"))
        add("help.log", menu, tr("Open log folder"), self._open_log, [])
        add("help.about", menu, tr("About SAM2MOT Annotator"), lambda: AboutDialog(parent).open(), [])

    def _open_log(self) -> None:
        folder: Path = log_folder()
        if not self._show_folder(QUrl.fromLocalFile(str(folder))):
            self.failed.emit(self.tr("No program could be started to show {0}; open it by hand").format(folder))

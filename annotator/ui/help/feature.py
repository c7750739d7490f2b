"""The help feature: help, themes, the log and the palette of actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from annotator.errors import UserError
from annotator.guide import HOME, TUTORIAL, Guide
from annotator.ui.actions.cheat_sheet import CheatSheet
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.key_editor import KeyEditor
from annotator.ui.actions.palette import CommandPalette
from annotator.ui.actions.registry import Actions
from annotator.ui.help.about import AboutDialog, log_folder
from annotator.ui.help.log_panel import LogPanel
from annotator.ui.help.viewer import HelpViewer
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.theme import Theme, apply_theme


class HelpFeature(Feature):
    """Registers the actions that belong to no other feature."""

    demo_asked = Signal()

    def __init__(self, settings: QSettings, window: QWidget,
                 open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl) -> None:
        super().__init__(window)
        self._settings, self._window, self._open_url = settings, window, open_url
        self.log = LogPanel(window)
        self._dock: QDockWidget | None = None
        self._viewer: HelpViewer | None = None

    def set_log_dock(self, dock: QDockWidget) -> None:
        """Set the dock of the log, which an action shows and hides."""
        self._dock = dock

    def add_actions(self, actions: Actions) -> None:
        add, tr, window = actions.add, self.tr, self._window
        add("edit.palette", tr("Edit"), tr("Search actions…"), lambda: CommandPalette(actions, window).open(),
            ["Ctrl+K"], group="search")
        log = add("view.log", tr("View"), tr("Log"), lambda: self._show_log(log.isChecked()), ["Ctrl+Shift+L"],
                  tr("Show the application log"), group="panels", checkable=True)
        if self._dock is not None:
            self._dock.toggleViewAction().toggled.connect(log.setChecked)
        for theme, text in ((Theme.SYSTEM, tr("System theme")), (Theme.LIGHT, tr("Light theme")),
                            (Theme.DARK, tr("Dark theme"))):
            add(f"view.theme-{theme}", f"{tr('View')}/{tr('Theme')}", text, partial(self.set_theme, theme))
        menu = tr("Help")
        add("help.tutorial", menu, tr("Tutorial"), partial(self.show_page, TUTORIAL), [],
            tr("From your own video to a dataset that trains a tracker"), group="pages")
        add("help.pages", menu, tr("Documentation"), partial(self.show_page, HOME), ["Ctrl+F1"],
            tr("Show and search the documentation; it needs no network"), group="pages")
        add("help.keys", menu, tr("Keyboard and mouse reference"), lambda: CheatSheet(actions, window).open(),
            ["F1", "?"], tr("Show all keyboard shortcuts and mouse gestures on one page"), group="keys")
        add("help.edit-keys", menu, tr("Customize keyboard shortcuts…"), lambda: KeyEditor(actions, window).open(),
            ["Ctrl+Alt+K"], group="keys")
        add("help.demo", menu, tr("Open the demo"), self.demo_asked.emit, [],
            tr("Open a sample project with a short clip"), group="demo")
        add("help.log", menu, tr("Open log folder"), self._open_log, [], group="about")
        add("help.about", menu, tr("About SAM2MOT Annotator"), lambda: AboutDialog(window).open(), [], group="about")

    def show_page(self, path: str) -> None:
        """Show a page of the documentation, in its window if that is open already."""
        try:
            if self._viewer is None:
                viewer = HelpViewer(Guide(), self._window, self._open_url)
                viewer.destroyed.connect(self._forget_viewer)
                self._viewer = viewer
            self._viewer.go(path)
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return
        self._viewer.show()
        self._viewer.raise_()
        self._viewer.activateWindow()

    def _forget_viewer(self) -> None:
        self._viewer = None

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme and store it as the default."""
        self._settings.setValue("theme", theme.value)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)

    def close(self) -> None:
        self.log.detach()
        if self._viewer is not None:
            self._viewer.close()

    def _show_log(self, shown: bool) -> None:
        if self._dock is not None:
            self._dock.setVisible(shown)

    def _open_log(self) -> None:
        folder: Path = log_folder()
        if not self._open_url(QUrl.fromLocalFile(str(folder))):
            self.message.emit(Message.failed(
                self.tr("No program is available to show {0}; open it manually").format(folder)))

"""The menu bar, filled from the registry of actions."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QMenu

from annotator.ui.actions.registry import Actions
from annotator.ui.window.opening import Opening


class Menus(QObject):
    """A menu per title, in the order in which actions were added; to be made when all are there."""

    def __init__(self, window: QMainWindow, actions: Actions, opening: Opening) -> None:
        super().__init__(window)
        self._bar = window.menuBar()
        self._menus: dict[str, QMenu] = {}
        for entry in actions:
            self._menu(entry.menu).addAction(entry.action)
            if entry.name == "file.folder":
                self.recent = self._menu(entry.menu).addMenu(self.tr("Open recent"))
                self.recent.aboutToShow.connect(lambda: opening.fill_recent(self.recent))

    def _menu(self, title: str) -> QMenu:
        """The menu of this title; ``View/Filter`` is one within another."""
        if title not in self._menus:
            outer, _, inner = title.rpartition("/")
            self._menus[title] = self._menu(outer).addMenu(inner) if outer else self._bar.addMenu(inner)
        return self._menus[title]

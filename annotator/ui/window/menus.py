"""The menu bar, filled from the registry of actions."""

from __future__ import annotations

from functools import partial
from itertools import groupby

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QMenuBar

from annotator.ui.actions.registry import Actions, Entry

#: One action of each menu, in the order of the menu bar.
_ORDER = ("file.open", "edit.undo", "view.fit", "go.next", "track.swap", "label.1", "review.next", "run.track",
          "help.keys")


class MenuBar:
    """Builds one menu per title, with separators between groups of actions and submenus at the end."""

    def __init__(self, bar: QMenuBar, actions: Actions) -> None:
        self._bar = bar
        self._menus: dict[str, QMenu] = {}
        entries = list(actions)
        tops = list(dict.fromkeys([*(entry.menu for name in _ORDER for entry in entries if entry.name == name),
                                   *(entry.menu.partition("/")[0] for entry in entries)]))
        for title in tops:
            self._menus[title] = bar.addMenu(title)
            self._fill(self._menus[title], [entry for entry in entries if entry.menu == title])
        for title in dict.fromkeys(entry.menu for entry in entries if "/" in entry.menu):
            outer, _, inner = title.rpartition("/")
            if not any(action.menu() is not None for action in self._menus[outer].actions()):
                self._menus[outer].addSeparator()
            self._menus[title] = self._menus[outer].addMenu(inner)
            self._fill(self._menus[title], [entry for entry in entries if entry.menu == title])

    def menu(self, title: str) -> QMenu:
        """Return the menu of this title; ``View/Filter`` is a submenu."""
        return self._menus[title]

    @staticmethod
    def _fill(menu: QMenu, entries: list[Entry]) -> None:
        places = {group: place for place, group in enumerate(dict.fromkeys(entry.group for entry in entries))}
        for place, group in groupby(sorted(entries, key=lambda entry: places[entry.group]),
                                    lambda entry: places[entry.group]):
            if place:
                menu.addSeparator()
            menu.addActions([entry.action for entry in group])


def add_panel_actions(window: QMainWindow, actions: Actions) -> None:
    """Register an action for every panel of the window, once all panels exist."""
    menu = f"{actions.menu_of('view.log')}/{QCoreApplication.translate('Panels', 'Panels')}"
    for dock in window.findChildren(QDockWidget):
        actions.add(f"panel.{dock.objectName()}", menu, dock.windowTitle(), partial(toggle_panel, dock), [],
                    QCoreApplication.translate("Panels", "Show or hide the {0} panel").format(dock.windowTitle()))


def toggle_panel(dock: QDockWidget) -> None:
    """Show a panel that is closed or behind another tab; close a visible one."""
    if dock.visibleRegion().isEmpty():
        dock.show()
        dock.raise_()
    else:
        dock.hide()

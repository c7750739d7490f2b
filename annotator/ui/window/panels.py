"""Panels at the window's sides: a closed one can be had again."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget, QMainWindow

from annotator.ui.actions.registry import Actions


class Panels(QObject):
    """An action per panel of the window; to be made when all panels are there."""

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        super().__init__(window)
        menu = f"{self.tr('View')}/{self.tr('Panels')}"
        for dock in window.findChildren(QDockWidget):
            actions.add(f"panel.{dock.objectName()}", menu, dock.windowTitle(), partial(self.toggle, dock), [],
                        self.tr("Show or hide the panel {0}").format(dock.windowTitle()))

    def toggle(self, dock: QDockWidget) -> None:
        """Show a panel that is closed or lies behind another, close one that is seen."""
        if dock.visibleRegion().isEmpty():
            dock.show()
            dock.raise_()
        else:
            dock.hide()

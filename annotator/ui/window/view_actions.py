"""How the picture, the panels and the timeline are looked at."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication, QDockWidget

from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.theme import Theme, apply_theme

#: Frames of a track's way that are drawn.
TRAIL = 50


class ViewActions(QObject):
    """Zoom, what is drawn over the picture, the log, the theme."""

    def __init__(self, canvas: Canvas, controller: CanvasController, timeline: Timeline, log: QDockWidget,
                 actions: Actions, settings: QSettings) -> None:
        super().__init__(canvas)
        self._canvas, self._controller, self._actions, self._settings = canvas, controller, actions, settings
        add, tr, menu = actions.add, self.tr, self.tr("View")
        add("view.fit", menu, tr("Fit"), canvas.fit, ["0", "Ctrl+0"], tr("The whole picture"))
        add("view.pixels", menu, tr("Actual pixels"), canvas.pixel_view, ["Ctrl+1"])
        add("view.in", menu, tr("Zoom in"), lambda: canvas.zoom(1.25), ["Ctrl++", "Ctrl+="])
        add("view.out", menu, tr("Zoom out"), lambda: canvas.zoom(0.8), ["Ctrl+-"])
        for name, text, keys, checked in (
                ("boxes", tr("Boxes"), "B", True), ("names", tr("Names"), "T", True), ("masks", tr("Masks"), "S", True),
                ("contours", tr("Contours only"), "Shift+S", False), ("solo", tr("Only selected"), "H", False)):
            add(f"view.{name}", menu, text, self._update_look, [keys], checkable=True, checked=checked)
        add("view.trails", menu, tr("Trails"), self._update_look, ["Shift+T"], checkable=True)
        add("view.log", menu, tr("Log"), lambda: log.setVisible(actions["view.log"].isChecked()),
            ["Ctrl+Shift+L"], tr("What the program says of itself"), checkable=True)
        log.toggleViewAction().toggled.connect(actions["view.log"].setChecked)
        add("view.timeline", menu, tr("Whole video on the timeline"), timeline.fit, ["Shift+F"])
        for theme, text in ((Theme.SYSTEM, tr("Theme of the system")), (Theme.LIGHT, tr("Light theme")),
                            (Theme.DARK, tr("Dark theme"))):
            add(f"view.theme-{theme}", f"{menu}/{tr('Theme')}", text, partial(self.set_theme, theme))

    def set_theme(self, theme: Theme) -> None:
        """Choose the colours of the window, now and from now on."""
        self._settings.setValue("theme", theme.value)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)

    def _update_look(self) -> None:
        actions = self._actions
        self._canvas.overlay.set_look(
            **{name: actions[f"view.{name}"].isChecked() for name in ("boxes", "names", "masks", "contours", "solo")},
            trail=TRAIL if actions["view.trails"].isChecked() else 0)
        self._controller.refresh()

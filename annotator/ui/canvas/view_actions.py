"""Actions for zoom and for the parts of the overlay."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController

#: Length of trails in frames.
TRAIL = 50


class ViewActions(QObject):
    """Actions that zoom, and that show or hide boxes, names, masks and trails."""

    def __init__(self, canvas: Canvas, controller: CanvasController, actions: Actions) -> None:
        super().__init__(canvas)
        self._canvas, self._controller, self._actions = canvas, controller, actions
        add, tr, menu = actions.add, self.tr, self.tr("View")
        for name, text, slot, keys, tip in (
                ("fit", tr("Fit frame to window"), canvas.fit, ["0", "Ctrl+0"], tr("Show the whole frame")),
                ("pixels", tr("Actual size"), canvas.pixel_view, ["Ctrl+1"], tr("Show the frame at 100%")),
                ("in", tr("Zoom in"), lambda: canvas.zoom(1.25), ["Ctrl++", "Ctrl+="], ""),
                ("out", tr("Zoom out"), lambda: canvas.zoom(0.8), ["Ctrl+-"], "")):
            add(f"view.{name}", menu, text, slot, keys, tip, needs=Needs.VIDEO, group="zoom")
        for name, text, key, checked in (
                ("boxes", tr("Show boxes"), "B", True), ("names", tr("Show names"), "T", True),
                ("masks", tr("Show masks"), "S", True), ("contours", tr("Mask contours only"), "Shift+S", False),
                ("solo", tr("Selected tracks only"), "H", False)):
            add(f"view.{name}", menu, text, self._update_look, [key], group="drawn", checkable=True, checked=checked)
        add("view.trails", menu, tr("Show trails"), self._update_look, ["Shift+T"], group="drawn", checkable=True)

    def _update_look(self) -> None:
        actions = self._actions
        self._canvas.overlay.set_look(
            **{name: actions[f"view.{name}"].isChecked() for name in ("boxes", "names", "masks", "contours", "solo")},
            trail=TRAIL if actions["view.trails"].isChecked() else 0)
        self._controller.refresh()

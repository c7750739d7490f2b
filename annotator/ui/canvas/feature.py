"""Actions of the canvas: zoom, overlays, brightness, filter, copy and paste, nudging, drawing a box."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QHBoxLayout, QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.box_clipboard import BoxClipboard
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.canvas.filter_controls import FilterControls
from annotator.ui.canvas.lasting_boxes import LastingBoxes
from annotator.ui.canvas.nudge import Nudge
from annotator.ui.canvas.picture_controls import PictureControls
from annotator.ui.canvas.view_actions import ViewActions
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message


class CanvasFeature(Feature):
    """The canvas with its actions and controls."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, settings: QSettings,
                 window: QWidget) -> None:
        super().__init__(window)
        self._document, self._canvas, self._controller = document, canvas, controller
        self._settings, self._window = settings, window
        controller.missing.connect(lambda text: self.message.emit(Message.failed(text)))
        canvas.tool_changed.connect(self._on_tool)

    def add_actions(self, actions: Actions) -> None:
        tr = self.tr
        actions.add("tool.draw", tr("Track"), tr("Draw new object"), lambda: self._canvas.set_tool(Tool.DRAW),
                    ["Alt+N"], tr("Draw the box of a new object in this frame, without running a model"),
                    needs=Needs.EDITABLE, group="new")
        self.lasting = LastingBoxes(self._document, self._canvas, actions, self._settings)
        self.clipboard = BoxClipboard(self._document, actions)
        self.nudge = Nudge(self._document, self._canvas, self._controller, actions)
        self.view = ViewActions(self._canvas, self._controller, actions)
        self.picture = PictureControls(self._canvas, self._controller, actions, self._settings, self._window)
        self.filter = FilterControls(self._document, self._controller, actions, self._window)

    def add_to(self, bar: QHBoxLayout) -> None:
        """Add the filter and image buttons to a bar."""
        for button in (self.filter.button, self.picture.button):
            bar.addWidget(button)

    def update(self) -> None:
        for button in (self.filter.button, self.picture.button):
            button.setEnabled(self._document.video is not None)

    def close(self) -> None:
        self._controller.close()

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.DRAW:
            self.message.emit(Message.hint(self.tr("Draw the box of a new object; press Esc to cancel"),
                                           lambda: self._canvas.tool is Tool.DRAW))

"""The prompts feature: builds the parts and connects them with runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.box import Box
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs.controller import JobController
from annotator.ui.prompts.actions import PromptActions
from annotator.ui.prompts.bar import PromptBar
from annotator.ui.prompts.controller import PromptController
from annotator.ui.prompts.engine import PromptEngine
from annotator.ui.prompts.mask_prompts import MaskPrompts
from annotator.ui.prompts.view import PromptView
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.message import Message


class PromptsFeature(Feature):
    """Owns the parts. Prompts use the segmenter of the last run and share its loaded weights."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, timeline: Timeline,
                 jobs: JobController, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._canvas, self._timeline, self._window = document, canvas, timeline, window
        self._worker, self._controller, self._choice = jobs.worker, controller, jobs.segmenter_choice
        self.engine = PromptEngine(jobs.worker, jobs.libraries, jobs.segmenters.make)
        self.prompts = PromptController(document, canvas, controller, self.engine, jobs.segmenter_choice)
        self.prompts.message.connect(self.message)
        jobs.worker.interlude_finished.connect(lambda *_: self.stopped.emit())
        canvas.tool_changed.connect(self._on_tool)

    def add_actions(self, actions: Actions) -> None:
        self.actions = PromptActions(self.prompts, self._canvas, self._timeline, actions, self._window)
        self.masks = MaskPrompts(self._document, self._controller, self.engine, self._choice, self.prompts.propagation,
                                 actions)
        self.masks.message.connect(self.message)
        self.bar = PromptBar(self._canvas, actions)
        self.view = PromptView(self._document, self._canvas, self._timeline, self.prompts, self.bar)

    def prompt(self, frame: int, box_xyxy: Box) -> None:
        """Go to a frame and propagate a new object from a box, in both directions."""
        self.prompts.prompt_wanted(frame, box_xyxy)

    def propagate(self, batches: Sequence[Sequence[PromptRequest]]) -> None:
        """Propagate these requests, each batch as a proposal of its own."""
        self.prompts.propagate(*batches)

    @property
    def busy(self) -> bool:
        return self._worker.in_interlude

    def stop(self) -> None:
        self.prompts.propagation.cancel()

    def close(self) -> None:
        self.prompts.close()

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.PROMPT:
            text = self.tr("Drag a box around an object. Click to add a point, Alt-click to exclude one. Enter "
                           "propagates, Esc cancels")
            self.message.emit(Message.hint(text, lambda: self._canvas.tool is Tool.PROMPT))

"""Prompts and proposals put together: the parts, and what connects them with jobs."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs.controller import JobController
from annotator.ui.prompts.actions import PromptActions
from annotator.ui.prompts.bar import PromptBar
from annotator.ui.prompts.controller import PromptController
from annotator.ui.prompts.engine import PromptEngine
from annotator.ui.prompts.view import PromptView
from annotator.ui.timeline.timeline import Timeline


class Prompting(QObject):
    """One of each part. Prompts are asked of the segmenter that was chosen for the last job, over the same weights."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, timeline: Timeline,
                 jobs: JobController, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self.engine = PromptEngine(jobs.worker, jobs.libraries, jobs.segmenters.make)
        self.prompts = PromptController(document, canvas, controller, self.engine, jobs.segmenter_choice)
        self.actions = PromptActions(self.prompts, canvas, timeline, actions, window)
        self.bar = PromptBar(canvas, actions)
        self.view = PromptView(document, canvas, timeline, self.prompts, self.bar)

    def close(self) -> None:
        """End what runs aside."""
        self.prompts.close()

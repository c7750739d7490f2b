"""The jobs feature: runs of the tracker and their progress."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs.bar import JobBar
from annotator.ui.jobs.controller import JobController
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.widgets.offer_bar import OfferBar


class JobsFeature(Feature):
    """The controller of runs, and the bar with their progress."""

    def __init__(self, document: Document, worker: EngineWorker, canvas: CanvasController, settings: QSettings,
                 offers: OfferBar, window: QWidget) -> None:
        super().__init__(window)
        self._worker = worker
        self.controller = JobController(document, worker, canvas, settings, offers, window)
        self.bar = JobBar(worker, window)
        """For the status bar."""
        self.controller.device_used.connect(self.bar.set_device)
        self.controller.message.connect(self.message)
        worker.finished.connect(lambda *_: self.stopped.emit())

    def add_actions(self, actions: Actions) -> None:
        self.controller.add_actions(actions)

    def update(self) -> None:
        self.controller.update()

    @property
    def busy(self) -> bool:
        return self._worker.busy

    def stop(self) -> None:
        self.controller.stop_to_close()

    def close(self) -> None:
        self.controller.close()

"""The import and export feature."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.import_export.export_controller import ExportController
from annotator.ui.import_export.import_controller import ImportController, is_labels
from annotator.ui.jobs.controller import JobController
from annotator.ui.widgets.task_bar import TaskBar


class ImportExportFeature(Feature):
    """Imports run as jobs, exports on their own thread."""

    def __init__(self, document: Document, jobs: JobController, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self.imports = ImportController(document, jobs, window)
        self.exports = ExportController(document, settings, window)
        self.bar = TaskBar(self.exports.worker, window)
        """For the status bar: progress of an export."""
        self.imports.message.connect(self.message)
        self.exports.message.connect(self.message)
        self.exports.worker.ended.connect(self.stopped)

    def add_actions(self, actions: Actions) -> None:
        self.imports.add_actions(actions)
        self.exports.add_actions(actions)

    def ask_import(self, path: Path) -> None:
        """Ask how to import a dropped file."""
        self.imports.ask(path)

    @staticmethod
    def takes(path: Path) -> bool:
        """Return whether a dropped file or folder holds labels."""
        return is_labels(path)

    @property
    def busy(self) -> bool:
        return self.exports.worker.busy

    def stop(self) -> None:
        self.exports.worker.cancel()

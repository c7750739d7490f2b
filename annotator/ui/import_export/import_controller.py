"""The controller of imports: opens the dialog, imports as a job, and shows the report."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from annotator.formats.guess import guess_format
from annotator.formats.registry import FORMATS
from annotator.jobs.labels.import_labels import ImportReport, LabelImport, Target
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.session import Session
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.import_export.import_dialog import ImportChoice, ImportDialog
from annotator.ui.jobs.controller import JobController
from annotator.ui.threads.tasks import TaskWorker
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.report_dialog import Report, show_report
from annotator.video.images import holds_images

#: Files that are never videos.
LABEL_SUFFIXES = frozenset({".txt", ".json", ".xml", ".csv", ".parquet", ".slp", ".npz", ".zip", ".ini"})


def is_labels(path: Path) -> bool:
    """Return whether a dropped file or folder holds labels, not a video."""
    if path.is_dir():
        return guess_format(path) is not None and not (path / "img1").is_dir() and not holds_images(path)
    return path.suffix.lower() in LABEL_SUFFIXES


class ImportController(QObject):
    """Imports labels into the current video. They appear when all are imported, and one undo removes them."""

    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, jobs: JobController, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._jobs, self._window = document, jobs, window
        self._import: LabelImport | None = None
        jobs.worker.finished.connect(self._on_finished)

    def add_actions(self, actions: Actions) -> None:
        """Register the import."""
        actions.add("file.import", self.tr("File"), self.tr("Import labels…"), self.ask, ["Ctrl+Shift+I"],
                    self.tr("Import tracks from a label file into the current video"),
                    needs=Needs.EDITABLE | Needs.IDLE, group="labels")

    def ask(self, path: Path | None = None) -> None:
        """Open the dialog, with a path if one was dropped, and import when it is accepted."""
        video, session = self._document.video, self._document.session
        if video is None or session is None or not self._document.writable:
            text = self.tr("Labels belong to a video: open the video first, then import {0}")
            self.message.emit(Message.refused(text.format("them" if path is None else path.name),
                                              lambda: self._document.video is None))
            return
        if self._jobs.worker.busy:
            text = self.tr("A job is running: import labels when it has finished, or cancel it")
            self.message.emit(Message.refused(text, lambda: self._jobs.worker.busy))
            return
        previewing = TaskWorker(self, "task")
        dialog = ImportDialog(video, path, self._window, previewing, session.store.allowed_path(video))
        dialog.accepted.connect(lambda: self.start(dialog.choice))
        dialog.finished.connect(previewing.abandon)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def start(self, choice: ImportChoice) -> None:
        """Start an import into the current video."""
        video = self._document.video
        if video is None or self._jobs.worker.busy:
            return
        wanted = self._import = LabelImport(choice.path, choice.format_name, choice.target, sequence=choice.sequence,
                                            options=choice.options)

        def job(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
            return wanted.run(session, video, cancel)

        self._jobs.run(self.tr("Importing"), job, stopped=self.tr("The import was cancelled; nothing was imported"))

    def _on_finished(self, _status: str, _message: str) -> None:
        done, self._import = self._import, None
        if done is not None and done.report is not None:
            show_report(self._report(done.report), self._window)

    def _report(self, report: ImportReport) -> Report:
        counts = [(self.tr("Frames with boxes"), report.frames), (self.tr("Tracks"), report.tracks),
                  (self.tr("Boxes"), report.boxes + report.interpolated),
                  (self.tr("of these keyframes"), report.boxes if report.interpolated else 0),
                  (self.tr("of these interpolated"), report.interpolated),
                  (self.tr("Masks"), report.masks), (self.tr("Detections"), report.detections),
                  (self.tr("Ignore regions"), report.ignore_regions),
                  (self.tr("Tracks with a new number"), report.renumbered)]
        rows = [*((name, f"{count:,}") for name, count in counts if count),
                (self.tr("Classes"), ", ".join(report.labels) or self.tr("none")),
                *((self.tr("Skipped"), f"{count:,} x {what}") for what, count in report.dropped.items())]
        summary = self.tr("Imported {0} into {1} from {2}, {3}.").format(
            report.path.name, report.video, FORMATS[report.format].title, self._meaning(Target(report.target)))
        return Report(self.tr("Import finished"), summary, rows, report.notes)

    def _meaning(self, target: Target) -> str:
        return {Target.HUMAN: self.tr("as manual boxes; undo removes all of them"),
                Target.MACHINE: self.tr("as predicted boxes; undo removes all of them"),
                Target.DETECTIONS: self.tr("as detections for a run to track")}[target]

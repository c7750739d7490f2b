"""The controller of exports: opens the dialog, writes on its own thread, and shows the report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QWidget

from annotator.formats.base import ExportReport
from annotator.jobs.labels.export import export
from annotator.model.cancel import CancelToken
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.import_export.export_dialog import ExportChoice, ExportDialog
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.report_dialog import Report, show_report

_FORMAT, _FOLDER = "export/format", "export/folder"


class ExportController(QObject):
    """Exports from a snapshot with its own connection, so that jobs and edits can continue."""

    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._settings, self._window = document, settings, window
        self.worker = TaskWorker(self)
        self.worker.finished.connect(self._on_finished)
        self.worker.failed.connect(lambda text: self.message.emit(Message.failed(text)))
        self.worker.cancelled.connect(self._on_cancelled)
        self._folder = Path()

    def add_actions(self, actions: Actions) -> None:
        """Register the export."""
        actions.add("file.export", self.tr("File"), self.tr("Export labels…"), self.ask, ["Ctrl+Shift+E"],
                    self.tr("Write the tracks to files in a label format"), needs=Needs.VIDEO,
                    when=lambda: not self.worker.busy, group="labels")
        self.worker.started.connect(actions.refresh)
        self.worker.ended.connect(actions.refresh)

    def ask(self) -> None:
        """Open the dialog, and export when it is accepted."""
        video, path, session = self._document.video, self._document.path, self._document.session
        if video is None or path is None or session is None or self.worker.busy:
            return
        folder = Path(str(self._settings.value(_FOLDER) or path.resolve().parent / f"{path.stem}-labels"))
        previewing = TaskWorker(self, "preview")
        dialog = ExportDialog(session.store, video, folder, previewing, str(self._settings.value(_FORMAT) or ""),
                              self._document.range, self._window, self._settings)
        dialog.finished.connect(previewing.abandon)
        dialog.accepted.connect(lambda: self.export(dialog.choice))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, choice: ExportChoice | None) -> None:
        """Start an export."""
        session = self._document.session
        if session is None or choice is None or self.worker.busy:
            return
        self._settings.setValue(_FORMAT, choice.format_name)
        self._settings.setValue(_FOLDER, str(choice.folder))
        self._folder = choice.folder
        store = session.store

        def task(progress: Progress, cancel: CancelToken) -> ExportReport:
            return export(store, choice.videos, choice.format_name, choice.folder, choice.options, progress, cancel)

        self.worker.start(self.tr("Exporting {0}").format(choice.format_name), task)

    def _on_cancelled(self) -> None:
        self.message.emit(Message.done(self.tr("The export was cancelled; no file was changed")))

    def _on_finished(self, report: ExportReport) -> None:
        self.message.emit(Message.done(self.tr("Exported {0} boxes of {1} tracks to {2}").format(
            report.boxes, report.tracks, self._folder)))
        rows = [(self.tr("Videos"), str(report.sequences)),
                (self.tr("Frames, including those without boxes"), f"{report.frames:,}"),
                (self.tr("Tracks"), f"{report.tracks:,}"), (self.tr("Boxes"), f"{report.boxes:,}"),
                *([(self.tr("Images"), f"{report.pictures:,}")] if report.pictures else []),
                *((self.tr("Skipped"), f"{count:,} x {what}") for what, count in report.dropped.items())]
        summary = self.tr("Written as {0} and read back.").format(report.format)
        show_report(Report(self.tr("Export finished"), summary, rows, [*report.notes, *report.checks],
                           report.files, self._folder), self._window)

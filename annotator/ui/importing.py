"""Labels from files: asked for in a dialog or dropped, brought in as a job, reported at the end."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.engine.base import CancelToken
from annotator.formats.registry import FORMATS
from annotator.jobs.label_import import ImportReport, LabelImport, guess_format
from annotator.jobs.preannotate import JobProgress
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.ui.actions import Actions
from annotator.ui.document import Document
from annotator.ui.jobs import JobController
from annotator.ui.report_dialog import Report, ReportDialog

#: Files that are never videos.
LABEL_SUFFIXES = frozenset({".txt", ".json", ".xml", ".csv", ".zip", ".ini"})


def is_labels(path: Path) -> bool:
    """Whether a file or folder that was dropped is meant as labels, not as a video."""
    if path.is_dir():
        return guess_format(path) is not None and not (path / "img1").is_dir()
    return path.suffix.lower() in LABEL_SUFFIXES


class ImportDialog(QDialog):
    """Which file, which format, and whose work it is."""

    def __init__(self, video: VideoRecord, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import labels"))
        self.setMinimumWidth(480)
        self.path = QLineEdit("" if path is None else str(path), self,
                              placeholderText=self.tr("a file or folder of labels"))
        self.format = QComboBox(self)
        for name in FORMATS:
            self.format.addItem(name, name)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.human = QCheckBox(self.tr("As if drawn by a person: no later run replaces them"), self)
        self._lay_out(video)
        self.format.currentIndexChanged.connect(self._describe)
        self.path.textChanged.connect(self._on_path)
        self._on_path(self.path.text())

    def _lay_out(self, video: VideoRecord) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        files = QWidget(self)
        row = QHBoxLayout(files)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.path)
        for text, tip, ask in (("…", self.tr("Choose a file"), self._browse),
                               ("▤", self.tr("Choose a folder"), self._browse_folder)):
            button = QToolButton(self)
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(ask)
            row.addWidget(button)
        form.addRow(self.tr("Labels"), files)
        form.addRow(self.tr("Format"), self.format)
        form.addRow("", self.about)
        form.addRow(self.tr("Into"), QLabel(video.name, self))
        form.addRow("", self.human)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.ok = buttons.addButton(self.tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Labels"), self.path.text())
        if name:
            self.path.setText(name)

    def _browse_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Labels"), self.path.text())
        if name:
            self.path.setText(name)

    def _on_path(self, text: str) -> None:
        self.ok.setEnabled(bool(text.strip()))
        guessed = guess_format(Path(text.strip())) if text.strip() else None
        if guessed is not None:
            self.format.setCurrentIndex(self.format.findData(guessed))
        self._describe()

    def _describe(self) -> None:
        self.about.setText(FORMATS[self.format.currentData()].description)


class ImportController(QObject):
    """Brings labels into the present video; they appear as they come, and one undo takes them back."""

    told = Signal(str)

    def __init__(self, document: Document, jobs: JobController, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._jobs, self._actions, self._window = document, jobs, actions, window
        self._import: LabelImport | None = None
        actions.add("file.import", self.tr("File"), self.tr("Import labels…"), self.ask, ["Ctrl+Shift+I"],
                    self.tr("Bring tracks from a label file into the present video"))
        document.opened.connect(self.update)
        document.video_changed.connect(self.update)
        jobs.worker.started.connect(lambda _title: self.update())
        jobs.worker.finished.connect(self._on_finished)
        self.update()

    def ask(self, path: Path | None = None) -> None:
        """Open the dialog, for a file that was dropped perhaps; what it says is imported."""
        video = self._document.video
        if video is None or not self._document.writable:
            self.told.emit(self.tr("Labels need a video to belong to: open it first, then import {0}").format(
                "them" if path is None else path.name))
            return
        if self._jobs.worker.busy:
            self.told.emit(self.tr("A job is running: import labels when it has ended, or cancel it"))
            return
        dialog = ImportDialog(video, path, self._window)
        dialog.accepted.connect(lambda: self.start(Path(dialog.path.text().strip()).expanduser(),
                                                   dialog.format.currentData(), dialog.human.isChecked()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def start(self, path: Path, format_name: str, as_human: bool) -> None:
        """Begin an import into the present video."""
        video = self._document.video
        if video is None or self._jobs.worker.busy:
            return
        wanted = self._import = LabelImport(path, format_name, as_human)

        def job(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
            return wanted.run(session, video, cancel)

        self._jobs.run(self.tr("Importing"), job)

    def update(self) -> None:
        """Enable what can be done now."""
        free = self._document.video is not None and self._document.writable and not self._jobs.worker.busy
        self._actions["file.import"].setEnabled(free)

    def _on_finished(self, _status: str, _message: str) -> None:
        done, self._import = self._import, None
        if done is not None and done.report is not None:
            ReportDialog(self._report(done.report), self._window).show()

    def _report(self, report: ImportReport) -> Report:
        rows = [(self.tr("Frames"), f"{report.frames:,}"), (self.tr("Tracks"), f"{report.tracks:,}"),
                (self.tr("Boxes"), f"{report.boxes:,}"), (self.tr("Classes"), ", ".join(report.labels)),
                *((self.tr("Left out"), f"{count:,} x {what}") for what, count in report.dropped.items())]
        summary = self.tr("{0} came into {1} as {2}. Undo takes all of it back.").format(
            report.path.name, report.video, report.format)
        return Report(self.tr("Import is finished"), summary, rows, report.notes)

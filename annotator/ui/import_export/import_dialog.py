"""The import dialog: file, format, video in the file, and how to import the boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.formats.base import ImportOptions
from annotator.formats.guess import guess_formats
from annotator.formats.registry import FORMATS, readable
from annotator.jobs.labels.import_labels import Target
from annotator.jobs.labels.import_preview import FoundVideo, preview_import
from annotator.model.cancel import CancelToken
from annotator.model.track import VideoRecord
from annotator.ui.import_export.import_preview import ImportPreviewPanel
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.plain_text import Label

#: Milliseconds from the last change of the path to a preview.
_PREVIEW_AFTER = 400


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """The accepted options."""

    path: Path
    format_name: str
    target: Target = Target.HUMAN
    sequence: str | None = None
    """Video in the file; None for the only one, or the one with the name of the target video."""
    options: ImportOptions = field(default_factory=ImportOptions)


@dataclass(frozen=True, slots=True)
class _Request:
    """The file to preview, and how to read it."""

    path: Path
    format_name: str
    options: ImportOptions


@dataclass(frozen=True, slots=True)
class _Found:
    """The videos in a file."""

    request: _Request
    videos: list[FoundVideo]


class ImportDialog(QDialog):
    """Reads the file on a thread, lists its videos and previews the first boxes."""

    def __init__(self, video: VideoRecord, path: Path | None, parent: QWidget | None = None,
                 previewing: TaskWorker | None = None, source: Path | None = None) -> None:
        """``previewing`` reads files; without it there is no preview. ``source`` is the video's file or folder."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import labels"))
        self.resize(640, 560)
        self._video, self._previewing, self._source = video, previewing, source
        self._shown: _Request | None = None
        self._found: list[FoundVideo] = []
        # What a person selected stays; the rest follows the guess.
        self._own_format: str | None = None
        self._own_target: Target | None = None
        self.path = QLineEdit("" if path is None else str(path), self,
                              placeholderText=self.tr("label file or folder"))
        self.format = QComboBox(self)
        for each in readable():
            self.format.addItem(each.title, each.name)
        self.about = Label(self)
        self.about.setWordWrap(True)
        self.doubt = Label(self)
        """Shown if several formats fit."""
        self.doubt.setWordWrap(True)
        self.doubt.hide()
        self.sequence = QComboBox(self)
        self.first_frame = QSpinBox(self, minimum=-1, maximum=10**6, value=-1)
        self.first_frame.setSpecialValueText(self.tr("format's default"))
        self.one_based = QCheckBox(self.tr("Pixel coordinates start at 1"), self)
        self.preview = ImportPreviewPanel(self)
        self.target = QComboBox(self)
        for text, target in (
                (self.tr("Manual tracks: runs never replace them"), Target.HUMAN),
                (self.tr("Predicted tracks: later runs may replace them"), Target.MACHINE),
                (self.tr("Detections: boxes without identity, for tracking"), Target.DETECTIONS)):
            self.target.addItem(text, target)
        self.error = Label(self)
        self.error.setWordWrap(True)
        self.form = QFormLayout()
        self._lay_out()
        self._rest = QTimer(self, singleShot=True, interval=_PREVIEW_AFTER)
        self._rest.timeout.connect(self._preview)
        if previewing is not None:
            previewing.finished.connect(self._on_found)
            previewing.failed.connect(self._on_failed)
            previewing.ended.connect(self._preview)
        self.format.currentIndexChanged.connect(self._describe)
        self.format.activated.connect(self._on_own_format)
        self.target.activated.connect(self._on_own_target)
        self.path.textChanged.connect(self._on_path)
        self.first_frame.valueChanged.connect(lambda _: self._rest.start())
        self.one_based.toggled.connect(lambda _: self._rest.start())
        self.sequence.currentIndexChanged.connect(lambda _: self._show_chosen())
        self._on_path(self.path.text())

    @property
    def choice(self) -> ImportChoice:
        """The options in the fields."""
        return ImportChoice(self._chosen_path(), self.format.currentData(), Target(self.target.currentData()),
                            self.sequence.currentData(), self._options())

    def _options(self) -> ImportOptions:
        first = self.first_frame.value()
        return ImportOptions(first_frame=None if first < 0 else first,
                             one_based_pixels=self.one_based.isChecked() and self._takes_pixels())

    def _takes_pixels(self) -> bool:
        return "one_based_pixels" in FORMATS[self.format.currentData()].options

    def _chosen_path(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _lay_out(self) -> None:
        form = self.form
        form.setSpacing(8)
        files = QWidget(self)
        row = QHBoxLayout(files)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.path)
        for text, tip, ask in (("…", self.tr("Select a file"), self._browse),
                               ("▤", self.tr("Select a folder"), self._browse_folder)):
            button = QToolButton(self)
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(ask)
            row.addWidget(button)
        form.addRow(self.tr("Labels"), files)
        form.addRow(self.tr("Format"), self.format)
        form.addRow("", self.about)
        form.addRow("", self.doubt)
        form.addRow(self.tr("Video in the file"), self.sequence)
        form.setRowVisible(self.sequence, False)
        form.addRow(self.tr("First frame number"), self.first_frame)
        form.addRow("", self.one_based)
        form.addRow(self.tr("Import into"), Label(self._video.name, self))
        form.addRow(self.tr("Import as"), self.target)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.ok = buttons.addButton(self.tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.error)
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
        fits = guess_formats(self._chosen_path()) if text.strip() else ()
        if fits and self._own_format is None:
            self.format.setCurrentIndex(self.format.findData(fits[0]))
        self.doubt.setVisible(len(fits) > 1)
        self.doubt.setText(self.tr("The file fits {0}. Select the format that it has.").format(
            self.tr(" and ").join(FORMATS[name].title for name in fits)))
        self._describe()

    def _on_own_format(self) -> None:
        self._own_format = self.format.currentData()

    def _on_own_target(self) -> None:
        self._own_target = Target(self.target.currentData())

    def _describe(self) -> None:
        chosen = FORMATS[self.format.currentData()]
        self.about.setText(chosen.description)
        self.form.setRowVisible(self.one_based, self._takes_pixels())
        # A format without identities can only hold detections.
        can = chosen.abilities.identities or chosen.abilities.reads_identities
        self.target.setEnabled(can)
        target = (self._own_target or Target.HUMAN) if can else Target.DETECTIONS
        self.target.setCurrentIndex(self.target.findData(target))
        self._rest.start()

    # Preview

    def _preview(self) -> None:
        """Read the file on a thread, unless the preview is up to date."""
        request = _Request(self._chosen_path(), str(self.format.currentData()), self._options())
        if self._previewing is None or self._previewing.busy or self._shown == request:
            return
        self._shown = request
        self.error.clear()
        self._show_found([])
        if self.path.text().strip() and request.path.exists():
            self.preview.show_waiting()
            self._previewing.start("", partial(_previewed, request, self._video, self._source))

    def _on_found(self, answer: object) -> None:
        if isinstance(answer, _Found) and answer.request == self._shown:
            self._show_found(answer.videos)

    def _on_failed(self, message: str) -> None:
        self.preview.clear()
        self.error.setText(message)

    def _show_found(self, videos: list[FoundVideo]) -> None:
        self._found = videos
        names = [found.info.name for found in videos]
        several = len(names) > 1
        with QSignalBlocker(self.sequence):
            self.sequence.clear()
            for name in names if several else ():
                self.sequence.addItem(name, name)
            self.sequence.setCurrentIndex(max(self.sequence.findData(self._video.name), 0 if several else -1))
        self.form.setRowVisible(self.sequence, several)
        self._show_chosen()

    def _show_chosen(self) -> None:
        place = max(self.sequence.currentIndex(), 0)
        if place < len(self._found):
            self.preview.show_video(self._found[place])
        else:
            self.preview.clear()


def _previewed(request: _Request, video: VideoRecord, source: Path | None, _progress: Progress, _cancel: CancelToken,
               ) -> _Found:
    return _Found(request, preview_import(request.path, request.format_name, video, request.options, source))

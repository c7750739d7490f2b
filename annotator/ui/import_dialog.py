"""What an import asks: which file, which format, which of its videos, and what its boxes are to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
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
from annotator.formats.registry import FORMATS, readable
from annotator.jobs.import_labels import Target, guess_format, sequence_names
from annotator.model.track import VideoRecord
from annotator.ui.tasks import Progress, TaskWorker

#: Milliseconds of rest before a path that is being typed is looked into.
_LOOK_AFTER = 400


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """What was chosen."""

    path: Path
    format_name: str
    target: Target = Target.HUMAN
    sequence: str | None = None
    """Of the file's videos, this one; None for the only one or the one of the video's name."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The videos in a file."""

    path: Path
    format_name: str
    names: list[str]


class ImportDialog(QDialog):
    """Looks into the file beside, so that its videos can be chosen from; nobody has to wait for that."""

    def __init__(self, video: VideoRecord, path: Path | None, parent: QWidget | None = None,
                 looking: TaskWorker | None = None) -> None:
        """``looking``: what reads files; without one their videos are not listed."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import labels"))
        self.setMinimumWidth(480)
        self._video, self._looking = video, looking
        self._looked: tuple[Path, str] | None = None
        self.path = QLineEdit("" if path is None else str(path), self,
                              placeholderText=self.tr("a file or folder of labels"))
        self.format = QComboBox(self)
        for each in readable():
            self.format.addItem(each.title, each.name)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.sequence = QComboBox(self)
        self.target = QComboBox(self)
        for text, target in (
                (self.tr("Tracks drawn by a person: no later run replaces them"), Target.HUMAN),
                (self.tr("Tracks of a machine: a later run may replace them"), Target.MACHINE),
                (self.tr("Detections: boxes without identity, to be tracked"), Target.DETECTIONS)):
            self.target.addItem(text, target)
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self.form = QFormLayout()
        self._lay_out()
        self._rest = QTimer(self, singleShot=True, interval=_LOOK_AFTER)
        self._rest.timeout.connect(self._look)
        if looking is not None:
            looking.finished.connect(self._on_names)
            looking.failed.connect(self.error.setText)
            looking.ended.connect(self._look)
        self.format.currentIndexChanged.connect(self._describe)
        self.path.textChanged.connect(self._on_path)
        self._on_path(self.path.text())

    @property
    def choice(self) -> ImportChoice:
        """What the fields say."""
        return ImportChoice(self._chosen_path(), self.format.currentData(), Target(self.target.currentData()),
                            self.sequence.currentData())

    def _chosen_path(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _lay_out(self) -> None:
        form = self.form
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
        form.addRow(self.tr("Video in the file"), self.sequence)
        form.setRowVisible(self.sequence, False)
        form.addRow(self.tr("Into"), QLabel(self._video.name, self))
        form.addRow(self.tr("As"), self.target)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.ok = buttons.addButton(self.tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
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
        guessed = guess_format(self._chosen_path()) if text.strip() else None
        if guessed is not None:
            self.format.setCurrentIndex(self.format.findData(guessed))
        self._describe()

    def _describe(self) -> None:
        chosen = FORMATS[self.format.currentData()]
        self.about.setText(chosen.description)
        # A format without identities holds detections, whatever else is wished for.
        self.target.setEnabled(chosen.abilities.identities)
        if not chosen.abilities.identities:
            self.target.setCurrentIndex(self.target.findData(Target.DETECTIONS))
        self._rest.start()

    # Which videos the file has

    def _look(self) -> None:
        """Read the file on a thread, if it is another one than was read last."""
        path, name = self._chosen_path(), str(self.format.currentData())
        if self._looking is None or self._looking.busy or self._looked == (path, name):
            return
        self._looked = (path, name)
        self.error.clear()
        self._show_names([])
        if self.path.text().strip() and path.exists():
            self._looking.start("", partial(_names, path, name, self._video))

    def _on_names(self, answer: object) -> None:
        assert isinstance(answer, _Found)
        if (answer.path, answer.format_name) == (self._chosen_path(), self.format.currentData()):
            self._show_names(answer.names)

    def _show_names(self, names: list[str]) -> None:
        self.sequence.clear()
        several = len(names) > 1
        for name in names if several else ():
            self.sequence.addItem(name, name)
        self.sequence.setCurrentIndex(max(self.sequence.findData(self._video.name), 0 if several else -1))
        self.form.setRowVisible(self.sequence, several)


def _names(path: Path, name: str, video: VideoRecord, _progress: Progress, _cancel: CancelToken) -> _Found:
    return _Found(path, name, sequence_names(path, name, video))

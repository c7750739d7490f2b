"""What an export asks: which format, which videos and frames, where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import SettingsError, UserError
from annotator.formats.base import COMMON_OPTIONS, Abilities, ExportOptions
from annotator.formats.registry import FORMATS, writable
from annotator.jobs.export import tells_regions
from annotator.model.track import VideoRecord
from annotator.ui.export_fields import ExportFields


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was chosen."""

    format_name: str
    videos: tuple[VideoRecord, ...]
    folder: Path
    options: ExportOptions


class ExportDialog(QDialog):
    """Every format that can be written, with the options that it takes and what it cannot hold."""

    def __init__(self, videos: Sequence[VideoRecord], present: VideoRecord, folder: Path, format_name: str = "",
                 chosen_range: tuple[int, int] | None = None, parent: QWidget | None = None,
                 settings: QSettings | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export labels"))
        self.choice: ExportChoice | None = None
        self._videos, self._present = tuple(videos), present
        last = present.frame_count - 1
        self.format = QComboBox(self)
        for each in writable():
            self.format.addItem(each.title, each.name)
        self.format.setCurrentIndex(max(self.format.findData(format_name), 0))
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.limits = QLabel(self)
        self.limits.setWordWrap(True)
        self.fields = ExportFields(settings, self)
        self.which = QComboBox(self)
        self.which.addItem(self.tr("This video ({0})").format(present.name))
        if len(self._videos) > 1:
            self.which.addItem(self.tr("All {0} videos").format(len(self._videos)))
        self.folder = QLineEdit(str(folder), self)
        self.first = QSpinBox(self, maximum=last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, maximum=last, value=chosen_range[1] if chosen_range else last)
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self._lay_out()
        self.format.currentIndexChanged.connect(self._describe)
        self.which.currentIndexChanged.connect(self._on_which)
        self._describe()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Format"), self.format)
        form.addRow("", self.about)
        form.addRow("", self.limits)
        self.which.setVisible(len(self._videos) > 1)
        if len(self._videos) > 1:
            form.addRow(self.tr("Videos"), self.which)
        form.addRow(self.tr("Folder"), self._with_button())
        form.addRow(self.tr("Frames"), self._frames())
        form.addRow(self.fields)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        export = buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        export.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.error)
        layout.addWidget(buttons)
        self.setMinimumWidth(480)

    def _with_button(self) -> QWidget:
        widget = QWidget(self)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        button = QToolButton(self)
        button.setText("…")
        button.setToolTip(self.tr("Choose a folder"))
        button.clicked.connect(self._browse)
        row.addWidget(self.folder)
        row.addWidget(button)
        return widget

    def _frames(self) -> QWidget:
        widget = QWidget(self)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.first)
        row.addWidget(QLabel(self.tr("to"), self))
        row.addWidget(self.last)
        row.addStretch(1)
        return widget

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Export into a folder"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _describe(self) -> None:
        chosen = FORMATS[self.format.currentData()]
        self.about.setText(chosen.description)
        self.limits.setText(self._what_is_lost(chosen.abilities, tells_regions(chosen.name)))
        self.fields.show_for(chosen.name, (*COMMON_OPTIONS, *chosen.options))

    def _what_is_lost(self, can: Abilities, regions: bool) -> str:
        lacking = [what for what, held in (
            (self.tr("identities"), can.identities), (self.tr("classes"), can.labels), (self.tr("masks"), can.masks),
            (self.tr("overlapping masks"), can.overlap or not can.masks), (self.tr("scores"), can.scores),
            (self.tr("ignored tracks"), can.ignored), (self.tr("ignore regions"), regions),
            (self.tr("occlusion"), can.occluded)) if not held]
        said = [self.tr("Cannot hold: {0}.").format(", ".join(lacking))] if lacking else []
        if can.needs_masks:
            said.append(self.tr("Boxes without a mask are left out."))
        if can.limits:
            said.append(self.tr("Lost or changed: {0}.").format("; ".join(can.limits)))
        return " ".join(said)

    def _on_which(self, index: int) -> None:
        """Several videos are exported whole: each has frames of its own."""
        self.first.setEnabled(index == 0)
        self.last.setEnabled(index == 0)

    def _accept(self) -> None:
        try:
            self.choice = self._chosen()
        except UserError as error:
            self.error.setText(str(error))
            return
        self.accept()

    def _chosen(self) -> ExportChoice:
        folder = self.folder.text().strip()
        if not folder:
            raise SettingsError(self.tr("no folder is named: say where the files are to go"))
        whole = self.which.currentIndex() == 1
        first, last = sorted((self.first.value(), self.last.value()))
        options = ExportOptions(first_frame=0 if whole else first, last_frame=None if whole else last,
                                **self.fields.values())
        self.fields.keep(self.format.currentData())
        return ExportChoice(self.format.currentData(), self._videos if whole else (self._present,),
                            Path(folder).expanduser(), options)

"""What an export asks: which format, which videos and frames, where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import SettingsError, UserError
from annotator.formats.base import ExportOptions
from annotator.formats.registry import FORMATS
from annotator.model.track import VideoRecord


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was chosen."""

    format_name: str
    videos: tuple[VideoRecord, ...]
    folder: Path
    options: ExportOptions


class ExportDialog(QDialog):
    """Every format that the registry has; what a format has no use for, it does not look at."""

    def __init__(self, videos: Sequence[VideoRecord], present: VideoRecord, folder: Path, format_name: str = "",
                 chosen_range: tuple[int, int] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export labels"))
        self.choice: ExportChoice | None = None
        self._videos, self._present = tuple(videos), present
        last = present.frame_count - 1
        self.format = QComboBox(self)
        for name in FORMATS:
            self.format.addItem(name, name)
        self.format.setCurrentIndex(max(self.format.findData(format_name), 0))
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.which = QComboBox(self)
        self.which.addItem(self.tr("This video ({0})").format(present.name))
        if len(self._videos) > 1:
            self.which.addItem(self.tr("All {0} videos").format(len(self._videos)))
        self.folder = QLineEdit(str(folder), self)
        self.labels = QLineEdit(self, placeholderText=self.tr("all, or names: person, car"))
        self.first = QSpinBox(self, maximum=last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, maximum=last, value=chosen_range[1] if chosen_range else last)
        self.min_length = QSpinBox(self, minimum=1, maximum=100000, suffix=" " + self.tr("boxes"))
        self.min_length.setSpecialValueText(self.tr("of any length"))
        self.masks = QCheckBox(self.tr("Masks, where the format has them"), self)
        self.one_based = QCheckBox(self.tr("MOTChallenge: count pixels from 1"), self)
        self.numbers = QLineEdit(self, placeholderText=self.tr("by name, or: person=1, car=3"))
        self.digits = QSpinBox(self, minimum=1, maximum=12, value=6)
        self.overwrite = QCheckBox(self.tr("Replace files that others wrote"), self)
        self.check = QCheckBox(self.tr("Read the result with the field's own reader"), self)
        for box in (self.masks, self.check):
            box.setChecked(True)
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
        self.which.setVisible(len(self._videos) > 1)
        if len(self._videos) > 1:
            form.addRow(self.tr("Videos"), self.which)
        form.addRow(self.tr("Folder"), self._with_button())
        form.addRow(self.tr("Frames"), self._frames())
        form.addRow(self.tr("Classes"), self.labels)
        form.addRow(self.tr("Shortest track"), self.min_length)
        form.addRow(self.tr("Class numbers"), self.numbers)
        form.addRow(self.tr("Digits of picture names"), self.digits)
        for box in (self.masks, self.one_based, self.check, self.overwrite):
            form.addRow("", box)
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
        name = self.format.currentData()
        self.about.setText(FORMATS[name].description)
        # These say in their own names which format they are for.
        self.one_based.setEnabled(name.startswith("mot"))
        self.numbers.setEnabled(name == "mot")
        self.digits.setEnabled(name == "coco-video")

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
        options = ExportOptions(
            first_frame=0 if whole else first, last_frame=None if whole else last, labels=_names(self.labels.text()),
            min_length=self.min_length.value(), one_based_pixels=self.one_based.isChecked(),
            class_numbers=self._class_numbers(), masks=self.masks.isChecked(), image_digits=self.digits.value(),
            overwrite=self.overwrite.isChecked(), field_check=self.check.isChecked())
        return ExportChoice(self.format.currentData(), self._videos if whole else (self._present,),
                            Path(folder).expanduser(), options)

    def _class_numbers(self) -> dict[str, int] | None:
        numbers: dict[str, int] = {}
        for part in _names(self.numbers.text()) or ():
            name, _, number = part.rpartition("=")
            if not name.strip() or not number.strip().isdecimal():
                raise SettingsError(self.tr("{0!r} names no class and number: write them as person=1").format(part))
            numbers[name.strip()] = int(number)
        return numbers or None


def _names(text: str) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(",") if part.strip()) or None

"""The export dialog: format, videos, frames, folder and options, with a preview."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import (
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

from annotator.errors import SettingsError, UserError
from annotator.formats.base import COMMON_OPTIONS, Abilities, ExportOptions
from annotator.formats.registry import FORMATS, writable
from annotator.jobs.labels.export import writes_ignore_regions
from annotator.jobs.labels.export_preview import ExportPreview, preview_export
from annotator.model.cancel import CancelToken
from annotator.model.track import VideoRecord
from annotator.storage.store import Store
from annotator.ui.import_export.export_fields import ExportFields
from annotator.ui.import_export.export_presets import Preset, PresetRow, PresetStore
from annotator.ui.import_export.export_preview import ExportPreviewPanel
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.plain_text import Label

#: Milliseconds from the last change of the options to a new preview.
_PREVIEW_AFTER = 300


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """The accepted options."""

    format_name: str
    videos: tuple[VideoRecord, ...]
    folder: Path
    options: ExportOptions


class ExportDialog(QDialog):
    """Offers all writable formats, with their options and limits and a preview.

    A thread makes the preview by writing the first frames to a temporary folder.
    """

    def __init__(self, store: Store, current: VideoRecord, folder: Path, previewing: TaskWorker, format_name: str = "",
                 chosen_range: tuple[int, int] | None = None, parent: QWidget | None = None,
                 settings: QSettings | None = None) -> None:
        """``previewing`` makes the previews."""
        super().__init__(parent)
        self._store, self._previewing = store, previewing
        self._shown: ExportChoice | None = None
        self.setWindowTitle(self.tr("Export labels"))
        self.choice: ExportChoice | None = None
        self._videos, self._current = tuple(store.videos()), current
        last = current.frame_count - 1
        self.format = QComboBox(self)
        for each in writable():
            self.format.addItem(each.title, each.name)
        self.format.setCurrentIndex(max(self.format.findData(format_name), 0))
        self.about = Label(self)
        self.about.setWordWrap(True)
        self.limits = Label(self)
        self.limits.setWordWrap(True)
        self.fields = ExportFields(settings, self)
        self.presets = PresetRow(PresetStore(settings), self._preset, self)
        self.preview = ExportPreviewPanel(self)
        self.which = QComboBox(self)
        self.which.addItem(self.tr("This video ({0})").format(current.name))
        if len(self._videos) > 1:
            self.which.addItem(self.tr("All {0} videos").format(len(self._videos)))
        self.folder = QLineEdit(str(folder), self)
        self.first = QSpinBox(self, maximum=last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, maximum=last, value=chosen_range[1] if chosen_range else last)
        self.error = Label(self)
        self.error.setWordWrap(True)
        self._rest = QTimer(self, singleShot=True, interval=_PREVIEW_AFTER)
        self._lay_out()
        self._connect()
        self._describe()

    def _connect(self) -> None:
        self.format.currentIndexChanged.connect(self._describe)
        self.which.currentIndexChanged.connect(self._on_which)
        self.presets.chosen.connect(self._on_preset)
        for signal in (self.format.currentIndexChanged, self.which.currentIndexChanged, self.first.valueChanged,
                       self.last.valueChanged, self.folder.textChanged):
            signal.connect(lambda _: self._rest.start())
        self.fields.changed.connect(self._rest.start)
        self._rest.timeout.connect(self._preview)
        self._previewing.finished.connect(self._on_previewed)
        self._previewing.failed.connect(self.preview.show_error)
        self._previewing.ended.connect(self._preview)
        self.finished.connect(self._rest.stop)
        self._rest.start()

    def _lay_out(self) -> None:
        form = self.form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Presets"), self.presets)
        form.addRow(self.tr("Format"), self.format)
        form.addRow("", self.about)
        form.addRow("", self.limits)
        self.which.setVisible(len(self._videos) > 1)
        if len(self._videos) > 1:
            form.addRow(self.tr("Videos"), self.which)
        form.addRow(self.tr("Folder"), self._with_button())
        form.addRow(self.tr("Frames"), self._frames())
        form.addRow(self.fields)
        _align(form, self.fields.form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        export = buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        export.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        choices = QVBoxLayout()
        choices.addLayout(form)
        choices.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(24)
        columns.addLayout(choices, 4)
        columns.addWidget(self.preview, 5)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(columns, 1)
        layout.addWidget(self.error)
        layout.addWidget(buttons)
        self.resize(960, 640)

    def _with_button(self) -> QWidget:
        widget = QWidget(self)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        button = QToolButton(self)
        button.setText("…")
        button.setToolTip(self.tr("Select a folder"))
        button.clicked.connect(self._browse)
        row.addWidget(self.folder)
        row.addWidget(button)
        return widget

    def _frames(self) -> QWidget:
        widget = QWidget(self)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.first)
        row.addWidget(Label(self.tr("to"), self))
        row.addWidget(self.last)
        row.addStretch(1)
        return widget

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Export to folder"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _describe(self) -> None:
        chosen = FORMATS[self.format.currentData()]
        self.about.setText(chosen.description)
        lost = self._what_is_lost(chosen.abilities, writes_ignore_regions(chosen.name))
        self.limits.setText(lost)
        self.form.setRowVisible(self.limits, bool(lost))
        self.fields.show_for(chosen.name, (*COMMON_OPTIONS, *chosen.options))

    def _what_is_lost(self, can: Abilities, regions: bool) -> str:
        lacking = [what for what, held in (
            (self.tr("identities"), can.identities), (self.tr("classes"), can.labels), (self.tr("masks"), can.masks),
            (self.tr("overlapping masks"), can.overlap or not can.masks), (self.tr("scores"), can.scores),
            (self.tr("ignored tracks"), can.ignored), (self.tr("ignore regions"), regions),
            (self.tr("occlusion"), can.occluded)) if not held]
        notes = [self.tr("Not stored in this format: {0}.").format(", ".join(lacking))] if lacking else []
        if can.needs_masks:
            notes.append(self.tr("Boxes without a mask are skipped."))
        if can.limits:
            notes.append(self.tr("Lost or changed: {0}.").format("; ".join(can.limits)))
        return " ".join(notes)

    def _on_which(self, index: int) -> None:
        """Disable the range for several videos, which are exported entirely."""
        self.first.setEnabled(index == 0)
        self.last.setEnabled(index == 0)

    # Presets

    def _preset(self) -> Preset:
        return Preset(self.format.currentData(), self.fields.state())

    def _on_preset(self, preset: Preset) -> None:
        index = self.format.findData(preset.format_name)
        if index < 0:
            self.error.setText(self.tr("this version does not support the format {0!r}").format(preset.format_name))
            return
        self.format.setCurrentIndex(index)
        self.fields.restore(preset.fields)

    # The preview

    def _preview(self) -> None:
        """Preview the options on a thread, if they changed since the last preview."""
        if self._previewing.busy:
            return
        try:
            choice = self._chosen()
        except UserError as error:
            self._shown = None
            self.preview.show_error(str(error))
            return
        if choice == self._shown:
            return
        self._shown = choice
        self.preview.show_waiting()
        self._previewing.start("", partial(_previewed, self._store, choice))

    def _on_previewed(self, found: object) -> None:
        if self._shown is not None and isinstance(found, ExportPreview):
            self.preview.show_preview(found, self._shown.folder)

    # Result

    def _accept(self) -> None:
        try:
            self.choice = self._chosen()
        except UserError as error:
            self.error.setText(str(error))
            return
        self.fields.keep(self.format.currentData())
        self.accept()

    def _chosen(self) -> ExportChoice:
        folder = self.folder.text().strip()
        if not folder:
            raise SettingsError(self.tr("the folder is empty: select where to write the files"))
        whole = self.which.currentIndex() == 1
        first, last = sorted((self.first.value(), self.last.value()))
        options = ExportOptions(first_frame=0 if whole else first, last_frame=None if whole else last,
                                **self.fields.values())
        return ExportChoice(self.format.currentData(), self._videos if whole else (self._current,),
                            Path(folder).expanduser(), options)


def _align(*forms: QFormLayout) -> None:
    """Align the fields of forms that are placed below one another."""
    names = [name for form in forms for row in range(form.rowCount())
             if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole)) and (name := item.widget()) is not None]
    width = max(name.sizeHint().width() for name in names)
    for name in names:
        name.setMinimumWidth(width)


def _previewed(store: Store, choice: ExportChoice, _progress: Progress, cancel: CancelToken) -> ExportPreview:
    return preview_export(store, choice.videos, choice.format_name, choice.options, cancel)

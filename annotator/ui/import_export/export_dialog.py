"""What an export asks: which format, which videos and frames, where to; and what would come of it."""

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
from annotator.jobs.labels.export import writes_ignore_regions
from annotator.jobs.labels.export_preview import ExportPreview, preview_export
from annotator.model.cancel import CancelToken
from annotator.model.track import VideoRecord
from annotator.storage.store import Store
from annotator.ui.import_export.export_fields import ExportFields
from annotator.ui.import_export.export_presets import Preset, PresetRow, PresetStore
from annotator.ui.import_export.export_preview import ExportPreviewPanel
from annotator.ui.threads.tasks import Progress, TaskWorker

#: Milliseconds of rest before choices that are being changed are tried out.
_LOOK_AFTER = 300


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was chosen."""

    format_name: str
    videos: tuple[VideoRecord, ...]
    folder: Path
    options: ExportOptions


class ExportDialog(QDialog):
    """Every format that can be written, with the options that it takes, what it cannot hold, and a preview.

    The preview is made beside, by writing the first frames into a folder that is removed again.
    """

    def __init__(self, store: Store, present: VideoRecord, folder: Path, looking: TaskWorker, format_name: str = "",
                 chosen_range: tuple[int, int] | None = None, parent: QWidget | None = None,
                 settings: QSettings | None = None) -> None:
        """``looking``: what makes previews."""
        super().__init__(parent)
        self._store, self._looking = store, looking
        self._looked: ExportChoice | None = None
        self.setWindowTitle(self.tr("Export labels"))
        self.choice: ExportChoice | None = None
        self._videos, self._present = tuple(store.videos()), present
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
        self.presets = PresetRow(PresetStore(settings), self._preset, self)
        self.preview = ExportPreviewPanel(self)
        self.which = QComboBox(self)
        self.which.addItem(self.tr("This video ({0})").format(present.name))
        if len(self._videos) > 1:
            self.which.addItem(self.tr("All {0} videos").format(len(self._videos)))
        self.folder = QLineEdit(str(folder), self)
        self.first = QSpinBox(self, maximum=last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, maximum=last, value=chosen_range[1] if chosen_range else last)
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self._rest = QTimer(self, singleShot=True, interval=_LOOK_AFTER)
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
        self._rest.timeout.connect(self._look)
        self._looking.finished.connect(self._on_looked)
        self._looking.failed.connect(self.preview.show_error)
        self._looking.ended.connect(self._look)
        self.finished.connect(self._rest.stop)
        self._rest.start()

    def _lay_out(self) -> None:
        form = self.form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Saved choices"), self.presets)
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

    # Saved choices

    def _preset(self) -> Preset:
        return Preset(self.format.currentData(), self.fields.state())

    def _on_preset(self, preset: Preset) -> None:
        index = self.format.findData(preset.format_name)
        if index < 0:
            self.error.setText(self.tr("this version has no format {0!r}").format(preset.format_name))
            return
        self.format.setCurrentIndex(index)
        self.fields.restore(preset.fields)

    # The preview

    def _look(self) -> None:
        """Try the choices out on a thread, if they are others than last time."""
        if self._looking.busy:
            return
        try:
            choice = self._chosen()
        except UserError as error:
            self._looked = None
            self.preview.show_error(str(error))
            return
        if choice == self._looked:
            return
        self._looked = choice
        self.preview.show_waiting()
        self._looking.start("", partial(_previewed, self._store, choice))

    def _on_looked(self, found: object) -> None:
        if self._looked is not None and isinstance(found, ExportPreview):
            self.preview.show_preview(found, self._looked.folder)

    # The answer

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
            raise SettingsError(self.tr("no folder is named: say where the files are to go"))
        whole = self.which.currentIndex() == 1
        first, last = sorted((self.first.value(), self.last.value()))
        options = ExportOptions(first_frame=0 if whole else first, last_frame=None if whole else last,
                                **self.fields.values())
        return ExportChoice(self.format.currentData(), self._videos if whole else (self._present,),
                            Path(folder).expanduser(), options)


def _align(*forms: QFormLayout) -> None:
    """Give forms that stand below one another one edge between names and fields."""
    names = [name for form in forms for row in range(form.rowCount())
             if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole)) and (name := item.widget()) is not None]
    width = max(name.sizeHint().width() for name in names)
    for name in names:
        name.setMinimumWidth(width)


def _previewed(store: Store, choice: ExportChoice, _progress: Progress, cancel: CancelToken) -> ExportPreview:
    return preview_export(store, choice.videos, choice.format_name, choice.options, cancel)

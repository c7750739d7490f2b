"""What a pre-annotation asks before it begins; every field has a sensible default."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
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

from annotator.engine import checkpoints
from annotator.engine.checkpoints import ModelKind
from annotator.errors import UserError
from annotator.jobs.config import PreannotateSettings
from annotator.model.track import OnExisting, VideoRecord

TRACKERS = ("sam2mot", "bytetrack")


@dataclass(frozen=True, slots=True)
class JobChoice:
    """What was chosen."""

    settings: PreannotateSettings


class JobDialog(QDialog):
    """Detector, segmentor, tracker, threshold, frames, device."""

    def __init__(self, video: VideoRecord, chosen_range: tuple[int, int] | None, has_tracks: bool,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Track the whole video"))
        self.choice: JobChoice | None = None
        self._last = video.frame_count - 1
        self.detector = self._models(ModelKind.DETECTOR)
        self.detections = QLineEdit(self, placeholderText=self.tr("none: run the detector"))
        self.labels = QLineEdit(self, placeholderText=self.tr("all, or names: person, car"))
        self.segmenter = self._models(ModelKind.SEGMENTER)
        self.tracker = QComboBox(self)
        self.tracker.addItems(TRACKERS)
        self.threshold = QDoubleSpinBox(self, minimum=0.0, maximum=1.0, singleStep=0.05, value=0.5)
        self.first = QSpinBox(self, minimum=0, maximum=self._last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, minimum=0, maximum=self._last, value=chosen_range[1] if chosen_range else self._last)
        self.device = QComboBox(self, editable=True)
        self.device.addItems(["auto", "cuda", "cpu"])
        self.existing = QComboBox(self)
        for mode, text in ((OnExisting.REPLACE, self.tr("Replace what machines found")),
                           (OnExisting.ADD, self.tr("Add to it")), (OnExisting.PROPOSE, self.tr("Propose only"))):
            self.existing.addItem(text, mode)
        self._error = QLabel(self)
        self._error.setWordWrap(True)
        self._lay_out(has_tracks)
        self.tracker.currentTextChanged.connect(lambda name: self.segmenter.setEnabled(name == "sam2mot"))
        self.detections.textChanged.connect(lambda text: self.detector.setEnabled(not text))

    def _lay_out(self, has_tracks: bool) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Detector"), self.detector)
        form.addRow(self.tr("Detections from a file"), self._with_button(self.detections))
        form.addRow(self.tr("Classes"), self.labels)
        form.addRow(self.tr("Threshold"), self.threshold)
        form.addRow(self.tr("Tracker"), self.tracker)
        form.addRow(self.tr("Segmentor"), self.segmenter)
        frames = QWidget(self)
        row = QHBoxLayout(frames)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.first)
        row.addWidget(QLabel(self.tr("to"), self))
        row.addWidget(self.last)
        row.addStretch(1)
        form.addRow(self.tr("Frames"), frames)
        form.addRow(self.tr("Device"), self.device)
        if has_tracks:
            form.addRow(self.tr("Existing tracks"), self.existing)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        run = buttons.addButton(self.tr("Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        run.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._error)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)

    def _models(self, kind: ModelKind) -> QComboBox:
        box = QComboBox(self, editable=True)
        box.addItem(self.tr("best installed"), None)
        for weights in checkpoints.installed(kind):
            demonstration = weights.name.startswith("tiny-")
            text = self.tr("{0} (demonstration)").format(weights.name) if demonstration else weights.name
            box.addItem(text, weights.name)
        return box

    def _with_button(self, line: QLineEdit) -> QWidget:
        widget = QWidget(self)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        button = QToolButton(self)
        button.setText("…")
        button.setToolTip(self.tr("Choose a file"))
        button.clicked.connect(lambda: line.setText(QFileDialog.getOpenFileName(
            self, self.tr("Detections"), "", self.tr("Detections") + " (*.txt *.json)")[0] or line.text()))
        row.addWidget(line)
        row.addWidget(button)
        return widget

    def _accept(self) -> None:
        try:
            self.choice = JobChoice(self._settings())
        except UserError as error:
            self._error.setText(str(error))
            return
        self.accept()

    def _settings(self) -> PreannotateSettings:
        names = tuple(name.strip() for name in self.labels.text().split(",") if name.strip())
        detections = self.detections.text().strip() or None
        # A combo box hands the enumeration's member back as a plain string.
        return PreannotateSettings(
            detector=None if detections else _name(self.detector), detections=detections,
            segmenter=_name(self.segmenter) if self.tracker.currentText() == "sam2mot" else None,
            tracker=self.tracker.currentText(), det_threshold=self.threshold.value(), labels=names or None,
            device=self.device.currentText(), start=min(self.first.value(), self.last.value()),
            end=max(self.first.value(), self.last.value()), on_existing=OnExisting(self.existing.currentData()))


def _name(box: QComboBox) -> str | None:
    """The model of the chosen line; a name or path that was typed instead."""
    index = box.findText(box.currentText())
    if index >= 0:
        data: str | None = box.itemData(index)
        return data
    return box.currentText().strip() or None

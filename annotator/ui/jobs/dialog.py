"""The dialog with the settings of a run; every field has a sensible default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.engine.detectors.mmdet_names import READS_TEXT
from annotator.engine.extensions import extensions
from annotator.engine.registry import missing_weights
from annotator.engine.settings import TRACKERS
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import UserError
from annotator.jobs.tracking.config import ADAPTIVE, PreannotateSettings
from annotator.model.frame import Frame
from annotator.model.track import OnExisting, VideoRecord
from annotator.ui.jobs.estimates import Estimates, passes
from annotator.ui.jobs.model_notice import ModelNotice
from annotator.ui.jobs.preview_panel import PreviewPanel
from annotator.ui.jobs.weights_offer import WeightsOffer, size_text
from annotator.ui.widgets.frame_text import format_duration
from annotator.ui.widgets.plain_text import Label


@dataclass(frozen=True, slots=True)
class JobChoice:
    """The accepted settings."""

    settings: PreannotateSettings


class JobDialog(QDialog):
    """Detector, segmenter, tracker, threshold, frames and device, with a preview of detections in the current frame."""

    def __init__(self, video: VideoRecord, chosen_range: tuple[int, int] | None, has_tracks: bool,
                 parent: QWidget | None = None, *, settings: QSettings | None = None, frame: Frame | None = None,
                 preview: PreviewPanel | None = None, offer: WeightsOffer | None = None,
                 notice: ModelNotice | None = None,
                 corrected: Callable[[int, int], int] = lambda _first, _last: 0, nearby: Path | None = None) -> None:
        """
        Args:
            corrected: counts the tracks with predicted boxes in a range that a person has corrected.
            nearby: a detection file beside the video, to be offered.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Track the whole video"))
        self.choice: JobChoice | None = None
        self._frame_count, self._corrected, self._nearby = video.frame_count, corrected, nearby
        self._estimates = None if settings is None else Estimates(settings)
        self.preview, self.offer, self.notice = preview, offer, notice
        self._make_fields(video, chosen_range)
        self._lay_out(has_tracks)
        self._connect()
        if preview is not None:
            preview.set_frame(frame)
        self._update()

    def _make_fields(self, video: VideoRecord, chosen_range: tuple[int, int] | None) -> None:
        last = video.frame_count - 1
        self.detector = self._models(ModelKind.DETECTOR)
        self.prompt = QLineEdit(self, placeholderText=self.tr("objects to find: person . red car ."))
        self.detections = QLineEdit(self, placeholderText=self.tr("none, run the detector"))
        self.labels = QLineEdit(self, placeholderText=self.tr("all, or names: person, car"))
        self.segmenter = self._models(ModelKind.SEGMENTER)
        self.tracker = QComboBox(self)
        self.tracker.addItems(TRACKERS)
        self.mode = QComboBox(self)
        self.mode.addItem(self.tr("Fixed"), None)
        self.mode.addItem(self.tr("Adaptive, from the scores of all frames"), ADAPTIVE)
        self.threshold = QDoubleSpinBox(self, minimum=0.0, maximum=1.0, singleStep=0.05, value=0.5)
        self.first = QSpinBox(self, minimum=0, maximum=last, value=chosen_range[0] if chosen_range else 0)
        self.last = QSpinBox(self, minimum=0, maximum=last, value=chosen_range[1] if chosen_range else last)
        self.device = QComboBox(self, editable=True)
        self.device.addItems(["auto", "cuda", "cpu"])
        self.existing = QComboBox(self)
        for mode, text in ((OnExisting.REPLACE, self.tr("Replace predicted boxes")),
                           (OnExisting.ADD, self.tr("Add new tracks")), (OnExisting.PROPOSE, self.tr("Propose only"))):
            self.existing.addItem(text, mode)
        self.corrected = QCheckBox(self)
        self.corrected.setToolTip(self.tr("By default, tracks that you have swapped, merged, split, renumbered or "
                                          "reviewed are kept, and their objects are not tracked a second time"))
        self.estimate = Label(self)
        self.estimate.setWordWrap(True)
        self.estimate.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.estimate.setMinimumHeight(2 * self.estimate.fontMetrics().lineSpacing())
        self._error = Label(self)
        self._error.setWordWrap(True)

    def _lay_out(self, has_tracks: bool) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Detector"), self.detector)
        form.addRow(self.tr("Text prompt"), self.prompt)
        form.addRow(self.tr("Detections file"), self._with_button(self.detections))
        form.addRow(self.tr("Classes"), self.labels)
        form.addRow(self.tr("Threshold"), self._row(self.mode, self.threshold))
        form.addRow(self.tr("Tracker"), self.tracker)
        form.addRow(self.tr("Segmenter"), self.segmenter)
        frames = self._row(self.first, Label(self.tr("to"), self), self.last, stretch=True)
        form.addRow(self.tr("Frames"), frames)
        form.addRow(self.tr("Device"), self.device)
        self.existing.setVisible(has_tracks)
        if has_tracks:
            form.addRow(self.tr("Existing tracks"), self.existing)
            form.addRow("", self.corrected)
        else:
            self.corrected.hide()
        form.addRow(self.tr("Time"), self.estimate)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.run = buttons.addButton(self.tr("Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.run.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        left = QVBoxLayout()
        left.addLayout(form)
        left.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        if self.preview is not None:
            self.preview.setParent(self)
            columns.addWidget(self.preview, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        if self.notice is not None:
            self.notice.setParent(self)
            layout.addWidget(self.notice)
        layout.addLayout(columns)
        if self.offer is not None:
            self.offer.setParent(self)
            layout.addWidget(self.offer)
        layout.addWidget(self._error)
        layout.addWidget(buttons)
        self.setMinimumWidth(900 if self.preview is not None else 440)
        self.setMinimumHeight(480 if self.preview is not None else 0)

    def _row(self, *widgets: QWidget, stretch: bool = False) -> QWidget:
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for number, widget in enumerate(widgets):
            row.addWidget(widget, 0 if stretch else int(number == 0))
        if stretch:
            row.addStretch(1)
        return holder

    def _connect(self) -> None:
        for box in (self.detector, self.segmenter, self.tracker, self.device):
            box.currentTextChanged.connect(self._update)
        for line in (self.detections, self.prompt, self.labels):
            line.textChanged.connect(self._update)
        for number in (self.first, self.last):
            number.valueChanged.connect(self._update)
        self.mode.currentIndexChanged.connect(self._update)
        self.existing.currentIndexChanged.connect(self._update)
        if self.offer is not None:
            self.offer.fetched.connect(self._on_fetched)
        if self.notice is not None:
            self.notice.detector_wanted.connect(lambda name: self._select(self.detector, name))
            self.notice.segmenter_wanted.connect(lambda name: self._select(self.segmenter, name))
            self.notice.file_wanted.connect(self._choose_detections)
        if self.preview is not None:
            self.preview.settings = self.detection_settings
            self.preview.set_threshold(self.threshold.value())
            self.threshold.valueChanged.connect(self.preview.set_threshold)
            self.preview.threshold_changed.connect(self.threshold.setValue)
            self.preview.measured.connect(self._update)
            for box in (self.detector, self.device):
                box.currentTextChanged.connect(self.preview.forget)
            for line in (self.detections, self.prompt, self.labels):
                line.textChanged.connect(self.preview.forget)

    def _models(self, kind: ModelKind) -> QComboBox:
        box = QComboBox(self, editable=True)
        self._fill_models(box, kind)
        return box

    def _fill_models(self, box: QComboBox, kind: ModelKind) -> None:
        box.addItem(self.tr("best installed model"), None)
        installed = checkpoints.installed(kind)
        for weights in installed:
            text = self.tr("{0} (demonstration)") if weights.demonstration else self.tr("{0} (built in)") \
                if weights.built_in else "{0}"
            text = text.format(weights.name)
            box.addItem(text, weights.name)
            box.setItemData(box.count() - 1, weights.good_for, Qt.ItemDataRole.ToolTipRole)
        for extension in extensions(kind):
            box.addItem(extension.name, extension.name)
            box.setItemData(box.count() - 1, extension.package, Qt.ItemDataRole.ToolTipRole)
        for weights in checkpoints.manifest():
            if weights.kind is kind and weights not in installed:
                box.addItem(self.tr("{0} (download, {1})").format(weights.name, size_text(weights.size)),
                            weights.name)
                box.setItemData(box.count() - 1, weights.good_for, Qt.ItemDataRole.ToolTipRole)

    def _with_button(self, line: QLineEdit) -> QWidget:
        button = QToolButton(self)
        button.setText("…")
        button.setToolTip(self.tr("Choose a file"))
        button.clicked.connect(self._choose_detections)
        if self._nearby is None:
            return self._row(line, button)
        self.found = QToolButton(self)
        self.found.setText(self.tr("Use {0}").format(f"{self._nearby.parent.name}/{self._nearby.name}"))
        self.found.setToolTip(self.tr("Use the detections that lie beside the video's pictures"))
        self.found.clicked.connect(lambda: line.setText(str(self._nearby)))
        return self._row(line, self.found, button)

    def _choose_detections(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Detections"), "",
                                              self.tr("Detections") + " (*.txt *.json)")
        if path:
            self.detections.setText(path)

    @staticmethod
    def _select(box: QComboBox, name: str | None) -> None:
        """Select a model by name or path; one that is not in the list is typed into the field."""
        index = box.findData(name)
        if index >= 0:
            box.setCurrentIndex(index)
        elif name is not None:
            box.setCurrentText(name)

    def show_settings(self, settings: PreannotateSettings) -> None:
        """Show the settings of an earlier run; frames and what happens to existing tracks stay as they are."""
        self._select(self.detector, settings.detector)
        self._select(self.segmenter, settings.segmenter)
        self.prompt.setText(settings.prompt or "")
        self.detections.setText(settings.detections or "")
        self.labels.setText(", ".join(settings.labels or ()))
        self.tracker.setCurrentText(settings.tracker)
        self.mode.setCurrentIndex(max(self.mode.findData(settings.thresholds), 0))
        if settings.det_threshold is not None:
            self.threshold.setValue(settings.det_threshold)
        self.device.setCurrentText(settings.device)
        self._update()

    # Updates

    def _update(self) -> None:
        from_file = bool(self.detections.text().strip())
        self.detector.setEnabled(not from_file)
        self.prompt.setEnabled(not from_file and self._reads_text())
        self.segmenter.setEnabled(self.tracker.currentText() == "sam2mot")
        self.threshold.setEnabled(self.mode.currentData() is None)
        self._show_corrected()
        missing = self._missing()
        if self.offer is not None:
            self.offer.offer(missing)
        if self.notice is not None:
            self.notice.update_for(_name(self.detector), _name(self.segmenter), from_file, self.segmenter.isEnabled())
        self.run.setEnabled(not missing)
        self.run.setToolTip(self.tr("Download the weights first, or select an installed model") if missing else
                            "")
        if self.preview is not None:
            self.preview.set_ready(not missing_weights(self._detector(), None))
            self.preview.set_slider_enabled(self.mode.currentData() is None)
        self._error.clear()
        self.estimate.setText(self._time_text())

    def _show_corrected(self) -> None:
        """Offer to replace corrected tracks, if there are any in these frames and the run replaces boxes."""
        count = self._corrected(*self._frames()) if not self.existing.isHidden() else 0
        self.corrected.setVisible(count > 0 and self.existing.currentData() == OnExisting.REPLACE)
        self.corrected.setText(self.tr("Also replace %n tracks that you have corrected", "", count))

    def _frames(self) -> tuple[int, int]:
        return min(self.first.value(), self.last.value()), max(self.first.value(), self.last.value())

    def _on_existing(self) -> OnExisting:
        mode = OnExisting(self.existing.currentData())  # a combo box returns the enum member as a plain string
        return OnExisting.REPLACE_CORRECTED if mode is OnExisting.REPLACE and self.corrected.isChecked() else mode

    def _detector(self) -> str | None:
        return None if self.detections.text().strip() else _name(self.detector)

    def _reads_text(self) -> bool:
        name = _name(self.detector)
        return name is not None and any(
            weights.is_called(name) and weights.config in READS_TEXT for weights in checkpoints.manifest())

    def _missing(self) -> tuple[checkpoints.Weights, ...]:
        segmenter = _name(self.segmenter) if self.tracker.currentText() == "sam2mot" else None
        return missing_weights(self._detector(), segmenter)

    def _time_text(self) -> str:
        try:
            settings = self._settings()
        except UserError as error:
            return str(error)
        start, end = self._frames()
        frames = end - start + 1
        seconds = None if self._estimates is None else self._estimates.seconds(settings, frames)
        if seconds is not None and self._estimates is not None:
            speed = self._estimates.speed(settings) or 0.0
            return self.tr("about {0} for {1} frames, at {2:.1f} fps as in an earlier run").format(
                format_duration(seconds), frames * passes(settings), speed)
        text = self.tr("unknown, because these models have not run on this machine yet")
        measured = None if self.preview is None else self.preview.seconds
        if measured is not None:
            text += self.tr("; the detector alone takes about {0}").format(format_duration(measured * frames))
        return text

    def _on_fetched(self) -> None:
        """Fill the lists again, since they show what is installed, and keep the selected models."""
        for box, kind in ((self.detector, ModelKind.DETECTOR), (self.segmenter, ModelKind.SEGMENTER)):
            chosen = _name(box)
            box.blockSignals(True)
            box.clear()
            self._fill_models(box, kind)
            self._select(box, chosen)
            box.blockSignals(False)
        self._update()

    # Result

    def _accept(self) -> None:
        try:
            self.choice = JobChoice(self._settings())
        except UserError as error:
            self._error.setText(str(error))
            return
        self.accept()

    def detection_settings(self) -> PreannotateSettings:
        """Return the settings of the detector alone. Raises SettingsError."""
        detections = self.detections.text().strip() or None
        names = tuple(name.strip() for name in self.labels.text().split(",") if name.strip())
        prompt = self.prompt.text().strip() if self.prompt.isEnabled() else ""
        return PreannotateSettings(detector=None if detections else _name(self.detector), detections=detections,
                                   prompt=prompt or None, labels=names or None, device=self.device.currentText())

    def _settings(self) -> PreannotateSettings:
        adaptive: str | None = self.mode.currentData()
        of_detector = self.detection_settings()
        start, end = self._frames()
        return PreannotateSettings(
            detector=of_detector.detector, detections=of_detector.detections, prompt=of_detector.prompt,
            labels=of_detector.labels, device=of_detector.device,
            segmenter=_name(self.segmenter) if self.tracker.currentText() == "sam2mot" else None,
            tracker=self.tracker.currentText(), thresholds=adaptive,
            det_threshold=None if adaptive else self.threshold.value(),
            start=start, end=end, on_existing=self._on_existing())


def _name(box: QComboBox) -> str | None:
    """Return the selected model, or the typed name or path."""
    index = box.findText(box.currentText())
    if index >= 0:
        data: str | None = box.itemData(index)
        return data
    return box.currentText().strip() or None

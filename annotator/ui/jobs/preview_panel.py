"""The detector on the present frame, before a job: run by itself, then sifted by a slider."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from annotator.engine.runtime.libraries import ModelLibraries
from annotator.errors import UserError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.detector_preview import Preview, Previewer
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, Frame
from annotator.ui.jobs.preview_view import PreviewView
from annotator.ui.threads.tasks import Progress, TaskWorker

#: Milliseconds for which what is asked for must stay the same, since names are typed letter by letter.
_SETTLED = 400


class PreviewPanel(QWidget):
    """A picture with what the detector that is chosen sees, a button that asks it again, and a slider that asks
    nobody."""

    threshold_changed = Signal(float)
    """By the slider."""
    measured = Signal()
    """The detector's time for one frame is known."""

    def __init__(self, worker: TaskWorker, libraries: ModelLibraries, previewer: Previewer,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker, self._libraries, self._previewer = worker, libraries, previewer
        self._frame: Frame | None = None
        self._ready = True
        self._stale = False
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED)
        self._settled.timeout.connect(self.ask)
        self.settings: Callable[[], PreannotateSettings] = PreannotateSettings
        """What is asked for, when it is asked. May raise UserError."""
        self.seconds: float | None = None
        """What the detector takes for one frame; None until it was measured."""
        self.view = PreviewView(self)
        self.button = QPushButton(self.tr("Show detections"), self)
        self.button.setAutoDefault(False)
        self.button.setToolTip(self.tr("Run the detector on the present frame"))
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 100)
        self.slider.setValue(50)
        self.slider.setToolTip(self.tr("Threshold: boxes that score less are not tracked"))
        self.count = QLabel(self)
        self.count.setMinimumWidth(112)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.button)
        row.addWidget(self.slider, 1)
        row.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        self.button.clicked.connect(self.ask)
        self.slider.valueChanged.connect(self._on_slider)
        worker.finished.connect(self._on_found)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)

    def set_frame(self, frame: Frame | None) -> None:
        """The frame to look at; None where there is no picture."""
        self._frame = frame
        self.view.set_image(None if frame is None else frame.image)
        if frame is None:
            self.view.set_message(self.tr("There is no picture to look at: the video is missing or not decoded yet"))
        self._update_button()
        self._settled.start()

    def forget(self) -> None:
        """Another detector is chosen: what was found and measured is no longer true, and it is asked soon."""
        self.seconds = None
        self._settled.start()
        self.view.set_detections(Detections.empty(), ())
        self.count.clear()

    def set_ready(self, ready: bool) -> None:
        """Whether the detector's weights are there."""
        if ready and not self._ready:
            self._settled.start()
        self._ready = ready
        self._update_button()

    def set_threshold(self, threshold: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(100 * threshold))
        self._sift(threshold)

    def set_slider_enabled(self, enabled: bool) -> None:
        self.slider.setEnabled(enabled)

    def ask(self) -> None:
        """Run the detector; the answer comes when it is there. What it was asked before is given up."""
        self._settled.stop()
        if self._frame is None or not self._ready:
            return
        if self._worker.busy:
            self._stale = True
            self._worker.cancel()
            return
        try:
            settings = self.settings()
        except UserError as error:
            self._on_failed(str(error))
            return
        frame, libraries, previewer = self._frame, self._libraries, self._previewer

        def task(progress: Progress, cancel: CancelToken) -> Preview:
            libraries.load()
            cancel.raise_if_cancelled()
            answer = previewer.detect(settings, frame)
            cancel.raise_if_cancelled()
            # The first picture also warms the model up, so the second one is measured.
            return answer if answer.seconds is not None or settings.detections else previewer.detect(settings, frame)

        self.view.set_message(self.tr("detecting"))
        self.count.clear()
        self._worker.start(self.tr("Detecting"), task)
        self._update_button()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """The dialog is closed: nothing is asked any more."""
        self._settled.stop()
        super().hideEvent(event)

    def _on_slider(self, value: int) -> None:
        self._sift(value / 100)
        self.threshold_changed.emit(value / 100)

    def _sift(self, threshold: float) -> None:
        self.view.set_threshold(threshold)
        if self.view.found:
            self.count.setText(self.tr("{0} of {1} boxes").format(self.view.above, self.view.found))

    def _on_found(self, preview: Preview) -> None:
        if self._stale or self._settled.isActive():  # the answer to another question
            return
        self.view.set_detections(preview.detections, preview.labels)
        self._sift(self.slider.value() / 100)
        if not len(preview.detections):
            self.view.set_message(self.tr("The detector finds nothing in this frame"))
            self.count.setText(self.tr("no boxes"))
        if preview.seconds is not None:
            self.seconds = preview.seconds
            self.measured.emit()

    def _on_failed(self, message: str) -> None:
        if self._stale or self._settled.isActive():
            return
        self.view.set_message(message)
        self.view.setToolTip(message)
        self.count.clear()

    def _on_ended(self) -> None:
        if self._stale:
            self._stale = False
            self.ask()
        self._update_button()

    def _update_button(self) -> None:
        self.button.setEnabled(self._frame is not None and self._ready and not self._worker.busy)

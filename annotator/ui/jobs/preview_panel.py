"""A preview of the detector on the current frame, filtered by a threshold."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from annotator.engine.runtime.libraries import ModelLibraries
from annotator.errors import UserError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.detector_preview import Preview, Previewer
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, Frame
from annotator.ui.jobs.preview_view import PreviewView
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.plain_text import Label, literal

#: Milliseconds for which the settings must stay unchanged before the detector runs, since names are typed.
_SETTLED = 400


class PreviewPanel(QWidget):
    """The frame with the selected detector's boxes, a button that runs the detector, and a slider for the threshold,
    which only filters the boxes."""

    threshold_changed = Signal(float)
    """The slider was moved."""
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
        """Returns the current settings. May raise UserError."""
        self.seconds: float | None = None
        """Seconds that the detector takes for one frame; None until measured."""
        self.view = PreviewView(self)
        self.button = QPushButton(self.tr("Show detections"), self)
        self.button.setAutoDefault(False)
        self.button.setToolTip(self.tr("Run the detector on the current frame"))
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 100)
        self.slider.setValue(50)
        self.slider.setToolTip(self.tr("Threshold: boxes with lower scores are not tracked"))
        self.count = Label(self)
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
        """Set the frame; None if it is not available."""
        self._frame = frame
        self.view.set_image(None if frame is None else frame.image)
        if frame is None:
            self.view.set_message(self.tr("There is no picture to look at: the video is missing or not decoded yet"))
        self._update_button()
        self._settled.start()

    def forget(self) -> None:
        """Clear the results of another detector, and run the selected one soon."""
        self.seconds = None
        self._settled.start()
        self.view.set_detections(Detections.empty(), ())
        self.count.clear()

    def set_ready(self, ready: bool) -> None:
        """Set whether the detector's weights are installed."""
        if ready and not self._ready:
            self._settled.start()
        self._ready = ready
        self._update_button()

    def set_threshold(self, threshold: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(100 * threshold))
        self._filter(threshold)

    def set_slider_enabled(self, enabled: bool) -> None:
        self.slider.setEnabled(enabled)

    def ask(self) -> None:
        """Run the detector on a thread, and abandon an earlier run."""
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
            # The first run also warms the model up, so measure the second one.
            return answer if answer.seconds is not None or settings.detections else previewer.detect(settings, frame)

        self.view.set_message(self.tr("detecting"))
        self.count.clear()
        self._worker.start(self.tr("Detecting"), task)
        self._update_button()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Do not run the detector after the dialog is closed."""
        self._settled.stop()
        super().hideEvent(event)

    def _on_slider(self, value: int) -> None:
        self._filter(value / 100)
        self.threshold_changed.emit(value / 100)

    def _filter(self, threshold: float) -> None:
        self.view.set_threshold(threshold)
        if self.view.found:
            self.count.setText(self.tr("{0} of {1} boxes").format(self.view.above, self.view.found))

    def _on_found(self, preview: Preview) -> None:
        if self._stale or self._settled.isActive():  # the result of older settings
            return
        self.view.set_detections(preview.detections, preview.labels)
        self._filter(self.slider.value() / 100)
        if not len(preview.detections):
            self.view.set_message(self.tr("The detector finds no objects in this frame"))
            self.count.setText(self.tr("no boxes"))
        if preview.seconds is not None:
            self.seconds = preview.seconds
            self.measured.emit()

    def _on_failed(self, message: str) -> None:
        if self._stale or self._settled.isActive():
            return
        self.view.set_message(message)
        self.view.setToolTip(literal(message))
        self.count.clear()

    def _on_ended(self) -> None:
        if self._stale:
            self._stale = False
            self.ask()
        self._update_button()

    def _update_button(self) -> None:
        self.button.setEnabled(self._frame is not None and self._ready and not self._worker.busy)

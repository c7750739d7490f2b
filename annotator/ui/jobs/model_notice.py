"""A notice that a run would use built-in models, which offers published ones and detections from a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from annotator.engine import registry
from annotator.engine.runtime.libraries import ModelLibraries
from annotator.engine.speed_trial import Trial, remember_trial, remembered_trials, run_trial
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind, Weights
from annotator.model.cancel import CancelToken
from annotator.ui.jobs.weights_offer import size_text
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.plain_text import Label

#: Published models that are small enough to be tried on any machine.
SMALL_DETECTOR, SMALL_SEGMENTER = "rtmdet-tiny", "sam2.1-tiny"

Try = Callable[[Weights, CancelToken, Progress], Trial]


def try_here(weights: Weights, cancel: CancelToken, progress: Progress) -> Trial:
    """Measure a segmenter on this machine's best device, and keep the result."""
    trial = run_trial(weights, cancel=cancel, progress=progress)
    remember_trial(trial)
    return trial


class ModelNotice(QFrame):
    """Names the built-in models that a run would use and what they can do, and offers others; hidden if the run
    uses none."""

    detector_wanted = Signal(str)
    """Name of a published detector that the user selects."""
    segmenter_wanted = Signal(str)
    file_wanted = Signal()
    """The user wants detections from a file."""

    def __init__(self, worker: TaskWorker, libraries: ModelLibraries, attempt: Try = try_here,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker, self._libraries, self._attempt = worker, libraries, attempt
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self.text = Label(self)
        self.text.setWordWrap(True)
        self.detector = QPushButton(self)
        self.file = QPushButton(self.tr("Detections from a file…"), self)
        self.segmenter = QPushButton(self)
        self.measure = QPushButton(self.tr("Measure its speed"), self)
        self.measure.setToolTip(self.tr("Run the model with random weights for ten seconds; nothing is downloaded"))
        self.speed = Label(self)
        self.speed.setWordWrap(True)
        for button in (self.detector, self.file, self.segmenter, self.measure):
            button.setAutoDefault(False)
        self._lay_out()
        self._name_models()
        self.detector.clicked.connect(lambda: self.detector_wanted.emit(SMALL_DETECTOR))
        self.segmenter.clicked.connect(lambda: self.segmenter_wanted.emit(SMALL_SEGMENTER))
        self.file.clicked.connect(self.file_wanted)
        self.measure.clicked.connect(self._on_measure)
        # Methods of this object, which Qt disconnects when it is deleted: the worker may live longer.
        worker.progressed.connect(self._on_progress)
        worker.finished.connect(self._show)
        worker.failed.connect(self.speed.setText)
        worker.cancelled.connect(self.speed.clear)
        worker.ended.connect(self._on_ended)
        self.hide()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for row, widgets in enumerate(((self.detector, self.file), (self.segmenter, self.measure, self.speed))):
            for column, widget in enumerate(widgets):
                grid.addWidget(widget, row, column)
        grid.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.text)
        layout.addLayout(grid)

    def _name_models(self) -> None:
        for button, name in ((self.detector, SMALL_DETECTOR), (self.segmenter, SMALL_SEGMENTER)):
            weights = checkpoints.known(name)
            button.setText(self.tr("{0} ({1}, {2})").format(name, size_text(weights.size), weights.licence))
            button.setToolTip(weights.good_for)
        known = [trial for trial in remembered_trials() if trial.model == SMALL_SEGMENTER]
        if known:
            self._show(known[-1])

    def update_for(self, detector: str | None, segmenter: str | None, from_file: bool, segments: bool) -> None:
        """Show or hide the notice.

        Args:
            detector: name or path that is selected; None for the best installed one.
            segmenter: likewise.
            from_file: the detections come from a file.
            segments: the tracker uses a segmenter.
        """
        used = [] if from_file else [detector or registry.best_detector()]
        used += [segmenter or registry.best_segmenter("cpu")] if segments else []
        shown = [weights for weights in checkpoints.manifest()
                 if weights.built_in and any(map(weights.is_called, used))]
        lines = [f"{weights.name}: {weights.good_for}" for weights in shown]
        self.text.setText("\n".join([self.tr("This run uses built-in models:"), *lines,
                                     self.tr("Better, for your own footage:")]))
        kinds = {weights.kind for weights in shown}
        rows: dict[ModelKind, tuple[QWidget, ...]] = {
            ModelKind.DETECTOR: (self.detector, self.file),
            ModelKind.SEGMENTER: (self.segmenter, self.measure, self.speed)}
        for kind, widgets in rows.items():
            for widget in widgets:
                widget.setVisible(kind in kinds)
        self.setVisible(bool(shown))

    def _on_measure(self) -> None:
        if self._worker.busy:
            self._worker.cancel()
            return
        weights, libraries, attempt = checkpoints.known(SMALL_SEGMENTER), self._libraries, self._attempt

        def task(progress: Progress, cancel: CancelToken) -> Trial:
            libraries.load(cancel)
            return attempt(weights, cancel, progress)

        self.measure.setText(self.tr("Stop"))
        self.speed.setText(self.tr("loading libraries"))
        self._worker.start(self.tr("Measuring {0}").format(weights.name), task)

    def _on_progress(self, done: int, total: int) -> None:
        self.speed.setText(self.tr("measuring: {0} of {1} s").format(done, total))

    def _on_ended(self) -> None:
        self.measure.setText(self.tr("Measure its speed"))

    def _show(self, result: object) -> None:
        assert isinstance(result, Trial)
        self.speed.setText(self.tr("{0:.2g} fps with {1} objects on {2}").format(
            result.fps, result.objects, result.device))

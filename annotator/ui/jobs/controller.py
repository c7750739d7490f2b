"""The controller of jobs: starts them from a dialog on the engine's thread, pauses, cancels and resumes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import cache, partial

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from annotator.engine.loaded_segmenters import LoadedSegmenters
from annotator.engine.runtime.devices import DeviceUse, device_in_use
from annotator.engine.runtime.libraries import ModelLibraries
from annotator.errors import StorageError, UserError
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.detector_preview import Previewer
from annotator.jobs.tracking.nearby_files import nearby_detections
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.jobs.tracking.trust import foreign_files
from annotator.model.cancel import CancelToken
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import Frame
from annotator.model.track import Run, RunStatus, VideoRecord
from annotator.session import Session
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs import segmenter_choice
from annotator.ui.jobs.dialog import JobDialog
from annotator.ui.jobs.estimates import Estimates
from annotator.ui.jobs.model_notice import ModelNotice, Try, try_here
from annotator.ui.jobs.preview_panel import PreviewPanel
from annotator.ui.jobs.remembered_run import remember_run, remembered_run
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.jobs.weights_offer import Fetch, WeightsOffer, fetch_published
from annotator.ui.threads.engine_worker import EngineWorker, Job
from annotator.ui.threads.tasks import TaskWorker
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.project_key import project_key

_RESUME = "resume"
#: Setting of a project whose run was stopped because the window was closed.
_CLOSED = "jobs/stopped-by-closing"
#: Seconds between measurements of the device's memory.
_MEASURE_EVERY = 1.0


class JobController(QObject):
    """Starts and resumes runs, and runs other jobs on the engine's thread."""

    message = Signal(Message)
    """One line for the status bar."""
    device_used = Signal(DeviceUse)
    """About once a second while a job runs."""
    _measured = Signal(object, int, float)

    def __init__(self, document: Document, worker: EngineWorker, canvas: CanvasController,
                 settings: QSettings, offers: OfferBar, window: QWidget) -> None:
        super().__init__(window)
        self._document, self.worker, self._canvas = document, worker, canvas
        self._settings, self._offers, self._window = settings, offers, window
        self.libraries = ModelLibraries()
        self.segmenters = LoadedSegmenters()
        """Segmenters for the engine's thread: jobs and prompts share loaded weights."""
        self.estimates = Estimates(settings)
        self.fetch: Fetch = fetch_published
        self.attempt: Try = try_here
        self.question: QMessageBox | None = None
        """The last question whether to trust a project; None if none was asked."""
        self._previewer = Previewer()
        self._title = self._stopped = ""
        self._resumable = False
        self._offered: Run | None = None  # the interrupted run of the current offer
        self._refresh_actions: Callable[[], None] = lambda: None
        self._warming = TaskWorker(self, "warm-up")
        self._measured.connect(self.estimates.remember)
        document.opened.connect(self._on_opened)
        document.changed.connect(self._on_changed)
        worker.started.connect(self._on_started)
        worker.finished.connect(self._on_finished)

    def add_actions(self, actions: Actions) -> None:
        """Register the actions that start, pause and cancel a run."""
        add, tr, menu = actions.add, self.tr, self.tr("Run")
        add("run.track", menu, tr("Track the whole video…"), self.ask, ["Ctrl+E"],
            tr("Detect, segment and track every object"), needs=Needs.EDITABLE | Needs.IDLE, group="start")
        add("run.resume", menu, tr("Resume unfinished run"), self.resume, [],
            tr("Continue a run that was cancelled or interrupted"), needs=Needs.EDITABLE | Needs.IDLE,
            when=lambda: self._resumable, group="start")
        add("run.pause", menu, tr("Pause or resume run"), lambda: self.worker.set_paused(not self.worker.paused),
            needs=Needs.RUN, group="running")
        add("run.cancel", menu, tr("Cancel run"), self.worker.cancel, needs=Needs.RUN, group="running")
        self._refresh_actions = actions.refresh

    def segmenter_choice(self) -> Choice:
        """Return the segmenter of the last run."""
        return segmenter_choice.remembered(self._settings)

    def warm_up(self) -> None:
        """Load the model libraries on a thread, so that the first job starts immediately."""
        if not self._warming.busy:
            self._warming.start("", lambda _progress, cancel: self.libraries.load(cancel))

    def stop_to_close(self) -> None:
        """Stop the job because the window is closed; a run is offered when the project is opened again."""
        session = self._document.session
        if session is not None and any(run.status is RunStatus.RUNNING for run in session.store.runs()):
            self._remember_closing(True)
        self.worker.cancel()

    def _remember_closing(self, closing: bool) -> None:
        if self._document.path is not None:
            key = project_key(_CLOSED, self._document.path)
            self._settings.setValue(key, 1) if closing else self._settings.remove(key)

    def close(self) -> None:
        """Stop warming up; the program must not exit during an import."""
        self._warming.close()

    # Starting

    def ask(self) -> None:
        """Open the dialog, and run its settings when it is accepted."""
        video, session = self._document.video, self._document.session
        if video is None or session is None or self.worker.busy or not self._document.writable:
            return
        previewing, fetching = TaskWorker(self, "preview"), TaskWorker(self, "download")
        measuring = TaskWorker(self, "trial")
        dialog = JobDialog(video, self._document.range, bool(self._document.tracks()), self._window,
                           settings=self._settings, frame=self._current_frame(video),
                           preview=PreviewPanel(previewing, self.libraries, self._previewer),
                           offer=WeightsOffer(fetching, self.fetch),
                           notice=ModelNotice(measuring, self.libraries, self.attempt),
                           corrected=cache(lambda first, last: len(
                               session.store.corrected_tracks(video.id, first, last))),
                           nearby=nearby_detections(session.store.allowed_path(video)))
        last = remembered_run(self._settings, str(session.store.path))
        if last is not None:
            dialog.show_settings(last)
        dialog.accepted.connect(lambda: self.start(dialog.choice.settings if dialog.choice else None))
        dialog.finished.connect(previewing.abandon)
        dialog.finished.connect(fetching.abandon)
        dialog.finished.connect(measuring.abandon)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def start(self, settings: PreannotateSettings | None) -> None:
        """Track the current video."""
        video = self._document.video
        if video is not None and settings is not None:
            segmenter_choice.remember(self._settings, settings)
            if self._document.path is not None:
                remember_run(self._settings, str(self._document.path), settings)
            self.run(self.tr("Tracking"), partial(self._start, video, settings))

    def resume(self, run: Run | None = None, trusted: bool = False) -> None:
        """Resume this run, or the unfinished run of the current video.

        Asks first if it would load files that only the project names; ``trusted``: the user agreed.
        """
        session, video = self._document.session, self._document.video
        if session is None or self.worker.busy:
            return
        if run is None and video is not None:
            run = preannotate.unfinished_run(session, video)
        if run is None:
            self.message.emit(Message.refused(self.tr("This video has no unfinished run")))
            return
        try:
            files = () if trusted else foreign_files(preannotate.stored_settings(run), project=session.store.path)
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return
        if files:
            self._ask_trust(run, files)
            return
        self._offers.withdraw(_RESUME)
        if video is None or run.video != video.id:
            self._document.set_video(next(each for each in self._document.videos() if each.id == run.video))
        self.run(self.tr("Tracking"), partial(self._resume, run, trusted))

    def _ask_trust(self, run: Run, files: Sequence[str]) -> None:
        """Ask whether to load the files that a run names; the text is plain, whatever their names are."""
        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Resume the run?"),
                          self.tr("The project names files that this run would load:") + "\n\n" + "\n".join(files)
                          + "\n\n" + self.tr("Resume only if you trust the project and these files."),
                          QMessageBox.StandardButton.Cancel, self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resume = box.addButton(self.tr("Trust and resume"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        resume.clicked.connect(lambda: self.resume(run, trusted=True))
        self.question = box
        box.open()

    def run(self, title: str, job: Job, stopped: str = "") -> None:
        """Run any job on the current project. ``stopped``: message if it is cancelled, instead of the default."""
        session = self._document.session
        if session is None or self.worker.busy:
            return
        self._title, self._stopped = title, stopped or self.tr("Stopped; finished frames are kept")
        self.worker.start(title, session, job)

    # On the engine's thread

    def _start(self, video: VideoRecord, settings: PreannotateSettings, session: Session, cancel: CancelToken,
               ) -> Generator[JobProgress]:
        self.libraries.load()
        yield from self._timed(preannotate.start(session, video, settings, cancel, self.segmenters.make), settings)

    def _resume(self, run: Run, trusted: bool, session: Session, cancel: CancelToken) -> Generator[JobProgress]:
        self.libraries.load()
        yield from self._timed(preannotate.resume(session, run, cancel, make_segmenter=self.segmenters.make,
                                                  trusted=trusted), None)

    def _timed(self, job: Generator[JobProgress], settings: PreannotateSettings | None) -> Generator[JobProgress]:
        """Measure the time of the job itself, without pauses and loading of models."""
        frames, spent, looked = 0, 0.0, -_MEASURE_EVERY
        try:
            with closing(job):
                began: float | None = None
                for progress in job:
                    if began is not None:
                        frames, spent = frames + 1, spent + time.monotonic() - began
                    if time.monotonic() - looked >= _MEASURE_EVERY:
                        looked = time.monotonic()
                        self.device_used.emit(device_in_use())
                    yield progress
                    began = time.monotonic()
        finally:
            if settings is not None:
                self._measured.emit(settings, frames, spent)

    # Signals of the worker

    def _on_started(self, _title: str) -> None:
        self._remember_closing(False)
        self._offers.withdraw(_RESUME)

    def _on_finished(self, status: str, message: str) -> None:
        if message:
            self.message.emit(Message.failed(message))
        elif status == "cancelled":
            self.message.emit(Message.done(self._stopped))
        else:
            self.message.emit(Message.done(self.tr("{0} finished").format(self._title)))

    def update(self) -> None:
        """Check whether there is a run to resume."""
        session, video = self._document.session, self._document.video
        self._resumable = session is not None and video is not None and not self.worker.busy and \
            preannotate.unfinished_run(session, video) is not None
        if session is not None and self._offered is not None and \
                self._offered not in session.store.resumable_runs(self._offered.video):
            self._offered = None
            self._offers.withdraw(_RESUME)
        self._refresh_actions()

    def _on_changed(self, changes: Changes) -> None:
        # An edit may drop the undone step of a run, and with it the run.
        if changes.kinds & (ChangeKind.RUNS | ChangeKind.HISTORY) and not self.worker.busy:
            self.update()

    def _on_opened(self) -> None:
        self._offered = None
        self._offers.withdraw(_RESUME)
        session = self._document.session
        if session is None or not self._document.writable:
            return
        offered = {RunStatus.INTERRUPTED, RunStatus.FAILED}
        if self._settings.contains(project_key(_CLOSED, session.store.path)):
            offered.add(RunStatus.CANCELLED)
        # One query for all videos: a project may have thousands.
        unfinished = {run.video for run in session.store.runs() if run.status in offered}
        for video in session.store.videos() if unfinished else ():
            run = preannotate.unfinished_run(session, video) if video.id in unfinished else None
            if run is not None and run.status in offered:
                self._offer(run, video)
                return

    def _offer(self, run: Run, video: VideoRecord) -> None:
        done = 0 if run.finished_frame is None else run.finished_frame - run.first_frame + 1
        failed = run.status is RunStatus.FAILED
        text = (self.tr("A run over {0} failed after {1} of {2} frames.") if failed else
                self.tr("A run over {0} was interrupted after {1} of {2} frames.")).format(
            video.name, done, run.last_frame - run.first_frame + 1)
        self._offered = run
        self._offers.offer(_RESUME, text, self.tr("Resume"), partial(self._resume_offered, run))
        if failed:
            self._offers.text.setToolTip(literal(run.message))

    def _resume_offered(self, run: Run) -> None:
        try:
            self.resume(run)
        except StorageError as error:
            self.message.emit(Message.failed(str(error)))

    def _current_frame(self, video: VideoRecord) -> Frame | None:
        source, index = self._canvas.source, self._document.frame
        if source is None:
            return None
        image = source.get(index)
        if image is None:
            near = source.nearest(index)
            if near is None:
                return None
            index, image = near
        return Frame(index, image, index / video.fps if video.fps > 0 else 0.0)

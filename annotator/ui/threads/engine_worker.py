"""The window's side of the engine's thread: jobs, interludes, questions, and the signals about them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance

from annotator.engine.runtime.devices import return_free_memory
from annotator.errors import Cancelled, UserError
from annotator.model.cancel import CancelToken
from annotator.session import Session
from annotator.ui.threads.engine_thread import EngineThread
from annotator.ui.threads.store_bridge import Bridge, BridgedSession

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Shortest time between two reports of progress, in seconds; results are stored as they come.
_REPORT_INTERVAL = 0.1


class Progress(Protocol):
    """The state of a job after a frame: `JobProgress`, `PromptProgress`."""

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


Job = Callable[[Session, CancelToken], Generator[Progress]]


@dataclass(frozen=True, slots=True)
class _Run:
    """A job or an interlude, and the signal and function that report on it."""

    job: Job
    session: Session
    cancel: CancelToken
    progressed: SignalInstance
    ended: Callable[[str, str], None]


class EngineWorker(QObject):
    """Runs one job at a time and, between two of its frames, work that the user waits for.

    An *interlude* is a short job, such as a re-propagation; the running job is suspended and continues afterwards. A
    *question* is one call, such as the mask of a prompt; it is answered between two frames of the running work.
    Pausing, canceling and suspending take effect between frames.
    """

    started = Signal(str)
    progressed = Signal(object)
    """Progress of the job, several times a second and after the last frame."""
    paused_changed = Signal(bool)
    finished = Signal(str, str)
    """How the job ended (``finished``, ``cancelled`` or ``failed``) and, for a failure, a one-line message."""
    interlude_started = Signal(str)
    interlude_progressed = Signal(object)
    interlude_finished = Signal(str, str)
    """As for `finished`."""
    crashed = Signal(Exception)
    """A bug in the program."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = Bridge(self)
        self._thread = EngineThread()
        self._busy = self._in_interlude = False
        self._cancel, self._cancel_interlude = CancelToken(), CancelToken()

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self._busy

    @property
    def in_interlude(self) -> bool:
        return self._in_interlude

    @property
    def writing(self) -> bool:
        """Whether anything runs that writes to the project."""
        return self._busy or self._in_interlude

    @property
    def paused(self) -> bool:
        return self.busy and self._thread.paused

    def start(self, title: str, session: Session, job: Job) -> None:
        """Start a job on the engine's thread, after the interlude if one is running.

        Raises:
            RuntimeError: another job is running.
        """
        if self.busy:
            raise RuntimeError("a job is running already")
        self._busy = True
        self._cancel = CancelToken()
        self._thread.set_paused(False)
        run = _Run(job, BridgedSession(session, self._bridge), self._cancel, self.progressed, self._end)
        self.started.emit(title)
        self._thread.run(lambda: self._drive(run, self._thread.between_frames_of_a_job))
        self._thread.run(return_free_memory)  # after the job, when nothing waits for it

    def interject(self, title: str, session: Session, job: Job) -> None:
        """Start an interlude, between two frames of the job or immediately.

        Raises:
            RuntimeError: another interlude is running.
        """
        if self.in_interlude:
            raise RuntimeError("an interlude is running already")
        self._in_interlude = True
        self._cancel_interlude = CancelToken()
        run = _Run(job, BridgedSession(session, self._bridge), self._cancel_interlude, self.interlude_progressed,
                   self._end_interlude)
        self.interlude_started.emit(title)
        self._thread.interject(lambda: self._drive(run, self._thread.between_frames_of_an_interlude))

    def ask(self, topic: str, question: Callable[[], T], answered: Callable[[T], object],
            failed: Callable[[str], object]) -> None:
        """Call ``question`` on the engine's thread, and ``answered`` with its result on the window's thread.

        A question must not touch the project. A newer question replaces a waiting one with the same topic, which is
        then never answered.
        """
        self._thread.ask(topic, lambda: self._answer(question, answered, failed))

    def set_paused(self, paused: bool) -> None:
        """Pause the job after the current frame, or continue it. A canceled job can no longer be paused."""
        if not self.busy or (paused and self._cancel.cancelled):
            return
        self._thread.set_paused(paused)
        self.paused_changed.emit(paused)

    def cancel(self) -> None:
        """Stop the job after the current frame; finished frames are kept."""
        self._cancel.cancel()
        self._thread.set_paused(False)

    def cancel_interlude(self) -> None:
        """Stop the interlude after the current frame; finished frames are kept, and the job continues."""
        self._cancel_interlude.cancel()

    def close(self) -> None:
        """End the engine's thread.

        Raises:
            RuntimeError: a job or an interlude is running; it may wait for the window.
        """
        if self.writing:
            raise RuntimeError("a job is running: cancel it and wait until it has ended")
        self._thread.close()

    # On the engine's thread

    def _drive(self, run: _Run, between_frames: Callable[[], None]) -> None:
        status, message, last_report = "finished", "", 0.0
        progress: Progress | None = None
        try:
            steps = run.job(run.session, run.cancel)
            try:
                for progress in steps:
                    if time.monotonic() - last_report >= _REPORT_INTERVAL:
                        last_report = time.monotonic()
                        self._post(run.progressed, progress)
                    between_frames()
                if progress is not None:
                    self._post(run.progressed, progress)
            finally:
                steps.close()
            if run.cancel.cancelled and (progress is None or progress.done < progress.total):
                status = "cancelled"
        except Cancelled:
            status = "cancelled"
        except UserError as error:
            status, message = "failed", str(error)
        except Exception as error:
            log.exception("the job failed")
            status, message = "failed", f"{type(error).__name__}: {error}"
            self._post(self.crashed, error)
        self._bridge.post(lambda: run.ended(status, message))

    def _post(self, signal: SignalInstance, value: object) -> None:
        self._bridge.post(lambda: signal.emit(value))

    def _answer(self, question: Callable[[], Any], answered: Callable[[Any], object],
                failed: Callable[[str], object]) -> None:
        try:
            answer = question()
        except UserError as error:
            message = str(error)
            self._bridge.post(lambda: failed(message))
        except Exception as error:
            log.exception("a question failed")
            message = f"{type(error).__name__}: {error}"
            self._post(self.crashed, error)
            self._bridge.post(lambda: failed(message))
        else:
            self._bridge.post(lambda: answered(answer))

    # On the window's thread

    def _end(self, status: str, message: str) -> None:
        self._busy = False
        self.finished.emit(status, message)

    def _end_interlude(self, status: str, message: str) -> None:
        self._in_interlude = False
        self.interlude_finished.emit(status, message)

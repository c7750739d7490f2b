"""The one bridge between threads: a job runs on the engine's thread, everything it stores is stored on the window's."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from PySide6.QtCore import QObject, Qt, Signal

from annotator.engine.base import CancelToken
from annotator.errors import Cancelled, UserError
from annotator.jobs.preannotate import JobProgress
from annotator.model.changes import Changes
from annotator.session import Session
from annotator.storage.store import Store

log = logging.getLogger(__name__)

#: Niceness of the engine's thread, and of the threads that it starts: they compute on every core there is.
_NICE = 5

Job = Callable[[Session, CancelToken], Generator[JobProgress]]
T = TypeVar("T")

#: Progress is told this often at most; results are stored whenever they come.
_TELL_EVERY = 0.1


class Bridge(QObject):
    """Runs functions on the thread that it lives in, for callers on others, who wait for the answer."""

    _asked = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def call(self, function: Callable[[], T]) -> T:
        """What the function returns or raises, run between two events of the bridge's own thread."""
        answer: Future[T] = Future()
        self._asked.emit(function, answer)
        return answer.result()

    def _run(self, function: Callable[[], Any], answer: Future[Any]) -> None:
        try:
            answer.set_result(function())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            answer.set_exception(error)


class _BridgedStore:
    """A store whose methods run on the window's thread, where its connection belongs."""

    def __init__(self, store: Store, bridge: Bridge) -> None:
        self._store, self._bridge = store, bridge

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._bridge.call(lambda: value(*args, **kwargs))


class BridgedSession(Session):
    """A session for a job on another thread. Reads and writes of the store go over the bridge, one at a time."""

    def __init__(self, session: Session, bridge: Bridge) -> None:
        super().__init__(cast(Store, _BridgedStore(session.store, bridge)))
        self._session, self._bridge = session, bridge

    def apply(self, run_id: int, results: Any) -> Changes:
        return self._bridge.call(lambda: self._session.apply(run_id, results))

    def on_store(self, function: Callable[[Store], T]) -> T:
        return self._bridge.call(lambda: self._session.on_store(function))


class EngineWorker(QObject):
    """Runs one job at a time. Pausing and cancelling take effect between frames."""

    started = Signal(str)
    progressed = Signal(object)
    """JobProgress, a few times a second and once for the last frame."""
    paused_changed = Signal(bool)
    finished = Signal(str, str)
    """How it ended (``finished``, ``cancelled`` or ``failed``) and, for a failure, one line."""
    crashed = Signal(object)
    """An error that is the program's own."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = Bridge(self)
        self._thread: threading.Thread | None = None
        self._cancel = CancelToken()
        self._running = threading.Event()
        self._running.set()
        self.finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        return self._thread is not None

    @property
    def paused(self) -> bool:
        return self.busy and not self._running.is_set()

    def start(self, title: str, session: Session, job: Job) -> None:
        """Begin a job on the engine's thread.

        Raises:
            RuntimeError: another one is running.
        """
        if self.busy:
            raise RuntimeError("a job is running already")
        self._cancel = CancelToken()
        self._running.set()
        bridged = BridgedSession(session, self._bridge)
        self._thread = threading.Thread(target=self._work, args=(bridged, job, self._cancel), name="engine",
                                        daemon=True)
        self.started.emit(title)
        self._thread.start()

    def set_paused(self, paused: bool) -> None:
        """Hold the job after the present frame, or let it go on. One that was cancelled is not held any more."""
        if not self.busy or (paused and self._cancel.cancelled):
            return
        if paused:
            self._running.clear()
        else:
            self._running.set()
        self.paused_changed.emit(paused)

    def cancel(self) -> None:
        """Stop after the present frame; finished frames stay."""
        self._cancel.cancel()
        self._running.set()

    def _work(self, session: Session, job: Job, cancel: CancelToken) -> None:
        give_way()
        status, message, told = "finished", "", 0.0
        progress: JobProgress | None = None
        try:
            steps = job(session, cancel)
            try:
                for progress in steps:
                    if time.monotonic() - told >= _TELL_EVERY:
                        told = time.monotonic()
                        self.progressed.emit(progress)
                    self._running.wait()
                if progress is not None:
                    self.progressed.emit(progress)
            finally:
                steps.close()
            if cancel.cancelled and (progress is None or progress.done < progress.total):
                status = "cancelled"
        except Cancelled:
            status = "cancelled"
        except UserError as error:
            status, message = "failed", str(error)
        except Exception as error:
            log.exception("the job failed")
            status, message = "failed", f"{type(error).__name__}: {error}"
            self.crashed.emit(error)
        self.finished.emit(status, message)

    def _on_finished(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def give_way() -> None:
    """Let the window's thread go before this one where both want a core. Only Linux has priorities of threads."""
    if sys.platform != "linux":
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
    except OSError as error:
        log.debug("the engine keeps the window's priority: %s", error)

"""Work beside the engine's: one function on a thread of its own, with progress, cancel and one answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from annotator.errors import Cancelled, UserError
from annotator.model.cancel import CancelToken
from annotator.ui.threads.crash_hook import report_crash
from annotator.ui.threads.relay import Relay

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Task = Callable[[Progress, CancelToken], object]

#: Seconds between two tellings of progress.
_TELL_EVERY = 0.1


class TaskWorker(QObject):
    """Runs one task at a time. A task may not touch the window's objects, nor its connection to the project."""

    started = Signal(str)
    progressed = Signal(object, object)
    """Done and in all, a few times a second; bytes do not fit into Qt's own whole numbers."""
    finished = Signal(object)
    """What the task returned."""
    failed = Signal(str)
    """One line that says what, where and what next."""
    cancelled = Signal()
    crashed = Signal(Exception)
    """A fault of the program; the crash reporter gets it too."""
    ended = Signal()
    """After any of the four above, when another task may begin."""

    def __init__(self, parent: QObject | None = None, name: str = "task") -> None:
        super().__init__(parent)
        self._name = name
        self._thread: threading.Thread | None = None
        self._cancel = CancelToken()
        self._abandoned = False
        self._relay = Relay(self)
        self.crashed.connect(report_crash)

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def start(self, title: str, task: Task) -> None:
        """Begin a task.

        Raises:
            RuntimeError: another one is running.
        """
        if self.busy:
            raise RuntimeError("a task is running already")
        self._cancel = CancelToken()
        self._thread = threading.Thread(target=self._work, args=(task, self._cancel), name=self._name, daemon=True)
        self.started.emit(title)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the task to stop."""
        self._cancel.cancel()

    def abandon(self) -> None:
        """Whoever asked is gone: cancel, tell nothing any more, and go too when the thread has ended."""
        self._abandoned = True
        self.cancel()
        if not self.busy:
            self.deleteLater()

    def close(self) -> None:
        """Cancel and wait for the end; nothing is told of it any more."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self, task: Task, cancel: CancelToken) -> None:
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            cancel.raise_if_cancelled()
            if time.monotonic() - told >= _TELL_EVERY or done == total:
                told = time.monotonic()
                self._relay.post(lambda: self.progressed.emit(done, total))

        try:
            answer = task(progress, cancel)
            tell: Callable[[], None] = lambda: self.finished.emit(answer)  # noqa: E731 - one of four
        except Cancelled:
            tell = self.cancelled.emit
        except UserError as error:
            message = str(error)
            tell = lambda: self.failed.emit(message)  # noqa: E731
        except Exception as error:
            log.exception("the task failed")
            bug = error
            tell = lambda: self.crashed.emit(bug)  # noqa: E731
        try:
            self._relay.post(lambda: self._on_done(tell))
        except RuntimeError:
            log.debug("the window is gone; nobody hears of %s", self._name)

    def _on_done(self, tell: Callable[[], None]) -> None:
        if self._thread is None:  # closed meanwhile
            return
        self._thread.join()
        self._thread = None
        if self._abandoned:
            self.deleteLater()
            return
        tell()
        self.ended.emit()

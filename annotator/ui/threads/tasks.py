"""Tasks in parallel with the engine: one function on its own thread, with progress, cancellation and one result."""

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

#: Shortest time between two reports of progress, in seconds.
_REPORT_INTERVAL = 0.1


class TaskWorker(QObject):
    """Runs one task at a time. A task must touch neither the window's objects nor its connection to the project."""

    started = Signal(str)
    progressed = Signal(object, object)
    """Amount done and total, several times a second. Typed as objects: byte counts exceed Qt's int."""
    finished = Signal(object)
    """Result of the task."""
    failed = Signal(str)
    """One line that says what failed, where, and what to do next."""
    cancelled = Signal()
    crashed = Signal(Exception)
    """A bug in the program; the crash reporter receives it too."""
    ended = Signal()
    """Emitted after any of the four above; another task may start now."""

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
        """Start a task.

        Raises:
            RuntimeError: another task is running.
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
        """Cancel the task because its caller is gone. No more signals are emitted; deletes itself after the thread."""
        self._abandoned = True
        self.cancel()
        if not self.busy:
            self.deleteLater()

    def close(self) -> None:
        """Cancel the task and wait until it has ended; no more signals are emitted."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self, task: Task, cancel: CancelToken) -> None:
        last_report = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal last_report
            cancel.raise_if_cancelled()
            if time.monotonic() - last_report >= _REPORT_INTERVAL or done == total:
                last_report = time.monotonic()
                self._relay.post(lambda: self._on_progress(done, total))

        try:
            answer = task(progress, cancel)
            report: Callable[[], None] = lambda: self.finished.emit(answer)  # noqa: E731 - one of four
        except Cancelled:
            report = self.cancelled.emit
        except UserError as error:
            message = str(error)
            report = lambda: self.failed.emit(message)  # noqa: E731
        except Exception as error:
            log.exception("the task failed")
            bug = error
            report = lambda: self.crashed.emit(bug)  # noqa: E731
        try:
            self._relay.post(lambda: self._on_done(report))
        except RuntimeError:
            log.debug("the window was closed; the result of %s is dropped", self._name)

    def _on_progress(self, done: int, total: int) -> None:
        if not self._abandoned:  # since it was posted
            self.progressed.emit(done, total)

    def _on_done(self, report: Callable[[], None]) -> None:
        if self._thread is None:  # closed meanwhile
            return
        self._thread.join()
        self._thread = None
        if self._abandoned:
            self.deleteLater()
            return
        report()
        self.ended.emit()

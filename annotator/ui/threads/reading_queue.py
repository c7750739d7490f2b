"""A queue of videos to read from end to end before they are shown, one after the other on a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.ui.threads.tasks import Task, TaskWorker


@dataclass(frozen=True, slots=True)
class Request:
    """A video to read, and functions that are called on the window's thread with the outcome."""

    topic: str
    """Key for `ReadingQueue.withdraw`."""
    title: str
    """Text for the status bar."""
    task: Task
    done: Callable[[Any], None]
    """Called with the result of the task."""
    failed: Callable[[str], None]
    """Called with one line that says what failed, where, and what to do next."""
    cancelled: Callable[[], None] = lambda: None
    """Called when the user has canceled the request."""


class ReadingQueue(QObject):
    """A queue for one thread. Hours of video take seconds; thousands of images on a server take longer."""

    idle = Signal()
    """The queue is empty."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = TaskWorker(self, "reading")
        self._waiting: deque[Request] = deque()
        self._current: Request | None = None
        self._calling_back = False
        self.worker.finished.connect(lambda answer: self._call_back(lambda request: request.done(answer)))
        self.worker.failed.connect(lambda message: self._call_back(lambda request: request.failed(message)))
        self.worker.cancelled.connect(lambda: self._call_back(lambda request: request.cancelled()))
        self.worker.ended.connect(self._next)

    def ask(self, request: Request, first: bool = False) -> None:
        """Add a request at the end of the queue, or at its start."""
        if first:
            self._waiting.appendleft(request)
        else:
            self._waiting.append(request)
        if not self.worker.busy and not self._calling_back:
            self._next()

    def withdraw(self, topic: str) -> None:
        """Drop all requests with this topic and cancel the running one; their functions are not called."""
        self._waiting = deque(request for request in self._waiting if request.topic != topic)
        if self._current is not None and self._current.topic == topic:
            self._current = None
            self.worker.cancel()

    def close(self) -> None:
        """Stop reading and wait for the thread; no functions are called."""
        self._waiting.clear()
        self._current = None
        self.worker.close()

    def _call_back(self, call: Callable[[Request], None]) -> None:
        request, self._current = self._current, None
        if request is None:
            return
        self._calling_back = True
        try:
            call(request)
        finally:
            self._calling_back = False

    def _next(self) -> None:
        if self._waiting:
            self._current = self._waiting.popleft()
            self.worker.start(self._current.title, self._current.task)
        else:
            self.idle.emit()

"""Videos are read once from end to end before they can be shown: on a thread, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.ui.threads.tasks import Task, TaskWorker


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be read, and who hears of it on the window's thread."""

    topic: str
    """By which it can be withdrawn."""
    title: str
    """What is going on, in words."""
    task: Task
    done: Callable[[Any], None]
    """Is given what the task returned."""
    failed: Callable[[str], None]
    """One line that says what, where and what next."""
    cancelled: Callable[[], None] = lambda: None
    """A person did not want to wait."""


class Reading(QObject):
    """A queue before one thread. Hours of video take seconds, thousands of pictures on a server longer."""

    idle = Signal()
    """Nothing is being read any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = TaskWorker(self, "reading")
        self._waiting: deque[Request] = deque()
        self._present: Request | None = None
        self._telling = False
        self.worker.finished.connect(lambda answer: self._tell(lambda request: request.done(answer)))
        self.worker.failed.connect(lambda message: self._tell(lambda request: request.failed(message)))
        self.worker.cancelled.connect(lambda: self._tell(lambda request: request.cancelled()))
        self.worker.ended.connect(self._next)

    def ask(self, request: Request, first: bool = False) -> None:
        """Read this when its turn comes, or before all that wait."""
        if first:
            self._waiting.appendleft(request)
        else:
            self._waiting.append(request)
        if not self.worker.busy and not self._telling:
            self._next()

    def withdraw(self, topic: str) -> None:
        """Nobody wants to hear of requests with this topic any more."""
        self._waiting = deque(request for request in self._waiting if request.topic != topic)
        if self._present is not None and self._present.topic == topic:
            self._present = None
            self.worker.cancel()

    def close(self) -> None:
        """Stop reading and wait for the thread; nobody hears of it."""
        self._waiting.clear()
        self._present = None
        self.worker.close()

    def _tell(self, tell: Callable[[Request], None]) -> None:
        request, self._present = self._present, None
        if request is None:
            return
        self._telling = True
        try:
            tell(request)
        finally:
            self._telling = False

    def _next(self) -> None:
        if self._waiting:
            self._present = self._waiting.popleft()
            self.worker.start(self._present.title, self._present.task)
        else:
            self.idle.emit()

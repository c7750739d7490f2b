"""One thread for everything that computes with models, and the order of its work. No Qt."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from annotator.ui.threads.priorities import Niceness, lower_priority

Work = Callable[[], None]


class EngineThread:
    """A thread that does one thing at a time: questions first, then interludes, then jobs.

    Jobs and interludes check between two frames whether more urgent work waits. So a question is answered within the
    time of one frame, and an interlude suspends a job, which continues afterwards. Work must not raise. The thread
    starts with the first work and ends with `close`.
    """

    def __init__(self, name: str = "engine") -> None:
        self._name = name
        self._changed = threading.Condition()
        self._questions: OrderedDict[str, Work] = OrderedDict()
        self._interludes: deque[Work] = deque()
        self._jobs: deque[Work] = deque()
        self._paused = self._closed = False
        self._thread: threading.Thread | None = None

    # From any thread

    def ask(self, topic: str, question: Work) -> None:
        """Do something short. A newer question replaces a waiting one with the same topic."""
        with self._changed:
            self._questions.pop(topic, None)
            self._questions[topic] = question
            self._wake()

    def interject(self, interlude: Work) -> None:
        """Do something between two frames of the job, or immediately if no job runs."""
        with self._changed:
            self._interludes.append(interlude)
            self._wake()

    def run(self, job: Work) -> None:
        """Do something long."""
        with self._changed:
            self._jobs.append(job)
            self._wake()

    def set_paused(self, paused: bool) -> None:
        """Pause or continue the job between two frames. Questions and interludes are not paused."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    @property
    def paused(self) -> bool:
        return self._paused

    def close(self) -> None:
        """End the thread after its current work and drop the work that waits. Closing twice is harmless.

        Jobs and interludes must have ended, because they may wait for the caller's thread.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    # On the engine's thread

    def between_frames_of_a_job(self) -> None:
        """Do more urgent work, and wait while the job is paused."""
        while (work := self._next(self._more_urgent, lambda: not self._paused)) is not None:
            work()

    def between_frames_of_an_interlude(self) -> None:
        """Answer questions."""
        while (work := self._next(self._question, lambda: True)) is not None:
            work()

    def _wake(self) -> None:
        if self._closed:
            raise RuntimeError("the engine's thread has ended")
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _loop(self) -> None:
        lower_priority(Niceness.ENGINE)
        while (work := self._next(self._anything, lambda: False)) is not None:
            work()

    def _next(self, take: Callable[[], Work | None], enough: Callable[[], bool]) -> Work | None:
        """Return the next work; wait for it unless ``enough`` returns True. None: no work, or the thread is closed."""
        with self._changed:
            while not self._closed:
                work = take()
                if work is not None or enough():
                    return work
                self._changed.wait()
            return None

    def _question(self) -> Work | None:
        return self._questions.popitem(last=False)[1] if self._questions else None

    def _more_urgent(self) -> Work | None:
        return self._question() or (self._interludes.popleft() if self._interludes else None)

    def _anything(self) -> Work | None:
        return self._more_urgent() or (self._jobs.popleft() if self._jobs else None)

"""One thread for everything that computes with models, and the order in which it does it. No Qt."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from annotator.ui.threads.priorities import Niceness, give_way

Work = Callable[[], None]


class EngineThread:
    """Does one thing at a time: first what a person waits for, then interludes, then jobs.

    A job and an interlude ask between two of their frames what else is to be done. So a question is answered within a
    frame's time, and an interlude suspends a job, which then goes on as if nothing had been. Work may not raise. The
    thread begins with the first work and ends with `close`.
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
        """Do something short. A question that still waits is replaced by a newer one on the same topic."""
        with self._changed:
            self._questions.pop(topic, None)
            self._questions[topic] = question
            self._wake()

    def interject(self, interlude: Work) -> None:
        """Do something between two frames of a job, or at once where there is none."""
        with self._changed:
            self._interludes.append(interlude)
            self._wake()

    def run(self, job: Work) -> None:
        """Do something long."""
        with self._changed:
            self._jobs.append(job)
            self._wake()

    def set_paused(self, paused: bool) -> None:
        """Hold a job between two frames, or let it go on. Questions and interludes are not held."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    @property
    def paused(self) -> bool:
        return self._paused

    def close(self) -> None:
        """End the thread after what it does now; what waits is forgotten. Closing twice is harmless.

        Jobs and interludes must have ended: they may wait for the caller's thread.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    # On the engine's thread

    def between_frames_of_a_job(self) -> None:
        """Do what is more urgent, and wait as long as the job is paused."""
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
        give_way(Niceness.ENGINE)
        while (work := self._next(self._anything, lambda: False)) is not None:
            work()

    def _next(self, take: Callable[[], Work | None], enough: Callable[[], bool]) -> Work | None:
        """What is to be done now; waits for it unless there is ``enough``. None: nothing, or the end."""
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

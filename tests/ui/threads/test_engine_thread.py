from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from annotator.ui.threads.engine_thread import EngineThread
from tests.patience import PATIENCE_S


@pytest.fixture
def thread() -> Iterator[EngineThread]:
    made = EngineThread()
    yield made
    made.close()


class Steps:
    """A job that goes on from frame to frame only when it is told to."""

    def __init__(self, thread: EngineThread, heard: list[str], name: str, frames: int,
                 between: Callable[[], None]) -> None:
        self._heard, self._name, self._frames, self._between = heard, name, frames, between
        self._go = threading.Semaphore(0)
        self.began, self.ended = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.began.set()
        for frame in range(self._frames):
            assert self._go.acquire(timeout=PATIENCE_S)
            self._heard.append(f"{self._name} {frame}")
            self._between()
        self.ended.set()

    def go(self, frames: int = 1) -> None:
        self._go.release(frames)


def test_a_question_waits_for_no_more_than_a_frame_and_an_interlude_comes_before_the_job(thread: EngineThread) -> None:
    heard: list[str] = []
    job = Steps(thread, heard, "job", 3, thread.between_frames_of_a_job)
    aside = Steps(thread, heard, "aside", 2, thread.between_frames_of_an_interlude)
    answered = threading.Event()
    thread.run(job)
    assert job.began.wait(PATIENCE_S)
    thread.interject(aside)
    thread.ask("mask", lambda: heard.append("question 1"))
    thread.ask("told", answered.set)
    job.go()
    assert answered.wait(PATIENCE_S)
    thread.ask("mask", lambda: heard.append("question 2"))
    aside.go(2)
    assert aside.ended.wait(PATIENCE_S)
    job.go(2)
    assert job.ended.wait(PATIENCE_S)
    assert heard == ["job 0", "question 1", "aside 0", "question 2", "aside 1", "job 1", "job 2"]


def test_a_newer_question_on_the_same_topic_takes_the_place_of_the_one_that_waits(thread: EngineThread) -> None:
    heard: list[str] = []
    done = threading.Event()
    job = Steps(thread, heard, "job", 1, thread.between_frames_of_a_job)
    thread.run(job)
    assert job.began.wait(PATIENCE_S)
    for number in range(3):
        thread.ask("mask", partial(heard.append, f"mask {number}"))
    thread.ask("look", lambda: heard.append("look"))
    thread.run(done.set)
    job.go()
    assert done.wait(PATIENCE_S)
    assert heard == ["job 0", "mask 2", "look"]


def test_a_paused_job_answers_and_lets_interludes_through(thread: EngineThread) -> None:
    heard: list[str] = []
    job = Steps(thread, heard, "job", 2, thread.between_frames_of_a_job)
    thread.set_paused(True)
    thread.run(job)
    job.go(2)
    answered, aside = threading.Event(), threading.Event()
    while "job 0" not in heard:
        assert not job.ended.is_set()
    thread.ask("mask", answered.set)
    thread.interject(aside.set)
    assert answered.wait(PATIENCE_S)
    assert aside.wait(PATIENCE_S)
    assert heard == ["job 0"]
    thread.set_paused(False)
    assert job.ended.wait(PATIENCE_S)


def test_it_is_one_thread_and_ends_when_it_is_closed(thread: EngineThread) -> None:
    seen: list[threading.Thread] = []
    for _ in range(3):
        done = threading.Event()
        thread.run(lambda: seen.append(threading.current_thread()))
        thread.run(done.set)
        assert done.wait(PATIENCE_S)
    assert len(set(seen)) == 1
    thread.close()
    assert not seen[0].is_alive()
    with pytest.raises(RuntimeError, match="has ended"):
        thread.ask("mask", lambda: None)

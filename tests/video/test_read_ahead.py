"""Decoding ahead on a thread: bounded, in order, and gone when it should be."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video import ReadAhead, VideoInfo, VideoReader, open_video
from tests.patience import PATIENCE_S

from .conftest import number_in, write_video


class FakeReader(VideoReader):
    """Frames from nothing; counts those that were read and can be told to fail."""

    def __init__(self, count: int = 100, bad: int | None = None, wait: Callable[[], object] | None = None) -> None:
        times = np.arange(count, dtype=np.float64)
        super().__init__(VideoInfo("fake", Path("fake"), 4, 2, count, 1.0, "default", "images", "fake", times), [])
        self.read_so_far = 0
        self._bad = bad
        self._wait = wait

    def duplicate(self) -> FakeReader:
        return FakeReader(self.info.frame_count, self._bad)

    def _picture(self, index: int) -> Image:
        if self._wait is not None:
            self._wait()
        self.read_so_far += 1
        if index == self._bad:
            raise VideoError(f"frame {index} is bad")
        return np.full((2, 4, 3), index, np.uint8)


def _until(condition: Callable[[], bool]) -> None:
    """Wait for another thread, but not for ever."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.002)
    raise AssertionError("the other thread never got there")


@pytest.mark.parametrize("reverse", [False, True])
def test_same_frames_as_reading(reverse: bool) -> None:
    reader = FakeReader()
    with ReadAhead(reader, 10, 60, 4, step=3, reverse=reverse) as ahead:
        taken = [frame.index for frame in ahead]
    assert taken == [frame.index for frame in FakeReader().frames(10, 60, 3, reverse=reverse)]


def test_never_more_than_the_capacity_in_advance() -> None:
    reader = FakeReader()
    with ReadAhead(reader, 0, None, 5) as ahead:
        _until(lambda: ahead.waiting == 5)
        for taken, frame in enumerate(ahead, start=1):
            assert frame.index == taken - 1
            assert ahead.waiting <= 5
            assert reader.read_so_far <= taken + 5
        assert reader.read_so_far == 100


def test_leaving_early_stops_a_full_and_a_busy_thread() -> None:
    reader = FakeReader(10_000)
    with ReadAhead(reader, capacity=3) as full:
        _until(lambda: full.waiting == 3)
    assert reader.read_so_far <= 4
    gate = threading.Event()
    busy = ReadAhead(FakeReader(10_000, wait=gate.wait), capacity=3)
    threading.Timer(0.02, gate.set).start()
    busy.close()
    assert next(busy, None) is None, "closed means empty"
    busy.close()


def test_leaving_by_an_exception_stops_the_thread() -> None:
    def consume() -> None:
        with ReadAhead(FakeReader(10_000)) as ahead:
            next(ahead)
            raise KeyError("consumer")

    with pytest.raises(KeyError, match="consumer"):
        consume()


def test_dropping_it_unclosed_stops_the_thread() -> None:
    ahead = ReadAhead(FakeReader(10_000), capacity=2)
    next(ahead)
    thread = ahead._thread
    del ahead
    gc.collect()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_error_comes_after_the_frames_before_it() -> None:
    with ReadAhead(FakeReader(bad=7), capacity=3) as ahead:
        assert [next(ahead).index for _ in range(7)] == list(range(7))
        with pytest.raises(VideoError, match="frame 7 is bad"):
            next(ahead)
        assert next(ahead, None) is None


def test_unreadable_frames_can_be_left_out() -> None:
    reader = FakeReader(10, bad=7)
    with ReadAhead(reader, capacity=3, on_error="skip") as ahead:
        assert [frame.index for frame in ahead] == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert reader.warnings == ["frame 7 is bad"]


def test_a_bug_in_the_reader_reaches_the_consumer() -> None:
    def fail() -> None:
        raise ZeroDivisionError("bug")

    with ReadAhead(FakeReader(wait=fail)) as ahead, pytest.raises(ZeroDivisionError):
        next(ahead)


def test_bad_arguments_are_refused_before_a_thread_starts() -> None:
    for arguments in ((0, None, 0), (-1, None, 2)):
        with pytest.raises(ValueError, match="must be"):
            ReadAhead(FakeReader(), *arguments)


def test_reader_belongs_to_one_thread_at_a_time() -> None:
    inside, gate = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        gate.wait(PATIENCE_S)

    reader = FakeReader(wait=wait)
    with ReadAhead(reader, 0, 1):
        assert inside.wait(PATIENCE_S)
        with pytest.raises(RuntimeError, match="one thread at a time"):
            reader.read(3)
        gate.set()


@pytest.mark.parametrize("reverse", [False, True])
def test_real_decoding_on_the_thread(tmp_path: Path, reverse: bool) -> None:
    path = write_video(tmp_path / "a.mp4", gop=20, options={"bf": "3"})
    with open_video(path) as reader:
        with ReadAhead(reader, 5, 45, 4, reverse=reverse) as ahead:
            numbers = [number_in(frame.image) for frame in ahead]
        assert numbers == (list(range(44, 4, -1)) if reverse else list(range(5, 45)))
        assert number_in(reader[50].image) == 50, "afterwards the reader is free again"

"""The loop over a video: one result per frame, and clean ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from annotator.engine.base import State
from annotator.engine.tracking import SnapshotPlan, track
from annotator.errors import VideoError
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, EndReason, Frame, FrameResult, Image
from annotator.video.info import VideoInfo
from annotator.video.reader import VideoReader


class FakeReader(VideoReader):
    """Twelve pictures; one of them may be damaged."""

    def __init__(self, damaged: int | None = None) -> None:
        info: Any = type("FakeInfo", (), {"frame_count": 12, "name": "fake", "times": np.arange(12) / 25.0})()
        fake: VideoInfo = info
        super().__init__(fake, [])
        self.damaged = damaged
        self.read_indices: list[int] = []

    def _picture(self, index: int) -> Image:
        if index == self.damaged:
            raise VideoError(f"frame {index} is damaged")
        self.read_indices.append(index)
        return np.full((4, 4, 3), index, np.uint8)

    def duplicate(self) -> FakeReader:
        return FakeReader(self.damaged)


class FakeDetector:
    """One box per frame, in the column of the frame's number."""

    name = "fake"
    labels = ("object",)

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.batches.append([frame.index for frame in frames])
        return [Detections.of([(frame.image[0, 0, 0], 0, 20, 4)], [0.9]) for frame in frames]


class FakeTracker:
    """Remembers which frames it saw."""

    name = "fake"

    def __init__(self, with_state: bool = True) -> None:
        self.seen: list[int] = []
        self.with_state = with_state

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        self.seen.append(frame.index)
        assert detections.box_xyxy[0, 0] == frame.index
        return FrameResult(frame.index, (), detections)

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        return ()

    def snapshot(self) -> State | None:
        return {"seen": list(self.seen)} if self.with_state else None

    def restore(self, state: State) -> None:
        self.seen = list(state["seen"])


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"] == []


class Job:
    """A run whose snapshots are noted with what the consumer had stored by then."""

    def __init__(self, first: int = 0, last: int = 11, every: int = 3, tracker: FakeTracker | None = None,
                 reader: FakeReader | None = None) -> None:
        self.tracker, self.reader, self.cancel = tracker or FakeTracker(), reader or FakeReader(), CancelToken()
        self.stored: list[int] = []
        self.saved: list[tuple[int, list[int], State]] = []
        self.results = track(self.reader, FakeDetector(), self.tracker, first, last, self.cancel,
                             SnapshotPlan(every, lambda f, s: self.saved.append((f, list(self.stored), s))), 4)

    def store(self, count: int = 99) -> None:
        for result in self.results:
            self.stored.append(result.frame_index)
            if len(self.stored) >= count:
                break


@pytest.mark.parametrize(("first", "last"), [(0, 11), (3, 7), (5, 5), (11, 11)])
def test_one_result_per_frame(first: int, last: int) -> None:
    job = Job(first, last)
    job.store()
    assert job.stored == job.tracker.seen == list(range(first, last + 1))


def test_a_snapshot_waits_until_its_frame_is_stored() -> None:
    job = Job(every=3)
    job.store(3)
    assert job.saved == [], "the consumer has frame 2 in hand and has not asked for the next"
    job.store()
    assert [frame for frame, _, _ in job.saved] == [2, 5, 8], "none after the last frame"
    for frame, stored, state in job.saved:
        assert stored == state["seen"] == list(range(frame + 1))


def test_a_resumed_range_saves_at_its_own_pace() -> None:
    job = Job(first=4, every=5)
    job.store()
    assert [frame for frame, _, _ in job.saved] == [8]


def test_a_tracker_without_state_is_not_saved() -> None:
    job = Job(every=1, tracker=FakeTracker(with_state=False))
    job.store()
    assert job.saved == []
    assert len(job.stored) == 12


def test_cancel_takes_effect_between_frames() -> None:
    job = Job(every=5)
    job.store(5)
    job.cancel.cancel()
    job.store()
    assert job.stored == job.tracker.seen == [0, 1, 2, 3, 4], "what was begun is finished, and nothing after it"
    assert [frame for frame, _, _ in job.saved] == [4], "a finished frame's snapshot is worth keeping"


def test_cancelled_before_it_began() -> None:
    job = Job()
    job.cancel.cancel()
    job.store()
    assert job.stored == []


def test_closing_joins_the_reading_thread() -> None:
    job = Job()
    job.store(2)
    assert any(thread.name == "read-ahead" for thread in threading.enumerate())
    job.results.close()
    assert not any(thread.name == "read-ahead" for thread in threading.enumerate())
    assert job.tracker.seen == [0, 1]
    assert len(job.reader.read_indices) <= 2 + 4 + 1, "reads ahead a bounded number of frames"


def test_nothing_is_read_before_the_first_result_is_asked_for() -> None:
    job = Job()
    assert job.reader.read_indices == []
    assert not any(thread.name == "read-ahead" for thread in threading.enumerate())


@pytest.mark.parametrize("damaged", [0, 6, 11])
def test_a_damaged_frame_stays_empty_and_the_run_goes_on(damaged: int) -> None:
    job = Job(reader=FakeReader(damaged))
    job.store()
    assert job.stored == list(range(12))
    assert job.tracker.seen == [k for k in range(12) if k != damaged]
    assert job.reader.warnings == [f"frame {damaged} is damaged"]


@pytest.mark.parametrize(("first", "last", "damaged", "batches"), [
    (0, 11, None, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]),
    (2, 9, None, [[2, 3], [4, 5, 6, 7], [8, 9]]),
    (0, 11, 7, [[0, 1, 2, 3], [4, 5, 6, 8], [9, 10, 11]]),
])
def test_frames_are_detected_together_and_tracked_one_by_one(first: int, last: int, damaged: int | None,
                                                             batches: list[list[int]]) -> None:
    detector, tracker = FakeDetector(), FakeTracker()
    results = track(FakeReader(damaged), detector, tracker, first, last, CancelToken(), batch_size=4)
    assert [result.frame_index for result in results] == list(range(first, last + 1))
    assert detector.batches == batches
    assert tracker.seen == [k for batch in batches for k in batch]


def test_cancel_takes_effect_within_a_batch() -> None:
    cancel, tracker = CancelToken(), FakeTracker()
    results = track(FakeReader(), FakeDetector(), tracker, 0, 11, cancel, batch_size=4)
    assert [next(results).frame_index for _ in range(2)] == [0, 1]
    cancel.cancel()
    assert list(results) == []
    assert tracker.seen == [0, 1]


def test_a_snapshot_that_cannot_be_written_ends_the_run_cleanly() -> None:
    def full(frame: int, state: State) -> None:
        raise OSError("full")

    results = track(FakeReader(), FakeDetector(), FakeTracker(), 0, 11, CancelToken(), SnapshotPlan(2, full))
    assert [next(results).frame_index for _ in range(2)] == [0, 1]
    with pytest.raises(OSError, match="full"):
        next(results)

"""The loop over a video: decode ahead, detect, track, hand out one result per frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from annotator.engine.base import CancelToken, Detector, State, Tracker
from annotator.engine.batches import detected
from annotator.model.frame import FrameResult
from annotator.video import VideoReader
from annotator.video.read_ahead import ReadAhead

SaveState = Callable[[int, State], None]


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """When and where a run's state is saved."""

    every: int
    """Frames between two snapshots."""
    save: SaveState


def track(reader: VideoReader, detector: Detector, tracker: Tracker, first: int, last: int, cancel: CancelToken,
          snapshots: SnapshotPlan | None = None, read_ahead: int = 8, batch_size: int = 1) -> Iterator[FrameResult]:
    """Track frames ``first..last`` (both included), one result per frame. ``batch_size`` frames are detected at once.

    Closing the generator or cancelling stops it at a frame boundary. A snapshot of frame k is saved when the consumer
    asks for the frame after it, and so has stored k. A frame that cannot be decoded gives an empty result; tracks
    go on after it as after any frame that left no memory.
    """
    due = first
    with ReadAhead(reader, first, last + 1, capacity=read_ahead, on_error="skip") as frames:
        for frame, detections in detected(frames, lambda frame: frame, detector, batch_size, cancel):
            if cancel.cancelled:
                return
            yield from _unreadable(due, frame.index)
            due = frame.index + 1
            yield tracker.step(frame, detections)
            if snapshots is not None and (frame.index - first + 1) % snapshots.every == 0 and frame.index < last:
                state = tracker.snapshot()
                if state is not None:
                    snapshots.save(frame.index, state)
    if not cancel.cancelled:
        yield from _unreadable(due, last + 1)


def _unreadable(first: int, stop: int) -> Iterator[FrameResult]:
    """Empty results for frames that the reader passed over, with a warning of its own."""
    for index in range(first, stop):
        yield FrameResult(index, ())

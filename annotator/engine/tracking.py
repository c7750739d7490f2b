"""The loop over a video: decode ahead, look for cuts, detect, track, hand out one result per frame."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from annotator.engine.base import Detector, State, Tracker
from annotator.engine.runtime.batches import detected
from annotator.engine.scene_cuts import CutFinder, Seen, in_shots, warm_up
from annotator.engine.settings import SceneCutSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, FrameResult
from annotator.video import VideoReader
from annotator.video.read_ahead import ReadAhead

SaveState = Callable[[int, State], None]


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """When and where a run's state is saved."""

    every: int
    """Frames between two snapshots."""
    save: SaveState


@dataclass(frozen=True, slots=True)
class CutPlan:
    """How cuts are looked for."""

    settings: SceneCutSettings
    run_first: int
    """First frame of the run, also where this is a part of it that goes on later."""


def track(reader: VideoReader, detector: Detector, tracker: Tracker, first: int, last: int, cancel: CancelToken,
          snapshots: SnapshotPlan | None = None, read_ahead: int = 8, batch_size: int = 1,
          cuts: CutPlan | None = None) -> Generator[FrameResult]:
    """Track frames ``first..last`` (both included), one result per frame. ``batch_size`` frames are detected at once.

    Closing the generator or cancelling stops it at a frame boundary. A snapshot of frame k is saved when the consumer
    asks for the frame after it, and so has stored k. A frame that cannot be decoded gives an empty result; tracks
    go on after it as after any frame that left no memory. With ``cuts``, all tracklets end before a cut.
    """
    due = first
    finder = None if cuts is None else CutFinder(cuts.settings)
    before = [] if cuts is None else warm_up(reader, cuts.run_first, first)
    with ReadAhead(reader, first, last + 1, capacity=read_ahead, on_error="skip") as frames:
        shots = in_shots(frames, finder, before)
        for seen, detections in detected(shots, lambda seen: seen.frame, detector, batch_size, cancel):
            if cancel.cancelled:
                return
            frame = seen.frame
            yield from _unreadable(due, frame.index)
            due = frame.index + 1
            yield _step(seen, detections, tracker)
            if snapshots is not None and (frame.index - first + 1) % snapshots.every == 0 and frame.index < last:
                state = tracker.snapshot()
                if state is not None:
                    snapshots.save(frame.index, state)
    if not cancel.cancelled:
        yield from _unreadable(due, last + 1)


def _step(seen: Seen, detections: Detections, tracker: Tracker) -> FrameResult:
    result = tracker.step(seen.frame, detections)
    if seen.first:
        result = replace(result, cut=True)
    if seen.last:
        result = replace(result, ended=tuple(sorted((*result.ended, *tracker.end_shot()))))
    return result


def _unreadable(first: int, stop: int) -> Iterator[FrameResult]:
    """Empty results for frames that the reader passed over, with a warning of its own."""
    for index in range(first, stop):
        yield FrameResult(index, ())

"""The tracking loop over a video: decode ahead, find cuts, detect, track, yield one result per frame."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from annotator.engine.base import Detector, State, Tracker
from annotator.engine.runtime.batches import detected
from annotator.engine.scene_cuts import CutFinder, ShotFrame, in_shots, warm_up
from annotator.engine.settings import SceneCutSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, FrameResult
from annotator.video import VideoReader
from annotator.video.read_ahead import ReadAhead

SaveState = Callable[[int, State], None]


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """How often and how to save a run's state."""

    every: int
    """Frames between two snapshots."""
    save: SaveState


@dataclass(frozen=True, slots=True)
class CutPlan:
    """How to find cuts."""

    settings: SceneCutSettings
    run_first: int
    """First frame of the whole run, even if it is being resumed later."""


def track(reader: VideoReader, detector: Detector, tracker: Tracker, first: int, last: int, cancel: CancelToken,
          snapshots: SnapshotPlan | None = None, read_ahead: int = 8, batch_size: int = 1,
          cuts: CutPlan | None = None) -> Generator[FrameResult]:
    """Track frames ``first..last`` (inclusive); yields one result per frame. Detects in batches of ``batch_size``.

    Closing the generator or cancelling stops at a frame boundary. The snapshot of frame k is saved when the consumer
    requests the next frame, and so has stored k. A frame that cannot be decoded yields an empty result; tracks
    continue after it as after any frame without memory. With ``cuts``, all tracklets end before a cut.
    """
    due = first
    finder = None if cuts is None else CutFinder(cuts.settings)
    before = [] if cuts is None else warm_up(reader, cuts.run_first, first)
    with ReadAhead(reader, first, last + 1, capacity=read_ahead, on_error="skip") as frames:
        shots = in_shots(frames, finder, before)
        for shot_frame, detections in detected(shots, lambda each: each.frame, detector, batch_size, cancel):
            if cancel.cancelled:
                return
            frame = shot_frame.frame
            yield from _unreadable(due, frame.index)
            due = frame.index + 1
            yield _step(shot_frame, detections, tracker)
            if snapshots is not None and (frame.index - first + 1) % snapshots.every == 0 and frame.index < last:
                state = tracker.snapshot()
                if state is not None:
                    snapshots.save(frame.index, state)
    if not cancel.cancelled:
        yield from _unreadable(due, last + 1)


def _step(shot_frame: ShotFrame, detections: Detections, tracker: Tracker) -> FrameResult:
    result = tracker.step(shot_frame.frame, detections)
    if shot_frame.first:
        result = replace(result, cut=True)
    if shot_frame.last:
        result = replace(result, ended=tuple(sorted((*result.ended, *tracker.end_shot()))))
    return result


def _unreadable(first: int, stop: int) -> Iterator[FrameResult]:
    """Yield empty results for frames that the reader skipped; the reader has logged a warning."""
    for index in range(first, stop):
        yield FrameResult(index, ())

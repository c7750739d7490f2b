"""Projects with errors for `benchmarks.effort`: one planted error of a kind, or all errors of a tracker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.evaluation import FrameBoxes
from annotator.jobs.project import add_source, open_project
from annotator.model.box import Box, box_iou
from annotator.model.frame import Detections, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import RunStatus, TrackObservation
from annotator.storage.edits import identities
from benchmarks.scenarios.tracked_clips import cached
from testbed.synthetic_clips import CONDITIONS, Clip, ClipSpec, make_clip
from testbed.videos import write_video

#: Objects that cross once and look different.
PLANTED = ClipSpec(frames=60, width=320, height=240, objects=(4, 5), crossings=1.0, lookalikes=0.0, exits=0.0,
                   pillars=(0, 0))
#: A shorter clip, because propagating an object takes the time of a segmenter.
PLANTED_MISSING = replace(PLANTED, frames=24)
KINDS = ("swap", "merge", "split", "missing_object")
#: First seed of clips that neither the weights of the ranking nor any other benchmark uses.
FIRST_SEED = 7000
_SEEN = Evidence(9.0, 0.9)


@dataclass(frozen=True, slots=True)
class Flawed:
    """A project with errors, and its ground truth."""

    path: Path
    truth: list[FrameBoxes]
    planted: int
    """Number of planted errors."""
    frame: int = 0
    """Frame of the planted error."""
    box_xyxy: tuple[float, float, float, float] | None = None
    """Box of the missing object in that frame."""


def truth_of(clip: Clip) -> list[FrameBoxes]:
    """Return ids (from 0) and boxes of the visible objects in each frame."""
    return list(_truth(clip.boxes()))


def _truth(boxes: npt.NDArray[np.float64]) -> Iterator[FrameBoxes]:
    for frame in boxes:
        seen = np.flatnonzero(np.isfinite(frame).all(1))
        yield seen.astype(np.int64), frame[seen]


def plant(folder: Path, kind: str, seed: int) -> Flawed:
    """Create a clip that is tracked perfectly except for one error of a kind (`KINDS`). Tries seeds from this one on
    until a clip can contain the error."""
    for k in range(seed, seed + 100):
        clip = make_clip(PLANTED_MISSING if kind == "missing_object" else PLANTED, k)
        boxes = clip.boxes()
        place = _place(boxes, kind)
        if place is not None:
            break
    else:
        raise RuntimeError(f"no clip from seed {seed} on can contain a {kind}")
    one, other, frame = place
    numbers = np.tile(np.arange(1, clip.object_count + 1), (len(boxes), 1))
    shown = np.asarray(np.isfinite(boxes).all(2), bool)
    if kind == "swap":
        numbers[frame:, [one, other]] = numbers[frame:, [other, one]]
    elif kind == "merge":  # one object has two tracks, with a gap of a few frames, which must be merged
        numbers[frame:, one] = clip.object_count + 1
        shown[frame - 2:frame, one] = False
    elif kind == "split":  # one track jumps to another object that appears, and must be split
        numbers[frame:, other] = numbers[frame, one]
        shown[frame:, one] = shown[:frame, other] = False
    else:
        shown[:, one] = False
    truth = boxes.copy()
    if kind == "split":
        truth[frame:, one] = truth[:frame, other] = np.nan
    elif kind == "merge":
        truth[frame - 2:frame, one] = np.nan
    path = _store(folder / kind, clip, list(_results(clip, boxes, numbers, shown)))
    return Flawed(path, list(_truth(truth)), 1, frame, _box(boxes[frame, one]))


def _place(boxes: npt.NDArray[np.float64], kind: str) -> tuple[int, int, int] | None:
    """Return two objects (from 0) and a frame. For a swap they meet in that frame and are apart long before and after.
    For other kinds they are visible in all frames, and the first is alone around that frame."""
    count = len(boxes)
    seen = np.isfinite(boxes).all((0, 2))
    for one, other in combinations(np.flatnonzero(seen).tolist(), 2):
        overlap = np.array([float(box_iou(a[None], b[None])[0, 0]) for a, b in zip(boxes[:, one], boxes[:, other],
                                                                                 strict=True)])
        frame = int(overlap.argmax())
        apart = max(overlap[:max(frame - 12, 0)].max(initial=0.0), overlap[frame + 12:].max(initial=0.0)) < 0.05
        if kind == "swap" and overlap[frame] > 0.3 and 15 <= frame < count - 15 and apart:
            return one, other, frame + 2
        if kind != "swap":
            quiet = count // 2
            others = np.delete(boxes[quiet - 3:quiet + 4], one, axis=1)
            lone = all(box_iou(boxes[k, one][None], others[k - quiet + 3]).max() < 0.05
                       for k in range(quiet - 3, quiet + 4))
            if lone:
                return one, other, quiet
    return None


def _results(clip: Clip, boxes: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64], shown: npt.NDArray[np.bool_],
             ) -> Iterator[FrameResult]:
    for frame in range(len(boxes)):
        visible = np.flatnonzero(np.isfinite(boxes[frame]).all(1))
        objects = [TrackedObject(int(numbers[frame, n]), 0, TrackState.RELIABLE, 0.9,
                                 _box(boxes[frame, n]), Mask.from_bitmap(clip.instances[frame] == n + 1), _SEEN)
                   for n in visible if shown[frame, n]]
        found = Detections(boxes[frame, visible].astype(np.float32), np.full(len(visible), 0.9, np.float32),
                           np.zeros(len(visible), np.int32))
        yield FrameResult(frame, tuple(sorted(objects, key=lambda thing: thing.tracklet)), found)


def tracked(folder: Path, condition: str, seed: int, frames: int, cache: Path | None) -> Flawed:
    """Create a clip tracked by the built-in models and SAM2MOT, with two more errors: two tracks that swap identities
    where they are nearest, and one that is split in two."""
    made = cached(cache, condition, seed, frames)
    clip = make_clip(replace(CONDITIONS[condition], frames=frames), seed)
    path = _store(folder / made.name, clip, made.results)
    planted = 0
    with open_project(path) as session:
        store = session.store
        spans = store.video_spans(store.video().id)
        long = sorted({span.track for span in spans if span.end - span.first > frames // 3})
        if len(long) > 1:
            meeting = _nearest(store.trajectory(long[0]), store.trajectory(long[1]))
            identities.swap_tracks(store, long[0], long[1], meeting)
            planted += 2  # both objects have an identity switch
        if len(long) > 2:
            life = [seen.frame for seen in store.trajectory(long[2]) if seen.box_xyxy is not None]
            identities.split_track(store, long[2], life[len(life) // 2])
            planted += 1
    return Flawed(path, truth_of(clip), planted)


def _box(row: npt.NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = map(float, row)
    return x1, y1, x2, y2


def _nearest(one: Sequence[TrackObservation], other: Sequence[TrackObservation]) -> int:
    """Return the frame in which two trajectories are nearest, away from the ends of their common frames."""
    centres = [{seen.frame: np.add(seen.box_xyxy[:2], seen.box_xyxy[2:]) / 2
                for seen in path if seen.box_xyxy is not None} for path in (one, other)]
    both = sorted(centres[0].keys() & centres[1].keys())
    inner = both[len(both) // 5:-max(len(both) // 5, 1)] or both
    return min(inner, key=lambda frame: float(np.linalg.norm(centres[0][frame] - centres[1][frame])))


def _store(folder: Path, clip: Clip, results: Sequence[FrameResult]) -> Path:
    folder.mkdir(parents=True)
    write_video(clip, folder / "clip.mp4")
    path = folder / "p.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, folder / "clip.mp4")
        run = session.store.begin_run(video.id, "preannotate", {}, {}, ("object",), 0, len(results) - 1)
        session.store.write_frames(run.id, results)
        session.store.finish_run(run.id, RunStatus.FINISHED)
    return path

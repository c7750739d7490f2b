"""Projects for measuring work on masks and boxes: a mask with an error, an object without boxes, large frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from annotator.jobs.project import add_source, open_project
from annotator.model.box import Box
from annotator.model.frame import Detections, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import RunStatus
from testbed.synthetic_clips import Clip, ClipSpec, make_clip
from testbed.videos import write_video

#: Share of the object's pixels that its mask lacks.
ERROR = 0.2
_SEEN = Evidence(9.0, 0.9)
_SPEC = ClipSpec(width=320, height=240, objects=(3, 3), pillars=(0, 0), exits=0.0, crossings=0.0, size=(0.3, 0.4))


@dataclass(frozen=True, slots=True)
class WrongMask:
    """A project whose only track lacks a part of its mask in one frame."""

    path: Path
    frame: int
    truth: Mask
    lacking: npt.NDArray[np.bool_]
    """(H, W) bool: the part of the true mask that is missing."""


@dataclass(frozen=True, slots=True)
class Unboxed:
    """A project without tracks, and the boxes of one object in all frames."""

    path: Path
    boxes: Sequence[Box]


def wrong_mask(folder: Path, seed: int) -> WrongMask:
    """Plant an error in the mask of a whole object: its lowest rows are missing."""
    clip, number, frame = _whole_object(seed, 12)  # short, because propagating points takes the time of a segmenter
    bitmap = clip.instances[frame] == number
    rows = np.cumsum(bitmap.sum(1)) / bitmap.sum()
    lacking = bitmap.copy()
    lacking[:int(np.searchsorted(rows, 1 - ERROR)) + 1] = False
    box = Mask.from_bitmap(bitmap).box_xyxy
    thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, box, Mask.from_bitmap(bitmap & ~lacking), _SEEN)
    path = _store(folder, clip, [FrameResult(frame, (thing,), Detections.empty())])
    return WrongMask(path, frame, Mask.from_bitmap(bitmap), lacking)


def unboxed(folder: Path, seed: int) -> Unboxed:
    """Take all tracks away; the object is in every frame."""
    clip, number, _ = _whole_object(seed, 101)
    x1, y1, x2, y2 = clip.boxes()[:, number - 1].T
    return Unboxed(_store(folder, clip, []), list(zip(x1.tolist(), y1.tolist(), x2.tolist(), y2.tolist(), strict=True)))


def large_frame(folder: Path, width: int, height: int, objects: int = 20) -> Path:
    """Write a project with two frames of this size, and large objects with masks. Returns its path."""
    rng = np.random.default_rng(0)
    pictures = folder / f"frames-{width}"
    pictures.mkdir(parents=True)
    small = rng.integers(0, 255, (height // 16, width // 16, 3)).astype(np.uint8)
    for frame in range(2):
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(pictures / f"{frame:03}.jpg"), image)
    side_x, side_y = width // 8, height // 4
    y, x = np.mgrid[-1:1:side_y * 1j, -1:1:side_x * 1j]
    template = Mask.from_bitmap(x ** 2 + y ** 2 < 0.9)
    things = []
    for number in range(1, objects + 1):
        left, top = int(rng.integers(0, width - side_x)), int(rng.integers(0, height - side_y))
        mask = Mask(left, top, template.width, template.height, template.rle)
        things.append(TrackedObject(number, 0, TrackState.RELIABLE, 0.9, mask.box_xyxy, mask, _SEEN))
    path = folder / f"large-{width}.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, pictures)
        run = session.store.begin_run(video.id, "import", {}, {}, ["object"], 0, 1)
        for frame in range(2):
            session.apply(run.id, FrameResult(frame, tuple(things)))
        session.store.finish_run(run.id, RunStatus.FINISHED)
    return path


def _whole_object(seed: int, frames: int) -> tuple[Clip, int, int]:
    """A clip, an object (from 1) that is visible in all its frames, and a frame in which it is whole and alone."""
    for k in range(seed, seed + 100):
        clip = make_clip(replace(_SPEC, frames=frames), k)
        boxes = clip.boxes()
        for number in np.flatnonzero(np.isfinite(boxes).all((0, 2))).tolist():
            sizes = (clip.instances == number + 1).sum((1, 2))
            inside = (boxes[:, number, :2] > 2).all(1)
            inside &= (boxes[:, number, 2:] < (_SPEC.width - 2, _SPEC.height - 2)).all(1)
            if inside.any():
                return clip, number + 1, int(np.where(inside, sizes, 0).argmax())
    raise RuntimeError(f"no clip from seed {seed} on has an object that is visible in all frames")


def _store(folder: Path, clip: Clip, results: Sequence[FrameResult]) -> Path:
    folder.mkdir(parents=True)
    write_video(clip, folder / "clip.mp4")
    path = folder / "p.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, folder / "clip.mp4")
        if results:
            run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], results[0].frame_index,
                                          results[-1].frame_index)
            for result in results:
                session.apply(run.id, result)
            session.store.finish_run(run.id, RunStatus.FINISHED)
    return path

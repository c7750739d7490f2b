"""Locate the individual errors that CLEAR MOT counts: identity switches, misses and false positives.

Source of the matching: Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance", EURASIP JIVP
2008, section 2.2. An object stays matched with its last track as long as the two overlap enough; it is switched when
it is next matched with another track, however many frames later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.evaluation.arrays import FrameBoxes
from annotator.evaluation.clear_mot import assign
from annotator.model.box import Box, box_iou


@dataclass(frozen=True, slots=True)
class IdentitySwitch:
    """A ground-truth object whose matched track changes."""

    frame: int
    """First frame in which it matches the new track."""
    last_frame: int
    """Last frame in which it matched the old track."""
    object: int
    """Ground-truth id."""
    before: int
    """Id (or number) of the old track."""
    after: int
    """Id (or number) of the new track."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames in which an object matches no track, or a track matches no object."""

    first: int
    last: int
    """Inclusive."""
    id: int
    """Ground-truth id of the object, or id (or number) of the track."""
    box_xyxy: Box
    """Its box in the first of these frames."""


@dataclass(frozen=True, slots=True)
class Errors:
    """All errors of a result; each kind is ordered by frame."""

    switches: tuple[IdentitySwitch, ...]
    misses: tuple[Stretch, ...]
    """Objects without a matching track."""
    false_boxes: tuple[Stretch, ...]
    """False positives: tracks without a matching object."""


def find_errors(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes], distractors: Sequence[npt.ArrayLike] = (),
                iou_threshold: float = 0.5) -> Errors:
    """Find all errors. Both sides have one entry (ids (N,), boxes (N, 4)) per frame of the video.

    ``distractors``: (M, 4) boxes per frame, or empty; an unmatched box that overlaps one of them is no error, as in
    MOTChallenge's preprocessing. Raises ValueError if the numbers of frames differ.
    """
    pairs = list(matches(gt, result, iou_threshold))
    free = [_off(frame, distractors[k], iou_threshold) if distractors else frame for k, frame in enumerate(result)]
    matched = [({each for each, _ in found}, {track for _, track in found}) for found in pairs]
    return Errors(tuple(_switches(pairs)),
                  tuple(_stretches(gt, [objects for objects, _ in matched])),
                  tuple(_stretches(free, [tracks for _, tracks in matched])))


def identity_switches(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes], iou_threshold: float = 0.5,
                      ) -> list[IdentitySwitch]:
    """Find all switches, ordered by frame. Both sides have one entry (ids (N,), boxes (N, 4)) per frame of the video.

    Raises ValueError if the numbers of frames differ.
    """
    return _switches(matches(gt, result, iou_threshold))


def _switches(matched: Iterable[Sequence[tuple[int, int]]]) -> list[IdentitySwitch]:
    last: dict[int, tuple[int, int]] = {}  # object -> its track and the frame in which they were last matched
    found: list[IdentitySwitch] = []
    for frame, pairs in enumerate(matched):
        for each, track in pairs:
            before = last.get(each)
            if before is not None and before[0] != track:
                found.append(IdentitySwitch(frame, before[1], each, before[0], track))
            last[each] = (track, frame)
    return found


def matches(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes], iou_threshold: float = 0.5,
            ) -> Iterator[list[tuple[int, int]]]:
    """Yield the matched (object, track) pairs of each frame. An object keeps its last matched track as long as they
    overlap enough; the others are matched for the most pairs, then for the greatest overlap.

    Raises ValueError if the numbers of frames differ.
    """
    if len(gt) != len(result):
        raise ValueError(f"the ground truth has {len(gt)} frames, the result {len(result)}")
    partner: dict[int, int] = {}
    for truth, found in zip(gt, result, strict=True):
        (objects, object_boxes), (tracks, boxes) = _plain(truth), _plain(found)
        overlap = np.asarray(box_iou(object_boxes, boxes), np.float64)
        free = np.where(overlap >= iou_threshold, 1 - overlap, np.nan)
        columns = {track: column for column, track in enumerate(tracks)}
        paired: list[tuple[int, int]] = []
        for row, each in enumerate(objects):
            column = columns.get(partner[each]) if each in partner else None
            if column is not None and np.isfinite(free[row, column]):
                paired.append((row, column))
                free[row, :] = np.nan
                free[:, column] = np.nan
        pairs = [(objects[row], tracks[column]) for row, column in [*paired, *assign(free)]]
        partner |= dict(pairs)
        yield pairs


def _off(frame: FrameBoxes, distractors: npt.ArrayLike, iou_threshold: float) -> FrameBoxes:
    """The boxes of a frame that overlap no distractor."""
    ids, boxes = _plain(frame)
    others = np.asarray(distractors, np.float64).reshape(-1, 4)
    if not len(others):
        return frame
    kept = ~(box_iou(boxes, others) >= iou_threshold).any(1)
    return np.array(ids, np.int64)[kept], boxes[kept]


def _stretches(frames: Sequence[FrameBoxes], matched: Sequence[set[int]]) -> list[Stretch]:
    """The stretches in which ids exist but are unmatched, ordered by first frame."""
    begun: dict[int, tuple[int, Box]] = {}  # id -> first frame of its stretch and its box in that frame
    found: list[Stretch] = []
    for index, frame in enumerate(frames):
        ids, boxes = _plain(frame)
        lone = {each: row for row, each in enumerate(ids) if each not in matched[index]}
        found += [Stretch(first, index - 1, each, box) for each, (first, box) in begun.items() if each not in lone]
        begun = {each: begun.get(each) or (index, _box(boxes[row])) for each, row in lone.items()}
    found += [Stretch(first, len(frames) - 1, each, box) for each, (first, box) in begun.items()]
    return sorted(found, key=lambda stretch: (stretch.first, stretch.id))


def _box(row: npt.NDArray[np.float64]) -> Box:
    x0, y0, x1, y1 = row.tolist()
    return x0, y0, x1, y1


def _plain(frame: FrameBoxes) -> tuple[list[int], npt.NDArray[np.float64]]:
    ids = np.asarray(frame[0], np.int64).reshape(-1)
    return ids.tolist(), np.asarray(frame[1], np.float64).reshape(len(ids), 4)

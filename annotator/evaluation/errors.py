"""Where a result confuses identities: the switches that CLEAR MOT counts, one by one.

Source of the matching: Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance", EURASIP JIVP
2008, section 2.2. An object stays matched with its last track as long as the two overlap enough; it is switched when
it is next matched with another one, however many frames lie between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.evaluation.arrays import FrameBoxes
from annotator.evaluation.clear_mot import assign
from annotator.model.box import box_iou


@dataclass(frozen=True, slots=True)
class IdentitySwitch:
    """A ground-truth object that was one track and is another."""

    frame: int
    """First frame in which it is the other."""
    last_frame: int
    """Last frame in which it was the one."""
    object: int
    """Ground-truth id."""
    before: int
    """Track id (or number) that it was matched with."""
    after: int


def identity_switches(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes], iou_threshold: float = 0.5,
                      ) -> list[IdentitySwitch]:
    """All switches, by frame. Both have one entry (ids (N,), boxes (N, 4)) per frame of the video.

    Raises ValueError if the numbers of frames differ.
    """
    last: dict[int, tuple[int, int]] = {}  # object -> its track, and when they were last matched
    found: list[IdentitySwitch] = []
    for frame, pairs in enumerate(matches(gt, result, iou_threshold)):
        for each, track in pairs:
            before = last.get(each)
            if before is not None and before[0] != track:
                found.append(IdentitySwitch(frame, before[1], each, before[0], track))
            last[each] = (track, frame)
    return found


def matches(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes], iou_threshold: float = 0.5,
            ) -> Iterator[list[tuple[int, int]]]:
    """(object, track) pairs of each frame. An object keeps the track that it was matched with last as long as their
    overlap allows; the others are matched so that most are, and overlap most.

    Raises ValueError if the numbers of frames differ.
    """
    if len(gt) != len(result):
        raise ValueError(f"ground truth has {len(gt)} frames, the result {len(result)}")
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


def _plain(frame: FrameBoxes) -> tuple[list[int], npt.NDArray[np.float64]]:
    ids = np.asarray(frame[0], np.int64).reshape(-1)
    return ids.tolist(), np.asarray(frame[1], np.float64).reshape(len(ids), 4)

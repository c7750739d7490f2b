"""Score UAVDT: all vehicles as one class, with ignore regions, at a given IoU threshold.

TrackEval does not support UAVDT, so its metrics run on boxes that are read and filtered here by the rules of the data
set's own toolkit (UAV-benchmark-MOTD, ``evaluateTracking``): boxes of the result that lie strictly inside an ignore
region are removed before matching; ground truth with 0 in its seventh column is not counted, nor are results after the
last frame of the ground truth. Source of data and files: Du et al., "The Unmanned Aerial Vehicle Benchmark: Object
Detection and Tracking", ECCV 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.arrays import run_metrics
from annotator.evaluation.overlaps import OverlapBuilder
from annotator.evaluation.scores import Scores
from annotator.formats.mot.rows import read_mot_rows
from annotator.model.box import box_iou

Boxes = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UavdtPair:
    """One sequence: its ground truth, its ignore regions, and its result."""

    name: str
    gt: Path
    ignore: Path | None
    """Ignore regions by frame, in rows of the same layout; None without ignore regions."""
    result: Path
    frame_count: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """The counted rows of one file, ordered by frame."""

    frame_index: Ids
    id: Ids
    box_xyxy: Boxes

    def __len__(self) -> int:
        return len(self.id)

    def of_frame(self, frame: int) -> _Rows:
        part = slice(*np.searchsorted(self.frame_index, (frame, frame + 1)))
        return _Rows(self.frame_index[part], self.id[part], self.box_xyxy[part])


def score_uavdt(pair: UavdtPair, iou_threshold: float) -> Scores:
    """Score one sequence; CLEAR and identity scores use ``iou_threshold``.

    Raises FormatError with file and line for malformed files, frames beyond the sequence, and an id that occurs twice
    in a frame.
    """
    gt = _rows(pair.gt, pair.frame_count, identities=True, flagged=True)
    result = _rows(pair.result, pair.frame_count, identities=True)
    regions = None if pair.ignore is None else _rows(pair.ignore, pair.frame_count)
    overlaps = OverlapBuilder()
    for frame in range(gt.frame_index[-1] + 1 if len(gt) else 0):
        truth, found = gt.of_frame(frame), result.of_frame(frame)
        counted = np.ones(len(found), bool)
        if regions is not None:
            counted = ~_within_one(found.box_xyxy, regions.of_frame(frame).box_xyxy)
        overlaps.add(truth.id, found.id[counted],
                     np.asarray(box_iou(truth.box_xyxy, found.box_xyxy[counted]), np.float64))
    return Scores.from_raw(run_metrics(overlaps.finish(), iou_threshold))


def _rows(path: Path, frame_count: int, identities: bool = False, flagged: bool = False) -> _Rows:
    """Read one file; ``flagged`` omits rows with 0 in the seventh column."""
    if not path.is_file():
        raise FormatError(f"{path} does not exist; expected a file with rows of frame,id,left,top,width,height")
    # The later columns are not MOTChallenge's class and flag, so the rows are read as plain boxes with an id.
    rows = read_mot_rows(path, "mot-det", frame_count=frame_count)
    if identities:
        pairs = np.stack([rows.frame_index, rows.id], 1)
        known, counts = np.unique(pairs, axis=0, return_counts=True)
        if (counts > 1).any():
            frame, number = known[counts > 1][0]
            raise FormatError(f"{path}: id {number} occurs more than once in frame {frame + 1}; ids must be unique "
                              "within a frame")
    counted = rows.seventh != 0 if flagged else np.ones(len(rows), bool)
    return _Rows(rows.frame_index[counted], rows.id[counted], rows.box_xyxy[counted])


def _within_one(boxes: Boxes, regions: Boxes) -> npt.NDArray[np.bool_]:
    """Whether boxes lie strictly inside one of the regions. (N, 4), (M, 4) -> (N,)."""
    inner, outer = boxes[:, None], regions[None]
    within = np.all((inner[..., :2] > outer[..., :2]) & (inner[..., 2:] < outer[..., 2:]), axis=2)
    return np.asarray(np.any(within, axis=1), bool)

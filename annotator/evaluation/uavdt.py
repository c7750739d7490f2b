"""Scores UAVDT: all vehicles as one class, ignore regions, at a box overlap of one's choice.

TrackEval has no UAVDT, so its metrics run on boxes that are read and sorted out here. A box of the result that matches
no ground truth at the overlap in question and lies with more than half its area in an ignore region is not counted;
that is how TrackEval treats ignore regions elsewhere (KITTI). Source of data and files: Du et al., "The Unmanned Aerial
Vehicle Benchmark: Object Detection and Tracking", ECCV 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.arrays import metric_data, run_metrics
from annotator.evaluation.clear_mot import assign
from annotator.evaluation.scores import Scores
from annotator.formats.mot_rows import MotRows, read_mot_rows
from annotator.model.box import box_area, box_iou, intersection_area

_IGNORE_SHARE = 0.5

Boxes = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UavdtPair:
    """One sequence: its ground truth, what is to be ignored, and its result."""

    name: str
    gt: Path
    ignore: Path | None
    """Regions by frame, in the same rows; None where there are none."""
    result: Path
    frame_count: int


def score_uavdt(pair: UavdtPair, iou_threshold: float) -> Scores:
    """Score one sequence; CLEAR and identity scores are at this overlap.

    Raises FormatError naming file and line for malformed files, frames beyond the sequence, and an id that comes twice
    in a frame.
    """
    gt = _rows(pair.gt, pair.frame_count, identities=True)
    result = _rows(pair.result, pair.frame_count, identities=True)
    regions = None if pair.ignore is None else _rows(pair.ignore, pair.frame_count, identities=False)
    gt_ids: list[Ids] = []
    ids: list[Ids] = []
    overlaps: list[Boxes] = []
    for frame in range(pair.frame_count):
        truth, found = _of_frame(gt, frame), _of_frame(result, frame)
        overlap = np.asarray(box_iou(truth[1], found[1]), np.float64)
        counted = np.ones(len(found[0]), bool)
        if regions is not None:
            counted = ~_excused(found[1], overlap, _of_frame(regions, frame)[1], iou_threshold)
        gt_ids.append(truth[0])
        ids.append(found[0][counted])
        overlaps.append(overlap[:, counted])
    return Scores.from_raw(run_metrics(metric_data(gt_ids, ids, overlaps), iou_threshold))


def _rows(path: Path, frame_count: int, identities: bool) -> MotRows:
    if not path.is_file():
        raise FormatError(f"{path} does not exist; expected rows of frame,id,left,top,width,height")
    # Their later columns are no class and flag of MOTChallenge, so they are read as plain boxes with an id.
    rows = read_mot_rows(path, "mot-det", frame_count=frame_count)
    if identities:
        pairs = np.stack([rows.frame_index, rows.id], 1)
        known, counts = np.unique(pairs, axis=0, return_counts=True)
        if (counts > 1).any():
            frame, number = known[counts > 1][0]
            raise FormatError(f"{path}: found id {number} more than once in frame {frame + 1}; expected each id once")
    return rows


def _of_frame(rows: MotRows, frame: int) -> tuple[Ids, Boxes]:
    part = slice(*np.searchsorted(rows.frame_index, (frame, frame + 1)))
    return rows.id[part], rows.box_xyxy[part]


def _excused(boxes: Boxes, overlap: Boxes, regions: Boxes, iou_threshold: float) -> npt.NDArray[np.bool_]:
    """Which boxes of the result lie in an ignore region and match nothing."""
    if not len(boxes) or not len(regions):
        return np.zeros(len(boxes), bool)
    area = np.maximum(box_area(boxes), np.finfo(float).tiny)
    excused = np.any(intersection_area(boxes, regions) / area[:, None] > _IGNORE_SHARE, axis=1)
    matched = assign(np.where(overlap >= iou_threshold, 1 - overlap, np.nan))
    excused[[column for _, column in matched]] = False
    return np.asarray(excused, bool)

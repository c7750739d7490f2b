"""Score tracks in memory, without files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.metrics import clear, hota, identity
from annotator.evaluation.overlaps import IntColumn, OverlapBuilder, Overlaps
from annotator.evaluation.scores import Scores
from annotator.model.box import box_iou
from annotator.model.sequence import LabelledFrame

FrameBoxes = tuple[npt.ArrayLike, npt.ArrayLike]
"""Integer ids (N,) and boxes (N, 4), ``xyxy`` pixels, of one frame."""


def evaluate_arrays(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes]) -> Scores:
    """Score tracks against ground truth; both have one entry per frame of the video.

    Raises ValueError if the numbers of frames differ, FormatError if an id occurs twice in a frame.
    """
    if len(gt) != len(result):
        raise ValueError(f"the ground truth has {len(gt)} frames, the result {len(result)}")
    overlaps = OverlapBuilder()
    for index, (truth, found) in enumerate(zip(gt, result, strict=True)):
        gt_ids, gt_boxes = _checked(truth, "ground truth", index)
        ids, boxes = _checked(found, "result", index)
        overlaps.add(gt_ids, ids, np.asarray(box_iou(gt_boxes, boxes), np.float64))
    return Scores.from_raw(run_metrics(overlaps.finish()))


def evaluate_frames(gt: Iterable[LabelledFrame], result: Iterable[LabelledFrame],
                    frame_count: int | None = None) -> Scores:
    """Score labelled frames, given in any order; missing frames have no boxes. Labels are not compared, and ignored
    ground truth is not counted. Without ``frame_count`` the video ends at the last frame of either side.

    Raises FormatError if a box has no track number or a frame lies beyond ``frame_count``.
    """
    gt_by_frame = {frame.frame_index: _frame_boxes(frame, "ground truth") for frame in gt}
    by_frame = {frame.frame_index: _frame_boxes(frame, "result") for frame in result}
    last = max([-1, *gt_by_frame, *by_frame])
    if frame_count is not None and last >= frame_count:
        raise FormatError(f"frame {last} is beyond the last frame of the video, {frame_count - 1}")
    empty: FrameBoxes = (np.zeros(0, np.int64), np.zeros((0, 4)))
    indices = range(last + 1 if frame_count is None else frame_count)
    return evaluate_arrays([gt_by_frame.get(index, empty) for index in indices],
                           [by_frame.get(index, empty) for index in indices])


def combine(scores: Mapping[str, Scores]) -> Scores:
    """Combine the scores of several sequences as benchmarks do: counts are summed, association scores weighted by
    their matches. Needs at least one sequence."""
    if not scores:
        raise ValueError("no sequences to combine")
    return Scores.from_raw({
        name: metric.combine_sequences({sequence: dict(each.raw[name]) for sequence, each in scores.items()})
        for name, metric in _metrics().items()})


def run_metrics(data: Overlaps, iou_threshold: float = 0.5) -> dict[str, dict[str, Any]]:
    """Compute HOTA, CLEAR and Identity of one sequence; return values by metric and TrackEval's field. CLEAR and
    Identity match boxes with at least ``iou_threshold``."""
    return {"HOTA": hota(data), "CLEAR": clear(data, iou_threshold), "Identity": identity(data, iou_threshold)}


def _metrics() -> dict[str, Any]:
    """TrackEval's metrics, which combine sequences; imported here because the import takes most of a second."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    config = {"PRINT_CONFIG": False}
    return {"HOTA": HOTA(), "CLEAR": CLEAR(config), "Identity": Identity(config)}


def _checked(frame: FrameBoxes, side: str, index: int) -> tuple[IntColumn, npt.NDArray[np.float64]]:
    ids = np.asarray(frame[0], np.int64).reshape(-1)
    if len(ids) > 1:
        ordered = np.sort(ids)
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(repeated):
            raise FormatError(f"the {side} has id {repeated[0]} more than once in frame index {index}")
    return ids, np.asarray(frame[1], np.float64).reshape(len(ids), 4)


def _frame_boxes(frame: LabelledFrame, side: str) -> FrameBoxes:
    ids = []
    boxes = []
    for box in frame.boxes:
        if box.ignored and side == "ground truth":
            continue
        if box.number is None:
            raise FormatError(f"the {side} has a box without a track number in frame index {frame.frame_index}")
        ids.append(box.number)
        boxes.append(box.box_xyxy)
    return np.asarray(ids, np.int64), np.asarray(boxes, np.float64).reshape(len(ids), 4)

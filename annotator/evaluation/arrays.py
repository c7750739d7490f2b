"""Score tracks in memory: TrackEval's metric classes run on overlaps computed here, without files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.scores import Scores
from annotator.model.box import box_iou
from annotator.model.sequence import LabelledFrame

FrameBoxes = tuple[npt.ArrayLike, npt.ArrayLike]
"""Integer ids (N,) and boxes (N, 4), ``xyxy`` pixels, of one frame."""

MetricData = dict[str, Any]
"""Input of TrackEval's metrics for one sequence: counts, and ids and similarities with one entry per frame."""

IntColumn = npt.NDArray[np.int64]
Similarity = npt.NDArray[np.float64]


def evaluate_arrays(gt: Sequence[FrameBoxes], result: Sequence[FrameBoxes]) -> Scores:
    """Score tracks against ground truth; both have one entry per frame of the video.

    Raises ValueError if the numbers of frames differ, FormatError if an id occurs twice in a frame.
    """
    if len(gt) != len(result):
        raise ValueError(f"the ground truth has {len(gt)} frames, the result {len(result)}")
    gt_ids, gt_boxes = _split(gt, "ground truth")
    ids, boxes = _split(result, "result")
    similarity = [np.asarray(box_iou(a, b), np.float64) for a, b in zip(gt_boxes, boxes, strict=True)]
    return Scores.from_raw(run_metrics(metric_data(gt_ids, ids, similarity)))


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


def metric_data(gt_ids: Sequence[IntColumn], ids: Sequence[IntColumn], similarity: Sequence[Similarity],
                ) -> MetricData:
    """Pack one sequence for TrackEval, with ids renumbered from 0. ``similarity[t]`` is (ground truth, result)."""
    gt_ids, gt_count = _contiguous(gt_ids)
    ids, count = _contiguous(ids)
    return {
        "num_timesteps": len(ids), "gt_ids": gt_ids, "tracker_ids": ids, "similarity_scores": list(similarity),
        "num_gt_ids": gt_count, "num_tracker_ids": count,
        "num_gt_dets": sum(map(len, gt_ids)), "num_tracker_dets": sum(map(len, ids)),
    }


def run_metrics(data: MetricData, iou_threshold: float = 0.5) -> dict[str, dict[str, Any]]:
    """Run TrackEval's HOTA, CLEAR and Identity on one sequence; return values by metric and field. CLEAR and Identity
    match boxes with at least ``iou_threshold``."""
    return {name: metric.eval_sequence(data) for name, metric in _metrics(iou_threshold).items()}


def _metrics(iou_threshold: float = 0.5) -> dict[str, Any]:
    """TrackEval's metrics; imported here because the import takes most of a second."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    config = {"PRINT_CONFIG": False, "THRESHOLD": iou_threshold}
    return {"HOTA": HOTA(), "CLEAR": CLEAR(config), "Identity": Identity(config)}


def _contiguous(ids: Sequence[IntColumn]) -> tuple[list[IntColumn], int]:
    if not ids:
        return [], 0
    known, flat = np.unique(np.concatenate(ids), return_inverse=True)
    return np.split(flat.astype(np.int64), np.cumsum([len(frame) for frame in ids])[:-1]), len(known)


def _split(frames: Sequence[FrameBoxes], side: str) -> tuple[list[IntColumn], list[npt.NDArray[np.float64]]]:
    all_ids: list[IntColumn] = []
    all_boxes: list[npt.NDArray[np.float64]] = []
    for index, (given_ids, given_boxes) in enumerate(frames):
        ids = np.asarray(given_ids, np.int64).reshape(-1)
        known, counts = np.unique(ids, return_counts=True)
        if len(known) < len(ids):
            raise FormatError(f"the {side} has id {known[counts > 1][0]} more than once in frame index {index}")
        all_ids.append(ids)
        all_boxes.append(np.asarray(given_boxes, np.float64).reshape(len(ids), 4))
    return all_ids, all_boxes


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

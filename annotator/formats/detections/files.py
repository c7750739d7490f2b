"""Detections read from a file, independent of its format (MOTChallenge ``det.txt`` or COCO results)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from annotator.model.frame import Detections


@dataclass(frozen=True, slots=True)
class DetectionFile:
    """All detections of one video."""

    frames: dict[int, Detections]
    """Frame index from 0 to its detections, in frame order; frames without detections are absent."""
    labels: tuple[str, ...]
    """Names that ``Detections.label`` indexes."""
    skipped: int = 0
    """Number of invalid rows that were skipped, if the caller asked for it."""
    score_range: tuple[float, float] = (0.0, 0.0)
    """Smallest and largest score. Scores are kept as in the file, whatever their scale (MOT15's detector has values up
    to 100)."""
    notes: tuple[str, ...] = field(default=())
    """What was guessed."""


def group_by_frame(frame_index: npt.NDArray[np.int64], box_xyxy: npt.NDArray[np.float64],
                   score: npt.NDArray[np.float64], label: npt.NDArray[np.int64]) -> dict[int, Detections]:
    """Group detections by frame. All arrays have N rows, sorted by frame."""
    boxes, scores, labels = box_xyxy.astype(np.float32), score.astype(np.float32), label.astype(np.int32)
    frames, starts = np.unique(frame_index, return_index=True)
    ends = [*starts[1:], len(frame_index)] if len(frames) else []
    return {int(frame): Detections(boxes[start:end], scores[start:end], labels[start:end])
            for frame, start, end in zip(frames, starts, ends, strict=True)}


def score_range(score: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Smallest and largest score; zeros if there are no scores."""
    return (float(score.min()), float(score.max())) if len(score) else (0.0, 0.0)

"""MOTChallenge text files: ground truth (``mot``), results (``mot-results``) and detections (``mot-det``)."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from annotator.formats.detections import DetectionFile, group_by_frame, score_range
from annotator.formats.mot_rows import OnBad, read_mot_rows, require_file
from annotator.model.frame import Detections

logger = logging.getLogger(__name__)


def load_mot_detections(path: Path, *, on_bad: OnBad = "raise", first_frame: int = 1,
                        one_based_pixels: bool = False) -> DetectionFile:
    """Read a detector's boxes from a MOTChallenge file, or from ``det/det.txt`` in a sequence's folder.

    Ids are not looked at. A missing confidence, or one of -1 on every row, reads as 1. Raises FormatError as
    `read_mot_rows` does; rows that are not finite or have a negative size are refused, or with ``on_bad="skip"`` left
    out and counted.
    """
    file = path / "det" / "det.txt" if path.is_dir() else path
    rows = read_mot_rows(require_file(file, "a MOTChallenge detection file (det.txt)"), "mot-det", on_bad=on_bad,
                         first_frame=first_frame, one_based_pixels=one_based_pixels)
    score = np.where(np.isnan(rows.seventh), 1.0, rows.seventh)
    if len(score) and (score == -1).all():
        score = np.ones_like(score)
    if rows.skipped:
        logger.warning("%s: left out %d rows whose box or confidence is not usable", file, rows.skipped)
    frames = group_by_frame(rows.frame_index, rows.box_xyxy, score, np.zeros(len(rows), np.int64))
    return DetectionFile(frames, ("object",), rows.skipped, score_range(score))


def read_mot_detections(path: Path, *, on_bad: OnBad = "raise") -> dict[int, Detections]:
    """Detections by frame index from 0. See `load_mot_detections`."""
    return load_mot_detections(path, on_bad=on_bad).frames

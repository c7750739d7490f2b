"""Greedy non-maximum suppression, per class. Pure NumPy, so that every backend gives the same boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from annotator.model.box import FloatArray, box_iou


def suppress(box_xyxy: FloatArray, score: FloatArray, label: npt.NDArray[np.integer], overlap: float,
             ) -> npt.NDArray[np.intp]:
    """Indices to keep, best score first (ties: lower index first).

    A box goes when one of its own class with a higher score overlaps it by more than ``overlap`` (IoU).
    ``box_xyxy`` is (N, 4), ``score`` and ``label`` are (N,). One matrix of (N, N) is built: keep N to a few thousand.
    """
    order = np.argsort(-score, kind="stable")
    boxes, labels = box_xyxy[order].astype(np.float64), label[order]
    rivals = (box_iou(boxes, boxes) > overlap) & (labels[:, None] == labels[None])
    alive = np.ones(len(order), bool)
    for row in range(len(order)):
        if alive[row]:
            alive[row + 1:] &= ~rivals[row, row + 1:]
    return np.asarray(order[alive], np.intp)

"""Greedy and soft non-maximum suppression, in pure NumPy, so that every backend returns the same boxes."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from annotator.model.box import FloatArray

#: Rows that are compared in one step; bounds memory independently of the number of boxes.
_BLOCK = 512


def suppress(box_xyxy: FloatArray, score: FloatArray, label: npt.NDArray[np.integer] | None, overlap: float,
             ) -> npt.NDArray[np.intp]:
    """Return the indices to keep, best score first (ties: lower index first).

    A box is removed if a box of its class with a higher score overlaps it by more than ``overlap`` (IoU); if ``label``
    is None, a box of any class. ``box_xyxy`` is (N, 4), ``score`` and ``label`` are (N,).
    """
    return greedy(box_xyxy, score, overlap, label=label)


def greedy(box_xyxy: FloatArray, score: FloatArray, overlap: float, *, label: npt.NDArray[np.integer] | None = None,
           offset: int = 0) -> npt.NDArray[np.intp]:
    """Greedy suppression; see `suppress`.

    With ``offset`` 1, right and bottom edges are inclusive: a box from 0 to 9 is 10 pixels wide.
    """
    order = np.argsort(-score, kind="stable")
    boxes = box_xyxy[order].astype(np.float64)
    labels = np.zeros(len(order), np.int64) if label is None else label[order]
    kept = np.zeros(0, np.intp)
    for start in range(0, len(order), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(order)))
        for part in range(0, len(kept), _BLOCK):
            known = kept[part:part + _BLOCK]
            block = block[~_rivals(boxes, labels, block, known, overlap, offset).any(1)]
        rivals = _rivals(boxes, labels, block, block, overlap, offset)
        alive = np.ones(len(block), bool)
        for row in range(len(block)):
            if alive[row]:
                alive[row + 1:] &= ~rivals[row, row + 1:]
        kept = np.concatenate([kept, block[alive]])
    return np.asarray(order[kept], np.intp)


def _rivals(boxes: FloatArray, labels: npt.NDArray[np.integer], rows: npt.NDArray[np.intp],
            columns: npt.NDArray[np.intp], overlap: float, offset: int) -> npt.NDArray[np.bool_]:
    """Return (rows, columns) bool: which pairs have the same class and overlap too much."""
    same = labels[rows][:, None] == labels[columns][None]
    return np.asarray((iou_with_offset(boxes[rows], boxes[columns], offset) > overlap) & same)


def iou_with_offset(a_xyxy: FloatArray, b_xyxy: FloatArray, offset: int) -> FloatArray:
    """Return the pairwise IoU of boxes with sides ``x2 - x1 + offset``. (N, 4), (M, 4) -> (N, M); 0 for empty boxes."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    shared = np.clip(high - low + offset, 0, None).prod(2)
    union = _area(a_xyxy, offset)[:, None] + _area(b_xyxy, offset)[None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _area(box_xyxy: FloatArray, offset: int) -> FloatArray:
    return np.asarray(np.clip(box_xyxy[:, 2:] - box_xyxy[:, :2] + offset, 0, None).prod(1))


class Decay(IntEnum):
    """How soft suppression lowers the score of a box that overlaps a better one."""

    NAIVE = 0
    """To zero above the given overlap: greedy suppression."""
    LINEAR = 1
    """By the factor 1 - IoU above the given overlap."""
    GAUSSIAN = 2
    """By the factor exp(-IoU^2 / sigma) at any overlap."""


def soft(box_xyxy: FloatArray, score: FloatArray, overlap: float, *, sigma: float = 0.5, min_score: float = 1e-3,
         decay: Decay = Decay.LINEAR, offset: int = 0) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Soft suppression: return the kept indices in the order of the lowered scores, and those scores.

    A box is removed if its lowered score falls below ``min_score``; the best box is always kept.
    (N, 4), (N,) -> (K,), (K,). Source: Bodla et al., Soft-NMS, ICCV 2017, section 3.
    """
    lowered = np.array(score, np.float64)
    boxes = box_xyxy.astype(np.float64)
    remaining = np.arange(len(lowered))
    kept: list[int] = []
    while len(remaining):
        best = int(lowered[remaining].argmax())
        index = int(remaining[best])
        kept.append(index)
        remaining = np.delete(remaining, best)
        iou = iou_with_offset(boxes[index:index + 1], boxes[remaining], offset)[0]
        lowered[remaining] *= _factor(iou, overlap, sigma, decay)
        remaining = remaining[lowered[remaining] >= min_score]
    indices = np.array(kept, np.intp)
    return indices, lowered[indices]


def _factor(iou: FloatArray, overlap: float, sigma: float, decay: Decay) -> FloatArray:
    if decay is Decay.GAUSSIAN:
        return np.asarray(np.exp(-iou ** 2 / sigma))
    return np.asarray(np.where(iou < overlap, 1.0, 0.0 if decay is Decay.NAIVE else 1.0 - iou))

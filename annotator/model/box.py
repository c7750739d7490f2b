"""Boxes: float pixels, ``xyxy``, right and bottom edges exclusive, origin at the top left corner of the frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]
"""``x1, y1, x2, y2`` of one box."""

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


def box_area(box_xyxy: FloatArray) -> FloatArray:
    """Areas in square pixels. (..., 4) -> (...); a box with negative width or height has area 0."""
    size = np.clip(box_xyxy[..., 2:] - box_xyxy[..., :2], 0, None)
    return np.asarray(size[..., 0] * size[..., 1])


def intersection_area(a_xyxy: FloatArray, b_xyxy: FloatArray) -> FloatArray:
    """Pairwise intersection area in square pixels. (N, 4), (M, 4) -> (N, M)."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    size = np.clip(high - low, 0, None)
    return np.asarray(size[..., 0] * size[..., 1])


def box_iou(a_xyxy: FloatArray, b_xyxy: FloatArray) -> FloatArray:
    """Pairwise intersection over union. (N, 4), (M, 4) -> (N, M); 0 where both boxes are empty."""
    overlap = intersection_area(a_xyxy, b_xyxy)
    union = box_area(a_xyxy)[:, None] + box_area(b_xyxy)[None] - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0))


def box_giou(a_xyxy: FloatArray, b_xyxy: FloatArray) -> FloatArray:
    """Pairwise generalised IoU, -1..1: the IoU less the share of the smallest box around both that neither covers.
    (N, 4), (M, 4) -> (N, M). A box within another one has its IoU; boxes far apart approach -1."""
    low = np.minimum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.maximum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    hull = box_area(np.concatenate([low, high], -1))
    union = box_area(a_xyxy)[:, None] + box_area(b_xyxy)[None] - intersection_area(a_xyxy, b_xyxy)
    gap = np.divide(hull - union, hull, out=np.zeros_like(hull), where=hull > 0)
    return np.asarray(box_iou(a_xyxy, b_xyxy) - gap)


def clip_boxes(box_xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """Clip boxes to the frame. (..., 4) -> (..., 4)."""
    limit = np.array([width, height, width, height], dtype=box_xyxy.dtype)
    return np.clip(box_xyxy, 0, limit)


def valid_boxes(box_xyxy: FloatArray, width: int, height: int) -> BoolArray:
    """Whether boxes are finite, of positive size, and at least partly in the frame. (N, 4) -> (N,)."""
    finite = np.isfinite(box_xyxy).all(-1)
    with np.errstate(invalid="ignore"):
        clipped = clip_boxes(box_xyxy, width, height)
        upright = (box_xyxy[..., 2:] > box_xyxy[..., :2]).all(-1)
        inside = (clipped[..., 2:] > clipped[..., :2]).all(-1)
    return np.asarray(finite & upright & inside)

"""Measure how difficult a synthetic clip is for a tracker."""

from __future__ import annotations

import numpy as np

from annotator.model.box import box_iou
from testbed.synthetic_clips import Clip

#: IoU above which two objects are crossing.
CROSSING_IOU = 0.3


def difficulty(clip: Clip) -> dict[str, float]:
    """Return crossings, occluded frames, entries, object size and speed of a clip."""
    boxes, visible = clip.boxes(), clip.visible()
    frames, objects = visible.shape
    crossing = np.zeros((frames, objects, objects), bool)
    for t in range(frames):
        filled = np.nan_to_num(boxes[t])
        crossing[t] = np.triu(box_iou(filled, filled) > CROSSING_IOU, 1)
    starts = crossing & ~np.concatenate([np.zeros_like(crossing[:1]), crossing[:-1]])
    entries = visible[1:] & ~visible[:-1]
    size = np.sqrt(np.nanmean((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))) / clip.spec.height
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    speed = np.nanmean(np.linalg.norm(np.diff(centre, axis=0), axis=-1)) / clip.spec.height
    return {
        "objects": int(visible.any(0).sum()), "crossings": int(starts.sum()),
        "crossing_share": round(float(crossing.any((1, 2)).mean()), 3),
        "hidden_share": round(1 - float(visible.mean()), 3),
        "longest_hidden": int(max(_longest_gap(visible[:, n]) for n in range(objects))),
        "entries": int(entries.sum()), "size": round(float(size), 3), "speed": round(float(speed), 4),
    }


def _longest_gap(visible: np.ndarray) -> int:
    """Return the longest run of frames without the object, with the object visible before and after."""
    seen = np.flatnonzero(visible)
    return int(np.diff(seen).max() - 1) if len(seen) > 1 else 0

"""Cross-object interaction: decide which object occludes which, and so which may write memory (SAM2MOT, section 3.3).

Pure NumPy. When the masks of two live objects nearly coincide, one occludes the other, and the occluded object's mask
is really its neighbour's. Memorising that mask would lose the identity permanently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotator.engine.settings import InteractionSettings


def occlusions(mask_iou: npt.NDArray[np.floating], score: npt.NDArray[np.floating],
               recent_scores: Sequence[Sequence[float]], settings: InteractionSettings) -> dict[int, int]:
    """Return which objects are occluded in this frame, and by which other object.

    Parameters
    ----------
    mask_iou
        (N, N) IoU of the live objects' masks in this frame.
    score
        (N,) score logits of this frame.
    recent_scores
        The last logits of each object, including this frame's, oldest first; at most ``window`` are used.

    Returns
    -------
    Index of each occluded object -> index of the object that occludes it (the one with the highest overlap).
    """
    if not settings.enabled:
        return {}
    deviation = [float(np.std(np.asarray(s[-settings.window:], np.float64))) for s in recent_scores]
    occluded: dict[int, int] = {}
    pairs = np.argwhere(np.triu(mask_iou > settings.mask_iou, 1))
    for a, b in pairs[np.argsort([-mask_iou[a, b] for a, b in pairs], kind="stable")] if len(pairs) else pairs:
        loser = _occluded_one(int(a), int(b), score, deviation, settings)
        if loser is not None:
            occluded.setdefault(loser, int(b) if loser == a else int(a))
    return occluded


def _occluded_one(a: int, b: int, score: npt.NDArray[np.floating], deviation: Sequence[float],
                  settings: InteractionSettings) -> int | None:
    gap = float(score[a] - score[b])
    if abs(gap) > settings.score_gap:
        return b if gap > 0 else a
    spread = deviation[a] - deviation[b]
    if abs(spread) < settings.min_deviation_gap:
        return None
    return a if spread > 0 else b


def pairwise_mask_iou(masks: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the IoU of every pair of masks. (N, H, W) bool -> (N, N); 0 if both are empty."""
    flat = masks.reshape(len(masks), math.prod(masks.shape[1:])).astype(np.float32)
    overlap = (flat @ flat.T).astype(np.float64)
    area = np.diagonal(overlap)
    union = area[:, None] + area[None] - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


"""How well a mask fits the true one: the region and the boundary measure of DAVIS.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016, section 5.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Bitmap = npt.NDArray[np.bool_]
"""(H, W)."""

#: How far boundaries may lie apart, as a share of the picture's diagonal.
BOUNDARY_TOLERANCE = 0.008


def region_similarity(found: Bitmap, truth: Bitmap) -> float:
    """J: intersection over union; 1 where both are empty."""
    union = int((found | truth).sum())
    return int((found & truth).sum()) / union if union else 1.0


def boundary_accuracy(found: Bitmap, truth: Bitmap, tolerance: float = BOUNDARY_TOLERANCE) -> float:
    """F: harmonic mean of the shares of each boundary that lie near the other; 1 where both are empty.

    Near is within ``tolerance`` of the diagonal, rounded up to whole pixels.
    """
    reach = int(np.ceil(tolerance * np.hypot(*truth.shape)))
    ours, theirs = _boundary(found), _boundary(truth)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision, recall = _share_near(ours, theirs, reach), _share_near(theirs, ours, reach)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _boundary(mask: Bitmap) -> Bitmap:
    """Pixels that differ from their right, lower or lower right neighbour; the picture's own edge is none."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    return np.asarray((here != padded[:-1, 1:]) | (here != padded[1:, :-1]) | (here != padded[1:, 1:]))


def _share_near(boundary: Bitmap, other: Bitmap, reach: int) -> float:
    """Share of one boundary's pixels that have one of the other's within reach."""
    distance = cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float((distance[boundary] <= reach + 1e-3).mean())

"""Reduce a path of boxes to keyframes such that linear interpolation between them stays close to the path.

Line simplification after Douglas and Peucker ("Algorithms for the reduction of the number of points required to
represent a digitized line or its caricature", Cartographica 10, 1973), with distances taken in time: a box is compared
with the interpolated box of the same frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from annotator.model.box import box_area

Boxes = npt.NDArray[np.float64]
#: (N, 4) boxes of the path, (N, 4) interpolated boxes -> (N,) distances in units of the tolerance; up to 1 is allowed.
Distance = Callable[[Boxes, Boxes], npt.NDArray[np.float64]]


def within_pixels(tolerance: float) -> Distance:
    """Tolerance in pixels: no edge of a box may be off by more."""
    return lambda path, drawn: np.abs(path - drawn).max(1) / max(tolerance, 1e-9)


def within_iou(least: float) -> Distance:
    """Tolerance as the least IoU of an interpolated box with the original one."""

    def distance(path: Boxes, drawn: Boxes) -> npt.NDArray[np.float64]:
        low, high = np.maximum(path[:, :2], drawn[:, :2]), np.minimum(path[:, 2:], drawn[:, 2:])
        size = np.clip(high - low, 0, None)
        common = size[:, 0] * size[:, 1]
        union = np.maximum(box_area(path) + box_area(drawn) - common, 1e-9)
        return np.asarray((1 - common / union) / max(1 - least, 1e-9))

    return distance


def line_between(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], count: int) -> Boxes:
    """Interpolate linearly over ``count`` frames. (4,), (4,) boxes of the first and last frame -> (count, 4) boxes."""
    share = np.linspace(0, 1, count)[:, None]
    return start + (end - start) * share


def choose_keyframes(box_xyxy: Boxes, distance: Distance, fixed: Iterable[int] = ()) -> list[int]:
    """Choose the boxes of a path to keep, so that linear interpolation between them reproduces the others within a
    tolerance.

    Parameters
    ----------
    box_xyxy
        (N, 4) float pixels, one box for each of N consecutive frames.
    distance
        From `within_pixels` or `within_iou`.
    fixed
        Indices that are always kept.

    Returns
    -------
    Ascending indices, including the first and the last box.
    """
    count = len(box_xyxy)
    if count < 3:
        return list(range(count))
    kept = {0, count - 1, *(k for k in fixed if 0 <= k < count)}
    ordered = sorted(kept)
    open_stretches = list(pairwise(ordered))
    while open_stretches:
        start, end = open_stretches.pop()
        if end - start < 2:
            continue
        line = line_between(box_xyxy[start], box_xyxy[end], end - start + 1)
        off = distance(box_xyxy[start:end + 1], line)
        worst = int(np.argmax(off[1:-1])) + 1
        if off[worst] > 1:
            kept.add(start + worst)
            open_stretches += [(start, start + worst), (start + worst, end)]
    return sorted(kept)

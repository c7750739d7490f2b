"""Outlines of bitmaps as closed loops of corners on the edges between pixels.

Filled by the even-odd rule, the loops of a bitmap cover exactly its pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.model.mask import Bitmap, Mask

Loop = npt.NDArray[np.float64]
"""(N, 2) float pixels, x and y of the corners; pixel (0, 0) covers 0..1."""

#: Of small parts, the farthest distance of a simplified outline from the edge is this share of their size, so that they
#: keep their shape.
_SHARE = 0.02


def mask_loops(mask: Mask, tolerance: float) -> list[Loop]:
    """The outlines of a mask in the frame's pixels, simplified: no farther than the tolerance from its edge."""
    if mask.is_empty():
        return []
    place = np.array([mask.left, mask.top], np.float64)
    return [simplified(loop, tolerance) + place for loop in loops(mask.crop())]


def loops(bitmap: Bitmap) -> list[Loop]:
    """Closed lines along the pixel edges, (N, 2) corners each; those around holes run the other way."""
    padded = np.pad(bitmap, 1)
    a, b, c, d = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    single = a ^ b ^ c ^ d
    # Two lines touch where the pixels of a diagonal are set and the others not: the corner belongs to both.
    double = (a == d) & (b == c) & (a != b)
    y, x = np.nonzero(single | double)
    again = double[y, x]
    x, y = np.concatenate([x, x[again]]), np.concatenate([y, y[again]])
    across, down = _partners(np.lexsort((x, y))), _partners(np.lexsort((y, x)))
    left = np.ones(len(x), bool)
    found = []
    for start in np.lexsort((x, y)).tolist():
        if not left[start]:
            continue
        corners, at, step = [], start, across
        while left[at]:
            left[at] = False
            corners.append(at)
            at, step = int(step[at]), down if step is across else across
        loop = np.stack([x[corners], y[corners]], 1).astype(np.float64)
        inside = bitmap[min(int(y[start]), bitmap.shape[0] - 1), min(int(x[start]), bitmap.shape[1] - 1)]
        found.append(loop if inside else loop[::-1])
    return found


def _partners(order: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For each corner the other end of its edge, from the order in which the corners lie on their lines."""
    partners = np.empty_like(order)
    partners[order[::2]], partners[order[1::2]] = order[1::2], order[::2]
    return partners


def simplified(loop: Loop, tolerance: float) -> Loop:
    """A loop with fewer corners, none farther from it than the tolerance in pixels."""
    import cv2  # slow to load

    tolerance = min(tolerance, _SHARE * abs(loop_area(loop)) ** 0.5)
    if tolerance <= 0 or len(loop) <= 4:
        return loop
    fewer: Any = cv2.approxPolyDP(loop.astype(np.float32)[:, None], tolerance, closed=True)[:, 0].astype(np.float64)
    return fewer if len(fewer) >= 3 and loop_area(fewer) else loop


def loop_area(loop: Loop) -> float:
    """The area in square pixels that a loop encloses; negative if it runs the other way, as holes do."""
    x, y = loop[:, 0], loop[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2

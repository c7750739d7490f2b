"""Outlines of masks as one closed polygon each, for formats that store polygons.

The corners lie on the edges between pixels. Parts and holes are joined by bridges without width, which trainers and
annotation tools also use; filled by the even-odd rule, as by pycocotools, OpenCV and Pillow, or by the non-zero rule,
as by browsers, the polygon covers the mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.model.mask import Bitmap, Mask

Loop = npt.NDArray[np.float64]

#: Farthest distance of a simplified outline from the mask's edge, in pixels: just enough to join the steps of a slanted
#: edge. Of small parts it is this share of their size, so that they keep their shape.
TOLERANCE, _SHARE = 0.75, 0.02
#: Pairs of corners among which the shortest bridge is looked for; of more, only every n-th corner is tried.
_MOST_PAIRS = 4_000_000


def outline(mask: Mask, width: int, height: int, tolerance: float = TOLERANCE) -> list[float]:
    """Corners ``x, y, x, y, ...`` of a polygon around a mask, clipped to a frame of this size; empty if the mask is."""
    x0, y0 = max(mask.left, 0), max(mask.top, 0)
    x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
    if x0 >= x1 or y0 >= y1:
        return []
    bitmap = mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left]
    loops = [_simplified(loop, tolerance) for loop in _loops(bitmap)]
    loops.sort(key=lambda loop: -abs(_area(loop)))
    if not loops:
        return []
    joined = loops[0]
    for loop in loops[1:]:
        joined = _bridged(joined, loop)
    corners: list[float] = (joined + np.array([x0, y0])).ravel().tolist()
    return corners


def _loops(bitmap: Bitmap) -> list[Loop]:
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
    loops = []
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
        loops.append(loop if inside else loop[::-1])
    return loops


def _partners(order: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For each corner the other end of its edge, from the order in which the corners lie on their lines."""
    partners = np.empty_like(order)
    partners[order[::2]], partners[order[1::2]] = order[1::2], order[::2]
    return partners


def _simplified(loop: Loop, tolerance: float) -> Loop:
    import cv2

    tolerance = min(tolerance, _SHARE * abs(_area(loop)) ** 0.5)
    if tolerance <= 0 or len(loop) <= 4:
        return loop
    fewer: Any = cv2.approxPolyDP(loop.astype(np.float32)[:, None], tolerance, closed=True)[:, 0].astype(np.float64)
    return fewer if len(fewer) >= 3 and _area(fewer) else loop


def _area(loop: Loop) -> float:
    x, y = loop[:, 0], loop[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _bridged(first: Loop, second: Loop) -> Loop:
    """One polygon of two, joined where they are nearest."""
    step = max(1, len(first) * len(second) // _MOST_PAIRS)
    some = first[::step]
    apart = ((some[:, None] - second[None]) ** 2).sum(2)
    at, other = divmod(int(apart.argmin()), len(second))
    at *= step
    turned = np.roll(second, -other, 0)
    return np.concatenate([first[:at + 1], turned, turned[:1], first[at:]])

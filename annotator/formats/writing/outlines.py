"""Outlines of masks as one closed polygon each, for formats that store polygons.

The corners lie on the edges between pixels. Parts and holes are joined by bridges without width, which trainers and
annotation tools also use; filled by the even-odd rule, as by pycocotools, OpenCV and Pillow, or by the non-zero rule,
as by browsers, the polygon covers the mask.
"""

from __future__ import annotations

import numpy as np

from annotator.model.mask import Mask
from annotator.model.painting.outlines import Loop, loop_area, loops, simplified

#: Farthest distance of a simplified outline from the mask's edge, in pixels: just enough to join the steps of a slanted
#: edge.
TOLERANCE = 0.75
#: Pairs of corners among which the shortest bridge is looked for; of more, only every n-th corner is tried.
_MOST_PAIRS = 4_000_000


def outline(mask: Mask, width: int, height: int, tolerance: float = TOLERANCE) -> list[float]:
    """Corners ``x, y, x, y, ...`` of a polygon around a mask, clipped to a frame of this size; empty if the mask is."""
    x0, y0 = max(mask.left, 0), max(mask.top, 0)
    x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
    if x0 >= x1 or y0 >= y1:
        return []
    bitmap = mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left]
    found = [simplified(loop, tolerance) for loop in loops(bitmap)]
    found.sort(key=lambda loop: -abs(loop_area(loop)))
    if not found:
        return []
    joined = found[0]
    for loop in found[1:]:
        joined = _bridged(joined, loop)
    corners: list[float] = (joined + np.array([x0, y0])).ravel().tolist()
    return corners


def _bridged(first: Loop, second: Loop) -> Loop:
    """One polygon of two, joined where they are nearest."""
    step = max(1, len(first) * len(second) // _MOST_PAIRS)
    some = first[::step]
    apart = ((some[:, None] - second[None]) ** 2).sum(2)
    at, other = divmod(int(apart.argmin()), len(second))
    at *= step
    turned = np.roll(second, -other, 0)
    return np.concatenate([first[:at + 1], turned, turned[:1], first[at:]])

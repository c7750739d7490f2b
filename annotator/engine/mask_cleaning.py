"""Clean up a drawn mask: let the segmenter find the object that the mask means."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from annotator.engine.prompting import Seen
from annotator.model.mask import Mask
from annotator.model.painting.mask_algebra import mask_iou
from annotator.model.prompt import Point, Prompt

#: Least IoU of a found object with the drawn mask; below it, the segmenter means something else.
LEAST_AGREEMENT = 0.7
#: Most points inside the mask that one prompt has.
_POINTS = 3


def cleaning_prompts(mask: Mask, frame: int) -> dict[int, Prompt]:
    """Prompts that describe a drawn mask, by number: its box; its box and the point deepest inside it; its box, several
    points deep inside it, and those in the box that are farthest from it."""
    box = mask.box_xyxy
    inside = _deepest(mask.crop(), _POINTS)
    outside = _deepest(~mask.crop(), 2, least=max(min(mask.width, mask.height) / 8, 2.0))
    points = [Point(mask.left + x, mask.top + y) for x, y in inside]
    holes = [Point(mask.left + x, mask.top + y, False) for x, y in outside]
    return {1: Prompt(frame, box), 2: Prompt(frame, box, tuple(points[:1])), 3: Prompt(frame, box, (*points, *holes))}


def best_cleaned(mask: Mask, found: Iterable[Seen]) -> tuple[Seen | None, float]:
    """Choose the object that agrees best with the drawn mask. Returns it (None if none agrees enough) and the IoU."""
    rated = [(mask_iou(mask, seen.mask), number, seen) for number, seen in enumerate(found)]
    if not rated:
        return None, 0.0
    agreement, _, seen = max(rated, key=lambda each: each[:2])
    return (seen if agreement >= LEAST_AGREEMENT else None), agreement


def _deepest(bitmap: npt.NDArray[np.bool_], most: int, least: float = 0.5) -> list[tuple[float, float]]:
    """Pixel centers that lie deepest inside a bitmap, each at least as far from the others as from its edge."""
    import cv2  # slow to load

    depth = cv2.distanceTransform(np.pad(bitmap, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1].copy()
    rows, columns = np.mgrid[:depth.shape[0], :depth.shape[1]]
    found: list[tuple[float, float]] = []
    while len(found) < most:
        y, x = divmod(int(depth.argmax()), depth.shape[1])
        reach = float(depth[y, x])
        if reach < least:
            break
        found.append((x + 0.5, y + 0.5))
        depth[(rows - y) ** 2 + (columns - x) ** 2 <= (2 * reach) ** 2] = 0
    return found

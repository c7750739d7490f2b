"""Remove overlaps of masks: a shared pixel goes to the mask with the higher score, then to the smaller mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotator.errors import FormatError
from annotator.formats.writing.file_format import Target
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

NO_MASK = "boxes without a mask (this format stores only masks)"
COVERED = "masks entirely covered by others (this format forbids overlap)"
TRIMMED = "mask pixels covered by other masks (this format forbids overlap)"


def without_overlaps(boxes: Sequence[LabelledBox], info: SequenceInfo, target: Target) -> list[LabelledBox]:
    """Return the boxes with masks that neither overlap nor leave the frame; each box is the tight box of its mask.

    Ignored boxes yield to all others and become ignore regions; a region without a mask covers its box. Losses are
    counted. Raises FormatError if the frame size is unknown.
    """
    if info.width <= 0 or info.height <= 0:
        raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")
    masked = []
    for box in boxes:
        mask = _region_mask(box, info) if box.mask is None and box.ignored else box.mask
        if mask is None or mask.is_empty():
            target.drop(box, NO_MASK)
        else:
            masked.append((box, mask))
    # The order of regions is arbitrary but fixed, so that the regions of a frame are always the same.
    masked.sort(key=lambda each: (each[0].ignored, -each[0].score, each[1].area(), each[0].number or 0,
                                  each[0].box_xyxy))
    taken = np.zeros((info.height, info.width), bool)
    kept = []
    for box, mask in masked:
        free = _claim(mask, taken)
        if free.is_empty():
            target.drop(box, COVERED)
            continue
        lost = mask.area() - free.area()
        if lost:
            target.tally.dropped[TRIMMED] += lost
        kept.append(replace(box, number=None if box.ignored else box.number, mask=free, box_xyxy=free.box_xyxy))
    return sorted(kept, key=lambda box: (box.number is None, box.number or 0, box.box_xyxy))


def _region_mask(box: LabelledBox, info: SequenceInfo) -> Mask:
    x1, y1, x2, y2 = box.box_xyxy
    left, top = max(round(x1), 0), max(round(y1), 0)
    right, bottom = min(round(x2), info.width), min(round(y2), info.height)
    return Mask.from_bitmap(np.ones((max(bottom - top, 0), max(right - left, 0)), bool), left, top)


def _claim(mask: Mask, taken: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Mask:
    """Return the free part of a mask and mark its pixels as taken."""
    height, width = taken.shape
    x0, y0 = max(mask.left, 0), max(mask.top, 0)
    x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
    if x0 >= x1 or y0 >= y1:
        return Mask(0, 0, 0, 0, b"")
    crop = mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left]
    place = taken[y0:y1, x0:x1]
    free = crop & ~place
    place |= crop
    return mask if free.shape == (mask.height, mask.width) and (free == crop).all() else Mask.from_bitmap(free, x0, y0)

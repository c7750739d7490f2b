"""Resize low-resolution mask logits to masks in video pixels.

Only the area around each mask is interpolated, so the cost depends on the size of the objects, not of the frame.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.model.box import Box
from annotator.model.mask import EMPTY_MASK, Mask

Logits = npt.NDArray[np.float32]


def without_specks(logits: Logits, min_share: float, min_distance: float = 0.0) -> Logits:
    """Return the logits without the specks of the mask. (h, w) float32 -> (h, w) float32.

    A speck is a separate part with less than ``min_share`` of the cells of the largest part, and with a gap between the
    bounding boxes of the two of at least ``min_distance`` times the longer side of the largest part's box. It would
    inflate the object's box. A small part near the object, such as a leg below what hides the knee, belongs to it.
    """
    if min_share == 0:
        return logits
    on = (logits > 0).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(on, connectivity=8)
    if count <= 2:
        return logits
    cells = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    cells[0] = 0
    largest = int(cells.argmax())
    reach = min_distance * float(stats[largest, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max())
    small = (cells < min_share * cells[largest]) & (_gaps(stats, largest) >= reach)
    small[0] = False
    return np.where(small[parts], np.float32(-1.0), logits).astype(np.float32) if small.any() else logits


def _gaps(stats: npt.NDArray[np.integer[Any] | np.floating[Any]], index: int) -> npt.NDArray[np.float64]:
    """Return the distance in cells from one part's bounding box to each part's: (N,); 0 where they overlap."""
    low = stats[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]]
    high = low + stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    gap = np.clip(np.maximum(low - high[index], low[index] - high), 0, None)
    return np.asarray(np.hypot(gap[:, 0], gap[:, 1]), np.float64)


class MaskResizer:
    """Interpolates logits bilinearly, like ``F.interpolate(..., align_corners=False)``, and thresholds them at 0."""

    def __init__(self, cells: int, width: int, height: int) -> None:
        self._x = _Axis(cells, width)
        self._y = _Axis(cells, height)

    def mask(self, logits: Logits) -> Mask:
        """Return the mask in video pixels of (cells, cells) float32 logits."""
        rows, columns = np.flatnonzero((logits > 0).any(1)), np.flatnonzero((logits > 0).any(0))
        if not len(rows):
            return EMPTY_MASK
        top, bottom = self._y.pixels(rows[0], rows[-1])
        left, right = self._x.pixels(columns[0], columns[-1])
        y, x = slice(top, bottom), slice(left, right)
        down, across = self._y.weight[y, None], self._x.weight[None, x]
        rows_between = logits[self._y.low[y]] * (1 - down) + logits[self._y.high[y]] * down
        fine = rows_between[:, self._x.low[x]] * (1 - across) + rows_between[:, self._x.high[x]] * across
        return Mask.from_bitmap(fine > 0, left, top)

    def to_cells(self, box_xyxy: npt.NDArray[np.floating]) -> Box:
        """Convert a box from video pixels to cells."""
        x0, y0, x1, y1 = (float(v) for v in box_xyxy)
        return x0 / self._x.scale, y0 / self._y.scale, x1 / self._x.scale, y1 / self._y.scale


class _Axis:
    """The position of each pixel of one axis between two cells."""

    def __init__(self, cells: int, pixels: int) -> None:
        self.scale, self._count = pixels / cells, pixels
        position = np.clip((np.arange(pixels) + 0.5) / self.scale - 0.5, 0, None)
        self.low = np.minimum(position.astype(np.intp), cells - 1)
        self.high = np.minimum(self.low + 1, cells - 1)
        self.weight = (position - self.low).astype(np.float32)

    def pixels(self, first: int, last: int) -> tuple[int, int]:
        """Return the range of pixels that cells first..last can make positive."""
        return (max(0, int((first - 0.5) * self.scale) - 1),
                min(self._count, int(np.ceil((last + 1.5) * self.scale)) + 1))

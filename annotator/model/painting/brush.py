"""Paint a mask: brush, eraser and polygons on a bitmap of the frame. A stroke costs as much as the region it covers,
whatever the size of the frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from annotator.model.mask import EMPTY_MASK, Bitmap, Mask
from annotator.model.painting.mask_algebra import Corners, Place, bitmap_in, of_polygons, place_of

#: Smallest and largest diameter of a brush, in pixels of the frame.
SMALLEST_BRUSH, LARGEST_BRUSH = 1, 1000


class BrushShape(StrEnum):
    """The shape of the brush's tip."""

    ROUND = "round"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Brush:
    """The tip that a stroke is drawn with."""

    size: int
    """Diameter or side, in pixels of the frame."""
    shape: BrushShape = BrushShape.ROUND
    erases: bool = False

    def resized(self, steps: float) -> Brush:
        """The brush after so many steps of the wheel; each changes the size by a sixth, and by one pixel at least."""
        size = self.size * (7 / 6) ** steps
        size = max(size, self.size + 1) if steps > 0 else min(size, self.size - 1) if steps < 0 else self.size
        return Brush(min(max(round(size), SMALLEST_BRUSH), LARGEST_BRUSH), self.shape, self.erases)


class Painting:
    """A mask that is being painted in a frame of a given size.

    Pixels beyond the frame's edge are cut. Pixels of protected masks are never added, but those that the mask already
    had stay. Each change returns the region that it may have changed, for whoever draws it.
    """

    def __init__(self, width: int, height: int, mask: Mask = EMPTY_MASK, protected: Iterable[Mask] = ()) -> None:
        # Zeroed memory that is never touched costs nothing, so a large frame begins as fast as a small one.
        self._pixels = np.zeros((height, width), bool)
        self._reach = _clip(place_of(mask), width, height)
        self._put(self._reach, bitmap_in(mask, self._reach))
        # Decoded once and not per step of a stroke.
        self._protected = [(place, bitmap_in(each, place)) for each in protected
                           if (place := _clip(place_of(each), width, height))[2]]
        self.refused = 0
        """Pixels that were not added because a protected mask has them; counted once per stroke that meets them."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame."""
        return self._pixels.shape[1], self._pixels.shape[0]

    @property
    def reach(self) -> Place:
        """A region that holds all set pixels."""
        return self._reach

    def region(self, place: Place) -> Bitmap:
        """The pixels of a region within the frame. (H, W) bool; a view that must not be modified."""
        left, top, right, bottom = place
        return self._pixels[top:bottom, left:right]

    def mask(self) -> Mask:
        """The painted mask."""
        return Mask.from_bitmap(self.region(self._reach), self._reach[0], self._reach[1])

    def stroke(self, path: Sequence[tuple[float, float]], brush: Brush) -> Place:
        """Draw the brush along a path, float pixels; one point is a dab. Returns the changed region, which is empty for
        strokes outside the frame."""
        if not path or not all(math.isfinite(x) and math.isfinite(y) for x, y in path):
            return 0, 0, 0, 0
        corners = np.asarray(path, np.float64)
        half = brush.size / 2
        low, high = np.floor(corners.min(0) - half), np.ceil(corners.max(0) + half)
        place = _clip((int(max(low[0], -1)), int(max(low[1], -1)), int(min(high[0], self.size[0])),
                       int(min(high[1], self.size[1]))), *self.size)
        if place[2] <= place[0] or place[3] <= place[1]:
            return 0, 0, 0, 0
        covered = np.zeros((place[3] - place[1], place[2] - place[0]), bool)
        for start, end in pairwise(corners) if len(corners) > 1 else [(corners[0], corners[0])]:
            _sweep(covered, start - place[:2], end - place[:2], half, brush.shape)
        return self._change(place, covered, brush.erases)

    def polygon(self, corners: Corners, erases: bool = False) -> Place:
        """Add or erase the inside of a polygon. Returns the changed region. Raises ValueError as `of_polygons`."""
        return self.combine(of_polygons([corners], *self.size), erases)

    def combine(self, mask: Mask, erases: bool = False) -> Place:
        """Add or erase a mask. Returns the changed region."""
        place = _clip(place_of(mask), *self.size)
        return self._change(place, bitmap_in(mask, place), erases)

    def reshape(self, before: Iterable[Corners], after: Iterable[Corners]) -> Place:
        """Replace polygons by others: pixels that only these cover are added, those that only the former covered are
        erased, all others stay as they are. Returns the changed region. Raises ValueError as `of_polygons`."""
        old, new = of_polygons(before, *self.size), of_polygons(after, *self.size)
        place = place_of(old, new)
        was, now = bitmap_in(old, place), bitmap_in(new, place)
        self._change(place, was & ~now, erases=True)
        self._change(place, now & ~was, erases=False)
        return place

    def _change(self, place: Place, covered: Bitmap, erases: bool) -> Place:
        pixels = self.region(place)
        if erases:
            pixels &= ~covered
            return place
        fresh = covered & ~pixels
        for theirs, bitmap in self._protected:
            left, top = max(place[0], theirs[0]), max(place[1], theirs[1])
            right, bottom = min(place[2], theirs[2]), min(place[3], theirs[3])
            if left < right and top < bottom:
                here = fresh[top - place[1]:bottom - place[1], left - place[0]:right - place[0]]
                taken = here & bitmap[top - theirs[1]:bottom - theirs[1], left - theirs[0]:right - theirs[0]]
                self.refused += int(np.count_nonzero(taken))
                here &= ~taken
        pixels |= fresh
        if self._reach[2] <= self._reach[0]:
            self._reach = place
        elif place[2] > place[0]:
            self._reach = (min(self._reach[0], place[0]), min(self._reach[1], place[1]),
                           max(self._reach[2], place[2]), max(self._reach[3], place[3]))
        return place

    def _put(self, place: Place, bitmap: Bitmap) -> None:
        left, top, right, bottom = place
        self._pixels[top:bottom, left:right] = bitmap


def _clip(place: Place, width: int, height: int) -> Place:
    left, top, right, bottom = place
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    return (left, top, right, bottom) if left < right and top < bottom else (0, 0, 0, 0)


def _sweep(covered: Bitmap, start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], half: float,
           shape: BrushShape) -> None:
    """Set the pixels whose centers a tip passes over on its way from start to end; in the bitmap's own pixels."""
    low, high = np.minimum(start, end) - half, np.maximum(start, end) + half
    height, width = covered.shape
    left, right = max(math.floor(low[0]), 0), min(math.ceil(high[0]), width)
    top, bottom = max(math.floor(low[1]), 0), min(math.ceil(high[1]), height)
    if left >= right or top >= bottom:
        return
    x = (np.arange(left, right) + 0.5 - start[0]).astype(np.float32)[None, :]
    y = (np.arange(top, bottom) + 0.5 - start[1]).astype(np.float32)[:, None]
    dx, dy = (float(value) for value in end - start)
    if shape is BrushShape.SQUARE:
        covered[top:bottom, left:right] |= _in_swept_square(x, y, dx, dy, half)
        return
    length = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / length, 0, 1) if length > 0 else np.float32(0)
    covered[top:bottom, left:right] |= (x - along * dx) ** 2 + (y - along * dy) ** 2 <= max(half, 0.5) ** 2


def _in_swept_square(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], dx: float, dy: float, half: float,
                     ) -> npt.NDArray[np.bool_]:
    """Whether points lie in a square that moves from the origin by (dx, dy): for some share of the way, both distances
    are at most half a side."""

    def shares(at: npt.NDArray[np.float32], by: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if abs(by) < 1e-6:
            inside = np.abs(at) <= half
            return np.where(inside, np.float32(0), np.float32(2)), np.where(inside, np.float32(1), np.float32(-2))
        one, other = (at - half) / by, (at + half) / by
        return np.minimum(one, other), np.maximum(one, other)

    (a0, a1), (b0, b1) = shares(x, dx), shares(y, dy)
    return np.asarray(np.maximum(np.maximum(a0, b0), 0) <= np.minimum(np.minimum(a1, b1), 1))

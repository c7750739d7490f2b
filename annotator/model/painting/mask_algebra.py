"""Masks from masks: combine, clip, move, scale, fill holes, drop specks, rasterize polygons. Costs grow with the masks'
own boxes, not with the frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from annotator.model.bounds import LARGEST_PICTURE
from annotator.model.mask import EMPTY_MASK, Bitmap, Mask

Corners = Sequence[tuple[float, float]]
"""Corners of a closed polygon in float pixels; pixel (0, 0) covers 0..1."""
Place = tuple[int, int, int, int]
"""Left, top, right and bottom of a region in whole pixels, right and bottom exclusive."""


def place_of(*masks: Mask) -> Place:
    """The smallest region that holds all masks; 0, 0, 0, 0 if all are empty."""
    full = [mask for mask in masks if not mask.is_empty()]
    if not full:
        return 0, 0, 0, 0
    return (min(mask.left for mask in full), min(mask.top for mask in full),
            max(mask.left + mask.width for mask in full), max(mask.top + mask.height for mask in full))


def bitmap_in(mask: Mask, place: Place) -> Bitmap:
    """The part of a mask in a region. -> (bottom - top, right - left) bool, a new array."""
    left, top, right, bottom = place
    bitmap = np.zeros((max(bottom - top, 0), max(right - left, 0)), bool)
    x0, y0 = max(mask.left, left), max(mask.top, top)
    x1, y1 = min(mask.left + mask.width, right), min(mask.top + mask.height, bottom)
    if x0 < x1 and y0 < y1:
        bitmap[y0 - top:y1 - top, x0 - left:x1 - left] = mask.crop()[y0 - mask.top:y1 - mask.top,
                                                                   x0 - mask.left:x1 - mask.left]
    return bitmap


def union(*masks: Mask) -> Mask:
    """The pixels of any mask."""
    place = place_of(*masks)
    bitmap = bitmap_in(EMPTY_MASK, place)
    for mask in masks:
        bitmap |= bitmap_in(mask, place)
    return Mask.from_bitmap(bitmap, place[0], place[1])


def without(mask: Mask, *others: Mask) -> Mask:
    """The pixels of a mask that no other mask has. The same mask if nothing is taken from it."""
    place = place_of(mask)
    meeting = [other for other in others if _meet(place, place_of(other))]
    if not meeting:
        return mask
    bitmap = bitmap_in(mask, place)
    before = int(np.count_nonzero(bitmap))
    for other in meeting:
        bitmap &= ~bitmap_in(other, place)
    return mask if int(np.count_nonzero(bitmap)) == before else Mask.from_bitmap(bitmap, place[0], place[1])


def common(one: Mask, other: Mask) -> Mask:
    """The pixels of both masks."""
    a, b = place_of(one), place_of(other)
    if not _meet(a, b):
        return EMPTY_MASK
    place = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return Mask.from_bitmap(bitmap_in(one, place) & bitmap_in(other, place), place[0], place[1])


def mask_iou(one: Mask, other: Mask) -> float:
    """Intersection over union, 0..1; 1 if both are empty."""
    shared = common(one, other).area()
    total = one.area() + other.area() - shared
    return shared / total if total else 1.0


def clipped(mask: Mask, width: int, height: int) -> Mask:
    """The part of a mask within a frame of this size; the same mask if that is all of it."""
    left, top, right, bottom = place_of(mask)
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return mask
    place = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    return Mask.from_bitmap(bitmap_in(mask, place), place[0], place[1])


def moved(mask: Mask, dx: int, dy: int) -> Mask:
    """A mask moved by whole pixels."""
    return mask if mask.is_empty() else Mask(mask.left + dx, mask.top + dy, mask.width, mask.height, mask.rle)


def scaled(mask: Mask, factor: float) -> Mask:
    """A mask scaled about the center of its box.

    Raises:
        ValueError: the factor is not a positive number, or the result would be too large to hold.
    """
    if not (math.isfinite(factor) and factor > 0):
        raise ValueError(f"a factor of {factor}; it must be above 0")
    if mask.is_empty() or factor == 1:
        return mask
    width, height = max(round(mask.width * factor), 1), max(round(mask.height * factor), 1)
    if width * height > LARGEST_PICTURE:
        raise ValueError(f"a mask of {width} x {height} pixels, which is too large")
    # Centers of the new pixels, looked up among the old ones: sharp edges, and exact for whole factors.
    rows = np.minimum(((np.arange(height) + 0.5) * mask.height / height).astype(np.intp), mask.height - 1)
    columns = np.minimum(((np.arange(width) + 0.5) * mask.width / width).astype(np.intp), mask.width - 1)
    left = mask.left + round((mask.width - width) / 2)
    top = mask.top + round((mask.height - height) / 2)
    return Mask.from_bitmap(mask.crop()[np.ix_(rows, columns)], left, top)


def fill_holes(mask: Mask, largest: int | None = None) -> Mask:
    """Fill the holes of a mask of at most ``largest`` pixels; None: all. A hole touches its outside by corners at most.
    """
    if mask.is_empty():
        return mask
    padded = np.pad(mask.crop(), 1)
    outside, sizes = _parts(~padded, connectivity=4)
    hole = np.ones(len(sizes), bool)
    hole[[0, outside[0, 0]]] = False  # the mask itself, and what surrounds it
    if largest is not None:
        hole &= sizes <= largest
    if not hole.any():
        return mask
    return Mask.from_bitmap((padded | hole[outside])[1:-1, 1:-1], mask.left, mask.top)


def drop_specks(mask: Mask, largest: int | None = None) -> Mask:
    """Drop the parts of a mask of at most ``largest`` pixels; None: all parts except the largest. The largest part is
    always kept, and parts that touch by a corner are one."""
    if mask.is_empty():
        return mask
    parts, sizes = _parts(mask.crop(), connectivity=8)
    keep = sizes > (-1 if largest is None else largest)
    if largest is None:
        keep[:] = False
    keep[1 + int(np.argmax(sizes[1:]))] = True
    keep[0] = False
    if keep[1:].all():
        return mask
    return Mask.from_bitmap(keep[parts], mask.left, mask.top)


def holes_and_specks(mask: Mask) -> tuple[int, int]:
    """The number of holes of a mask, and of its parts besides the largest."""
    if mask.is_empty():
        return 0, 0
    _, outside = _parts(~np.pad(mask.crop(), 1), connectivity=4)
    _, parts = _parts(mask.crop(), connectivity=8)
    return len(outside) - 2, len(parts) - 2


def of_polygons(polygons: Iterable[Corners], width: int, height: int) -> Mask:
    """The pixels of a frame whose centers lie in an odd number of closed polygons (so one within another is a hole).

    Raises:
        ValueError: a polygon has fewer than three corners, or a corner that is not a finite number.
    """
    bitmaps: list[tuple[Bitmap, int, int]] = []
    for polygon in polygons:
        corners = np.asarray(polygon, np.float64).reshape(-1, 2)
        if len(corners) < 3:
            raise ValueError(f"a polygon of {len(corners)} corners; it needs at least three")
        if not np.isfinite(corners).all():
            raise ValueError("a polygon with a corner that is not a finite number")
        bitmaps.append(_polygon(corners, width, height))
    if not bitmaps:
        return EMPTY_MASK
    left, top = min(x for _, x, _ in bitmaps), min(y for *_, y in bitmaps)
    total = np.zeros((max(y + b.shape[0] for b, _, y in bitmaps) - top,
                      max(x + b.shape[1] for b, x, _ in bitmaps) - left), bool)
    for bitmap, x, y in bitmaps:
        total[y - top:y - top + bitmap.shape[0], x - left:x - left + bitmap.shape[1]] ^= bitmap
    return Mask.from_bitmap(total, left, top)


def _polygon(corners: npt.NDArray[np.float64], width: int, height: int) -> tuple[Bitmap, int, int]:
    """(H, W) bool and its left and top: the pixels of a frame whose centers a polygon contains."""
    low, high = np.floor(corners.min(0)), np.ceil(corners.max(0))
    left, top = (int(min(max(v, 0), side)) for v, side in zip(low, (width, height), strict=True))
    right, bottom = (int(min(max(v, 0), side)) for v, side in zip(high, (width, height), strict=True))
    if right <= left or bottom <= top:
        return np.zeros((0, 0), bool), 0, 0
    # Crossings of each row of pixel centers with the edges: exact where OpenCV would also set all touched pixels.
    starts, ends = corners, np.roll(corners, -1, 0)
    bitmap = np.zeros((bottom - top, right - left), bool)
    turns = np.zeros((bottom - top, right - left + 1), bool)
    for (x0, y0), (x1, y1) in zip(starts, ends, strict=True):
        if y0 == y1:
            continue
        (xa, ya), (xb, yb) = ((x0, y0), (x1, y1)) if y0 < y1 else ((x1, y1), (x0, y0))
        first, last = max(math.ceil(ya - 0.5), top), min(math.ceil(yb - 0.5), bottom)
        if first >= last:
            continue
        rows = np.arange(first, last)
        crossing = xa + (rows + 0.5 - ya) * (xb - xa) / (yb - ya)
        columns = np.clip(np.ceil(crossing - 0.5), left, right).astype(np.intp) - left
        turns[rows - top, columns] ^= True
    np.logical_xor.accumulate(turns[:, :-1], axis=1, out=bitmap)
    return bitmap, left, top


def _meet(a: Place, b: Place) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _parts(bitmap: Bitmap, connectivity: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """(H, W) number of the part that each pixel belongs to, 0 for none, and the parts' sizes in pixels by number."""
    import cv2  # slow to load

    _, found = cv2.connectedComponents(np.ascontiguousarray(bitmap, np.uint8), connectivity=connectivity)
    numbers = np.asarray(found, np.int32)
    return numbers, np.bincount(numbers.ravel()).astype(np.int64)

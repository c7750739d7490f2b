"""Masks as COCO run-length code of the whole picture, and back, without decoding the whole picture to write it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from annotator.model.mask import EMPTY_MASK, Bitmap, Mask

#: Pixels. A file that claims more would only exhaust the memory.
LARGEST_PICTURE = 2**28


def picture_rle(mask: Mask, width: int, height: int) -> str:
    """COCO compressed run-length code of the picture, column-major; what lies outside the picture is cut."""
    code = coco_mask.frPyObjects({"size": [height, width], "counts": picture_runs(mask, width, height)}, height, width)
    return str(code["counts"].decode("ascii"))


def picture_runs(mask: Mask, width: int, height: int) -> list[int]:
    """Lengths of the picture's runs of 0 and 1 in turn, down the columns, the first one of 0."""
    x0, y0 = max(mask.left, 0), max(mask.top, 0)
    x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
    if x0 >= x1 or y0 >= y1:
        return [width * height]
    return _counts(mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left], x0, y0, width, height)


def rle_area(counts: str, width: int, height: int) -> int:
    """Pixels of a compressed run-length code of a picture."""
    return int(coco_mask.area({"size": [height, width], "counts": counts.encode("ascii")}))


def mask_from_rle(code: dict[str, Any]) -> Mask:
    """From COCO run-length code of the picture, ``{"size": [height, width], "counts": text | bytes | list}``.

    Raises ValueError if it is malformed.
    """
    height, _ = check_rle(code)
    edges = np.cumsum(_runs(code["counts"]))
    ends = edges[1::2]
    starts = edges[:-1:2][:len(ends)]
    starts, ends = starts[ends > starts], ends[ends > starts]
    if not len(starts):
        return EMPTY_MASK
    left, right = int(starts[0]) // height, int(ends[-1] - 1) // height + 1
    columns = np.zeros((right - left) * height + 1, np.int8)
    columns[starts - left * height] += 1
    columns[ends - left * height] -= 1
    bitmap = columns.cumsum(dtype=np.int8)[:-1].astype(bool).reshape(right - left, height).T
    rows = np.flatnonzero(bitmap.any(1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    return Mask.from_bitmap(bitmap[top:bottom], left, top)


def check_rle(code: dict[str, Any]) -> tuple[int, int]:
    """Height and width of a run-length code whose runs fill exactly that. Raises ValueError if they do not.

    pycocotools does not check what it decodes, so files from elsewhere must pass here first.
    """
    size = code.get("size")
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(
            type(length) is int and length >= 0 for length in size):
        raise ValueError(f"size {str(size)[:40]}")
    if size[0] * size[1] > LARGEST_PICTURE:
        raise ValueError(f"a mask of {size[0]} x {size[1]}, larger than any picture")
    counts = _runs(code.get("counts"))
    if not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError("counts that are no run lengths")
    height, width = size
    if sum(counts) != height * width:
        raise ValueError(f"runs of {sum(counts)} pixels in a picture of {height} x {width}")
    return height, width


def _runs(counts: Any) -> list[int]:
    """Lengths of the runs of 0 and 1 in turn, whether compressed or not."""
    if isinstance(counts, str | bytes):
        return _uncompressed(counts.encode("ascii") if isinstance(counts, str) else counts)
    if not isinstance(counts, list):
        raise ValueError("counts that are no run lengths")
    return counts


def _uncompressed(code: bytes) -> list[int]:
    """Run lengths of a compressed code: groups of five bits, low ones first, from the third run on as the difference
    to the run before the last (COCO API, ``rleFrString``)."""
    counts: list[int] = []
    value = shift = 0
    for byte in code:
        bits = byte - 48
        if not 0 <= bits < 64 or shift > 50:
            raise ValueError("counts that are no run-length code")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = shift = 0
    if shift:
        raise ValueError("counts that end within a number")
    return counts


def mask_from_polygons(polygons: list[list[float]], width: int, height: int) -> Mask:
    """From COCO polygons, ``[[x, y, x, y, ...], ...]``. Raises ValueError if they are malformed."""
    check_polygons(polygons)
    code = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    return mask_from_rle(code)


def check_polygons(polygons: Any) -> None:
    """Raises ValueError if these are not polygons of at least three finite corners."""
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise ValueError("a polygon with fewer than three corners")
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in polygon):
            raise ValueError("a polygon with a corner that is no number")


def _counts(crop: Bitmap, left: int, top: int, width: int, height: int) -> list[int]:
    """Lengths of the picture's runs of 0 and 1 in turn, down the columns, the first one of 0."""
    columns = np.zeros((crop.shape[1], crop.shape[0] + 2), np.int8)
    columns[:, 1:-1] = crop.T
    step = np.diff(columns, axis=1)
    start_column, start_row = np.nonzero(step == 1)
    end_column, end_row = np.nonzero(step == -1)
    starts = (left + start_column) * height + top + start_row
    ends = (left + end_column) * height + top + end_row
    if not len(starts):
        return [width * height]
    # A run that fills its column to the bottom and one from the next column's top are one.
    apart = starts[1:] != ends[:-1]
    starts, ends = starts[np.append(True, apart)], ends[np.append(apart, True)]
    edges = np.stack([starts, ends], 1).ravel()
    counts = np.diff(edges, prepend=0, append=width * height)
    return [int(count) for count in (counts if counts[-1] else counts[:-1])]

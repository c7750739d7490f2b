"""Convert masks to and from COCO run-length encoding (RLE) of the whole frame, without decoding to a bitmap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from annotator.model.mask import EMPTY_MASK, Mask

Counts = npt.NDArray[np.int64]

#: Most pixels of a frame. A file that claims more would only exhaust the memory.
LARGEST_PICTURE = 2**28
#: Most characters of one number in compressed RLE; longer ones do not fit into 64 bits.
_LONGEST_NUMBER = 11


def picture_rle(mask: Mask, width: int, height: int) -> str:
    """COCO compressed RLE of the frame, column-major; the mask is clipped to the frame."""
    code = coco_mask.frPyObjects({"size": [height, width], "counts": picture_runs(mask, width, height)}, height, width)
    return str(code["counts"].decode("ascii"))


def picture_runs(mask: Mask, width: int, height: int) -> list[int]:
    """Lengths of the alternating runs of 0 and 1 of the frame, column-major, starting with 0."""
    if mask.is_empty():
        return [width * height]
    pieces = _pieces(_uncompressed(mask.rle), mask.height)
    column = pieces[0] + mask.left
    start, end = np.maximum(pieces[1] + mask.top, 0), np.minimum(pieces[2] + mask.top, height)
    inside = (start < end) & (column >= 0) & (column < width)
    if not inside.any():
        return [width * height]
    return _counts(column[inside], start[inside], end[inside], width, height)


def rle_area(counts: str, width: int, height: int) -> int:
    """Number of mask pixels in compressed RLE."""
    return int(coco_mask.area({"size": [height, width], "counts": counts.encode("ascii")}))


def mask_from_rle(code: dict[str, Any]) -> Mask:
    """Convert COCO RLE of a frame, ``{"size": [height, width], "counts": text | bytes | list}``.

    Raises ValueError if it is malformed.
    """
    height, width, counts = _checked(code)
    column, start, end = _pieces(counts, height) if height and width else (counts[:0],) * 3
    if not len(column):
        return EMPTY_MASK
    left, top = int(column[0]), int(start.min())
    right, bottom = int(column[-1]) + 1, int(end.max())
    crop = _counts(column - left, start - top, end - top, right - left, bottom - top)
    size = (bottom - top, right - left)
    coded: bytes = coco_mask.frPyObjects({"size": size, "counts": crop}, *size)["counts"]
    return Mask(left, top, right - left, bottom - top, coded)


def check_rle(code: dict[str, Any]) -> tuple[int, int]:
    """Check RLE and return its height and width. Raises ValueError if its runs do not fill them exactly.

    pycocotools does not check its input, so files of other programs must be checked here first.
    """
    height, width, _ = _checked(code)
    return height, width


def _checked(code: dict[str, Any]) -> tuple[int, int, Counts]:
    size = code.get("size")
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(
            type(length) is int and length >= 0 for length in size):
        raise ValueError(f"size {str(size)[:40]}")
    height, width = size
    if height * width > LARGEST_PICTURE:
        raise ValueError(f"a mask of {height} x {width}, which is too large")
    counts = _runs(code.get("counts"))
    # Runs that are too large are found here, before their sum could overflow.
    if len(counts) and not 0 <= int(counts.min()) <= int(counts.max()) <= LARGEST_PICTURE:
        raise ValueError("counts that are not run lengths")
    if int(counts.sum()) != height * width:
        raise ValueError(f"runs of {int(counts.sum())} pixels in a frame of {height} x {width}")
    return height, width, counts


def _runs(counts: Any) -> Counts:
    """Lengths of the alternating runs of 0 and 1, from compressed or uncompressed counts."""
    if isinstance(counts, str | bytes):
        return _uncompressed(counts.encode("ascii") if isinstance(counts, str) else counts)
    if not isinstance(counts, list) or not all(type(count) is int and 0 <= count <= LARGEST_PICTURE
                                               for count in counts):
        raise ValueError("counts that are not run lengths")
    return np.array(counts, np.int64)


def _uncompressed(code: bytes) -> Counts:
    """Decode compressed run lengths: groups of five bits, low ones first; from the third run on, each is stored as the
    difference to the run before the previous one (COCO API, ``rleFrString``)."""
    bits = np.frombuffer(code, np.uint8).astype(np.int64) - 48
    if not len(bits):
        return bits
    if bits.min() < 0 or bits.max() >= 64:
        raise ValueError("counts that are not compressed run lengths")
    ends = np.flatnonzero(bits < 32)
    if not len(ends) or ends[-1] != len(bits) - 1:
        raise ValueError("counts that end within a number")
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST_NUMBER:
        raise ValueError("counts that are not compressed run lengths")
    shifts = 5 * (np.arange(len(bits)) - np.repeat(starts, lengths))
    counts = np.add.reduceat((bits & 31) << shifts, starts)
    counts -= np.where(bits[ends] & 16, np.int64(1) << (5 * lengths), 0)
    counts[1::2] = counts[1::2].cumsum()
    counts[2::2] = counts[2::2].cumsum()
    return counts


def _pieces(counts: Counts, height: int) -> tuple[Counts, Counts, Counts]:
    """Split runs of 1 at column borders: column, first row and end row of each piece, in order."""
    edges = counts.cumsum()
    end = edges[1::2]
    start = end - counts[1::2]
    if len(counts) and not counts[1::2].all():
        start, end = start[start < end], end[start < end]
    column, last = start // height, (end - 1) // height
    if (column != last).any():
        spans = last - column + 1
        run = np.repeat(np.arange(len(start)), spans)
        column = column[run] + np.arange(len(run)) - np.repeat(spans.cumsum() - spans, spans)
        start, end = np.maximum(start[run], column * height), np.minimum(end[run], (column + 1) * height)
    return column, start - column * height, end - column * height


def mask_from_polygons(polygons: list[list[float]], width: int, height: int) -> Mask:
    """Rasterize COCO polygons, ``[[x, y, x, y, ...], ...]``. Raises ValueError if they are malformed."""
    check_polygons(polygons)
    code = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    return mask_from_rle(code)


def check_polygons(polygons: Any) -> None:
    """Raise ValueError if these are not polygons with at least three finite corners."""
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise ValueError("a polygon with fewer than three corners")
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in polygon):
            raise ValueError("a polygon with a corner that is not a finite number")


def _counts(column: Counts, start: Counts, end: Counts, width: int, height: int) -> list[int]:
    """Inverse of `_pieces`: the lengths of the alternating runs of 0 and 1 of the frame, starting with 0."""
    start, end = column * height + start, column * height + end
    # A run down to the bottom of its column continues with a run from the top of the next column.
    apart = start[1:] != end[:-1]
    edges = np.empty(2 * int(apart.sum()) + 2, np.int64)
    edges[0], edges[2::2] = start[0], start[1:][apart]
    edges[1:-1:2], edges[-1] = end[:-1][apart], end[-1]
    counts: list[int] = np.diff(edges, prepend=0, append=width * height).tolist()
    return counts if counts[-1] else counts[:-1]

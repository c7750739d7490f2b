"""The gate to native code: bounded numbers and checked encodings only.

pycocotools does not check its input: a polygon corner of 1e9 ends the process, one of 1e7 takes more than a gigabyte.
OpenCV and Qt take 32-bit integers, and drawing to a far corner takes long. So whatever comes from a file passes here on
its way to them. `import-linter` lets nothing else import pycocotools, and a test lets nothing else call the functions
of OpenCV that take coordinates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from annotator.errors import FormatError
from annotator.model.bounds import LARGEST_PICTURE, LONGEST_SIDE

Bitmap = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Color = tuple[int, int, int]

#: Most corners of a polygon, and most polygons of an object.
_MOST_CORNERS = 1 << 20
#: Longest outline of a polygon in pixels. pycocotools keeps about a hundred bytes for each.
_LONGEST_OUTLINE = 1 << 21
#: How far a polygon's corner may lie outside its frame, in sides of the frame.
_SIDES_BEYOND = 4
#: Coordinates of things that are drawn are clamped to this, in pixels; far outside any picture, and far from overflow.
_DRAWN = 1 << 17
#: Most characters of one number in compressed run lengths; longer ones do not fit into 64 bits.
_LONGEST_NUMBER = 11
_RLE = re.compile(rb"(?:[P-o]{0,10}[0-O])+")


# Run lengths


def is_rle(code: object) -> bool:
    """Return whether these are bytes of complete numbers, as compressed run lengths are. Cheap; says nothing of their
    sum, which `decode_rle` checks."""
    return isinstance(code, bytes) and (not code or _RLE.fullmatch(code) is not None)


def runs_of(code: bytes) -> Counts:
    """Decode compressed run lengths: groups of five bits, low ones first; from the third run on, each is stored as the
    difference to the run before the previous one (COCO API, ``rleFrString``).

    Raises ValueError if they are malformed."""
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


def encode_rle(bitmap: Pixels) -> bytes:
    """Compressed run lengths of a bitmap. (H, W) uint8, 0 or 1, column-major in memory."""
    check_size(bitmap.shape[1], bitmap.shape[0])
    counts: bytes = coco_mask.encode(bitmap)["counts"]
    return counts


def decode_rle(code: bytes, width: int, height: int) -> Bitmap:
    """Decode compressed run lengths. -> (height, width) bool, column-major in memory.

    Raises:
        FormatError: they are malformed or do not fill the size.
    """
    check_rle(code, width, height)
    return np.asarray(coco_mask.decode({"size": [height, width], "counts": code})).view(bool)


def rle_area(code: bytes, width: int, height: int) -> int:
    """Number of pixels of a mask in compressed run lengths.

    Raises:
        FormatError: they are malformed or exceed the size.
    """
    _check_code(code, width, height)
    area = int(coco_mask.area({"size": [height, width], "counts": code}))
    if not 0 <= area <= width * height:
        raise _damaged(width, height)
    return area


def rle_of_runs(runs: Sequence[int], width: int, height: int) -> bytes:
    """Compress run lengths, which must be 0 or more and fill the size exactly. Raises ValueError if they do not."""
    check_size(width, height)
    if any(run < 0 for run in runs) or sum(runs) != width * height:
        raise ValueError(f"runs of {sum(runs)} pixels in a frame of {height} x {width}")
    counts: bytes = coco_mask.frPyObjects({"size": [height, width], "counts": runs}, height, width)["counts"]
    return counts


def rle_of_polygons(polygons: Sequence[Sequence[float]], width: int, height: int) -> bytes:
    """Rasterize polygons ``[x, y, x, y, ...]`` as COCO does. Raises ValueError if they are malformed, too many, or too
    far outside the frame."""
    check_size(width, height)
    check_polygons(polygons, width, height)
    counts: bytes = coco_mask.merge(coco_mask.frPyObjects([list(polygon) for polygon in polygons], height, width))[
        "counts"]
    return counts


def check_polygons(polygons: Iterable[Any], width: int = LONGEST_SIDE, height: int = LONGEST_SIDE) -> None:
    """Raise ValueError unless these are polygons with at least three corners, all within a few sizes of the frame."""
    corners = 0
    across, down = width * (1 + _SIDES_BEYOND), height * (1 + _SIDES_BEYOND)
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise ValueError("a polygon with fewer than three corners")
        corners += len(polygon) // 2
        if corners > _MOST_CORNERS:
            raise ValueError(f"polygons of more than {_MOST_CORNERS} corners")
        if not all(type(value) in (int, float) and math.isfinite(value) for value in polygon):
            raise ValueError("a polygon with a corner that is not a finite number")
        far = next((value for values, most in ((polygon[::2], across), (polygon[1::2], down)) for value in values
                    if abs(value) > most), None)
        if far is not None:
            raise ValueError(f"a polygon with a corner at {far:g}, far outside the frame of {width} x {height}")
        points = np.array(polygon, np.float64).reshape(-1, 2)
        if np.abs(points - np.roll(points, 1, 0)).max(1).sum() > _LONGEST_OUTLINE:
            raise ValueError(f"a polygon whose outline is longer than {_LONGEST_OUTLINE} pixels")


def check_size(width: int, height: int) -> None:
    """Raise ValueError unless a picture of this size can be held in memory."""
    if not (0 <= width <= LONGEST_SIDE and 0 <= height <= LONGEST_SIDE and width * height <= LARGEST_PICTURE):
        raise ValueError(f"a picture of {height} x {width}, which is too large")


def check_rle(code: bytes, width: int, height: int) -> None:
    """Raise FormatError unless compressed run lengths fill the size exactly; pycocotools relies on it."""
    _check_code(code, width, height)
    runs = runs_of(code)
    # Runs that are too large are found here, before their sum could overflow.
    if len(runs) and not 0 <= int(runs.min()) <= int(runs.max()) <= LARGEST_PICTURE:
        raise _damaged(width, height)
    if int(runs.sum()) != width * height:
        raise _damaged(width, height)


def _check_code(code: bytes, width: int, height: int) -> None:
    try:
        check_size(width, height)
    except ValueError as error:
        raise _damaged(width, height) from error
    if not is_rle(code):
        raise _damaged(width, height)


def _damaged(width: int, height: int) -> FormatError:
    return FormatError(f"a mask of {width} x {height} pixels is damaged: its run lengths do not fill it; restore a "
                       "backup copy of the project or label file, or delete the object and draw it again")


# Drawing on an image


def fill_polygon(image: Pixels, corners: npt.NDArray[np.float64], value: int, subpixels: int = 0) -> None:
    """Fill a polygon. (N, 2) float pixels; pixel centres are at whole numbers. Corners far outside are moved inward."""
    import cv2  # slow to load, and few callers draw

    scale = 1 << subpixels
    points = np.round(_near(corners, _DRAWN) * scale).astype(np.int32)
    cv2.fillPoly(image, [points], value, shift=subpixels)


def draw_rectangle(image: Pixels, box: Sequence[float], color: Color, width: int) -> None:
    """Draw or fill (``cv2.FILLED``) a box, x1, y1, x2, y2 in pixels, both ends inclusive."""
    import cv2  # slow to load, and few callers draw

    x0, y0, x1, y1 = (int(edge) for edge in np.round(_near(np.asarray(box, np.float64), _DRAWN)))
    cv2.rectangle(image, (x0, y0), (x1, y1), color, width)


def draw_line(image: Pixels, points: Sequence[tuple[float, float]], color: Color, width: int) -> None:
    """Draw an open line through points."""
    import cv2  # slow to load, and few callers draw

    found = np.round(_near(np.asarray(points, np.float64).reshape(-1, 2), _DRAWN)).astype(np.int32)
    cv2.polylines(image, [found], False, color, width, cv2.LINE_AA)


def draw_text(image: Pixels, text: str, left: float, bottom: float, font: int, scale: float, color: Color, weight: int,
              ) -> None:
    """Draw a line of text."""
    import cv2  # slow to load, and few callers draw

    x, y = (int(value) for value in np.round(_near(np.array([left, bottom], np.float64), _DRAWN)))
    cv2.putText(image, text, (x, y), font, scale, color, weight, cv2.LINE_AA)


def near(values: Sequence[float], bound: float = _DRAWN) -> tuple[float, ...]:
    """Clamp coordinates for a painter that takes 32-bit integers; a coordinate that is not a number becomes 0."""
    return tuple(min(max(value, -bound), bound) if value == value else 0.0 for value in values)


def _near(values: npt.NDArray[np.float64], bound: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip(np.nan_to_num(values, posinf=bound, neginf=-bound), -bound, bound))

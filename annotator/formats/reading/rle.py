"""Convert masks to and from COCO run-length encoding (RLE) of the whole frame, without decoding to a bitmap."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.model import native
from annotator.model.bounds import LARGEST_PICTURE, LONGEST_SIDE
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.native import check_polygons, runs_of

Counts = npt.NDArray[np.int64]

__all__ = ["LARGEST_PICTURE", "check_polygons", "check_rle", "mask_from_polygons", "mask_from_rle", "picture_rle",
           "picture_runs", "rle_area"]



def picture_rle(mask: Mask, width: int, height: int) -> str:
    """COCO compressed RLE of the frame, column-major; the mask is clipped to the frame."""
    return native.rle_of_runs(picture_runs(mask, width, height), width, height).decode("ascii")


def picture_runs(mask: Mask, width: int, height: int) -> list[int]:
    """Lengths of the alternating runs of 0 and 1 of the frame, column-major, starting with 0.

    Raises FormatError if the mask's encoding is damaged.
    """
    if mask.is_empty():
        return [width * height]
    try:
        *_, counts = _checked({"size": [mask.height, mask.width], "counts": mask.rle})
    except ValueError as error:
        raise FormatError(f"a mask of {mask.width} x {mask.height} pixels is damaged ({error}); restore a backup copy "
                          "of the project, or delete the object and draw it again") from error
    pieces = _pieces(counts, mask.height)
    column = pieces[0] + mask.left
    start, end = np.maximum(pieces[1] + mask.top, 0), np.minimum(pieces[2] + mask.top, height)
    inside = (start < end) & (column >= 0) & (column < width)
    if not inside.any():
        return [width * height]
    return _counts(column[inside], start[inside], end[inside], width, height)


def rle_area(counts: str, width: int, height: int) -> int:
    """Number of mask pixels in compressed RLE."""
    return native.rle_area(counts.encode("ascii"), width, height)


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
    size = (right - left, bottom - top)
    return Mask(left, top, *size, native.rle_of_runs(crop, *size))


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
    if height * width > LARGEST_PICTURE or max(height, width) > LONGEST_SIDE:
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
        return runs_of(counts.encode("ascii") if isinstance(counts, str) else counts)
    if not isinstance(counts, list) or not all(type(count) is int and 0 <= count <= LARGEST_PICTURE
                                               for count in counts):
        raise ValueError("counts that are not run lengths")
    return np.array(counts, np.int64)


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
    """Rasterize COCO polygons, ``[[x, y, x, y, ...], ...]``. Raises ValueError if they are malformed or far outside the
    frame."""
    return mask_from_rle({"size": [height, width], "counts": native.rle_of_polygons(polygons, width, height)})


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

"""Bounding boxes and segmentation masks of SLEAP projects, which belong to tracks as poses do.

Boxes are columns in a group, or rows in files before format 2.0; their edges are those of pixels. Masks are runs of the
whole frame, row by row, possibly of another resolution. Source: files that sleap-io writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotator.formats.reading.geometry import turned_hull
from annotator.formats.reading.passed_over import ROTATIONS, PassedOver
from annotator.formats.reading.rle import LARGEST_PICTURE
from annotator.model.box import Box
from annotator.model.mask import EMPTY_MASK, Mask

#: Columns of boxes; older files have their center and size.
BOXES, OLD_BOXES = ("x1", "y1", "x2", "y2"), ("x_center", "y_center", "width", "height")
PLACE = ("video", "frame_idx", "track")
_MASKS = (*PLACE, "height", "width", "rle_start", "rle_end")
#: Parts of annotations that are read, and those that say nothing that a box holds.
READ = frozenset({"bboxes", "masks", "mask_rle", "mask_categories"})
_TURNED = 1e-10


@dataclass(frozen=True, slots=True)
class Annotation:
    """A box or mask of one frame."""

    where: str
    video: int
    frame: int
    track: int
    """-1 for none."""
    category: str
    """Empty for none."""
    predicted: bool
    score: float
    box_xyxy: Box
    mask: Mask | None


class Annotations:
    """The boxes and masks of an open project."""

    def __init__(self, column: Callable[[str, tuple[str, ...]], Any], texts: Callable[[str], Sequence[bytes]],
                 passed: PassedOver) -> None:
        """``column`` returns a checked table or column; ``texts`` a checked list of texts. Both take its path and
        return None or nothing if it does not exist."""
        self._column, self._texts, self._passed = column, texts, passed

    def boxes(self, group: Any) -> Iterator[Annotation]:
        """Yield all boxes; ``group`` is the open table or group. Raises ValueError."""
        if hasattr(group, "dtype"):
            table = self._column("bboxes", (*PLACE, *OLD_BOXES))[:]
            x, y, width, height = (table[name].astype(float) for name in OLD_BOXES)
            edges = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1)
            categories = _listed(group.attrs.get("categories"))
        else:
            names = [*PLACE, *BOXES, *(name for name in ("angle", "is_predicted", "score") if name in group)]
            columns = {name: self._column(f"bboxes/{name}", ())[:] for name in names}
            if len({len(each) for each in columns.values()}) > 1:
                raise ValueError("columns of boxes of different lengths")
            table = columns
            edges = np.stack([columns[name].astype(float) for name in BOXES], 1)
            categories = [*self._texts("bboxes/category")]
        for row in range(len(edges)):
            yield self._box(row, table, edges[row], _name(categories, row))

    def _box(self, row: int, table: Any, edges: Any, category: str) -> Annotation:
        x1, y1, x2, y2 = map(float, edges)
        angle = float(_value(table, "angle", row, 0.0))
        box: Box = (x1, y1, x2, y2)
        if abs(angle) > _TURNED and math.isfinite(angle):
            box = turned_hull(box, math.degrees(angle))
            self._passed.add(ROTATIONS)
        return Annotation(f"box {row}", *_place(table, row), category, *_certainty(table, row), box, None)

    def masks(self) -> Iterator[Annotation]:
        """Yield all masks. Raises ValueError."""
        table, runs = self._column("masks", _MASKS)[:], self._column("mask_rle", ())
        categories = self._texts("mask_categories")
        for row in range(len(table)):
            start, end = int(table["rle_start"][row]), int(table["rle_end"][row])
            if not 0 <= start <= end <= len(runs) or (end - start) % 4:
                raise ValueError(f"runs {start} to {end} of mask {row}")
            mask = _decoded(np.frombuffer(runs[start:end].tobytes(), np.uint32), int(table["height"][row]),
                            int(table["width"][row]))
            mask = _placed(mask, *(float(_value(table, f"{name}_{axis}", row, 1.0 if name == "scale" else 0.0))
                                   for name in ("scale", "offset") for axis in "xy"))
            if mask.is_empty():
                self._passed.add("masks without pixels")
                continue
            yield Annotation(f"mask {row}", *_place(table, row), _name(categories, row), *_certainty(table, row),
                             mask.box_xyxy, mask)


def _value(table: Any, name: str, row: int, default: float) -> Any:
    names = table if isinstance(table, dict) else table.dtype.names
    return table[name][row] if name in names else default


def _place(table: Any, row: int) -> tuple[int, int, int]:
    video, frame, track = (int(table[name][row]) for name in PLACE)
    return video, frame, track


def _certainty(table: Any, row: int) -> tuple[bool, float]:
    predicted, score = bool(_value(table, "is_predicted", row, 0)), float(_value(table, "score", row, math.nan))
    return predicted, min(max(score, 0.0), 1.0) if predicted and math.isfinite(score) else 1.0


def _name(categories: Sequence[bytes], row: int) -> str:
    return categories[row].decode("utf-8", "replace") if row < len(categories) else ""


def _listed(text: Any) -> list[bytes]:
    found = json.loads(text) if isinstance(text, str | bytes) else []
    return [str(each).encode("utf-8", "replace") for each in found] if isinstance(found, list) else []


def _decoded(runs: Any, height: int, width: int) -> Mask:
    """A mask of runs of 0 and 1, row by row. Raises ValueError."""
    if not (0 < height < 2**15 and 0 < width < 2**15 and height * width <= LARGEST_PICTURE):
        raise ValueError(f"a mask of {width} x {height}")
    runs = runs.astype(np.int64)
    if int(runs.sum()) > height * width or (len(runs) and int(runs.max()) > height * width):
        raise ValueError(f"runs of {int(runs.sum())} pixels in a mask of {width} x {height}")
    values = np.zeros(height * width, bool)
    ones = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    values[:len(ones)] = ones
    return Mask.from_bitmap(values.reshape(height, width))


def _placed(mask: Mask, scale_x: float, scale_y: float, left: float, top: float) -> Mask:
    """A mask of another resolution or place in the frame. Raises ValueError."""
    if (scale_x, scale_y, left, top) == (1, 1, 0, 0) or mask.is_empty():
        return mask
    if not (all(map(math.isfinite, (left, top))) and 1e-3 < scale_x < 1e3 and 1e-3 < scale_y < 1e3
            and max(abs(left), abs(top)) < 2**15):
        raise ValueError(f"a mask with scale {scale_x:g}, {scale_y:g} and offset {left:g}, {top:g}")
    columns = _sampled(mask.left, mask.width, scale_x, left)
    rows = _sampled(mask.top, mask.height, scale_y, top)
    if not len(columns[1]) or not len(rows[1]):
        return EMPTY_MASK
    if len(columns[1]) * len(rows[1]) > LARGEST_PICTURE:
        raise ValueError(f"a mask of {len(columns[1])} x {len(rows[1])}")
    return Mask.from_bitmap(mask.crop()[np.ix_(rows[1], columns[1])], columns[0], rows[0])


def _sampled(first: int, length: int, scale: float, offset: float) -> tuple[int, Any]:
    """First pixel of the frame that a crop covers, and the pixel of the crop for each."""
    start, end = math.floor(first / scale + offset), math.ceil((first + length) / scale + offset)
    at = np.floor((np.arange(start, end) + 0.5 - offset) * scale).astype(np.int64) - first
    inside = np.flatnonzero((at >= 0) & (at < length))
    return (start + int(inside[0]), at[inside]) if len(inside) else (start, at[:0])

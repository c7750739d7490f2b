"""Read the rows of MOTChallenge text files as checked, typed columns.

Columns of ground truth: frame, id, left, top, width, height, flag, class, visibility. Of results and detections:
frame, id, left, top, width, height, confidence, -1, -1, -1. MOT15 ground truth has the ten columns of results, with
world coordinates or -1 in the last three. Frames count from 1. Files with fewer columns, down to six, are common.
Source: Dendorfer et al., "MOTChallenge: A Benchmark for Single-Camera Multiple Target Tracking", IJCV 2021, and the
development kit's formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotator.formats.reading.text_rows import OnBad, TextRows, read_rows, row_blocks

MotKind = Literal["mot", "mot-results", "mot-det"]

IntColumn = npt.NDArray[np.int64]
FloatColumn = npt.NDArray[np.float64]

_EXPECTED = "MOTChallenge rows of frame,id,left,top,width,height,..."
_LARGEST = 2**53
_LARGEST_CLASS = 2**31


@dataclass(frozen=True, slots=True)
class MotRows:
    """Rows of one file, sorted by frame; rows of the same frame stay in file order."""

    frame_index: IntColumn
    """(N,) from 0."""
    id: IntColumn
    """(N,) as in the file; negative: no identity."""
    box_xyxy: FloatColumn
    """(N, 4) float64 pixels from 0, right and bottom exclusive."""
    seventh: FloatColumn
    """(N,) seventh column: flag of ground truth, confidence of results; NaN if missing."""
    eighth: FloatColumn
    """(N,) eighth column of rows with eight or nine columns, where ground truth has the class; NaN if missing."""
    class_number: IntColumn
    """(N,) class, 1 if missing or -1; MOTChallenge's from 1, a detector's from 0."""
    visibility: FloatColumn
    """(N,) 0..1; 1 if missing."""
    row: IntColumn
    """(N,) position in the file without blank lines; see `annotator.formats.reading.text_rows.line_of_row`."""
    skipped: int
    """Number of rows skipped because they are not finite or their size is negative."""
    first_skipped: int = -1
    """Position in the file of the first of them; -1 if there is none."""
    unused: Mapping[str, int] = field(default_factory=dict)
    """Columns that hold something and are not read: description and count."""

    def __len__(self) -> int:
        return len(self.frame_index)


def read_mot_rows(path: Path, kind: MotKind, *, on_bad: OnBad = "raise", first_frame: int = 1,
                  one_based_pixels: bool = False, frame_count: int | None = None) -> MotRows:
    """Read and check one MOTChallenge text file.

    ``first_frame`` is the number of the video's first frame in this file (1 by specification). ``one_based_pixels``
    subtracts 1 from left and top, as specified but needed for hardly any file. With ``frame_count``, frames beyond the
    video are refused. ``on_bad="skip"`` skips and counts rows whose box or confidence is not finite or whose size is
    negative.

    Raises FormatError with file and line: too few columns, not a number, a frame or id that is not whole, a frame
    before the first or beyond the last, a bad box (unless skipped), and in ``mot`` and ``mot-results`` an id that
    occurs twice in a frame.
    """
    text = read_rows(path, 6, 10, _EXPECTED, on_bad)
    if kind != "mot-det":
        finite = _finite(text, on_bad)
        _check_repeats(text, _whole(text, 0, "frame", finite, 0), _whole(text, 1, "id", finite, -1))
    return _checked(text, kind, on_bad, first_frame, one_based_pixels, frame_count)


def mot_row_blocks(path: Path, kind: MotKind, *, on_bad: OnBad = "raise", first_frame: int = 1,
                   one_based_pixels: bool = False, frame_count: int | None = None) -> Iterator[MotRows]:
    """Like `read_mot_rows`, but yields some ten thousand rows at a time, each block sorted separately.

    Does not check for ids that occur twice in a frame, because their rows may be in different blocks.
    """
    for text in row_blocks(path, 6, 10, _EXPECTED, on_bad):
        yield _checked(text, kind, on_bad, first_frame, one_based_pixels, frame_count)


def _checked(text: TextRows, kind: MotKind, on_bad: OnBad, first_frame: int, one_based_pixels: bool,
             frame_count: int | None) -> MotRows:
    finite = _finite(text, on_bad)
    frame = _whole(text, 0, "frame", finite, first_frame)
    number = _whole(text, 1, "id", finite, -1)
    _check_frames(text, frame, first_frame, frame_count)
    keep = finite & _check_boxes(text, on_bad, with_confidence=kind != "mot")
    frame_index = frame - first_frame
    order = np.argsort(frame_index, kind="stable")
    order = order[keep[order]]
    box = text.values[order, 2:6]
    box[:, 2:] += box[:, :2]
    if one_based_pixels:
        box -= 1.0
    class_number, visibility = _class_and_visibility(text, kind)
    seventh = text.values[:, 6] if text.values.shape[1] > 6 else np.full(len(frame), np.nan)
    has_class = (text.lengths == 8) | (text.lengths == 9)
    eighth = np.where(has_class, text.values[:, 7] if text.values.shape[1] > 7 else np.nan, np.nan)
    skipped = np.flatnonzero(~keep)
    return MotRows(frame_index[order], number[order], box, seventh[order], eighth[order], class_number[order],
                   visibility[order], text.first + order, len(skipped),
                   text.first + int(skipped[0]) if len(skipped) else -1, _unused(text, kind))


def _finite(text: TextRows, on_bad: OnBad) -> npt.NDArray[np.bool_]:
    """Rows whose frame and id can be read; all rows if bad ones are refused later."""
    if on_bad == "raise":
        return np.ones(len(text.values), bool)
    return np.asarray(np.isfinite(text.values[:, :2]).all(1))


def _unused(text: TextRows, kind: MotKind) -> dict[str, int]:
    """Count rows whose columns hold something that this kind of file does not use."""
    found = {"rows with more than ten columns (the rest is not read)": text.wider}
    extra = text.values[:, 7:10]
    holds = np.isfinite(extra) & (extra != -1)
    if kind == "mot":
        # Only rows with ten columns, MOT15's, have world coordinates there.
        found["world coordinates (columns 8 to 10)"] = int((holds.any(1) & (text.lengths == 10)).sum())
    else:
        found["values in columns 8 to 10, which results and detections do not use"] = int(holds.any(1).sum())
    return {what: count for what, count in found.items() if count}


def _whole(text: TextRows, column: int, name: str, usable: npt.NDArray[np.bool_] | None = None,
           other: int = 0) -> IntColumn:
    """A column of whole numbers; rows that are not usable get another number."""
    values = text.values[:, column]
    if usable is not None and not usable.all():
        values = np.where(usable, values, other)
    bad = np.flatnonzero(~(np.abs(values) < _LARGEST) | (values != np.floor(values)))
    if len(bad):
        text.fail(int(bad[0]), f"{name} {values[bad[0]]:g}", "a whole number")
    return values.astype(np.int64)


def _check_frames(text: TextRows, frame: IntColumn, first_frame: int, frame_count: int | None) -> None:
    early = np.flatnonzero(frame < first_frame)
    if len(early):
        hint = ("; MOTChallenge counts frames from 1: add 1 to every frame, or give --first-frame 0 (\"First frame "
                "number\" in the window)") if first_frame == 1 else ""
        text.fail(int(early[0]), f"frame {frame[early[0]]}", f"frames from {first_frame} on{hint}")
    if frame_count is not None:
        last = first_frame + frame_count - 1
        late = np.flatnonzero(frame > last)
        if len(late):
            text.fail(int(late[0]), f"frame {frame[late[0]]}",
                      f"no frame beyond {last}, the last of this sequence's {frame_count}")


def _check_boxes(text: TextRows, on_bad: OnBad, with_confidence: bool) -> npt.NDArray[np.bool_]:
    columns = text.values[:, 2:7] if with_confidence else text.values[:, 2:6]
    present = columns[:, :4]
    finite = np.isfinite(present).all(1)
    if columns.shape[1] == 5:
        finite &= np.isfinite(columns[:, 4]) | (text.lengths < 7)
    with np.errstate(invalid="ignore"):
        good = np.asarray(finite & (present[:, 2:] >= 0).all(1))
    bad = np.flatnonzero(~good)
    if len(bad) and on_bad == "raise":
        row = int(bad[0])
        shown = ",".join(f"{value:g}" for value in columns[row])
        text.fail(row, f"the box {shown}", "finite left,top,width,height with nonnegative width and height")
    return good


def _check_repeats(text: TextRows, frame: IntColumn, number: IntColumn) -> None:
    named = np.flatnonzero(number >= 0)
    order = named[np.lexsort((named, number[named], frame[named]))]
    same = np.flatnonzero((np.diff(frame[order]) == 0) & (np.diff(number[order]) == 0))
    if len(same):
        row, earlier = int(order[same[0] + 1]), int(order[same[0]])
        text.fail(row, f"id {number[row]} a second time in frame {frame[row]} (first on line {text.line(earlier)})",
                  "each id at most once per frame")


def _class_and_visibility(text: TextRows, kind: MotKind) -> tuple[IntColumn, FloatColumn]:
    """Class and visibility. Rows with ten columns are MOT15's, whose last three are world coordinates."""
    count, columns = text.values.shape
    class_number = np.ones(count, np.int64)
    visibility = np.ones(count)
    if kind != "mot":
        return class_number, visibility
    if columns > 7:
        given = np.flatnonzero((text.lengths == 8) | (text.lengths == 9))
        values = text.values[given, 7]
        values = np.where(np.isnan(values), -1, values)
        bad = given[np.flatnonzero(~(np.abs(values) < _LARGEST_CLASS) | (values != np.floor(values)))]
        if len(bad):
            text.fail(int(bad[0]), f"class {text.values[bad[0], 7]:g}", "a whole number from 0, or -1 for none")
        class_number[given] = np.where(values < 0, 1, values).astype(np.int64)
    if columns > 8:
        given = np.flatnonzero(text.lengths == 9)
        values = text.values[given, 8]
        visibility[given] = np.where(np.isfinite(values) & (values >= 0), values, 1.0)
    return class_number, visibility

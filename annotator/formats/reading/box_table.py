"""Collect the boxes of a reader in any order, check them, and return them frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.reading.row_store import Row, RowStore
from annotator.model.attribute import Attribute
from annotator.model.bounds import LARGEST_COORDINATE
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import NO_ATTRIBUTES, LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.text import LONGEST_NAME, is_showable

#: How far a box may reach from the top left corner, in sides of the frame.
SIDES_BEYOND = 5
#: How far it may reach from the corner of a frame of any size, in pixels.
_LEAST_REACH = 1000
_LARGEST_NUMBER = 2**53
_LAST_FRAME = 2**31
#: What rows are called that are skipped because they are no box.
INVALID_ROWS = "rows whose box or score is not finite, or whose size is negative"
#: What attributes are called that a project cannot store.
UNSTORABLE_VALUES = "values of attributes whose names or texts are too long or cannot be shown"
#: Most characters of a text that is a value.
LONGEST_VALUE = 1 << 16
#: The remedy for frames before the first.
FIRST_FRAME_HINT = ("; if the file counts frames from 0, give --first-frame 0 (\"First frame number\" in the window), "
                    "if from 1, --first-frame 1")
_IGNORED, _OCCLUDED, _INTERPOLATED = 1, 2, 4
_NO_NUMBER = -1


def _is_storable(item: tuple[str, object]) -> bool:
    name, value = item
    return 0 < len(name) <= LONGEST_NAME and is_showable(name) and not (
        isinstance(value, str) and len(value) > LONGEST_VALUE)


def farthest_edge(width: int, height: int) -> float:
    """Return how far from the top left corner an edge of a box may lie in frames of this size, in pixels."""
    return float(max(SIDES_BEYOND * max(width, height), _LEAST_REACH))


@dataclass(slots=True)
class BoxTable:
    """The boxes of one video while its file is read. `sequence` does the checks that need all boxes and returns
    them."""

    path: Path
    expected: str
    """What the format expects, for messages."""
    labels: list[str] = field(default_factory=list)
    """Names in the order of their first use, unless given."""
    attributes: dict[int, dict[str, object]] = field(default_factory=dict)
    """Attributes of whole tracks by track number; those of a box take precedence."""
    declared: list[Attribute] = field(default_factory=list)
    """Attributes that the file declares, each with an index into the labels as its label."""
    last_frame: int = -1
    """The last frame that has a box; -1 without boxes."""
    renumber: dict[int, int] = field(default_factory=dict)
    """Numbers of tracks whose number in the table is another one."""
    modulo: int = 0
    """If not 0, track numbers are taken modulo this."""
    from_zero: bool = False
    """Whether a track has the number 0, so that every number becomes one higher than in the file."""
    passed: PassedOver = field(default_factory=PassedOver)
    """What this video has in the file and the reader does not take."""
    passed_of_file: PassedOver = field(default_factory=PassedOver)
    """The same for what belongs to the whole file; shared by the tables of its videos."""
    _first_invalid: str = ""
    """The fault of the first row that was skipped."""
    _farthest: tuple[float, str] = (0.0, "")
    """The largest distance of an edge from the top left corner, and where it was read."""
    _rows: RowStore = field(default_factory=RowStore)
    _label_index: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._rows)

    def fail(self, where: str, found: str, expected: str | None = None) -> NoReturn:
        """Raise a FormatError that states what was found where."""
        raise FormatError(f"{self.path} {where}: found {found}; expected {expected or self.expected}")

    def label(self, name: str) -> int:
        """Index of a label; adds it if it is new."""
        if name not in self._label_index:
            for known in self.labels:
                self._label_index.setdefault(known, len(self._label_index))
            if name not in self._label_index:
                self._label_index[name] = len(self.labels)
                self.labels.append(name)
        return self._label_index[name]

    def add(self, where: str, frame: int, number: int | None, label: str | None, box_xyxy: Box, *, score: float = 1.0,
            visibility: float = 1.0, ignored: bool = False, occluded: bool = False, interpolated: bool = False,
            mask: Mask | None = None, attributes: Mapping[str, object] | None = None) -> None:
        """Add one box; ``frame`` counts from 0. An ignore region needs no label. ``attributes``: the values in this
        frame, for which `is_value` holds; None for no value.

        A box or score that is not finite and a box of negative size are skipped and counted; see `skip`. Raises
        FormatError, with ``where``, for a frame before the first and an invalid track number.
        """
        if not 0 <= frame < _LAST_FRAME:
            self.fail(where, f"frame {frame} (counted from 0)", f"a frame of the video{FIRST_FRAME_HINT}")
        if number is not None and not 0 <= number < _LARGEST_NUMBER:
            self.fail(where, f"track number {number}", "a whole number from 0 on")
        x1, y1, x2, y2 = box_xyxy
        # Comparisons with NaN are false, so this also refuses coordinates that are not finite.
        if not (-LARGEST_COORDINATE < x1 <= x2 < LARGEST_COORDINATE
                and -LARGEST_COORDINATE < y1 <= y2 < LARGEST_COORDINATE):
            self.skip(where, f"the box {x1:g}, {y1:g}, {x2:g}, {y2:g}", "finite edges, left before right and top "
                      "before bottom")
            return
        if not math.isfinite(score) or not math.isfinite(visibility):
            self.skip(where, f"score {score} and visibility {visibility}", "finite numbers")
            return
        distance = max(-x1, -y1, x2, y2)
        if distance > self._farthest[0]:
            self._farthest = (distance, where)
        self.last_frame = max(self.last_frame, frame)
        self.from_zero |= number == 0
        if attributes and not all(map(_is_storable, attributes.items())):
            kept = dict(filter(_is_storable, attributes.items()))
            self.passed.add(UNSTORABLE_VALUES, len(attributes) - len(kept))
            attributes = kept
        self._rows.add(frame, _NO_NUMBER if number is None else number, 0 if label is None else self.label(label),
                       ignored * _IGNORED | occluded * _OCCLUDED | interpolated * _INTERPOLATED, box_xyxy, score,
                       visibility, mask, attributes)

    def skip(self, where: str, found: str, expected: str) -> None:
        """Skip and count a row that is not a valid box. `sequence` refuses the file if no row is valid, or if the
        user wants it strict."""
        if not self._first_invalid:
            self._first_invalid = f"{self.path} {where}: found {found}; expected {expected}"
        self.passed.add(INVALID_ROWS)

    def sequence(self, info: SequenceInfo, options: ImportOptions, notes: Sequence[str] = ()) -> LabelledSequence:
        """Return all boxes as a sequence. An ``info.frame_count`` of 0 means unknown: the video then ends with the last
        box. ``options.info`` provides what ``info`` lacks, unless the boxes show that it is another video.

        Raises FormatError for a track that occurs twice in a frame, and for frames beyond the end of the video.
        """
        if self._first_invalid and (options.strict or not len(self)):
            raise FormatError(self._first_invalid)
        repeated = self._rows.repeated()
        if repeated is not None:
            raise FormatError(f"{self.path}: found track {repeated[1]} twice in frame {repeated[0]} (counted from 0); "
                              "expected each track at most once per frame")
        last = self.last_frame
        given = options.info
        count = info.frame_count or last + 1
        if given is not None and given.frame_count and (last < given.frame_count or given.name == info.name):
            count = given.frame_count
        if last >= count:
            raise FormatError(f"{self.path}: found a box in frame {last} (counted from 0); expected no frame beyond "
                              f"{count - 1}, the last of {info.name}")
        info = replace(_completed(info, given, count, tuple(self.labels) or ("object",)),
                       attributes=tuple(self.declared))
        distance, where = self._farthest
        if info.width and info.height and distance > farthest_edge(info.width, info.height):
            self.fail(where, f"a box that reaches to {distance:g} in frames of {info.width} x {info.height}",
                      f"boxes within {SIDES_BEYOND} sides of the frame")
        shift = int(self.from_zero)
        found = [*notes, *(["track numbers in the file start at 0, so all were increased by one"] if shift else [])]
        if self._first_invalid:
            found.append(f"the first row that was skipped: {self._first_invalid.removeprefix(f'{self.path} ')}")
        return LabelledSequence(info, _TableFrames(self, shift), len(self), tuple(found), self.passed.counts,
                                self.passed_of_file.counts)

    def boxes(self, shift: int) -> Iterator[tuple[int, LabelledBox]]:
        """Yield frame and box of each row, ordered by frame; ``shift`` is added to track numbers."""
        for row in self._rows:
            yield row.frame, self._box(row, shift)

    def _box(self, row: Row, shift: int) -> LabelledBox:
        number = row.number % self.modulo if self.modulo and row.number != _NO_NUMBER else row.number
        shown = self.renumber.get(number, number)
        return LabelledBox(
            None if number == _NO_NUMBER else shown + shift, row.label, (row.x1, row.y1, row.x2, row.y2), row.score,
            self._rows.mask(row), row.visibility, bool(row.flags & _IGNORED), bool(row.flags & _OCCLUDED),
            bool(row.flags & _INTERPOLATED), self._attributes(row, number))

    def _attributes(self, row: Row, number: int) -> Mapping[str, object]:
        whole = self.attributes.get(number, NO_ATTRIBUTES)
        if row.values < 0:
            return whole
        own = self._rows.attributes(row)
        return {**whole, **own} if whole else own


def _completed(info: SequenceInfo, given: SequenceInfo | None, count: int, labels: tuple[str, ...]) -> SequenceInfo:
    if given is None:
        return replace(info, frame_count=count, labels=labels)
    return replace(info, width=info.width or given.width, height=info.height or given.height,
                   fps=info.fps or given.fps, frame_count=count, labels=labels)


@dataclass(frozen=True, slots=True)
class _TableFrames:
    """Rows as labelled frames; boxes are created only during iteration."""

    table: BoxTable
    shift: int

    def __iter__(self) -> Iterator[LabelledFrame]:
        frame = -1
        boxes: list[LabelledBox] = []
        for found, box in self.table.boxes(self.shift):
            if found != frame and boxes:
                yield LabelledFrame(frame, tuple(boxes))
                boxes = []
            frame = found
            boxes.append(box)
        if boxes:
            yield LabelledFrame(frame, tuple(boxes))


def whole_number(text: str) -> int:
    """Parse a whole number, which may be written as ``12.0``. Raises ValueError."""
    value = float(text)
    if not abs(value) < _LARGEST_NUMBER or value != int(value):
        raise ValueError(f"{text!r}, which is not a whole number")
    return int(value)

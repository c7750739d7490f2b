"""Store rows of boxes in any order and return them by frame, with little memory regardless of their number.

Rows are kept in blocks sorted by frame; beyond a few megabytes they go to an unnamed temporary file. Consecutive
blocks, as in files that are written frame by frame, are read one after the other; other blocks, as in files that are
written track by track, are merged.
"""

from __future__ import annotations

import heapq
import struct
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from annotator.formats.reading.attribute_store import AttributeStore, no_room
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import NO_ATTRIBUTES

ROW = np.dtype([("frame", "<i8"), ("number", "<i8"), ("label", "<i4"), ("flags", "<i4"), ("x1", "<f8"), ("y1", "<f8"),
                ("x2", "<f8"), ("y2", "<f8"), ("score", "<f8"), ("visibility", "<f8"), ("mask", "<i8"),
                ("values", "<i8")])
"""``mask`` and ``values`` are positions in the files of masks and of attributes, -1 for none."""
Block = npt.NDArray[np.void]

#: Rows per block.
BLOCK = 32_768
#: Rows read at a time from each block: one block after the other, and when blocks are merged.
_TOGETHER, _MERGED = 4_096, 256
#: Bytes that are kept in memory before they go to a file.
_IN_MEMORY = 8 * 2**20
_MASK = struct.Struct("<5i")


class Row(NamedTuple):
    """One box; fields as in `ROW`."""

    frame: int
    number: int
    label: int
    flags: int
    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    visibility: float
    mask: int
    values: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Position and frame range of a block in the file."""

    offset: int
    count: int
    first: int
    last: int


class RowStore:
    """Add rows, then iterate over them as often as needed. More rows may be added later."""

    def __init__(self) -> None:
        self._frame, self._number, self._mask, self._values = (array("q") for _ in range(4))
        self._label, self._flags = array("i"), array("i")
        self._numbers = array("d")
        self._rows = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - lives as long as the rows
        self._attributes = AttributeStore()
        self._masks = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._blocks: list[_Place] = []
        self._mask_end = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, frame: int, number: int, label: int, flags: int, box_xyxy: Box,
            score: float, visibility: float, mask: Mask | None,
            attributes: Mapping[str, object] | None = None) -> None:
        """Add one row. Raises FormatError if the temporary file cannot be written."""
        self._frame.append(frame)
        self._number.append(number)
        self._label.append(label)
        self._flags.append(flags)
        self._numbers.extend((*box_xyxy, score, visibility))
        self._mask.append(-1 if mask is None else self._put_mask(mask))
        self._values.append(-1 if not attributes else self._attributes.add(attributes))
        self._count += 1
        if len(self._frame) >= BLOCK:
            self._flush()

    def add_block(self, block: Block) -> None:
        """Add rows of dtype `ROW`. Raises FormatError if the temporary file cannot be written."""
        self._flush()
        self._count += len(block)
        self._write(block)

    def _flush(self) -> None:
        if not self._frame:
            return
        block = np.empty(len(self._frame), ROW)
        for name, values in (("frame", self._frame), ("number", self._number), ("label", self._label),
                             ("flags", self._flags), ("mask", self._mask), ("values", self._values)):
            block[name] = values
        numbers = np.array(self._numbers).reshape(-1, 6)
        for column, name in enumerate(("x1", "y1", "x2", "y2", "score", "visibility")):
            block[name] = numbers[:, column]
        for each in (self._frame, self._number, self._label, self._flags, self._mask, self._values, self._numbers):
            del each[:]
        self._write(block)

    def _write(self, block: Block) -> None:
        if not len(block):
            return
        block = block[np.argsort(block["frame"], kind="stable")]
        offset = self._blocks[-1].offset + self._blocks[-1].count if self._blocks else 0
        try:
            self._rows.seek(offset * ROW.itemsize)
            self._rows.write(block.tobytes())
        except OSError as error:
            raise no_room(error) from error
        self._blocks.append(_Place(offset, len(block), int(block["frame"][0]), int(block["frame"][-1])))

    def _put_mask(self, mask: Mask) -> int:
        data = _MASK.pack(mask.left, mask.top, mask.width, mask.height, len(mask.rle)) + mask.rle
        place = self._mask_end
        try:
            self._masks.seek(place)
            self._masks.write(data)
        except OSError as error:
            raise no_room(error) from error
        self._mask_end += len(data)
        return place

    def mask(self, row: Row) -> Mask | None:
        """The mask of a row; None if it has none."""
        if row.mask < 0:
            return None
        self._masks.seek(row.mask)
        left, top, width, height, length = _MASK.unpack(self._masks.read(_MASK.size))
        return Mask(left, top, width, height, self._masks.read(length))

    def attributes(self, row: Row) -> Mapping[str, object]:
        """The attributes that a row has of its own."""
        return NO_ATTRIBUTES if row.values < 0 else self._attributes.at(row.values)

    def __iter__(self) -> Iterator[Row]:
        """Yield all rows by frame; rows of the same frame in the order in which they were added."""
        self._flush()
        if self._in_order():
            for place in self._blocks:
                yield from self._slices(place, _TOGETHER)
        else:
            yield from heapq.merge(*(self._slices(place, _MERGED) for place in self._blocks), key=itemgetter(0))

    def _in_order(self) -> bool:
        return all(one.last <= other.first for one, other in zip(self._blocks, self._blocks[1:], strict=False))

    def _slices(self, place: _Place, size: int) -> Iterator[Row]:
        for start in range(0, place.count, size):
            yield from map(Row._make, self._read(place.offset + start, min(size, place.count - start)).tolist())

    def _read(self, offset: int, count: int) -> Block:
        self._rows.seek(offset * ROW.itemsize)
        return np.frombuffer(self._rows.read(count * ROW.itemsize), ROW)

    def repeated(self) -> tuple[int, int] | None:
        """Frame and number of a track with two rows in one frame, or None. Numbers below 0 are not tracks."""
        self._flush()
        if not self._in_order():
            return self._repeated_anywhere()
        rest: Block = np.empty(0, ROW)
        for place in self._blocks:
            # The last frame of a block may continue in the next one.
            rows = np.concatenate([rest, self._read(place.offset, place.count)])
            named = rows[rows["number"] >= 0]
            named = named[np.lexsort((named["number"], named["frame"]))]
            same = np.flatnonzero((np.diff(named["frame"]) == 0) & (np.diff(named["number"]) == 0))
            if len(same):
                return int(named["frame"][same[0]]), int(named["number"][same[0]])
            rest = rows[rows["frame"] == place.last]
        return None

    def _repeated_anywhere(self) -> tuple[int, int] | None:
        frame, seen = -1, set[int]()
        for row in self:
            if row.frame != frame:
                frame, seen = row.frame, set()
            if row.number >= 0 and row.number in seen:
                return row.frame, row.number
            seen.add(row.number)
        return None

"""What both layouts of FiftyOne share: which field is read, numbers of tracks, relative boxes and masks of boxes."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions
from annotator.formats.coco.parts import is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.rle import LARGEST_PICTURE
from annotator.model.attribute import is_value
from annotator.model.box import Box
from annotator.model.mask import Mask

#: The field that is read if a frame has boxes in several.
GROUND_TRUTH = "ground_truth"
SCALED = "masks of another size than their box (they are scaled to it)"
_HEADER = 1 << 12
_LABEL = "object"


@dataclass(frozen=True, slots=True)
class Detection:
    """One box as a file has it."""

    label: str
    relative: Any
    """Left, top, width and height relative to the frame, unchecked."""
    track: Hashable
    """What identifies the track among those of its label; None for a box without a track."""
    score: float = 1.0
    mask: Any = None
    """Text of the compressed mask; None for none."""
    occluded: bool = False
    interpolated: bool = False
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Survey:
    """What a first pass over the boxes finds, which decides how they are read."""

    boxes: Counter[str] = field(default_factory=Counter)
    """Number of boxes by field."""
    tracks: dict[str, dict[tuple[Hashable, str], None]] = field(default_factory=dict)
    """By field: tracks and labels of its boxes in file order."""

    def add(self, name: str, detection: Detection) -> None:
        """Take one box of a field into account."""
        self.boxes[name] += 1
        if detection.track is not None:
            self.tracks.setdefault(name, {}).setdefault((detection.track, detection.label))

    def field(self) -> str | None:
        """The field to read: the ground truth, or the one with the most boxes; None if there is no box."""
        if GROUND_TRUTH in self.boxes:
            return GROUND_TRUTH
        return min(self.boxes, key=lambda name: (-self.boxes[name], name), default=None)

    def others(self, chosen: str | None) -> list[tuple[str, int]]:
        """The other fields with their numbers of boxes."""
        return [(name, count) for name, count in sorted(self.boxes.items()) if name != chosen]


@dataclass(slots=True)
class TrackNumbers:
    """Numbers of tracks. FiftyOne's ``index`` identifies an object together with its label, so that two labels may
    have one index; then the first label keeps it."""

    notes: list[str] = field(default_factory=list)
    _numbers: dict[tuple[Hashable, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, tracks: Mapping[tuple[Hashable, str], None]) -> TrackNumbers:
        """Number the tracks of a video, given in file order."""
        found = cls()
        taken: set[int] = set()
        later = []
        for key in tracks:
            index = key[0]
            if isinstance(index, int) and index >= 0 and index not in taken:
                found._numbers[key] = index
                taken.add(index)
            else:
                later.append(key)
        following = max(taken, default=0) + 1
        found._numbers.update({key: number for number, key in enumerate(later, following)})
        shared = [key for key in later if isinstance(key[0], int)]
        if shared:
            found.notes.append(f"{len(shared)} tracks got new numbers, because FiftyOne uses their index for several "
                               f"labels (the first: {shared[0][0]} of {shared[0][1][:40]} is {following})")
        return found

    def number(self, detection: Detection) -> int | None:
        """Number of a box's track."""
        return None if detection.track is None else self._numbers[detection.track, detection.label]


def frame_size(file: Path, own: tuple[int, int], options: ImportOptions, name: str) -> tuple[int, int]:
    """Width and height of the frames, from the file or else from the video that is imported into.

    Raises FormatError if they are unknown.
    """
    width, height = own if all(own) else options.frame_size()
    if not width or not height:
        raise FormatError(f"{file}: FiftyOne's boxes are relative to the frame size, which the file does not state for "
                          f"{name[:60]}; import the labels into a video, or give --size")
    return width, height


def add_detection(table: BoxTable, where: str, frame: int, number: int | None, found: Detection,
                  size: tuple[int, int]) -> None:
    """Add a box to the table. A box that is not four numbers is skipped and counted."""
    relative = found.relative
    if not isinstance(relative, list) or len(relative) != 4 or not all(is_finite(value) for value in relative):
        table.skip(where, f"the box {str(relative)[:60]}", "relative left, top, width and height")
        return
    left, top, width, height = relative
    box = (left * size[0], top * size[1], (left + width) * size[0], (top + height) * size[1])
    mask = None if found.mask is None else _mask(table, where, found.mask, box, size)
    table.add(where, frame, number, found.label or _LABEL, box, score=found.score, occluded=found.occluded,
              interpolated=found.interpolated, mask=mask, attributes=found.values)


def values_of(item: Mapping[str, object], known: frozenset[str], table: BoxTable) -> dict[str, object]:
    """Further fields of a box as values of attributes; those that are no value are counted."""
    values = {name: value for name, value in item.items() if name not in known and is_value(value) and value != ""}
    table.passed.fields(item, known | values.keys(), "boxes")
    return values


def _mask(table: BoxTable, where: str, text: Any, box: Box, size: tuple[int, int]) -> Mask | None:
    """The mask of a box, which begins at its corner and is stored in whole pixels."""
    left, top = round(box[0]), round(box[1])
    width, height = max(round(box[2] - box[0]), 1), max(round(box[3] - box[1]), 1)
    if not (0 < width * height <= LARGEST_PICTURE and abs(left) + abs(top) < LARGEST_PICTURE):
        table.fail(where, f"a mask in a box of {width} x {height}", "a box of about the frame")
    try:
        bitmap = _bitmap(text)
    except (ValueError, OverflowError, zlib.error, binascii.Error, EOFError) as error:
        table.fail(where, f"a mask that cannot be read ({str(error)[:60]})", "a compressed NumPy array of the box")
    if abs(bitmap.shape[0] - height) > 1 or abs(bitmap.shape[1] - width) > 1:
        table.passed.add(SCALED)
        rows = ((np.arange(height) + 0.5) * bitmap.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * bitmap.shape[1] / width).astype(int)
        bitmap = bitmap[np.ix_(rows, columns)]
    # Cut at the frame, beyond which FiftyOne's boxes may reach by a rounding error.
    x, y = max(-left, 0), max(-top, 0)
    inside = bitmap[y:max(size[1] - top, 0), x:max(size[0] - left, 0)]
    mask = Mask.from_bitmap(inside, left + x, top + y) if inside.size else None
    return None if mask is None or mask.is_empty() else mask


def _bitmap(text: Any) -> npt.NDArray[np.bool_]:
    """The array of a mask: base64 of a compressed ``.npy``. Raises ValueError and what decoders raise."""
    if not isinstance(text, str):
        raise ValueError("no text")
    reader = zlib.decompressobj()
    # Nothing is unpacked beyond what the masks of a frame need.
    data = reader.decompress(base64.b64decode(text, validate=True), LARGEST_PICTURE + _HEADER)
    if reader.unconsumed_tail:
        raise ValueError("more data than a frame has pixels")
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.ndim != 2 or not array.size or array.dtype.kind not in "bu":
        raise ValueError("no array of two dimensions")
    return np.asarray(array != 0)

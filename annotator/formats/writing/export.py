"""Code shared by all writers: selecting frames and boxes, and the sidecar."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from annotator import __version__
from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, SequenceStream
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.text import is_showable

#: What values are called that a format cannot hold, each time that one begins to hold.
LOST_VALUES = "values of attributes (this format cannot store them)"
#: And those of attributes whose names the format uses for something else.
RESERVED_VALUES = "values of attributes whose names this format uses itself"
_FORBIDDEN_IN_NAMES = frozenset('/\\:*?"<>|\0\n\r')
#: Names of devices on Windows, whatever follows after a dot.
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
                       *(f"{port}{number}" for port in ("COM", "LPT") for number in "123456789\u00b9\u00b2\u00b3")})
#: Longest file name in bytes, with room for what formats add.
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ExportFrame:
    """One frame to write."""

    index: int
    """Index within the export, from 0."""
    source: int
    """Frame index in the video."""
    time: float | None
    """Presentation time in seconds; None if the stream omitted the frame."""
    boxes: tuple[LabelledBox, ...]


@dataclass(slots=True)
class Tally:
    """Counts what was written and what was skipped, over all sequences."""

    sequences: int = 0
    frames: int = 0
    boxes: int = 0
    tracks: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    seen_labels: set[str] = field(default_factory=set)

    def check_labels(self, options: ExportOptions) -> None:
        """Raise FormatError if a selected label is in none of the sequences."""
        unknown = sorted(set(options.labels or ()) - self.seen_labels)
        if unknown:
            raise FormatError(f"no video has the label {unknown[0]!r}; choose from "
                              f"{', '.join(sorted(self.seen_labels))}")


@dataclass(frozen=True, slots=True)
class BoxRules:
    """What a format can store of a box."""

    needs_number: bool = True
    keeps_ignored: bool = True
    keeps_masks: bool = False
    keeps_regions: bool = False
    """Ignore regions: ignored boxes without a number."""
    keeps_attributes: bool = False
    decimals: int = 2
    """A box without width or height after rounding to these decimals is skipped."""


def export_frames(stream: SequenceStream, options: ExportOptions, rules: BoxRules, tally: Tally,
                  ) -> Iterator[ExportFrame]:
    """Yield every frame of the range in order, with the boxes to write.

    Raises FormatError for a box that is not finite, a box without a required track number, a number that occurs twice
    in a frame, and a frame beyond the last one of the video. Raises ValueError if frames are not in ascending order.
    """
    info, frames = stream
    wanted = options.frame_range(info)
    box_filter = _BoxFilter(info, options, rules, tally, short_tracks(frames, wanted, options))
    tally.sequences += 1
    tally.frames += len(wanted)
    tally.seen_labels.update(info.labels)
    following = 0
    for frame in _ascending(frames, info):
        if frame.frame_index not in wanted:
            continue
        index = wanted.index(frame.frame_index)
        for skipped in range(following, index):
            yield ExportFrame(skipped, wanted[skipped], None, ())
        following = index + 1
        yield ExportFrame(index, frame.frame_index, frame.time, box_filter.boxes(frame))
    for skipped in range(following, len(wanted)):
        yield ExportFrame(skipped, wanted[skipped], None, ())
    tally.tracks += len(box_filter.numbers)


def _ascending(frames: Iterable[LabelledFrame], info: SequenceInfo) -> Iterator[LabelledFrame]:
    previous = -1
    for frame in frames:
        if frame.frame_index <= previous:
            raise ValueError(f"frame {frame.frame_index} after frame {previous}: frames must be in ascending order")
        if frame.frame_index >= info.frame_count:
            raise FormatError(f"{info.name} has labels in frame {frame.frame_index}, but the last frame of the video "
                              f"is {info.frame_count - 1}; check that the labels belong to this video")
        previous = frame.frame_index
        yield frame


def short_tracks(frames: Iterable[LabelledFrame], wanted: range, options: ExportOptions) -> frozenset[int]:
    """Numbers of the tracks with fewer boxes in these frames than ``options.min_length``.

    Raises ValueError for an iterator, because counting would exhaust it.
    """
    if options.min_length <= 1:
        return frozenset()
    if iter(frames) is frames:
        raise ValueError("min_length needs frames that can be iterated twice")
    lengths = Counter(box.number for frame in frames if frame.frame_index in wanted for box in frame.boxes
                      if options.interpolated or not box.interpolated)
    return frozenset(number for number, length in lengths.items()
                     if number is not None and length < options.min_length)


class _BoxFilter:
    """Selects the boxes of each frame that are to be exported and that the format can store."""

    def __init__(self, info: SequenceInfo, options: ExportOptions, rules: BoxRules, tally: Tally,
                 short: frozenset[int]) -> None:
        self._info = info
        self._label_count = len(info.labels)
        self._rules = rules
        self._tally = tally
        self._short = short
        self._tiny = 2 * 10 ** -rules.decimals
        self._min_length = options.min_length
        self._interpolated = options.interpolated
        self._new_numbers: dict[int, int] | None = {} if options.renumber else None
        self._labels = None if options.labels is None else {
            index for index, name in enumerate(info.labels) if name in options.labels}
        self._values: dict[int | None, Mapping[str, object]] = {}
        self.numbers: set[int] = set()

    def boxes(self, frame: LabelledFrame) -> tuple[LabelledBox, ...]:
        kept = []
        seen: set[int] = set()
        for box in frame.boxes:
            reason = self._reason_to_drop(box, frame.frame_index)
            if reason is not None:
                self._tally.dropped[reason] += 1
                continue
            if self._rules.needs_number and box.number is not None:
                if box.number in seen:
                    raise FormatError(f"{self._info.name} frame {frame.frame_index}: track {box.number} has two boxes; "
                                      "remove one of them")
                seen.add(box.number)
                self.numbers.add(box.number)
                if self._new_numbers is not None:
                    box = replace(box, number=self._new_numbers.setdefault(box.number, len(self._new_numbers) + 1))
            if box.mask is not None and not self._rules.keeps_masks:
                self._tally.dropped["masks (only boxes were written)"] += 1
            if not self._rules.keeps_attributes and (box.attributes or self._values):
                self._count_values(box)
            kept.append(box)
        self._tally.boxes += len(kept)
        return tuple(kept)

    def _count_values(self, box: LabelledBox) -> None:
        """Count the values of a track that begin to hold in this frame."""
        before = self._values.get(box.number, {})
        if before is not box.attributes:
            lost = sum(value is not None and before.get(name) != value for name, value in box.attributes.items())
            if lost:
                self._tally.dropped[LOST_VALUES] += lost
            self._values[box.number] = box.attributes

    def _reason_to_drop(self, box: LabelledBox, frame_index: int) -> str | None:
        rules, number = self._rules, box.number
        region = number is None and box.ignored
        if region and not rules.keeps_regions:
            return "ignore regions (this format cannot store them)"
        if not 0 <= box.label < self._label_count:
            raise FormatError(f"{self._where(frame_index)}: label number {box.label}, but the video has "
                              f"{self._label_count} labels")
        if self._labels is not None and box.label not in self._labels and not region:
            return "boxes of labels that were not selected"
        if number is None and rules.needs_number and not region:
            raise FormatError(f"{self._where(frame_index)}: found a box without a track number, which this format "
                              "cannot store; choose a format for detections")
        if box.interpolated and not self._interpolated:
            return "interpolated boxes"
        if self._short and number in self._short:
            return f"boxes of tracks shorter than {self._min_length}"
        if box.ignored and not rules.keeps_ignored:
            return "ignored boxes (this format cannot mark them)"
        x1, y1, x2, y2 = box.box_xyxy
        # A finite sum has finite terms.
        if not math.isfinite(x1 + y1 + x2 + y2 + box.score + box.visibility):
            self._check_finite(box, frame_index)
        decimals = rules.decimals
        if (x2 - x1 < self._tiny and round(x2, decimals) <= round(x1, decimals)) or (
                y2 - y1 < self._tiny and round(y2, decimals) <= round(y1, decimals)):
            return "boxes without width or height"
        return None

    def _check_finite(self, box: LabelledBox, frame_index: int) -> None:
        if not all(map(math.isfinite, box.box_xyxy)):
            raise FormatError(f"{self._where(frame_index)}: track {box.number} has the box {box.box_xyxy}, which is "
                              "not finite")
        if not (math.isfinite(box.score) and math.isfinite(box.visibility)):
            raise FormatError(f"{self._where(frame_index)}: track {box.number} has score {box.score} and visibility "
                              f"{box.visibility}, which are not both finite")

    def _where(self, frame_index: int) -> str:
        return f"{self._info.name} frame {frame_index}"


class SidecarWriter:
    """Writes the JSON sidecar of an export: the source of each exported frame, and the options of the export.

    ``sequences[i].frames`` has one entry ``[frame, source_frame, time]`` per exported frame: the number in the exported
    files, the frame index in the video from 0, and the presentation time in seconds (null if unknown).
    """

    def __init__(self, path: Path, format_name: str, options: ExportOptions, first_number: int) -> None:
        self._first_number = first_number
        self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        head = {"tool": "SAM2MOT Annotator", "version": __version__, "format": format_name,
                "options": options.to_json(), "frame_columns": ["frame", "source_frame", "time"]}
        self._file.write(json.dumps(head, indent=1)[:-2] + ',\n "sequences": [')
        self._sequences = 0
        self._frames = 0

    def begin(self, info: SequenceInfo, **more: Any) -> None:
        """Start the next sequence."""
        entry = {"name": info.name, "width": info.width, "height": info.height, "fps": info.fps,
                 "source_frame_count": info.frame_count, "labels": list(info.labels), **more}
        self._file.write(("," if self._sequences else "") + "\n  " + json.dumps(entry)[:-1] + ', "frames": [')
        self._sequences += 1
        self._frames = 0

    def frame(self, frame: ExportFrame) -> None:
        """Add a frame to the current sequence."""
        entry = [frame.index + self._first_number, frame.source, frame.time]
        self._file.write((",\n   " if self._frames else "\n   ") + json.dumps(entry))
        self._frames += 1

    def end(self) -> None:
        """Finish the sequence."""
        self._file.write("]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        try:
            if error is None:
                self._file.write("\n ]\n}\n")
        finally:
            self._file.close()


def exported_rate(info: SequenceInfo, options: ExportOptions) -> float:
    """Frames per second of the exported sequence."""
    return info.fps / options.step


def checked_name(info: SequenceInfo) -> str:
    """The sequence's name as a file or folder name. Raises FormatError if it is not a valid one."""
    name = info.name
    too_long = len(name.encode(errors="replace")) > _LONGEST_NAME
    if not name or name.strip(". ") != name or _FORBIDDEN_IN_NAMES & set(name) or too_long or not is_showable(name):
        raise FormatError(f"the video name {name[:60]!r} cannot be used as a file name; rename the video")
    if name.partition(".")[0].strip().upper() in _RESERVED:
        raise FormatError(f"the video name {name!r} is reserved on Windows, where no such file can be made; rename the "
                          "video")
    return name

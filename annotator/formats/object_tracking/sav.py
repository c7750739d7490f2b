"""SA-V, the data set of SAM 2: one JSON file per video with the masks of its masklets in every fourth frame.

Exports have the masks of every frame; how many frames lie between two masks follows from the number of frames and of
masks. SAM 2's training loads them with ``ann_every=1``. Source: Ravi et al., "SAM 2: Segment Anything in Images and
Videos", 2024, and the data set's examples.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.label_paths import check_size, label_files
from annotator.formats.reading.rle import mask_from_rle, picture_rle, picture_runs
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import NO_MASK
from annotator.model.mask import EMPTY_MASK
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "SA-V: {video_id, video_frame_count, masklet_id, masklet with RLE by frame}"
#: The data set's videos have 24 frames per second, its masks 6.
_EVERY = 4
#: Fields that are read or follow from the masks.
_FIELDS = frozenset({"video_id", "video_duration", "video_frame_count", "video_height", "video_width",
                     "video_resolution", "video_split", "video_environment", "masklet_id", "masklet",
                     "masklet_size_rel", "masklet_size_abs", "masklet_size_bucket", "masklet_visibility_changes",
                     "masklet_first_appeared_frame", "masklet_frame_count", "masklet_edited_frame_count",
                     "masklet_type", "masklet_stability_score", "masklet_num"})
_LABEL = "object"


@dataclass(slots=True)
class _Masklet:
    """What the file states about one masklet."""

    first: int
    """First frame in which it is visible."""
    last: int = -1
    visible: int = 0
    area: int = 0
    changes: int = 0
    """How often it disappears or appears again."""

    def add(self, frame: int, area: int) -> None:
        self.changes += 2 if self.visible and frame > self.last + 1 else 0
        self.last, self.visible, self.area = frame, self.visible + 1, self.area + area

    def all_changes(self, length: int) -> int:
        return self.changes + (self.last < length - 1)


class _SavWriter(Writer):
    """Keeps the masks of a video in a temporary file, because every frame lists all masklets of the video."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")
        self._parts: TextIO = self.target.scratch(f"{info.name}.masklets.part")
        self._masklets: dict[int, _Masklet] = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written, codes = [], {}
        for box in frame.boxes:
            runs = [] if box.mask is None else picture_runs(box.mask, info.width, info.height)
            if len(runs) < 2 or box.number is None:
                self.target.drop(box, NO_MASK)
                continue
            mask = mask_from_rle({"size": [info.height, info.width], "counts": runs})
            codes[box.number] = picture_rle(mask, info.width, info.height)
            self._masklets.setdefault(box.number, _Masklet(frame.index)).add(frame.index, sum(runs[1::2]))
            written.append(replace(reduced_box(replace(box, box_xyxy=mask.box_xyxy), SaV.abilities, mask=mask),
                                   label=0))
        self._parts.write(json.dumps(codes) + "\n")
        return written

    def end(self, info: SequenceInfo) -> None:
        numbers = sorted(self._masklets)
        empty = picture_rle(EMPTY_MASK, info.width, info.height)
        with self.target.path(f"{info.name}_manual.json").open("w", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(self._head(info, numbers))[:-1] + ', "masklet": [')
            self._parts.seek(0)
            for index, line in enumerate(self._parts):
                codes = json.loads(line)
                file.write((",\n" if index else "\n") + json.dumps([
                    {"size": [info.height, info.width], "counts": codes.get(str(number), empty)}
                    for number in numbers]))
            file.write("]}\n")
        self._parts.close()

    def _head(self, info: SequenceInfo, numbers: Sequence[int]) -> dict[str, Any]:
        masklets, length = [self._masklets[number] for number in numbers], info.frame_count
        sizes = [each.area / each.visible for each in masklets]
        pixels = info.width * info.height
        return {
            "video_id": info.name, "video_duration": length / info.fps if info.fps else None,
            "video_frame_count": float(length), "video_height": float(info.height), "video_width": float(info.width),
            "video_resolution": float(pixels), "masklet_id": list(numbers),
            "masklet_size_rel": [size / pixels for size in sizes], "masklet_size_abs": sizes,
            "masklet_visibility_changes": [each.all_changes(length) for each in masklets],
            "masklet_first_appeared_frame": [float(each.first) for each in masklets],
            "masklet_frame_count": [length] * len(numbers), "masklet_type": ["manual"] * len(numbers),
            "masklet_num": len(numbers)}


class SaV(FileFormat):
    """SA-V masklets as a label format."""

    name = "sa-v"
    title = "SA-V"
    description = "SA-V masklets: NAME_manual.json per video, masks in every frame; in the data set in every fourth"
    abilities = Abilities(labels=False, masks=True, needs_masks=True, limits=(
        "boxes become the tight boxes of the masks",))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"JPEGImages/{info.name}/{index:05d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _SavWriter(target)

    def label_name(self, label: str) -> str:
        return _LABEL

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_read(file, options) for file in label_files(path, ("*_manual.json", "*.json"), "SA-V files")]


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    check_size(file)
    content = load_json(file)
    if not isinstance(content, dict) or not isinstance(content.get("masklet"), list):
        raise FormatError(f"{file} has no masklets; expected {_EXPECTED}")
    numbers = _numbers(file, content)
    table = BoxTable(file, _EXPECTED)
    table.passed.fields(content, _FIELDS, "the file")
    count = _whole(content, "video_frame_count")
    every = _spacing(count, len(content["masklet"]))
    first = options.first_frame or 0
    for index, codes in enumerate(content["masklet"]):
        if not isinstance(codes, list) or len(codes) != len(numbers):
            table.fail(f"masklet frame {index}", f"{str(codes)[:40]!r}", f"{len(numbers)} masks, as many as masklet_id")
        for number, code in zip(numbers, codes, strict=True):
            _add(table, f"masklet {number} frame {index}", every * index - first, number, code)
    info = SequenceInfo(str(content.get("video_id") or file.stem), _whole(content, "video_width"),
                        _whole(content, "video_height"), 0.0, count)
    return table.sequence(info, options, [] if every == 1 else [
        f"only one in {every} frames is labelled; the tracks have no boxes in between"])


def _spacing(frames: int, labelled: int) -> int:
    """One in how many frames is labelled: four as in the data set, unless the numbers of frames tell otherwise."""
    if frames == labelled:
        return 1
    if not frames or not labelled or -(-frames // _EVERY) == labelled:
        return _EVERY
    return max(-(-frames // labelled), 1)


def _numbers(file: Path, content: dict[str, Any]) -> list[int]:
    found = content.get("masklet_id")
    if not isinstance(found, list) or not all(is_finite(number) and number == int(number) for number in found):
        raise FormatError(f"{file}: found masklet_id {str(found)[:40]}; expected {_EXPECTED}")
    return [int(number) for number in found]


def _add(table: BoxTable, where: str, frame: int, number: int, code: Any) -> None:
    if code is None:
        return
    try:
        if not isinstance(code, dict):
            raise ValueError(f"{str(code)[:40]!r}")
        mask = mask_from_rle(code)
    except (ValueError, OverflowError) as error:
        table.fail(where, str(error), "RLE")
    if not mask.is_empty():
        table.add(where, frame, number, _LABEL, mask.box_xyxy, mask=mask)


def _whole(content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    return int(value) if is_finite(value) and 0 <= value < 2**31 else 0

"""SA-V, the data set of SAM 2: one JSON file per video with the masks of its masklets in every fourth frame.

Source: Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024, and the data set's examples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.label_paths import check_size, label_files
from annotator.formats.reading.rle import mask_from_rle
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.sequence import SequenceInfo

_EXPECTED = "SA-V: {video_id, video_frame_count, masklet_id, masklet with RLE by frame}"
#: Videos have 24 frames per second, masks 6.
_EVERY = 4
#: Fields that are read or follow from the masks.
_FIELDS = frozenset({"video_id", "video_duration", "video_frame_count", "video_height", "video_width",
                     "video_resolution", "video_split", "video_environment", "masklet_id", "masklet",
                     "masklet_size_rel", "masklet_size_abs", "masklet_size_bucket", "masklet_visibility_changes",
                     "masklet_first_appeared_frame", "masklet_frame_count", "masklet_edited_frame_count",
                     "masklet_type", "masklet_stability_score", "masklet_num"})
_LABEL = "object"


class SaV(ReadOnly):
    """SA-V masklets as a label format."""

    name = "sa-v"
    title = "SA-V"
    description = "SA-V masklets: NAME_manual.json or NAME_auto.json, masks in every fourth frame"
    abilities = Abilities(labels=False, masks=True)

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
    first = options.first_frame or 0
    for index, codes in enumerate(content["masklet"]):
        if not isinstance(codes, list) or len(codes) != len(numbers):
            table.fail(f"masklet frame {index}", f"{str(codes)[:40]!r}", f"{len(numbers)} masks, as many as masklet_id")
        for number, code in zip(numbers, codes, strict=True):
            _add(table, f"masklet {number} frame {index}", _EVERY * index - first, number, code)
    info = SequenceInfo(str(content.get("video_id") or file.stem), _whole(content, "video_width"),
                        _whole(content, "video_height"), 0.0, _whole(content, "video_frame_count"))
    return table.sequence(info, options, ["only every fourth frame is labelled; the tracks have no boxes in between"])


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

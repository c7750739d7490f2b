"""ETA's video labels, which FiftyOne writes as ``FiftyOneVideoLabelsDataset``: one JSON file per video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.fiftyone.detections import Detection, Survey, TrackNumbers, add_detection, frame_size
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.label_paths import check_size
from annotator.formats.reading.passed_over import holds_something, short
from annotator.model.attribute import is_value
from annotator.model.sequence import SequenceInfo

_EXPECTED = "FiftyOne's video labels: {frames by number with objects that have a bounding_box}"
_OBJECT = frozenset({"type", "label", "bounding_box", "confidence", "index", "mask", "attrs", "frame_number", "name"})
_FILE = frozenset({"frames", "filename", "metadata", "type", "schema"})
_FRAME = frozenset({"objects", "frame_number", "type"})


def read_video_labels(file: Path, options: ImportOptions) -> LabelledSequence:
    """Read the labels of one video. Raises FormatError."""
    check_size(file)
    content = load_json(file)
    if not isinstance(content, dict) or not isinstance(content.get("frames"), dict):
        raise FormatError(f"{file} has no frames; expected {_EXPECTED}")
    table = BoxTable(file, _EXPECTED)
    table.passed.fields(content, _FILE, "the file")
    survey = Survey()
    found = [(index, where, *each) for index, where, frame in _frames(file, content["frames"])
             for each in _objects(frame, where, table)]
    for *_, name, detection in found:
        survey.add(name, detection)
    chosen = survey.field()
    numbers = TrackNumbers.of(survey.tracks.get(chosen or "", {}))
    size = frame_size(file, _size(content), options, file.stem) if found else _size(content)
    for other, boxes in survey.others(chosen):
        table.passed.add(f"boxes of field {short(other)} (those of {short(chosen or '')} are read)", boxes)
    first = 1 if options.first_frame is None else options.first_frame
    for index, where, name, detection in found:
        if name == chosen:
            add_detection(table, where, index - first, numbers.number(detection), detection, size)
    return table.sequence(SequenceInfo(file.stem, *size, 0.0, 0), options, numbers.notes)


def _frames(file: Path, frames: Mapping[str, Any]) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    for key, frame in frames.items():
        if not key.isdecimal() or len(key) > 9 or not isinstance(frame, dict):
            raise FormatError(f"{file}: found frame {key[:20]!r}: {str(frame)[:40]}; expected {_EXPECTED}")
        yield int(key), f"frame {key}", frame


def _objects(frame: Mapping[str, Any], where: str, table: BoxTable) -> Iterator[tuple[str, Detection]]:
    """The boxes of a frame with the names of their fields."""
    for key, value in frame.items():
        if key not in _FRAME and holds_something(_listed(value, key)):
            table.passed.add(f"{short(key)} of frames")
    for each in _listed(frame.get("objects"), "objects"):
        if not isinstance(each, dict):
            table.fail(where, f"the object {str(each)[:40]}")
        table.passed.fields(each, _OBJECT, "objects")
        score, index = each.get("confidence"), each.get("index")
        whole = isinstance(index, int) and not isinstance(index, bool) and index >= 0
        if index is not None and not whole:
            table.passed.add("indices of boxes that are no whole number from 0 on")
        yield str(each.get("name") or ""), Detection(
            str(each.get("label") or ""), _relative(each.get("bounding_box")), index if whole else None,
            float(score) if isinstance(score, int | float) else 1.0, each.get("mask"), **_values(each, table))


def _listed(value: Any, key: str) -> list[Any]:
    """The items of a container, which is an object with a list under its own name."""
    found = value.get(key) if isinstance(value, dict) else value
    return found if isinstance(found, list) else []


def _relative(box: Any) -> list[Any] | None:
    """Left, top, width and height of a box that is given by two corners."""
    if not isinstance(box, dict):
        return None
    corners = [box[corner].get(axis) for corner in ("top_left", "bottom_right") if isinstance(box.get(corner), dict)
               for axis in ("x", "y")]
    if len(corners) != 4 or not all(is_finite(value) for value in corners):
        return corners
    left, top, right, bottom = corners
    return [left, top, right - left, bottom - top]


def _values(item: Mapping[str, Any], table: BoxTable) -> dict[str, Any]:
    """Marks and values of attributes of a box."""
    values: dict[str, object] = {}
    for each in _listed(item.get("attrs"), "attrs"):
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str) and name and is_value(each.get("value")):
            values[name] = each["value"]
        else:
            table.passed.add("attributes of boxes that are no text, number or flag")
    return {"occluded": values.pop("occluded", False) is True, "interpolated": values.pop("keyframe", True) is False,
            "values": values}


def _size(content: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height that the file states; zeros if it states none."""
    metadata = content.get("metadata")
    size = metadata.get("frame_size") if isinstance(metadata, dict) else None
    if isinstance(size, list) and len(size) == 2 and all(is_finite(side) and 0 < side < 2**31 for side in size):
        return int(size[0]), int(size[1])
    return 0, 0

"""Label Studio's video rectangles: JSON with a list of tasks, each with regions, each with keyframes.

Coordinates are percent of the frame, frames count from 1, and ``enabled`` means that the region lives on to the next
keyframe, to which it is interpolated. A rectangle is turned clockwise about its top left corner. A region may have
further results: ``choices``, ``textarea`` and ``number`` of its id hold for the whole region, and ``timelinelabels``
whose ``parentID`` is its id hold in ranges of frames; the name of their control is that of an attribute. Source: Label
Studio's documentation of VideoRectangle and TimelineLabels, and its exports.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import Ids, is_finite, is_number_or_missing, size_of
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import hull
from annotator.formats.reading.json_stream import iterate_list
from annotator.formats.reading.keyframes import boxes_between
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import ROTATIONS, PassedOver, short
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.attribute import is_value, value_text
from annotator.model.box import Box
from annotator.model.sequence import LabelledBox, SequenceInfo
from annotator.model.values import TrackAttributes

_EXPECTED = "Label Studio: [{data, annotations of result of {type: videorectangle, value: {sequence, labels}}}]"
_VALUE = frozenset({"framesCount", "duration", "labels", "sequence", "videorectangle"})
_KEY = frozenset({"frame", "x", "y", "width", "height", "enabled", "rotation", "time"})
_REGION = frozenset({"id", "type", "value", "from_name", "to_name", "origin", "meta", "original_width",
                     "original_height", "image_rotation", "score", "parentID", "readonly", "hidden", "ranges"})
_LARGEST_FRAME = 2**31
#: Types of results that may be attributes of a region, and the field of their values.
_VALUE_TYPES = {"choices": "choices", "textarea": "text", "number": "number", "timelinelabels": "timelinelabels"}


@dataclass(slots=True)
class _Written:
    """One track of the video that is being written."""

    label: int
    sequence: list[dict[str, Any]] = field(default_factory=list)
    values: TrackAttributes = field(default_factory=TrackAttributes)


class _LabelStudioWriter(Writer):
    """Keeps the tracks of a video in memory until it ends, because the format stores them one after the other."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        if not info.width or not info.height:
            raise FormatError(f"the frame size of {info.name} is not known, and Label Studio stores percent of it; "
                              "give the videos")
        self._tracks: dict[int, _Written] = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            assert box.number is not None
            kept = reduced_box(box, LabelStudio.abilities)
            track = self._tracks.setdefault(box.number, _Written(box.label))
            if track.sequence and track.sequence[-1]["frame"] < frame.index:
                track.sequence[-1]["enabled"] = False
            x1, y1, x2, y2 = kept.box_xyxy
            track.sequence.append({
                "frame": frame.index + 1, "enabled": True, "rotation": 0,
                "time": round(frame.index / (info.fps or 1), 6),
                "x": 100 * x1 / info.width, "y": 100 * y1 / info.height,
                "width": 100 * (x2 - x1) / info.width, "height": 100 * (y2 - y1) / info.height})
            values = {name: text for name, value in box.attributes.items() if (text := value_text(value).strip())}
            track.values.add(frame.index, values)
            written.append(LabelledBox(kept.number, track.label, kept.box_xyxy, attributes=values))
        return written

    def end(self, info: SequenceInfo) -> None:
        results = [result for number, track in self._tracks.items() for result in _results(info, number, track)]
        task = {"id": 1, "data": {"video": f"{info.name}.mp4"}, "annotations": [{"id": 1, "result": results}]}
        self.target.text(f"{info.name}.json").write(json.dumps([task]))
        self._tracks = {}


def _results(info: SequenceInfo, number: int, track: _Written) -> Iterator[dict[str, Any]]:
    """The region of a track, and its attributes."""
    track.sequence[-1]["enabled"] = track.sequence[-1]["frame"] == info.frame_count
    size = {"original_width": info.width, "original_height": info.height, "to_name": "video"}
    label, region = info.labels[track.label], str(number)
    yield {"id": region, "type": "videorectangle", "from_name": "box", **size, "value": {
        "framesCount": info.frame_count, "duration": info.frame_count / info.fps if info.fps else 0, "labels": [label],
        "sequence": track.sequence}}
    for name, value in track.values.whole().items():
        yield {"id": region, "type": "choices", "from_name": name, **size, "value": {"choices": [value]}}
    for position, row in enumerate(track.values.values()):
        last = track.sequence[-1]["frame"] if row.last is None else row.last + 1
        yield {"id": f"{region}-{position}", "parentID": region, "type": "timelinelabels", "from_name": row.name,
               **size, "value": {"ranges": [{"start": row.first + 1, "end": last}], "timelinelabels": [row.value]}}


class LabelStudio(FileFormat):
    """Label Studio video as a label format."""

    name = "label-studio"
    title = "Label Studio video"
    description = "Label Studio JSON: video rectangles with keyframes in percent of the frame"
    abilities = Abilities(attributes=True, limits=(
        "one label per track", "size and length of a video without tracks",
        "values of attributes are texts, so that those like numbers or flags become these"))
    first_number = 1

    def writer(self, target: Target) -> Writer:
        return _LabelStudioWriter(target)


    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files; the frame size comes from the video."""
        return [each for file in label_files(path, ("*.json",), "Label Studio files") for each in _read(file, options)]


def _read(file: Path, options: ImportOptions) -> list[LabelledSequence]:
    of_file, found = PassedOver(), []
    for position, task in enumerate(iterate_list(file, "tasks", _EXPECTED)):
        if not isinstance(task, dict):
            raise FormatError(f"{file} task {position}: found {str(task)[:40]!r}; expected {_EXPECTED}")
        others: list[dict[str, Any]] = []
        regions = list(_regions(task, of_file, others))
        if regions:
            found.append(_Task(file, f"task {position}", task, of_file, options).read(regions, others))
        elif _is_empty(task):
            found.append(BoxTable(file, _EXPECTED, passed_of_file=of_file).sequence(
                SequenceInfo(_video_name(task) or file.stem, 0, 0, 0.0, 0), options))
    if not found:
        raise FormatError(f"{file} has no video rectangles; expected {_EXPECTED}")
    return found


def _is_empty(task: dict[str, Any]) -> bool:
    """Whether someone has labelled a task and found nothing in it."""
    annotations = task.get("annotations")
    return isinstance(annotations, list) and len(annotations) > 0 and isinstance(task.get("data"), dict) and all(
        isinstance(each, dict) and each.get("result") == [] for each in annotations)


def _regions(task: dict[str, Any], of_file: PassedOver, others: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The video rectangles of a task, from the full or the short export; the results that may be attributes of them
    are added to ``others``."""
    annotations = task.get("annotations", task.get("completions"))
    if not isinstance(annotations, list):
        for value in task.values():
            for each in value if isinstance(value, list) else ():
                if isinstance(each, dict) and isinstance(each.get("sequence"), list):
                    yield {"value": each, "type": "videorectangle"}
        return
    valid = [each for each in annotations if isinstance(each, dict) and not each.get("was_cancelled")]
    of_file.add("further annotations of a task (the first one is read)", len(valid) - 1 if valid else 0)
    of_file.add("predictions of a task", len(task["predictions"]) if isinstance(task.get("predictions"), list) else 0)
    results = valid[0].get("result") if valid else None
    for each in results if isinstance(results, list) else ():
        if isinstance(each, dict) and each.get("type") == "videorectangle":
            yield each
        elif isinstance(each, dict) and each.get("type") in _VALUE_TYPES:
            others.append(each)
        else:
            of_file.add(f"results of type {short(each.get('type') if isinstance(each, dict) else each)}")


class _Task:
    """One task, which is one video."""

    def __init__(self, file: Path, where: str, task: dict[str, Any], of_file: PassedOver, options: ImportOptions,
                 ) -> None:
        self._file, self._where, self._options = file, where, options
        self._table = BoxTable(file, _EXPECTED, passed_of_file=of_file)
        self._ids = Ids()
        self._values: dict[str, list[tuple[str, int, int, object]]] = {}
        """By region: name, first and last frame, and value of attributes."""
        self._frames, self._duration, self._open = 0, 0.0, 0
        self._name = _video_name(task) or file.stem
        self._size = (0, 0)

    def read(self, regions: list[dict[str, Any]], others: list[dict[str, Any]]) -> LabelledSequence:
        given = self._options.info
        first = regions[0]
        self._size = (size_of(first, "original_width") or (given.width if given else 0),
                      size_of(first, "original_height") or (given.height if given else 0))
        if not all(self._size):
            raise FormatError(f"{self._file}: coordinates are percent of the frame, whose size must be given; import "
                              "the labels into a video, or give --size")
        self._read_values(others, {str(region.get("id")) for region in regions})
        for position, region in enumerate(regions):
            self._region(f"{self._where} region {str(region.get('id', position))[:20]}", region)
        notes = [f"{self._open} tracks end at their last keyframe, although it is enabled"] if self._open else []
        rate = self._frames / self._duration if self._duration > 0 else 0.0
        info = SequenceInfo(self._name, *self._size, rate, max(self._frames, self._table.last_frame + 1))
        return self._table.sequence(info, self._options, notes)

    def _read_values(self, results: list[dict[str, Any]], regions: set[str]) -> None:
        """Keep the attributes of regions; other results are counted."""
        passed = self._table.passed
        for result in results:
            kind, name, value = str(result["type"]), str(result.get("from_name") or "value"), result.get("value")
            texts = value.get(_VALUE_TYPES[kind]) if isinstance(value, dict) else None
            texts = texts if isinstance(texts, list) else [] if texts is None else [texts]
            ranges = value.get("ranges") if isinstance(value, dict) and kind == "timelinelabels" else [None]
            region = str(result.get("parentID") if kind == "timelinelabels" else result.get("id"))
            if region not in regions or not texts or not is_value(texts[0]) or not isinstance(ranges, list):
                passed.add(f"results of type {short(kind)}")
                continue
            passed.fields(result, _REGION, "results of regions")
            passed.add("further values of results (the first one is read)", len(texts) - 1)
            for each in ranges:
                found = self._range_of(each)
                if found is None:
                    passed.add("ranges of results without whole frames")
                else:
                    self._values.setdefault(region, []).append((name, *found, _typed(texts[0])))

    def _range_of(self, value: Any) -> tuple[int, int] | None:
        """First and last frame of a range; all frames for None."""
        if value is None:
            return 0, _LARGEST_FRAME
        start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
        if type(start) is not int or type(end) is not int:
            return None
        first = 1 if self._options.first_frame is None else self._options.first_frame
        return start - first, end - first

    def _values_at(self, region: str, frame: int) -> dict[str, object]:
        return {name: value for name, first, last, value in self._values.get(region, ()) if first <= frame <= last}

    def _region(self, where: str, region: dict[str, Any]) -> None:
        passed, value = self._table.passed, region.get("value")
        passed.fields(region, _REGION, "regions")
        if not isinstance(value, dict) or not isinstance(value.get("sequence"), list):
            self._table.fail(where, f"value {str(value)[:40]!r}")
        passed.fields(value, _VALUE, "regions")
        self._frames = max(self._frames, size_of({"n": value.get("framesCount")}, "n"))
        if is_finite(value.get("duration")):
            self._duration = max(self._duration, float(value["duration"]))
        labels = value.get("labels") or value.get("videorectangle")
        label = str(labels[0]) if isinstance(labels, list) and labels else "object"
        if isinstance(labels, list):
            passed.add("further labels of regions (the first one is read)", len(labels) - 1)
        number = self._ids.of(self._file, {"id": str(region.get("id", where))}, ("id",), where)
        key_of_region = str(region.get("id"))
        keys = sorted((self._key(where, key) for key in value["sequence"]), key=lambda key: key[0])
        for (frame, box, enabled), following in pairwise([*keys, None]):  # type: ignore[misc]
            self._table.add(where, frame, number, label, box, attributes=self._values_at(key_of_region, frame))
            if enabled and following is not None:
                for between, each in boxes_between(f"{self._file} {where}", frame, box, following[0], following[1]):
                    self._table.add(where, between, number, label, each, interpolated=True,
                                    attributes=self._values_at(key_of_region, between))
            self._open += bool(enabled and following is None and self._frames and frame + 1 < self._frames)

    def _key(self, where: str, key: Any) -> tuple[int, Box, bool]:
        if not isinstance(key, dict) or not all(
                name in key and is_number_or_missing(key[name]) for name in ("x", "y", "width", "height")):
            self._table.fail(where, f"keyframe {str(key)[:60]}")
        self._table.passed.fields(key, _KEY, "keyframes")
        frame = key.get("frame")
        if type(frame) is not int or not 0 <= frame < _LARGEST_FRAME:
            self._table.fail(where, f"frame {str(frame)[:20]}")
        first = 1 if self._options.first_frame is None else self._options.first_frame
        return frame - first, self._box(key), key.get("enabled") is not False

    def _box(self, key: dict[str, Any]) -> Box:
        x, y, width, height = (math.nan if key[name] is None else key[name] / 100 * side for name, side in zip(
            ("x", "y", "width", "height"), self._size * 2, strict=True))
        degrees = key.get("rotation")
        if not is_finite(degrees) or degrees % 360 == 0:
            return (x, y, x + width, y + height)
        self._table.passed.add(ROTATIONS)
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        corners = [value for across, down in ((0.0, 0.0), (width, 0.0), (0.0, height), (width, height))
                   for value in (x + across * cosine - down * sine, y + across * sine + down * cosine)]
        return hull(corners)


def _typed(value: object) -> object:
    """The flag or number that a text stands for, as far as it can be written again as the same text."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    try:
        number = float(value)
    except ValueError:
        return value
    return number if is_value(number) and value_text(number) == value else value


def _video_name(task: dict[str, Any]) -> str:
    """Name of the video of a task, from its address."""
    data = task.get("data")
    address = next((value for value in (data if isinstance(data, dict) else task).values()
                    if isinstance(value, str) and PurePosixPath(value).suffix), "")
    return PurePosixPath(address.partition("?")[0]).stem

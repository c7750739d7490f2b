"""Label Studio's video rectangles: JSON with a list of tasks, each with regions, each with keyframes.

Coordinates are percent of the frame, frames count from 1, and ``enabled`` means that the region lives on to the next
keyframe, to which it is interpolated. A rectangle is turned clockwise about its top left corner. Source: Label Studio's
documentation of VideoRectangle and its exports.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.errors import FormatError
from annotator.formats.annotation_tools.detrac_vatic import ReadOnly
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import Ids, is_finite, is_number_or_missing, size_of
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import hull
from annotator.formats.reading.json_stream import iterate_list
from annotator.formats.reading.keyframes import boxes_between
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import ROTATIONS, PassedOver, short
from annotator.model.box import Box
from annotator.model.sequence import SequenceInfo

_EXPECTED = "Label Studio: [{data, annotations of result of {type: videorectangle, value: {sequence, labels}}}]"
_VALUE = frozenset({"framesCount", "duration", "labels", "sequence", "videorectangle"})
_KEY = frozenset({"frame", "x", "y", "width", "height", "enabled", "rotation", "time"})
_REGION = frozenset({"id", "type", "value", "from_name", "to_name", "origin", "meta", "original_width",
                     "original_height", "image_rotation", "score", "parentID", "readonly", "hidden"})
_LARGEST_FRAME = 2**31


class LabelStudio(ReadOnly):
    """Label Studio video as a label format."""

    name = "label-studio"
    title = "Label Studio video"
    description = "Label Studio JSON: video rectangles with keyframes in percent of the frame"
    abilities = Abilities()

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files; the frame size comes from the video."""
        return [each for file in label_files(path, ("*.json",), "Label Studio files") for each in _read(file, options)]


def _read(file: Path, options: ImportOptions) -> list[LabelledSequence]:
    of_file, found = PassedOver(), []
    for position, task in enumerate(iterate_list(file, "tasks", _EXPECTED)):
        if not isinstance(task, dict):
            raise FormatError(f"{file} task {position}: found {str(task)[:40]!r}; expected {_EXPECTED}")
        regions = list(_regions(task, of_file))
        if regions:
            found.append(_Task(file, f"task {position}", task, of_file, options).read(regions))
    if not found:
        raise FormatError(f"{file} has no video rectangles; expected {_EXPECTED}")
    return found


def _regions(task: dict[str, Any], of_file: PassedOver) -> Iterator[dict[str, Any]]:
    """The video rectangles of a task, from the full or the short export."""
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
        else:
            of_file.add(f"results of type {short(each.get('type') if isinstance(each, dict) else each)}")


class _Task:
    """One task, which is one video."""

    def __init__(self, file: Path, where: str, task: dict[str, Any], of_file: PassedOver, options: ImportOptions,
                 ) -> None:
        self._file, self._where, self._options = file, where, options
        self._table = BoxTable(file, _EXPECTED, passed_of_file=of_file)
        self._ids = Ids()
        self._frames, self._duration, self._open = 0, 0.0, 0
        self._name = _video_name(task) or file.stem
        self._size = (0, 0)

    def read(self, regions: list[dict[str, Any]]) -> LabelledSequence:
        given = self._options.info
        first = regions[0]
        self._size = (size_of(first, "original_width") or (given.width if given else 0),
                      size_of(first, "original_height") or (given.height if given else 0))
        if not all(self._size):
            raise FormatError(f"{self._file}: coordinates are percent of the frame, whose size must be given; import "
                              "the labels into a video, or give --size")
        for position, region in enumerate(regions):
            self._region(f"{self._where} region {str(region.get('id', position))[:20]}", region)
        notes = [f"{self._open} tracks end at their last keyframe, although it is enabled"] if self._open else []
        rate = self._frames / self._duration if self._duration > 0 else 0.0
        info = SequenceInfo(self._name, *self._size, rate, max(self._frames, self._table.last_frame + 1))
        return self._table.sequence(info, self._options, notes)

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
        keys = sorted((self._key(where, key) for key in value["sequence"]), key=lambda key: key[0])
        for (frame, box, enabled), following in pairwise([*keys, None]):  # type: ignore[misc]
            self._table.add(where, frame, number, label, box)
            if enabled and following is not None:
                for between, each in boxes_between(f"{self._file} {where}", frame, box, following[0], following[1]):
                    self._table.add(where, between, number, label, each, interpolated=True)
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


def _video_name(task: dict[str, Any]) -> str:
    """Name of the video of a task, from its address."""
    data = task.get("data")
    address = next((value for value in (data if isinstance(data, dict) else task).values()
                    if isinstance(value, str) and PurePosixPath(value).suffix), "")
    return PurePosixPath(address.partition("?")[0]).stem

"""DIVE's JSON: tracks by id, each with features of some frames, interpolated where a feature says so. Frames from 0.

Source: DIVE's documentation of its data formats, and its exports.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite, is_number_or_missing
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.keyframes import boxes_between
from annotator.formats.reading.label_paths import check_size, label_files
from annotator.formats.reading.passed_over import holds_something, short
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.attribute import is_same, is_value
from annotator.model.box import Box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "DIVE: {tracks: {id: {id, confidencePairs, features of frame and bounds}}}"
_FILE = frozenset({"version", "tracks", "groups"})
_TRACK = frozenset({"id", "trackId", "meta", "attributes", "confidencePairs", "begin", "end", "features"})
_FEATURE = frozenset({"frame", "bounds", "keyframe", "interpolate", "flick"})
_LARGEST_FRAME = 2**31


@dataclass(slots=True)
class _Written:
    """One track of the video that is being written."""

    label: int
    features: list[dict[str, Any]] = field(default_factory=list)


class _DiveWriter(Writer):
    """Keeps the tracks of a video in memory until it ends, because the format stores them one after the other."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._tracks: dict[int, _Written] = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            assert box.number is not None
            kept = reduced_box(box, Dive.abilities)
            track = self._tracks.setdefault(box.number, _Written(box.label))
            values = {name: value for name, value in box.attributes.items() if value is not None}
            feature = {"frame": frame.index, "bounds": list(kept.box_xyxy), "keyframe": True}
            track.features.append({**feature, "attributes": values} if values else feature)
            written.append(LabelledBox(kept.number, track.label, kept.box_xyxy, attributes=values))
        return written

    def end(self, info: SequenceInfo) -> None:
        tracks = {str(number): {
            "id": number, "meta": {}, "attributes": _whole_track(track.features),
            "confidencePairs": [[info.labels[track.label], 1]],
            "begin": track.features[0]["frame"], "end": track.features[-1]["frame"], "features": track.features,
        } for number, track in self._tracks.items()}
        self.target.text(f"{info.name}.dive.json").write(json.dumps({"version": 2, "tracks": tracks, "groups": {}}))
        self._tracks = {}


def _whole_track(features: list[dict[str, Any]]) -> dict[str, object]:
    """Move the values that all features of a track have to the track; returns them."""
    first = features[0].get("attributes", {})
    whole = {name: value for name, value in first.items() if all(
        is_same(each.get("attributes", {}).get(name), value) for each in features)}
    for each in features if whole else ():
        left = {name: value for name, value in each["attributes"].items() if name not in whole}
        each.pop("attributes")
        if left:
            each["attributes"] = left
    return whole


class Dive(FileFormat):
    """DIVE JSON as a label format."""

    name = "dive"
    title = "DIVE"
    description = "DIVE JSON: NAME.dive.json per video, tracks with keyframes"
    abilities = Abilities(attributes=True, limits=("the frame size, rate and number of frames", "one label per track"))

    def writer(self, target: Target) -> Writer:
        return _DiveWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("*.dive.json", "*.json"), "DIVE files", without=("meta.json",))
        return [_read(file, options) for file in files]


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    check_size(file)
    content = load_json(file)
    table = BoxTable(file, _EXPECTED)
    # Version 1 is the object of tracks itself.
    tracks = content.get("tracks", content) if isinstance(content, dict) else None
    if not isinstance(tracks, dict) or not all(isinstance(each, dict) and isinstance(each.get("features"), list)
                                               for each in tracks.values()):
        raise FormatError(f"{file} has no tracks with features; expected {_EXPECTED}")
    if "tracks" in content:
        table.passed.fields(content, _FILE, "the file")
        groups = content.get("groups")
        table.passed.add("groups of tracks", len(groups) if isinstance(groups, dict) else 0)
    for key, track in tracks.items():
        _Track(file, table, key, track, options.first_frame or 0).read()
    name = file.stem.removesuffix(".dive")
    return table.sequence(SequenceInfo(name, 0, 0, 0.0, 0), options)


class _Track:
    def __init__(self, file: Path, table: BoxTable, key: str, track: dict[str, Any], first: int) -> None:
        self._file, self._table, self._track, self._first = file, table, track, first
        self._where = f"track {key[:20]}"
        number = track.get("id", track.get("trackId", key))
        text = str(number)
        if not (text.isascii() and text.isdigit() and len(text) < 15):
            table.fail(self._where, f"id {text[:20]!r}")
        self._number = int(text)

    def read(self) -> None:
        table, track = self._table, self._track
        table.passed.fields(track, _TRACK, "tracks")
        attributes = track.get("attributes")
        if isinstance(attributes, dict) and attributes:
            table.attributes[self._number] = {str(name): value for name, value in attributes.items()
                                              if is_value(value)}
        label, score = self._label()
        features = sorted((self._feature(each) for each in track["features"]), key=lambda each: each[0])
        for (frame, box, interpolate, values), following in pairwise([*features, None]):  # type: ignore[misc]
            table.add(self._where, frame, self._number, label, box, score=score, attributes=values)
            if interpolate and following is not None:
                # Values hold until the next feature.
                for at, each in boxes_between(f"{self._file} {self._where}", frame, box, following[0], following[1]):
                    table.add(self._where, at, self._number, label, each, score=score, interpolated=True,
                              attributes=values)

    def _label(self) -> tuple[str, float]:
        """The class with the highest confidence, and the confidence."""
        pairs = self._track.get("confidencePairs")
        valid = [each for each in pairs if isinstance(each, list) and len(each) == 2 and is_finite(each[1])
                 ] if isinstance(pairs, list) else []
        if not valid:
            return "object", 1.0
        self._table.passed.add("further classes of tracks (the most probable one is read)", len(valid) - 1)
        name, score = max(valid, key=lambda each: float(each[1]))
        return str(name), float(score)

    def _feature(self, feature: Any) -> tuple[int, Box, bool, dict[str, object]]:
        """Frame, box, whether boxes follow on the way to the next feature, and the values in this frame."""
        bounds = feature.get("bounds") if isinstance(feature, dict) else None
        if not isinstance(bounds, list) or len(bounds) != 4 or not all(map(is_number_or_missing, bounds)):
            self._table.fail(self._where, f"bounds {str(bounds)[:60]}")
        frame = feature.get("frame")
        if type(frame) is not int or not 0 <= frame < _LARGEST_FRAME:
            self._table.fail(self._where, f"frame {str(frame)[:20]}")
        self._table.passed.fields(feature, _FEATURE | {"attributes"}, "features")
        attributes = feature.get("attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        values = {str(name): value for name, value in attributes.items() if is_value(value)}
        for name in attributes.keys() - values.keys():
            if holds_something(attributes[name]):
                self._table.passed.add(f"attribute {short(name)} of features")
        x1, y1, x2, y2 = (math.nan if each is None else float(each) for each in bounds)
        return frame - self._first, (x1, y1, x2, y2), feature.get("interpolate") is True, values

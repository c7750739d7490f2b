"""Datumaro's JSON: items with annotations; CVAT's tracks are in their attributes. Frames from 0.

The frame is ``attr.frame`` of an item; items without it are placed by the names of their pictures. Source: Datumaro's
documentation of its own format, and exports of Datumaro and CVAT.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import DEFINED, Ids, attributes_of, box_of, is_number_or_missing
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import hull, turned_hull
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import NO_SIZE, PassedOver, short
from annotator.formats.reading.picture_names import PictureNames, place
from annotator.formats.reading.rle import mask_from_polygons, mask_from_rle
from annotator.formats.writing.export import RESERVED_VALUES, ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.attribute import attributes_of as attributes_of_label
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "Datumaro: {categories: {label}, items of id, annotations, attr and image}"
_FILE = frozenset({"info", "infos", "dm_format_version", "media_type", "categories", "items"})
_ITEM = frozenset({"id", "annotations", "attr", "image", "media", "subset"})
_ANNOTATION = frozenset({"id", "type", "attributes", "group", "label_id", "z_order", "bbox", "points", "rle",
                         "object_id"})
#: Points of these are read as the box around them.
_HULLS = frozenset({"polyline", "points", "skeleton", "cuboid_2d"})


class _DatumaroWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        self._file: TextIO = self.target.text(f"annotations/{info.name}.json")
        labels = [{"name": name, "parent": "", "attributes": [each.name for each in attributes_of_label(
            index, info.attributes)]} for index, name in enumerate(info.labels)]
        categories = {"label": {"labels": labels, "attributes": ["occluded"]}}
        self._file.write(json.dumps({"info": {}, "categories": categories})[:-1] + ', "items": [\n')
        self._annotations = self._items = 0

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        annotations, written = [], []
        for box in frame.boxes:
            kept = reduced_box(box, Datumaro.abilities)
            kept = replace(kept, attributes=self._values(kept.attributes))
            x1, y1, x2, y2 = kept.box_xyxy
            annotations.append({
                "id": self._annotations, "type": "bbox", "group": 0, "label_id": box.label, "z_order": 0,
                "attributes": {**kept.attributes, "occluded": kept.occluded, "track_id": kept.number,
                               "keyframe": not box.interpolated, "outside": False, "rotation": 0.0},
                "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)]})
            self._annotations += 1
            written.append(kept)
        name = f"{info.name}/{_stem(frame.index)}{info.image_ext}"
        item = {"id": f"{info.name}/{_stem(frame.index)}", "annotations": annotations, "attr": {"frame": frame.index},
                "image": {"path": name, "size": [info.height, info.width]}}
        self._file.write((",\n" if self._items else "") + json.dumps(item))
        self._items += 1
        return written

    def _values(self, attributes: Mapping[str, object]) -> dict[str, object]:
        """The attributes to write; those with names of the format's own are counted."""
        kept = {name: value for name, value in attributes.items() if value is not None}
        for name in kept.keys() & DEFINED:
            self.target.tally.dropped[RESERVED_VALUES] += 1
            del kept[name]
        return kept

    def end(self, info: SequenceInfo) -> None:
        self._file.write("\n]}\n")
        self._file.close()


def _stem(index: int) -> str:
    return f"frame_{index:06d}"


class Datumaro(FileFormat):
    """Datumaro JSON as a label format."""

    name = "datumaro"
    title = "Datumaro"
    description = "Datumaro JSON: annotations/NAME.json per video, tracks as attributes"
    abilities = Abilities(occluded=True, attributes=True, limits=("the frame rate",))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{_stem(index)}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _DatumaroWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("annotations/*.json", "*.json"), "Datumaro files")
        return [_read(file, options, len(files) == 1) for file in files]


def _read(file: Path, options: ImportOptions, alone: bool) -> LabelledSequence:
    of_file = PassedOver()
    labels: list[str] = []
    names: list[str] = []
    frames: list[int | None] = []
    described = False
    for key, value in iterate_json(file, _EXPECTED):
        described |= key in ("categories", "items")
        if key == "categories":
            labels = _labels(value)
        elif key == "items":
            names.append(_name(file, value))
            frames.append(_frame(value))
        else:
            of_file.fields({key: value}, _FILE, "the file")
    if not described:
        raise FormatError(f"{file} has neither categories nor items; expected {_EXPECTED}")
    own = alone or (options.info is not None and options.info.name == file.stem)
    places, notes = _places(names, frames, options, own)
    table, ids, size = BoxTable(file, _EXPECTED, passed_of_file=of_file), Ids(), options.frame_size(own)
    items = (value for key, value in iterate_json(file, _EXPECTED) if key == "items")
    for frame, item in zip(places, items, strict=True):
        table.passed.fields(item, _ITEM, "items")
        size = _size(item) or size
        for annotation in item.get("annotations") or []:
            _add(table, file, f"item {str(item.get('id'))[:40]}", frame, annotation, labels, size, ids)
    return table.sequence(SequenceInfo(file.stem, *size, 0.0, max(places, default=-1) + 1), options, notes)


def _places(names: list[str], frames: list[int | None], options: ImportOptions, own: bool,
            ) -> tuple[Sequence[int], list[str]]:
    stated = [frame for frame in frames if frame is not None]
    whole = len(stated) == len(frames) == len(set(stated))
    found = PictureNames(options.picture_names if own else ()).find(names) if options.first_frame is None else None
    if found is not None:
        differ = sum(a != b for a, b in zip(found, stated, strict=True)) if whole else 0
        return found, [f"{differ} items lie on the pictures of their names, not on the frames that they state"
                       ] if differ else []
    if whole:
        return [frame - (options.first_frame or 0) for frame in stated], []
    placed = place(names, options.picture_names if own else (), options.first_frame)
    return placed.frames, [placed.note] if placed.note else []


def _labels(value: Any) -> list[str]:
    part = value.get("label") if isinstance(value, dict) else None
    listed = part.get("labels") if isinstance(part, dict) else None
    return [str(each.get("name", "")) if isinstance(each, dict) else str(each)
            for each in (listed if isinstance(listed, list) else ())]


def _name(file: Path, item: Any) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("annotations") or [], list):
        raise FormatError(f"{file}: found an item {str(item)[:40]!r}; expected {_EXPECTED}")
    for key in ("image", "media"):
        part = item.get(key)
        if isinstance(part, dict) and part.get("path"):
            return str(part["path"])
    return str(item.get("id", ""))


def _frame(item: dict[str, Any]) -> int | None:
    about = item.get("attr")
    frame = about.get("frame") if isinstance(about, dict) else None
    return frame if type(frame) is int and 0 <= frame < 2**31 else None


def _size(item: dict[str, Any]) -> tuple[int, int] | None:
    for key in ("image", "media"):
        part = item.get(key)
        size = part.get("size") if isinstance(part, dict) else None
        if isinstance(size, list) and len(size) == 2 and all(type(side) is int and 0 < side < 2**15 for side in size):
            return size[1], size[0]
    return None


def _add(table: BoxTable, file: Path, where: str, frame: int, annotation: Any, labels: Sequence[str],
         size: tuple[int, int], ids: Ids) -> None:
    if not isinstance(annotation, dict):
        table.fail(where, f"an annotation {str(annotation)[:40]!r}")
    where = f"{where} annotation {str(annotation.get('id'))[:20]}"
    kind = annotation.get("type")
    about = annotation.get("attributes")
    if isinstance(about, dict) and about.get("outside") is True:
        return
    try:
        found = _geometry(table, file, where, str(kind), annotation, size)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        table.fail(where, str(error))
    if found is None:
        table.passed.add(f"annotations of type {short(kind)}")
        return
    table.passed.fields(annotation, _ANNOTATION, "annotations")
    tracked = annotation.get("track_id") is not None or (isinstance(about, dict) and about.get("track_id") is not None)
    read = attributes_of(annotation, table.passed, values=tracked)
    number = ids.of(file, read.item, ("track_id",), where)
    label = annotation.get("label_id")
    name = labels[label] if type(label) is int and 0 <= label < len(labels) else "object"
    edges, mask = found
    table.add(where, frame, number, name,
              turned_hull(edges, read.rotation) if read.rotation and mask is None else edges, occluded=read.occluded,
              interpolated=read.interpolated, mask=mask, attributes=read.values)


def _geometry(table: BoxTable, file: Path, where: str, kind: str, annotation: dict[str, Any], size: tuple[int, int],
              ) -> tuple[Box, Mask | None] | None:
    """Box and mask; None for what has no place, such as a label of a whole frame. Raises ValueError."""
    if kind in ("bbox", "ellipse"):
        return box_of(file, where, annotation.get("bbox"), _EXPECTED), None
    if kind == "mask" and isinstance(annotation.get("rle"), dict):
        decoded = mask_from_rle(annotation["rle"])
        return None if decoded.is_empty() else (decoded.box_xyxy, decoded)
    points = annotation.get("points")
    if kind not in ("polygon", *_HULLS) or not isinstance(points, list) or not all(map(is_number_or_missing, points)):
        return None
    corners = [math.nan if each is None else float(each) for each in points]
    if kind != "polygon":
        table.passed.add(f"{kind} shapes (the boxes around them are read)")
        return hull(corners), None
    if not all(size):
        table.passed.add(NO_SIZE)
    mask = mask_from_polygons([corners], *size) if all(size) and all(map(math.isfinite, corners)) else None
    return hull(corners), None if mask is None or mask.is_empty() else mask

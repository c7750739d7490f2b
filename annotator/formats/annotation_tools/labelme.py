"""LabelMe and X-AnyLabeling: one JSON file per frame, with the shapes of the frame; ``group_id`` is the track.

A rectangle has two opposite corners (or four), a circle its center and a point on it. Shapes of a group in one frame
are parts of one object. Source: LabelMe's and X-AnyLabeling's documentation and files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import Ids, is_finite, is_number_or_missing, size_of
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import ellipse_corners, hull
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.label_paths import check_size, label_files
from annotator.formats.reading.passed_over import NO_SIZE, holds_something, short
from annotator.formats.reading.picture_names import place
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "LabelMe: {shapes of label, points, group_id and shape_type, imagePath, imageHeight, imageWidth}"
_FILE = frozenset({"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"})
_SHAPE = frozenset({"label", "points", "group_id", "shape_type", "score", "direction"})
#: Shapes with an area, and those that are read as the box around them.
_AREAS, _HULLS = frozenset({"polygon", "circle"}), frozenset({"point", "points", "line", "linestrip", "mask",
                                                              "rotation", "quadrilateral", "cuboid"})
_CORNERS_OF_CIRCLE = 4


class _LabelMeWriter(Writer):
    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        shapes: list[dict[str, Any]] = []
        written = []
        for box in frame.boxes:
            kept = reduced_box(box, LabelMe.abilities)
            x1, y1, x2, y2 = kept.box_xyxy
            shapes.append({"label": info.labels[box.label], "points": [[x1, y1], [x2, y2]], "group_id": kept.number,
                           "shape_type": "rectangle", "score": kept.score, "description": "", "flags": {}})
            written.append(kept)
        content: dict[str, Any] = {"version": "5.0.1", "flags": {}, "shapes": shapes, "imageData": None,
                   "imagePath": f"{_stem(frame.index)}{info.image_ext}", "imageHeight": info.height,
                   "imageWidth": info.width}
        path = self.target.path(f"{info.name}/{_stem(frame.index)}.json")
        path.write_text(json.dumps(content), encoding="utf-8", newline="\n")
        return written


def _stem(index: int) -> str:
    return f"frame_{index:06d}"


class LabelMe(FileFormat):
    """LabelMe as a label format."""

    name = "labelme"
    title = "LabelMe, X-AnyLabeling"
    description = "LabelMe and X-AnyLabeling: NAME/frame_000000.json per frame, track as group_id"
    abilities = Abilities(scores=True, limits=("the frame rate",))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"{info.name}/{_stem(index)}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _LabelMeWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of files, or a folder of such folders."""
        files = label_files(path, ("*.json", "*/*.json"), "LabelMe files")
        folders: dict[Path, list[Path]] = {}
        for file in files:
            folders.setdefault(file.parent, []).append(file)
        return [_read_folder(folder, each, options, len(folders) == 1) for folder, each in folders.items()]


def _read_folder(folder: Path, files: list[Path], options: ImportOptions, alone: bool) -> LabelledSequence:
    table = BoxTable(folder, _EXPECTED)
    own = alone or (options.info is not None and options.info.name == folder.name)
    # The name of the file is that of the picture; imagePath may be of another folder or program.
    placed = place([file.name for file in files], options.picture_names if own else (), options.first_frame)
    ids, size = Ids(), options.frame_size(own)
    for frame, file in zip(placed.frames, files, strict=True):
        check_size(file)
        content = load_json(file)
        if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
            raise FormatError(f"{file} has no shapes; expected {_EXPECTED}")
        table.passed.fields(content, _FILE, "frames")
        size = (size_of(content, "imageWidth") or size[0], size_of(content, "imageHeight") or size[1])
        _add_frame(table, file, frame, content["shapes"], size, ids)
    return table.sequence(SequenceInfo(folder.resolve().name, *size, 0.0, max(placed.frames, default=-1) + 1), options,
                          [placed.note] if placed.note else [])


@dataclass(slots=True)
class _Object:
    """One object of a frame, which may have several shapes."""

    where: str
    label: str
    number: int | None
    score: float
    corners: list[float]
    polygons: list[list[float]]


def _add_frame(table: BoxTable, file: Path, frame: int, shapes: list[Any], size: tuple[int, int], ids: Ids) -> None:
    found: dict[object, _Object] = {}
    for position, shape in enumerate(shapes):
        each = _object(table, file, f"{file.name} shape {position}", shape, ids)
        key: object = (each.number, each.label) if each.number is not None else position
        if key in found:
            found[key].corners += each.corners
            found[key].polygons += each.polygons
            table.passed.add("shapes joined to the first one of their group in a frame")
        else:
            found[key] = each
    for each in found.values():
        mask = None
        if each.polygons and not all(size):
            table.passed.add(NO_SIZE, len(each.polygons))
        # Rectangles of a group have no polygon, so a mask of some of its shapes would be a part of it.
        if each.polygons and all(size) and sum(map(len, each.polygons)) == len(each.corners) and (
                all(map(math.isfinite, each.corners))):
            mask = mask_from_polygons(each.polygons, *size)
        table.add(each.where, frame, each.number, each.label, hull(each.corners), score=each.score,
                  mask=None if mask is None or mask.is_empty() else mask)


def _object(table: BoxTable, file: Path, where: str, shape: Any, ids: Ids) -> _Object:
    if not isinstance(shape, dict):
        table.fail(where, f"{str(shape)[:40]!r}")
    points = shape.get("points")
    if not isinstance(points, list) or not points or not all(
            isinstance(point, list) and len(point) >= 2 and all(map(is_number_or_missing, point[:2]))
            for point in points):
        table.fail(where, f"points {str(points)[:60]}")
    corners = [math.nan if value is None else float(value) for point in points for value in point[:2]]
    table.passed.fields(shape, _SHAPE | {"flags", "attributes", "difficult", "mask"}, "shapes")
    _count_marks(table, shape)
    kind = shape.get("shape_type") or "polygon"
    if kind == "circle" and len(corners) == _CORNERS_OF_CIRCLE:
        x, y, edge_x, edge_y = corners
        radius = math.hypot(edge_x - x, edge_y - y)
        corners = ellipse_corners((x - radius, y - radius, x + radius, y + radius), 0.0)
    elif kind in _HULLS:
        table.passed.add(f"{kind} shapes (the boxes around them are read)")
    elif kind not in ("rectangle", *_AREAS):
        table.passed.add(f"shapes of kind {short(kind)} (the boxes around them are read)")
    score = shape.get("score")
    return _Object(where, str(shape.get("label") or "object"), ids.of(file, shape, ("group_id",), where),
                   float(score) if is_finite(score) else 1.0, corners,
                   [list(corners)] if kind in _AREAS and len(corners) > _CORNERS_OF_CIRCLE else [])


def _count_marks(table: BoxTable, shape: dict[str, Any]) -> None:
    for name in ("flags", "attributes"):
        marks = shape.get(name)
        for key, mark in marks.items() if isinstance(marks, dict) else ():
            if holds_something(mark) and mark is not False:
                table.passed.add(f"{name} {short(key)} of shapes")
    if shape.get("difficult") is True:
        table.passed.add("marks as difficult")

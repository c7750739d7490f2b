"""VIA, the VGG Image Annotator: CSV with one row per shape, whose geometry and attributes are JSON. Read-only.

A shape's attribute ``track`` is its track. The frame is that of the picture's name, or the ``frame`` of its attributes.
Source: VIA 2's files, and the tracks that "movement" reads and VIA's face tracker writes.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import Ids, is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import ellipse_corners, hull
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import NO_SIZE, short
from annotator.formats.reading.picture_names import place
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import SequenceInfo

COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
_KNOWN = frozenset({*COLUMNS, "file_size", "file_attributes", "region_count", "region_id"})
_EXPECTED = f"VIA's CSV with {', '.join(COLUMNS)}"
_TRACKS = ("track", "track_id", "trackid", "id")
#: Attributes that name the class, the most specific first.
_LABELS = ("label", "class", "name", "category", "species", "type")
_LONGEST_FIELD = 2**24
_LABEL = "object"


class Via(ReadOnly):
    """VIA's CSV as a label format."""

    name = "via"
    title = "VIA CSV"
    description = "CSV of the VGG Image Annotator: shapes by picture, track as attribute"
    abilities = Abilities(masks=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("*.csv",), "CSV files of VIA")
        return [_read(file, options, len(files) == 1) for file in files]


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    picture: str
    frame: int | None
    shape: dict[str, Any]
    about: dict[str, Any]


def _rows(file: Path, table: BoxTable) -> Iterator[_Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restkey="", restval="")
            reader.fieldnames = [name.lstrip("#") for name in reader.fieldnames or ()]
            if not set(COLUMNS) <= set(reader.fieldnames):
                raise FormatError(f"{file} line 1: found the columns {', '.join(reader.fieldnames)[:200]}; expected "
                                  f"{_EXPECTED}")
            for row in reader:
                where = f"line {reader.line_num}"
                table.passed.fields({name: value for name, value in row.items() if name}, _KNOWN, "rows")
                shape, about, of_file = (_object(table, where, row.get(name, "")) for name in (
                    "region_shape_attributes", "region_attributes", "file_attributes"))
                frame = of_file.get("frame", of_file.get("frame_number"))
                yield _Row(where, row["filename"], _whole(frame), shape, about)
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(f"{file} is not a CSV table ({error}); expected {_EXPECTED}") from error
    except OSError as error:
        raise FormatError(f"{file} cannot be read: {error.strerror or error}") from error


def _object(table: BoxTable, where: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        table.fail(where, f"{text[:60]!r}", "a JSON object")
    return found


def _whole(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _read(file: Path, options: ImportOptions, alone: bool) -> LabelledSequence:
    table, ids = BoxTable(file, _EXPECTED), Ids()
    rows = list(_rows(file, table))
    frames, notes = _frames(rows, options, alone or (options.info is not None and options.info.name == file.stem))
    size = options.frame_size(alone)
    for frame, row in zip(frames, rows, strict=True):
        if row.shape:
            _add(table, file, row, frame, size, ids)
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options, notes)


def _frames(rows: list[_Row], options: ImportOptions, own: bool) -> tuple[list[int], list[str]]:
    """The frame of each row."""
    stated = dict.fromkeys(row.picture for row in rows)
    if rows and all(row.frame is not None for row in rows) and not (options.picture_names and own):
        return [row.frame - (options.first_frame or 0) for row in rows if row.frame is not None], []
    placed = place(list(stated), options.picture_names if own else (), options.first_frame)
    of_picture = dict(zip(stated, placed.frames, strict=True))
    return [of_picture[row.picture] for row in rows], [placed.note] if placed.note else []


def _add(table: BoxTable, file: Path, row: _Row, frame: int, size: tuple[int, int], ids: Ids) -> None:
    track = next((name for name in _TRACKS if row.about.get(name) not in (None, "")), None)
    label = next((name for name in _LABELS if isinstance(row.about.get(name), str) and row.about[name]), None)
    for name, value in row.about.items():
        if name not in (track, label) and value not in (None, "", {}):
            table.passed.add(f"attribute {short(name)} of shapes")
    number = None if track is None else ids.of(file, row.about, (track,), row.where)
    try:
        box, mask = _geometry(table, row, size)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        table.fail(row.where, f"the shape {str(row.shape)[:60]} ({error})")
    table.add(row.where, frame, number, _LABEL if label is None else str(row.about[label]), box, mask=mask)


def _geometry(table: BoxTable, row: _Row, size: tuple[int, int]) -> tuple[Box, Mask | None]:
    """Box and mask of a shape. Raises KeyError, TypeError and ValueError."""
    shape, kind = row.shape, row.shape.get("name")

    def number(name: str) -> float:
        return float(shape[name]) if is_finite(shape[name]) else math.nan

    if kind == "rect":
        x, y = number("x"), number("y")
        return (x, y, x + number("width"), y + number("height")), None
    if kind in ("circle", "ellipse"):
        across, down = (number("r"),) * 2 if kind == "circle" else (number("rx"), number("ry"))
        x, y = number("cx"), number("cy")
        turn = math.degrees(number("theta")) if kind == "ellipse" and "theta" in shape else 0.0
        corners = ellipse_corners((x - across, y - down, x + across, y + down), turn)
    elif kind == "point":
        corners = [number("cx"), number("cy")]
    else:
        corners = [float(value) for pair in zip(shape["all_points_x"], shape["all_points_y"], strict=True)
                   for value in pair]
    if kind in ("point", "polyline") or len(corners) < 6:
        table.passed.add(f"{short(kind)[1:-1]} shapes (the boxes around them are read)")
        return hull(corners), None
    if not all(size):
        table.passed.add(NO_SIZE)
        return hull(corners), None
    mask = mask_from_polygons([corners], *size)
    return hull(corners), None if mask.is_empty() else mask

"""The CSV of supervision's ``CSVSink``: ``x_min,y_min,x_max,y_max,class_id,confidence,tracker_id`` and own columns.

The frame is one of the columns that its users add. Source: supervision's documentation of its sinks.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import short
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.sequence import SequenceInfo

BOX_COLUMNS = ("x_min", "y_min", "x_max", "y_max")
_FRAMES = ("frame_number", "frame_index", "frame_id", "frame", "frame_idx", "image_id")
_EXPECTED = (f"supervision's CSV with {', '.join(BOX_COLUMNS)}, class_id, confidence, tracker_id and a column for the "
             f"frame ({', '.join(_FRAMES)})")
_LONGEST_FIELD = 2**24


class SupervisionCsv(ReadOnly):
    """Supervision's CSV as a label format."""

    name = "supervision"
    title = "supervision CSV"
    description = "CSV of supervision's CSVSink, with a column for the frame"
    abilities = Abilities(scores=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_read(file, options) for file in label_files(path, ("*.csv",), "CSV files of supervision")]


def _rows(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restkey="", restval="")
            header = reader.fieldnames or ()
            if not set(BOX_COLUMNS) <= set(header) or not set(_FRAMES) & set(header):
                raise FormatError(f"{file} line 1: found the columns {', '.join(header)[:200]}; expected {_EXPECTED}")
            for row in reader:
                yield f"line {reader.line_num}", row
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(f"{file} is not a CSV table ({error}); expected {_EXPECTED}") from error
    except OSError as error:
        raise FormatError(f"{file} cannot be read: {error.strerror or error}") from error


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED)
    known = {*BOX_COLUMNS, "class_id", "class_name", "confidence", "tracker_id", *_FRAMES}
    for where, row in _rows(file):
        frame_column = next(name for name in _FRAMES if name in row)
        for name, text in row.items():
            if text and name not in known:
                table.passed.add(f"values of column {short(name)}" if name else
                                 "rows with more columns than the header (the rest is not read)")
        try:
            frame = whole_number(row[frame_column])
            number = whole_number(row["tracker_id"]) if row.get("tracker_id") not in (None, "", "None") else None
            x1, y1, x2, y2 = (float(row[name] or math.nan) for name in BOX_COLUMNS)
            score = float(row.get("confidence") or 1.0)
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        label = row.get("class_name") or (f"class {row['class_id']}" if row.get("class_id") else "object")
        table.add(where, frame - (options.first_frame or 0), None if number is None or number < 0 else number, label,
                  (x1, y1, x2, y2), score=score)
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options)

"""Tables with one row per box: CSV, and Parquet if pyarrow is installed. They store all data of a box in a project.

Columns: ``video, width, height, fps, frame, time, track, label, x1, y1, x2, y2, score, visibility, ignored, occluded,
interpolated, mask, attributes``. Frames count from 0, right and bottom edges are exclusive, a mask is COCO compressed
RLE of the frame, attributes are a JSON object of the values in this frame. An ignore region has no track.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import only_file
from annotator.formats.reading.passed_over import PassedOver, short
from annotator.formats.reading.rle import mask_from_rle, picture_rle
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.attribute import is_value
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

COLUMNS = ("video", "width", "height", "fps", "frame", "time", "track", "label", "x1", "y1", "x2", "y2", "score",
           "visibility", "ignored", "occluded", "interpolated", "mask", "attributes")
_NEEDED = ("frame", "x1", "y1", "x2", "y2")
#: Numbers that may be missing or not finite; such a row is skipped and counted.
_CHECKED_LATER = frozenset({"x1", "y1", "x2", "y2", "score", "visibility"})
_NOT_FINITE = frozenset({"nan", "inf", "-inf", "infinity", "-infinity"})
#: Most rows of a Parquet table.
_MOST_ROWS = 2**32
#: Columns of names, which a spreadsheet may take for formulas.
_TEXTS = ("video", "label")
_FORMULA_NOTE = ("names that a spreadsheet would run as formulas begin with an apostrophe in the CSV file; this "
                 "program removes it when it reads the file")
_EXPECTED = f"a table with the columns {', '.join(COLUMNS)}, of which {', '.join(_NEEDED)} are required"
_TRUE, _FALSE = frozenset({"1", "true", "True", "TRUE"}), frozenset({"0", "false", "False", "FALSE", ""})
_LONGEST_FIELD = 2**24
_BATCH = 65_536
_ABILITIES = Abilities(masks=True, scores=True, ignored=True, regions=True, occluded=True,
                       attributes=True, limits=("videos without boxes", "frames after a video's last box"))


class _RowWriter(Writer):
    """Makes the rows of both file types; subclasses write them."""

    @abstractmethod
    def put(self, row: dict[str, Any]) -> None:
        """Write a row; keys are `COLUMNS`."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._head = {"video": info.name, "width": info.width, "height": info.height, "fps": info.fps}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            code = None
            if box.mask is not None and not box.mask.is_empty() and info.width > 0 and info.height > 0:
                code = picture_rle(box.mask, info.width, info.height)
            mask = None if code is None else mask_from_rle({"size": [info.height, info.width], "counts": code})
            mask = None if mask is None or mask.is_empty() else mask
            kept = replace(reduced_box(box, _ABILITIES, 4, mask), visibility=round(box.visibility, 4))
            x1, y1, x2, y2 = kept.box_xyxy
            self.put({**self._head, "frame": frame.index, "time": frame.time, "track": kept.number,
                      "label": "" if kept.number is None and kept.ignored else info.labels[box.label],
                      "x1": x1, "y1": y1, "x2": x2, "y2": y2, "score": kept.score, "visibility": kept.visibility,
                      "ignored": int(kept.ignored), "occluded": int(kept.occluded),
                      "interpolated": int(box.interpolated), "mask": code if mask is not None else None,
                      "attributes": _attributes_text(box)})
            written.append(kept)
        return written


def _attributes_text(box: LabelledBox) -> str | None:
    values = {name: value for name, value in box.attributes.items() if value is not None}
    return json.dumps(values, sort_keys=True, ensure_ascii=False) if values else None


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would run a cell as a formula, or the cell was quoted because of that."""
    return text.lstrip("'")[:1] in tuple("=+-@\t\r")


class _CsvWriter(_RowWriter):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._target = target
        self._csv = csv.DictWriter(target.text(Csv.file_name), COLUMNS, lineterminator="\n")
        self._csv.writeheader()

    def put(self, row: dict[str, Any]) -> None:
        for name in _TEXTS:
            if is_formula(row[name]):
                row = {**row, name: f"'{row[name]}"}
                if _FORMULA_NOTE not in self._target.notes:
                    self._target.notes.append(_FORMULA_NOTE)
        self._csv.writerow(row)


class _TableFormat(FileFormat):
    abilities = _ABILITIES
    options = ("masks",)
    decimals = 4

    def read_back(self, folder: Path, infos: Sequence[SequenceInfo]) -> list[LabelledSequence]:
        found = {each.info.name: each for each in self.read(folder, ImportOptions())}
        # A video without boxes has no rows.
        return [found.get(info.name, LabelledSequence(info, (), 0)) for info in infos]


class Csv(_TableFormat):
    """A CSV table."""

    name = "csv"
    title = "CSV table"
    description = "CSV: one row per box with all its data, one file for all videos"
    file_name = "tracks.csv"

    def writer(self, target: Target) -> Writer:
        return _CsvWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder that contains one."""
        of_file = PassedOver()
        file = only_file(path, (self.file_name, "*.csv"), "CSV file", of_file)
        return _read(file, _csv_rows(file), options, of_file)


def _csv_rows(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restkey="", restval="")
            if not set(_NEEDED) <= set(reader.fieldnames or ()):
                raise FormatError(f"{file} line 1: found the columns {', '.join(reader.fieldnames or ())[:200]}; "
                                  f"expected {_EXPECTED}")
            for row in reader:
                for name in _TEXTS:
                    text = row.get(name) or ""
                    if text[:1] == "'" and is_formula(text):
                        row[name] = text[1:]
                yield f"line {reader.line_num}", row
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(f"{file} is not a CSV table ({error}); expected {_EXPECTED}") from error
    except OSError as error:
        raise FormatError(f"{file} cannot be read: {error.strerror or error}") from error


def _read(file: Path, rows: Iterable[tuple[str, Mapping[str, str]]], options: ImportOptions, of_file: PassedOver,
          ) -> list[LabelledSequence]:
    tables: dict[str, BoxTable] = {}
    infos: dict[str, SequenceInfo] = {}
    first = options.first_frame or 0
    unread: list[str] | None = None
    for where, row in rows:
        name = row.get("video") or file.stem
        if unread is None:
            unread = [name for name in row if name and name not in COLUMNS]
        if name not in tables:
            tables[name] = BoxTable(file, _EXPECTED, passed_of_file=of_file)
            width, height, fps = (_number(tables[name], where, row, key, 0) for key in ("width", "height", "fps"))
            infos[name] = SequenceInfo(name, int(width), int(height), fps, 0)
        for column in unread:
            if row.get(column):
                tables[name].passed.add(f"values of column {short(column)}")
        if "" in row:
            tables[name].passed.add("rows with more columns than the header (the rest is not read)")
        _add(tables[name], infos[name], where, row, first)
    return [table.sequence(infos[name], options) for name, table in tables.items()]


def _number(table: BoxTable, where: str, row: Mapping[str, str], name: str, default: float) -> float:
    text = row.get(name) or ""
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < 1e15 and not (name in _CHECKED_LATER and text.strip().lower() in _NOT_FINITE):
        table.fail(where, f"{name} {text[:40]!r}", "a number")
    return value


def _flag(table: BoxTable, where: str, row: Mapping[str, str], name: str) -> bool:
    text = row.get(name) or ""
    if text not in _TRUE and text not in _FALSE:
        table.fail(where, f"{name} {text[:20]!r}", "0 or 1")
    return text in _TRUE


def _add(table: BoxTable, info: SequenceInfo, where: str, row: Mapping[str, str], first: int) -> None:
    if not row.get("frame"):
        table.fail(where, "no frame")
    ignored = _flag(table, where, row, "ignored")
    try:
        frame, number = whole_number(row["frame"]), whole_number(row["track"]) if row.get("track") else None
    except (ValueError, OverflowError) as error:
        table.fail(where, str(error), "whole numbers for frame and track")
    x1, y1, x2, y2 = (_number(table, where, row, name, math.nan) for name in ("x1", "y1", "x2", "y2"))
    table.add(where, frame - first, number, None if ignored and number is None else row.get("label") or "object",
              (x1, y1, x2, y2), score=_number(table, where, row, "score", 1),
              visibility=_number(table, where, row, "visibility", 1), ignored=ignored,
              occluded=_flag(table, where, row, "occluded"), interpolated=_flag(table, where, row, "interpolated"),
              mask=_mask(table, where, row, info), attributes=_attributes(table, where, row))


def _attributes(table: BoxTable, where: str, row: Mapping[str, str]) -> Mapping[str, object] | None:
    text = row.get("attributes")
    if not text:
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not all(value is None or is_value(value) for value in values.values()):
        table.fail(where, f"attributes {text[:40]!r}", "a JSON object of texts, numbers and flags")
    return values


def _mask(table: BoxTable, where: str, row: Mapping[str, str], info: SequenceInfo) -> Mask | None:
    code = row.get("mask")
    if not code:
        return None
    try:
        mask = mask_from_rle({"size": [info.height, info.width], "counts": code})
    except (ValueError, OverflowError) as error:
        table.fail(where, str(error), "RLE of a frame of the row's width and height")
    return None if mask.is_empty() else mask


class _ParquetWriter(_RowWriter):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {"video": pa.string(), "label": pa.string(), "mask": pa.string(), "attributes": pa.string(),
                 **dict.fromkeys(("width", "height", "frame", "track"), pa.int64()),
                 **dict.fromkeys(("ignored", "occluded", "interpolated"), pa.int8())}
        self._schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS])
        self._batch = pa.RecordBatch
        self._rows: list[dict[str, Any]] = []
        self._parquet = target.files.enter_context(
            parquet.ParquetWriter(target.path(Parquet.file_name), self._schema, compression="zstd"))

    def put(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._parquet.write_batch(self._batch.from_pylist(self._rows, self._schema))
        self._rows.clear()

    def finish(self) -> None:
        self._flush()


class Parquet(_TableFormat):
    """A Parquet table; needs pyarrow."""

    name = "parquet"
    title = "Parquet table"
    description = "Parquet: same columns as the CSV table; needs pyarrow"
    file_name = "tracks.parquet"

    def writer(self, target: Target) -> Writer:
        _require_pyarrow()
        return _ParquetWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder that contains one."""
        of_file = PassedOver()
        file = only_file(path, (self.file_name, "*.parquet"), "Parquet file", of_file)
        _require_pyarrow()
        return _read(file, _parquet_rows(file), options, of_file)


def _require_pyarrow() -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise FormatError("Parquet needs pyarrow, which is not installed; pip install 'sam2mot-annotator[tables]', or "
                          "use csv")


def _parquet_rows(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    import pyarrow as pa
    from pyarrow import parquet

    row = 0
    try:
        table = parquet.ParquetFile(file)
        columns = list(table.schema_arrow.names)
        if not set(_NEEDED) <= set(columns):
            raise FormatError(f"{file}: found the columns {', '.join(columns)}; expected {_EXPECTED}")
        claimed = table.metadata.num_rows
        if not 0 <= claimed <= _MOST_ROWS:
            raise FormatError(f"{file} claims to have {claimed} rows, more than any table of boxes; write it again")
        for batch in table.iter_batches(_BATCH, columns=columns):
            for values in batch.to_pylist():
                row += 1
                yield f"row {row}", {name: "" if value is None else str(value) for name, value in values.items()}
        if row != claimed:
            raise FormatError(f"{file} claims to have {claimed} rows, but holds {row}; it is damaged, so write it "
                              "again")
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise FormatError(f"{file} is not a Parquet table ({str(error)[:120]}); expected {_EXPECTED}") from error

"""Detection thresholds per sequence as CSV: name and threshold, one sequence per line.

A header is optional. With a header, columns may be in any order and there may be others: the first column whose heading
mentions a sequence, video or name is used, and the first that mentions a threshold, confidence or score.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from annotator.errors import FormatError

_NAME_WORDS = ("seq", "video", "name")
_VALUE_WORDS = ("thr", "conf", "score")
_DELIMITERS = ",;\t"
_EXPECTED = "one sequence per line: its name and a threshold from 0 to 1"


def read_thresholds(path: Path) -> dict[str, float]:
    """Read sequence names and their thresholds, in file order. A ``.txt`` at the end of a name is removed.

    Raises FormatError with file and line: not a number, out of range, a repeated name, a missing column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a text file; expected CSV, {_EXPECTED}") from error
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    rows = [(number, row) for number, row in _rows(text) if any(row)]
    if not rows:
        raise FormatError(f"{path} is empty; expected {_EXPECTED}")
    name_column, value_column = 0, 1
    if _number(rows[0][1], 1) is None and not any(_number(rows[0][1], k) is not None for k in range(len(rows[0][1]))):
        name_column, value_column = _columns(path, *rows.pop(0))
    table: dict[str, float] = {}
    for number, row in rows:
        name, value = _entry(path, number, row, name_column, value_column)
        if name in table:
            raise FormatError(f"{path} line {number}: found {name} a second time; expected each sequence once")
        table[name] = value
    return table


def write_thresholds(path: Path, table: Mapping[str, float]) -> None:
    """Write thresholds with a header; an existing file is replaced atomically."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("sequence", "threshold"))
    writer.writerows((name, f"{value:.6g}") for name, value in table.items())
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(out.getvalue(), encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    return [(reader.line_num, [cell.strip() for cell in row]) for row in reader]


def _columns(path: Path, number: int, header: Sequence[str]) -> tuple[int, int]:
    headings = [cell.lower() for cell in header]

    def column(words: Sequence[str], but: int | None = None) -> int | None:
        return next((k for k, heading in enumerate(headings) if k != but and any(word in heading for word in words)),
                    None)

    value = column(_VALUE_WORDS)
    name = column(_NAME_WORDS, but=value)
    if name is None or value is None:
        raise FormatError(f"{path} line {number}: found the columns {', '.join(header)}; expected one for the sequence "
                          "and one for the threshold")
    return name, value


def _entry(path: Path, number: int, row: Sequence[str], name_column: int, value_column: int) -> tuple[str, float]:
    if len(row) <= max(name_column, value_column) or not row[name_column]:
        raise FormatError(f"{path} line {number}: found {','.join(row)!r}; expected {_EXPECTED}")
    value = _number(row, value_column)
    if value is None or not 0 <= value <= 1:
        raise FormatError(f"{path} line {number}: found the threshold {row[value_column]!r}; expected a number from 0 "
                          "to 1")
    return row[name_column].removesuffix(".txt"), value


def _number(row: Sequence[str], column: int) -> float | None:
    try:
        value = float(row[column])
    except (ValueError, IndexError):
        return None
    return value if math.isfinite(value) else None

"""Reads tables of numbers from text files: fast when they are clean, and exact about the line when they are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError

FloatTable = npt.NDArray[np.float64]

_WHITESPACE = re.compile(r"[ \t]+")
_TRAILING = re.compile(r"[\s,;]+$")


@dataclass(frozen=True, slots=True)
class TextRows:
    """The numbers of a text file and where each row stands in it."""

    path: Path
    values: FloatTable
    """(N, columns) float64; NaN where a row is shorter than the file's longest."""
    lengths: npt.NDArray[np.int64]
    """(N,) number of columns that each row really has."""

    def line(self, row: int) -> int:
        """Line number, from 1, of a row."""
        return line_of_row(self.path, row)

    def fail(self, row: int, found: str, expected: str) -> NoReturn:
        """Raise the FormatError that names this row's line."""
        raise FormatError(f"{self.path} line {self.line(row)}: found {found}; expected {expected}")


def read_rows(path: Path, fewest: int, most: int, what: str) -> TextRows:
    """Read a file of numbers separated by commas or white space.

    Accepts a byte order mark, any line ending, blank lines, spaces around numbers and separators at a line's end.
    Columns after ``most`` are not read. Raises FormatError if the file cannot be read, a field is not a number or a
    line has fewer than ``fewest`` columns; ``what`` names the format in the message.
    """
    try:
        with _open(path) as file:
            first = next((text for text in file if _TRAILING.sub("", text)), "")
        columns = min(len(_fields(first)), most)
        if not columns:
            return TextRows(path, np.zeros((0, most)), np.zeros(0, np.int64))
        values = _read_clean(path, columns, "," if "," in first else None) if columns >= fewest else None
        if values is not None:
            return TextRows(path, values, np.full(len(values), columns, np.int64))
        return _read_line_by_line(path, fewest, most, what)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a text file (byte {error.start} is not UTF-8); expected {what}") from error


def line_of_row(path: Path, row: int) -> int:
    """Line number, from 1, of the row at this position; blank lines are lines but not rows."""
    with _open(path) as file:
        filled = (number for number, text in enumerate(file, 1) if _TRAILING.sub("", text))
        return next(islice(filled, row, None))


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig")


def _fields(line: str) -> list[str]:
    line = _TRAILING.sub("", line).lstrip()
    if not line:
        return []
    return [field.strip() for field in line.split(",")] if "," in line else _WHITESPACE.split(line)


def _read_clean(path: Path, columns: int, delimiter: str | None) -> FloatTable | None:
    """The fast way; None if any line differs from the first in its layout."""
    with _open(path) as file:
        if any(len(_fields(line)) != columns for line in islice(file, 64) if _TRAILING.sub("", line)):
            return None
    try:
        with _open(path) as file:
            return np.loadtxt(file, delimiter=delimiter, usecols=range(columns), comments=None, ndmin=2)
    except ValueError:
        return None


def _read_line_by_line(path: Path, fewest: int, most: int, what: str) -> TextRows:
    rows: list[FloatTable] = []
    lengths: list[int] = []
    with _open(path) as file:
        for number, fields in _numbered_fields(file):
            if len(fields) < fewest:
                raise FormatError(f"{path} line {number} has {len(fields)} columns; {what} needs at least {fewest}")
            row = np.full(most, np.nan)
            for column, field in enumerate(fields[:most]):
                try:
                    row[column] = float(field)
                except ValueError:
                    raise FormatError(f"{path} line {number} column {column + 1}: found {field[:40]!r}; expected a "
                                      f"number ({what})") from None
            rows.append(row)
            lengths.append(min(len(fields), most))
    widest = max(lengths, default=most)
    values = np.stack(rows)[:, :widest] if rows else np.zeros((0, most))
    return TextRows(path, values, np.asarray(lengths, np.int64))


def _numbered_fields(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(file, 1):
        fields = _fields(line)
        if fields:
            yield number, fields

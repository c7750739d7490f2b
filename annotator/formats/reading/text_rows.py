"""Read tables of numbers from text files: fast if they are clean, with exact line numbers for errors if not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, NoReturn, TextIO

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError

OnBad = Literal["raise", "skip"]
"""How to treat a row whose numbers are not a valid box: raise an error, or skip and count it."""

FloatTable = npt.NDArray[np.float64]

_WHITESPACE = re.compile(r"[ \t]+")
_TRAILING = re.compile(r"[\s,;]+$")
#: Lines per block.
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class TextRows:
    """The numbers of a text file and the position of each row in it."""

    path: Path
    values: FloatTable
    """(N, columns) float64; NaN where a row is shorter than the longest one."""
    lengths: npt.NDArray[np.int64]
    """(N,) actual number of columns of each row."""
    first: int = 0
    """Number of rows of the file before these."""
    wider: int = 0
    """Number of rows that have more columns than are read."""

    def line(self, row: int) -> int:
        """Line number of a row, from 1."""
        return line_of_row(self.path, self.first + row)

    def fail(self, row: int, found: str, expected: str) -> NoReturn:
        """Raise a FormatError with the line of this row."""
        raise FormatError(f"{self.path} line {self.line(row)}: found {found}; expected {expected}")


def read_rows(path: Path, fewest: int, most: int, what: str, on_bad: OnBad = "raise") -> TextRows:
    """Read a file of numbers separated by commas or white space.

    Accepts a byte order mark, any line ending, blank lines, spaces around numbers and separators at the end of a line.
    Rows with more than ``most`` columns are counted, and the rest of their columns is not read. Raises FormatError if
    the file cannot be read, a field is not a number or a line has fewer than ``fewest`` columns; ``what`` names the
    format in the message. With ``on_bad="skip"``, an empty field is NaN, as tables write a missing number.
    """
    blocks = list(row_blocks(path, fewest, most, what, on_bad))
    widest = max((block.values.shape[1] for block in blocks), default=most)
    values = np.full((sum(len(block.values) for block in blocks), widest), np.nan)
    for block in blocks:
        values[block.first:block.first + len(block.values), :block.values.shape[1]] = block.values
    return TextRows(path, values, np.concatenate([np.zeros(0, np.int64), *(block.lengths for block in blocks)]),
                    wider=sum(block.wider for block in blocks))


def row_blocks(path: Path, fewest: int, most: int, what: str, on_bad: OnBad = "raise") -> Iterator[TextRows]:
    """Like `read_rows`, but yields some ten thousand rows at a time."""
    try:
        with _open(path) as file:
            layout: tuple[int, str | None] | None = None
            rows = lines_before = 0
            while lines := list(islice(file, _BLOCK)):
                if layout is None:
                    first = next((text for text in lines if _TRAILING.sub("", text)), "")
                    layout = (min(len(_fields(first)), most), "," if "," in first else None) if first else None
                if layout is not None:
                    found = _clean(path, lines, layout, rows) if layout[0] >= fewest else None
                    found = found or _line_by_line(path, lines, lines_before, rows, (fewest, most), what, on_bad)
                    rows += len(found.values)
                    yield found
                lines_before += len(lines)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a text file (byte {error.start} is not UTF-8); expected {what}") from error


def line_of_row(path: Path, row: int) -> int:
    """Line number, from 1, of the row at this position. Blank lines count as lines but not as rows."""
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


def row_fields(line: str) -> list[str]:
    """The fields of a line as the readers of tables see them."""
    return _fields(line)


def _clean(path: Path, lines: list[str], layout: tuple[int, str | None], first: int) -> TextRows | None:
    """Parse a block the fast way; None if the layout of a line differs from the first line of the file."""
    columns, delimiter = layout
    if any(len(_fields(line)) != columns for line in lines[:64] if _TRAILING.sub("", line)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a block of blank lines
            values = np.loadtxt(lines, delimiter=delimiter, usecols=range(columns), comments=None, ndmin=2)
    except ValueError:
        return None
    return TextRows(path, values.reshape(-1, columns), np.full(len(values), columns, np.int64), first)


def _line_by_line(path: Path, lines: list[str], lines_before: int, first: int, columns: tuple[int, int], what: str,
                  on_bad: OnBad) -> TextRows:
    fewest, most = columns
    rows: list[FloatTable] = []
    lengths: list[int] = []
    wider = 0
    for number, fields in _numbered_fields(lines, lines_before):
        if len(fields) < fewest:
            raise FormatError(f"{path} line {number} has {len(fields)} columns; {what} needs at least {fewest}")
        row = np.full(most, np.nan)
        for column, field in enumerate(fields[:most]):
            if not field and on_bad == "skip":
                continue
            try:
                row[column] = float(field)
            except ValueError:
                raise FormatError(f"{path} line {number} column {column + 1}: found {field[:40]!r}; expected a "
                                  f"number ({what})") from None
        rows.append(row)
        lengths.append(min(len(fields), most))
        wider += len(fields) > most
    widest = max(lengths, default=most)
    values = np.stack(rows)[:, :widest] if rows else np.zeros((0, most))
    return TextRows(path, values, np.asarray(lengths, np.int64), first, wider)


def _numbered_fields(lines: Iterable[str], before: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, before + 1):
        fields = _fields(line)
        if fields:
            yield number, fields

"""DarkLabel's text files of a whole video: ``frame or picture,class,id,x1,y1,width,height`` in each line.

DarkLabel lets its users define the columns in ``darklabel.yml``; these are those of its two formats for tracking
(``[fn, cname, id, x1, y1, w, h]`` and ``[iname, ...]``). Other columns cannot be told apart, so they are refused.
Frames count from 0, as do tracks. Source: DarkLabel's ``darklabel.yml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.reading.picture_names import Placed, place
from annotator.formats.reading.text_rows import row_fields
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.sequence import SequenceInfo

_COLUMNS = 7
_NO_TRACK = -1
_EXPECTED = ("rows of frame number or picture name, class, track, left, top, width, height, as DarkLabel writes them "
             "with data_fmt [fn, cname, id, x1, y1, w, h] and gt_merged 1")


class DarkLabel(ReadOnly):
    """DarkLabel's tracks as a label format."""

    name = "darklabel"
    title = "DarkLabel"
    description = "DarkLabel text of a whole video: [fn or iname, cname, id, x1, y1, w, h]"
    abilities = Abilities()

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_read(file, options) for file in label_files(path, ("*.txt",), "DarkLabel files")]


def is_darklabel_row(fields: list[str]) -> bool:
    """Whether fields are a row of DarkLabel, so that guesses and this reader agree."""
    try:
        _values(fields)
    except (ValueError, OverflowError):
        return False
    return not _is_number(fields[1])


def _values(fields: list[str]) -> tuple[int, list[float]]:
    """Track, and left, top, width, height. Raises ValueError."""
    if len(fields) != _COLUMNS:
        raise ValueError(f"{len(fields)} columns")
    if not fields[0] or not fields[1]:
        raise ValueError("an empty column")
    return whole_number(fields[2]), [float(field or "nan") for field in fields[3:]]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _rows(file: Path) -> Iterator[tuple[str, list[str]]]:
    for where, line in text_lines(file, _EXPECTED):
        yield where, row_fields(line)


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED)
    placed = _placed(file, options)
    for where, fields in _rows(file):
        try:
            number, (left, top, width, height) = _values(fields)
            frame = _frame(fields[0], placed, options)
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        if _is_number(fields[1]):
            table.fail(where, f"the class {fields[1][:40]!r}, a number")
        table.add(where, frame, None if number == _NO_TRACK else number, fields[1],
                  (left, top, left + width, top + height))
    notes = [] if placed is None or placed[0].note is None else [placed[0].note]
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options, notes)


def _frame(text: str, placed: tuple[Placed, dict[str, int]] | None, options: ImportOptions) -> int:
    if placed is None:
        return whole_number(text) - (options.first_frame or 0)
    return placed[0].frames[placed[1][text]]


def _placed(file: Path, options: ImportOptions) -> tuple[Placed, dict[str, int]] | None:
    """Frames of the pictures, and the position of each picture by name; None if the rows have frame numbers.

    Raises FormatError if some rows have numbers and others names.
    """
    names: dict[str, int] = {}
    numbers = None
    for where, fields in _rows(file):
        found = _is_number(fields[0]) if fields else False
        if numbers is not None and found != numbers:
            raise FormatError(f"{file} {where}: found {fields[0][:40]!r} in the first column, which has "
                              f"{'numbers' if numbers else 'names'} in the lines before; expected {_EXPECTED}")
        numbers = found
        if not found and fields:
            names.setdefault(fields[0], len(names))
    return None if numbers or not names else (place(list(names), options.picture_names, options.first_frame), names)

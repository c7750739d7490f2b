"""Where label files lie below a path, and their lines: never outside of it, never without limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from annotator.errors import FormatError

#: Bytes. What must be held in memory as a whole, and lines that never end, stop here.
LARGEST_DOCUMENT = 2**30
_LONGEST_LINE = 2**26
_MOST_FILES = 2_000_000


def label_files(path: Path, patterns: Sequence[str], what: str, without: Sequence[str] = ()) -> list[Path]:
    """The path itself if it is a file, else the files of the first pattern that any match, sorted.

    Links that lead out of the folder are left out. Raises FormatError if there is none; ``what`` names them.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FormatError(f"{path} does not exist; expected {what}")
    inside = path.resolve()
    for pattern in patterns:
        found = []
        for file in path.glob(pattern):
            if file.name not in without and file.is_file() and file.resolve().is_relative_to(inside):
                found.append(file)
            if len(found) > _MOST_FILES:
                raise FormatError(f"{path} holds more than {_MOST_FILES} files; choose one video's folder")
        if found:
            return sorted(found)
    raise FormatError(f"{path} holds no {what}; expected {' or '.join(patterns[:2])}")


def text_lines(path: Path, what: str) -> Iterator[tuple[str, str]]:
    """``("line 12", text)`` for each line that is not blank, stripped. Raises FormatError if it is no text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                if len(line) >= _LONGEST_LINE:
                    raise FormatError(f"{path} line {number} is longer than {_LONGEST_LINE} characters; expected "
                                      f"{what}")
                if text := line.strip():
                    yield f"line {number}", text
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a text file (byte {error.start} is not UTF-8); expected {what}") from error
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error


def check_size(path: Path) -> None:
    """Raises FormatError if a file is too large to be read as a whole."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    if size > LARGEST_DOCUMENT:
        raise FormatError(f"{path} has {size} bytes; files of this format are read as a whole, so at most "
                          f"{LARGEST_DOCUMENT} can be: split it by video")


def require_file(path: Path, what: str) -> Path:
    """The path itself. Raises FormatError if there is no such file."""
    if not path.is_file():
        raise FormatError(f"{path} is not a file; expected {what}")
    return path

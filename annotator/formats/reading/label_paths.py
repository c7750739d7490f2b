"""Find label files below a path and read their lines, without leaving that path and within size limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.reading.passed_over import PassedOver

#: Largest file that is read into memory as a whole, in bytes; and longest line.
LARGEST_DOCUMENT = 2**30
_LONGEST_LINE = 2**26
_MOST_FILES = 2_000_000
#: Levels of subfolders that are searched for labels.
DEEPEST = 3


def label_files(path: Path, patterns: Sequence[str], what: str, without: Sequence[str] = ()) -> list[Path]:
    """Return the path itself if it is a file, else the sorted files of the first pattern that has matches.

    Links that lead out of the folder are skipped. Raises FormatError if there are no files; ``what`` names them.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        found = "is a device, pipe or socket" if path.exists() else "does not exist"
        raise FormatError(f"{path} {found}; expected {what}")
    for pattern in (*patterns, *deeper(patterns)):
        files = _matches(path, pattern, without)
        if files:
            return files
    raise FormatError(f"{path} has no {what}; expected {' or '.join(patterns[:2])}")


def deeper(patterns: Sequence[str]) -> Iterator[str]:
    """The same patterns in subfolders, nearest first: as deep as `annotator.formats.guess` looks for labels."""
    for depth in range(1, DEEPEST + 1):
        for pattern in patterns:
            yield f"{'*/' * depth}{pattern}"


def only_file(path: Path, patterns: Sequence[str], what: str, passed: PassedOver) -> Path:
    """The first of `label_files`, for formats that have one file for all videos; the others are counted."""
    [file, *others] = label_files(path, patterns, what)
    passed.add(f"other {what}s in the folder (one is read at a time)", len(others))
    return file


def _matches(path: Path, pattern: str, without: Sequence[str]) -> list[Path]:
    root = path.resolve()
    found = []
    for file in path.glob(pattern):
        if file.name not in without and not file.name.endswith("export.json") and file.is_file() and (
                file.resolve().is_relative_to(root)):
            found.append(file)
        if len(found) > _MOST_FILES:
            raise FormatError(f"{path} has more than {_MOST_FILES} files; choose the folder of one video")
    return sorted(found)


def text_lines(path: Path, what: str) -> Iterator[tuple[str, str]]:
    """Yield ``("line 12", text)`` for each line that is not blank, stripped. Raises FormatError if it is not text."""
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
    """Raise FormatError if a file is too large to be read as a whole."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    if size > LARGEST_DOCUMENT:
        raise FormatError(f"{path} has {size} bytes; files of this format may have at most {LARGEST_DOCUMENT}, because "
                          "they are read as a whole; split it by video")


def require_file(path: Path, what: str) -> Path:
    """Return the path. Raises FormatError if it is not a file."""
    if not path.is_file():
        raise FormatError(f"{path} is not a file; expected {what}")
    return path

"""Unpack a zip of labels to a temporary folder, within limits that are checked before anything is written."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from annotator.errors import FormatError

#: Most entries, most bytes of one entry and of all of them; and the highest ratio of compression of a large entry.
_MOST_ENTRIES, _LARGEST_ENTRY, _LARGEST_TOTAL = 500_000, 1 << 30, 4 << 30
_HIGHEST_RATIO, _SMALL = 200, 16 << 20
_CHUNK = 1 << 20
#: Files that may hold labels; others, such as frames, are not unpacked.
_LABELS = frozenset({".txt", ".xml", ".json", ".csv", ".ini", ".yaml", ".yml", ".names", ".data", ".labels", ".npz",
                     ".parquet", ".slp", ".png", ".jsonl"})
#: Folders of frames.
_FRAMES = frozenset({"images", "img1", "jpegimages", "frames", "image_02"})
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def is_archive(path: Path) -> bool:
    """Whether a path is a zip file by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()


@contextmanager
def unpacked(path: Path, largest_entry: int | None = None, most: int = _MOST_ENTRIES) -> Iterator[Path]:
    """A folder with the label files of a zip, named like it; removed at the end.

    With ``largest_entry``, only that many bytes of each file are unpacked, and ``most`` of the files. Raises
    FormatError for a damaged zip, for one that unpacks to more than the limits, and for names that lead out of the
    folder.
    """
    with tempfile.TemporaryDirectory(prefix="labels-") as folder:
        root = Path(folder, path.stem or "labels")
        root.mkdir()
        try:
            with zipfile.ZipFile(path) as archive:
                for entry, place in _entries(path, archive)[:most]:
                    target = root.joinpath(*place.parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _unpack(archive, entry, target, largest_entry)
        except _DAMAGE as error:
            raise FormatError(f"{path} is not a zip, is damaged or is encrypted ({str(error)[:80]}); expected a zip of "
                              "labels") from error
        try:
            yield root
        except FormatError as error:
            raise FormatError(str(error).replace(str(root), str(path))) from error


def _entries(path: Path, archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files to unpack and their places, after all checks."""
    listed = archive.infolist()
    if len(listed) > _MOST_ENTRIES:
        raise FormatError(f"{path} has {len(listed)} entries; expected at most {_MOST_ENTRIES}")
    wanted = []
    for entry in listed:
        place = PurePosixPath(entry.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in entry.filename:
            raise FormatError(f"{path} has an entry {entry.filename[:60]!r} that leads out of it; it was not unpacked")
        if entry.is_dir() or place.suffix.lower() not in _LABELS or not place.name or (
                place.suffix.lower() == ".png" and {part.lower() for part in place.parts[:-1]} & _FRAMES):
            continue
        if entry.file_size > _LARGEST_ENTRY or (
                entry.file_size > _SMALL and entry.file_size > _HIGHEST_RATIO * max(entry.compress_size, 1)):
            raise FormatError(f"{path}: {entry.filename[:60]!r} unpacks from {entry.compress_size} to "
                              f"{entry.file_size} bytes, more than label files do; it was not unpacked")
        wanted.append((entry, place))
    total = sum(entry.file_size for entry, _ in wanted)
    if total > _LARGEST_TOTAL:
        raise FormatError(f"{path} unpacks to {total} bytes; expected at most {_LARGEST_TOTAL}")
    return wanted


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, largest: int | None) -> None:
    # The size in the header may be wrong, so no more than it says is written.
    left = entry.file_size if largest is None else min(entry.file_size, largest)
    if largest is not None and target.suffix.lower() == ".png":
        left = 0
    with archive.open(entry) as source, target.open("wb") as file:
        while left > 0 and (data := source.read(min(left, _CHUNK))):
            file.write(data)
            left -= len(data)

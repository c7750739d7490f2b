"""Moving the finished files of an export into place, and never over what a person or another program wrote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from annotator.errors import FormatError
from annotator.files.scratch import Scratch, leftovers
from annotator.formats.writing.export_record import (
    Stamp,
    Stamps,
    changed_since,
    from_json,
    read_record,
    seal,
    to_json,
)

_PREFIX = ".export-"
#: In the temporary folder: what is being moved into place. It outlives a kill and tells which files are the program's.
_MOVING = "moving.json"
_ADVICE = "choose another folder, or allow overwriting"


class Staging:
    """A temporary folder in the output folder for unfinished files. `commit` moves them into place; an error removes
    them, and so does the next export into this folder after a kill."""

    def __init__(self, out_dir: Path, overwrite: bool) -> None:
        self._out_dir = out_dir
        self._overwrite = overwrite
        self._files: dict[str, _File] = {}
        self._records: dict[str, Stamps | None] = {}
        self._moved: list[Stamps] = []  # by exports that were killed while they moved files into place
        self._old: list[Path] = []  # their folders
        self.folder = out_dir

    def __enter__(self) -> Self:
        try:
            self._out_dir.mkdir(parents=True, exist_ok=True)
            self._look_at_leftovers()
            self._scratch = Scratch(self._out_dir, _PREFIX)
        except OSError as error:
            raise self._failure(error) from error
        self.folder = self._scratch.folder
        return self

    def _look_at_leftovers(self) -> None:
        """Remove what killed exports left; folders that tell whose the files in place are, only after the commit."""
        for folder in leftovers(self._out_dir, _PREFIX):
            stamps = _read_moving(folder)
            if stamps is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                self._moved.append(stamps)
                self._old.append(folder)

    def add(self, relative: str, sidecar: str, listed: bool = True) -> Path:
        """Return where to write a file that `commit` moves to ``out_dir / relative``; `commit` returns those that are
        ``listed``.

        Args:
            relative: path in the output folder.
            sidecar: path of the sidecar that records the file.
            listed: False for images: they are neither returned nor read again.

        Raises FormatError if the file exists, was not written by this program or was changed since, and must not be
        overwritten.
        """
        file = _File(sidecar, listed)
        self._check_replaceable(relative, file)
        if relative in self._files:
            raise FormatError(f"two videos would both be written to {self._out_dir / relative}; give them different "
                              "names")
        self._files[relative] = file
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def commit(self) -> tuple[Path, ...]:
        """Move all files into place in the order in which they were added, with sidecars last because they mark the
        other files as complete. Returns the listed files."""
        ordered = sorted(self._files, key=_is_sidecar)
        stamps = {relative: Stamp.of(self.folder / relative, self._files[relative].listed) for relative in ordered}
        for sidecar in {file.sidecar for file in self._files.values()} & self._files.keys():
            seal(self.folder / sidecar, {relative: stamps[relative] for relative in ordered
                                         if self._files[relative].sidecar == sidecar})
            stamps[sidecar] = Stamp.of(self.folder / sidecar, with_digest=True)
        listed = [relative for relative in ordered if self._files[relative].listed]
        # Images are not synced to disk: there are many, and they can be exported from the video again.
        for relative in listed:
            with (self.folder / relative).open("rb") as file:
                os.fsync(file.fileno())
        for relative in ordered:  # again, because a long export leaves much time for changes
            self._check_replaceable(relative, self._files[relative])
        self._move(ordered, stamps)
        return tuple(self._out_dir / relative for relative in listed)

    def _move(self, ordered: list[str], stamps: Stamps) -> None:
        moving = self.folder / _MOVING
        with moving.open("w", encoding="utf-8") as file:
            file.write(to_json(stamps))
            file.flush()
            os.fsync(file.fileno())
        for relative in ordered:
            (self._out_dir / relative).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.folder / relative, self._out_dir / relative)
        moving.unlink()
        for folder in self._old:
            shutil.rmtree(folder, ignore_errors=True)

    # What may be replaced

    def _check_replaceable(self, relative: str, file: _File) -> None:
        target = self._out_dir / relative
        if self._overwrite or not os.path.lexists(target):
            return
        try:
            problem = self._problem(target, relative, file)
        except OSError as error:
            raise self._failure(error) from error
        if problem:
            raise FormatError(f"{target} {problem}; {_ADVICE}")

    def _problem(self, target: Path, relative: str, file: _File) -> str | None:
        """Why a file must not be replaced unasked; None if an export wrote it and nobody has changed it since."""
        if any(relative in stamps and stamps[relative].fits(target) for stamps in self._moved):
            return None
        if any(self._wrote(target, relative, each, file.listed) for each in self._sidecars(file.sidecar)):
            return None
        if not (self._out_dir / file.sidecar).is_file():
            return "already exists and is not an export of this program"
        return "was changed after it was exported, or is not of this export"

    def _sidecars(self, sidecar: str) -> Iterator[str]:
        """This sidecar and those of other sequences, which may have recorded a file for several sequences."""
        if (self._out_dir / sidecar).is_file():
            yield sidecar
        pattern = f"{sidecar.rpartition('/')[0]}/*.export.json"
        if sidecar.endswith("/gt/export.json"):
            pattern = f"{sidecar.removesuffix('/gt/export.json').rpartition('/')[0]}/*/gt/export.json"
        for found in sorted(self._out_dir.glob(pattern.lstrip("/"))):
            other = found.relative_to(self._out_dir).as_posix()
            if other != sidecar:
                yield other

    def _wrote(self, target: Path, relative: str, sidecar: str, listed: bool) -> bool:
        """Whether the export of this sidecar wrote the file as it is now."""
        if sidecar not in self._records:
            self._records[sidecar] = read_record(self._out_dir / sidecar)
        record = self._records[sidecar]
        if record is None:  # by an older version, which wrote images after the sidecar
            return not listed or not changed_since(target, self._out_dir / sidecar)
        return relative in record and record[relative].fits(target)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        if (self.folder / _MOVING).exists():
            self._scratch.release()  # some files are in place; the folder tells the next export whose they are
        else:
            self._scratch.close()
        if isinstance(error, OSError):
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> FormatError:
        what = "not everything" if (self.folder / _MOVING).exists() else "nothing"
        return FormatError(f"cannot write to {self._out_dir}: {error.strerror or error}; {what} was exported")


class _File:
    """A file of the export."""

    __slots__ = ("listed", "sidecar")

    def __init__(self, sidecar: str, listed: bool) -> None:
        self.sidecar, self.listed = sidecar, listed


def _is_sidecar(relative: str) -> bool:
    return relative.endswith("export.json")


def _read_moving(folder: Path) -> Stamps | None:
    try:
        return from_json((folder / _MOVING).read_bytes())
    except OSError:
        return None

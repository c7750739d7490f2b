"""The zip of results that the servers of MOTChallenge and DanceTrack take: one text file per sequence, in no folder."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from annotator.errors import FormatError

SUBMISSION = "submission.zip"
#: The same for every export, so that equal results make equal zips.
_DATE = (1980, 1, 1, 0, 0, 0)


def write_submission(path: Path, files: Sequence[Path]) -> str:
    """Write text files of results into a zip and check its layout. Returns a text on what was checked. Raises
    FormatError if the zip has anything else."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while block := source.read(1 << 20):
                    target.write(block)
    return _checked(path, files)


def _checked(path: Path, files: Sequence[Path]) -> str:
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if damaged is not None or sizes != {file.name: file.stat().st_size for file in files}:
        raise FormatError(f"{path.name} does not hold the files of results when read back; nothing was exported")
    return f"{path.name}: {len(sizes)} files in no folder, one for each sequence"

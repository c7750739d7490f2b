"""Read labels from files, folders or zips, and convert them from one format to another, without a project."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from annotator.formats.base import (
    ExportOptions,
    ExportReport,
    ImportOptions,
    LabelFormat,
    LabelledSequence,
    PictureSource,
)
from annotator.formats.reading.archives import is_archive, unpacked
from annotator.formats.registry import get_format


def convert(path: Path, source: str, target: str, out_dir: Path, options: ExportOptions | None = None,
            reading: ImportOptions | None = None, pictures: PictureSource | None = None) -> ExportReport:
    """Read ``path`` in one format and write all its videos to ``out_dir`` in another.

    ``reading.info`` provides what the files lack: frame size, frame rate, length. Raises FormatError as
    `annotator.formats.base.LabelFormat.read` and `write` do; nothing is written then.
    """
    writer = get_format(target)
    found = read_labels(get_format(source), path, reading or ImportOptions())
    report = writer.write([(each.info, each.frames) for each in found], out_dir, options or ExportOptions(), pictures)
    notes = [f"{each.info.name}: {note}" for each in found for note in each.notes]
    return replace(report, notes=(*notes, *report.notes), left_out=_left_out(found))


def read_labels(label_format: LabelFormat, path: Path, options: ImportOptions) -> list[LabelledSequence]:
    """Read a file, a folder or a zip of them. Raises FormatError as `annotator.formats.base.LabelFormat.read` does."""
    if not is_archive(path):
        return label_format.read(path, options)
    with unpacked(path) as folder:
        return label_format.read(folder, options)


def _left_out(found: list[LabelledSequence]) -> dict[str, int]:
    """What the readers did not take; what belongs to a whole file counts once, however many videos it has."""
    whole_files = {id(each.left_out_of_file): each.left_out_of_file for each in found}
    total: Counter[str] = Counter()
    for counts in (*(each.left_out for each in found), *whole_files.values()):
        total.update(counts)
    return dict(total)

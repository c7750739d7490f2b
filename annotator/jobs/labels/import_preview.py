"""Preview of a label file as an import would read it: its videos, their number of boxes, and the first boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format
from annotator.jobs.labels.import_labels import names_for, read_for
from annotator.model.sequence import LabelledBox, SequenceInfo
from annotator.model.track import VideoRecord

_ROWS = 50


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """One video of a label file."""

    info: SequenceInfo
    boxes: int
    rows: tuple[tuple[int, LabelledBox], ...]
    """Frame index and box of the first boxes."""
    notes: tuple[str, ...]
    """Assumptions that the reader made, and what it skips."""


def preview_import(path: Path, format_name: str, video: VideoRecord, options: ImportOptions,
                   source: Path | None = None) -> list[FoundVideo]:
    """Read the whole file as if for this video, whose file or folder is ``source``. Raises FormatError."""
    options = options if source is None else replace(options, picture_names=names_for(video, source))
    return [FoundVideo(each.info, each.boxes, tuple(islice(_rows(each), _ROWS)), (
                *(f"skipped: {count:,} x {what}" for what, count in each.dropped.items()), *each.notes))
            for each in read_for(get_format(format_name), path, video, options)]


def _rows(found: LabelledSequence) -> Iterator[tuple[int, LabelledBox]]:
    for frame in found.frames:
        for box in frame.boxes:
            yield frame.frame_index, box

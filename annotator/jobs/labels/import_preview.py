"""What a label file holds, as an import would take it: its videos, how many boxes, and the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format
from annotator.jobs.labels.import_labels import read_for
from annotator.model.sequence import LabelledBox, SequenceInfo
from annotator.model.track import VideoRecord

_ROWS = 50


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """One of the videos in a file."""

    info: SequenceInfo
    boxes: int
    rows: tuple[tuple[int, LabelledBox], ...]
    """Frame index and box of the first ones."""
    notes: tuple[str, ...]
    """What had to be guessed."""


def preview_import(path: Path, format_name: str, video: VideoRecord, options: ImportOptions) -> list[FoundVideo]:
    """Read all of a file, as it would be for this video. Raises FormatError."""
    return [FoundVideo(each.info, each.boxes, tuple(islice(_rows(each), _ROWS)), each.notes)
            for each in read_for(get_format(format_name), path, video, options)]


def _rows(found: LabelledSequence) -> Iterator[tuple[int, LabelledBox]]:
    for frame in found.frames:
        for box in frame.boxes:
            yield frame.frame_index, box

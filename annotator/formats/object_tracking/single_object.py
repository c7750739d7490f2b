"""GOT-10k and LaSOT: one object per video, ``groundtruth.txt`` with ``left,top,width,height`` of each frame.

GOT-10k has ``absence.label`` (1: absent) and ``cover.label`` (visible part in eighths) next to it, LaSOT
``out_of_view.txt`` and ``full_occlusion.txt`` with all frames in one line. Source: Huang et al., "GOT-10k", TPAMI 2021,
and Fan et al., "LaSOT", CVPR 2019.
"""

from __future__ import annotations

import re
from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.sequence import SequenceInfo

_EXPECTED = "a box left,top,width,height in each line"
_FILE = "groundtruth.txt"
_EIGHTHS = 8
_CATEGORY = re.compile(r"^([A-Za-z]+)-\d+$")


class _SingleObject(ReadOnly):
    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read the folder of a video, or a folder of such folders."""
        files = label_files(path, (_FILE, f"*/{_FILE}"), f"{_FILE} files")
        return [_read(file, options) for file in files]


class Got10k(_SingleObject):
    """GOT-10k as a label format."""

    name = "got10k"
    title = "GOT-10k"
    description = "GOT-10k: NAME/groundtruth.txt of one object, with absence.label and cover.label"
    abilities = Abilities(occluded=True)


class Lasot(_SingleObject):
    """LaSOT as a label format."""

    name = "lasot"
    title = "LaSOT"
    description = "LaSOT: NAME/groundtruth.txt of one object, with out_of_view.txt and full_occlusion.txt"
    abilities = Abilities(occluded=True)


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    folder = file.resolve().parent
    table = BoxTable(file, _EXPECTED)
    absent = _marks(file, "absence.label") or _marks(file, "out_of_view.txt")
    occluded, cover = _marks(file, "full_occlusion.txt"), _marks(file, "cover.label")
    category = _CATEGORY.match(folder.name)
    length = 0
    for frame, (where, line) in enumerate(text_lines(file, _EXPECTED)):
        length = frame + 1
        fields = re.split(r"[,\s]+", line.strip(" ,\t"))
        try:
            left, top, width, height = map(float, fields)
        except ValueError as error:
            table.fail(where, f"{len(fields)} columns" if len(fields) != 4 else str(error))
        if absent.get(frame):
            table.passed.add("boxes of frames in which the object is absent")
            continue
        table.add(where, frame - (options.first_frame or 0), 1, category[1] if category else "object",
                  (left, top, left + width, top + height), occluded=bool(occluded.get(frame)),
                  visibility=min(cover.get(frame, _EIGHTHS) / _EIGHTHS, 1.0))
    return table.sequence(SequenceInfo(folder.name, 0, 0, 0.0, length), options)


def _marks(file: Path, name: str) -> dict[int, int]:
    """Numbers by frame from a file next to the boxes, one a line or all in one line; empty without it."""
    path = file.with_name(name)
    if not path.is_file() or path.resolve().parent != file.resolve().parent:
        return {}
    texts = [text for _, line in text_lines(path, "marks of frames") for text in re.split(r"[,\s]+", line) if text]
    try:
        return {frame: int(text) for frame, text in enumerate(texts)}
    except ValueError as error:
        raise FormatError(f"{path}: found {error}; expected a whole number for each frame") from error

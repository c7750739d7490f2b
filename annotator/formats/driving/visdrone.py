"""VisDrone MOT: rows ``frame,id,left,top,width,height,score,category,truncation,occlusion``, frames from 1.

In ground truth, a score of 0 marks what an evaluator must not count, and category 0 an ignore region. Truncation is 0
or 1, occlusion 0 none, 1 partial, 2 heavy; results have -1 in both. Source: the readme of the VisDrone2018 MOT toolkit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "VisDrone rows of frame,id,left,top,width,height,score,category,truncation,occlusion"
#: Category k is entry k - 1.
_CATEGORIES = ("pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle", "awning-tricycle", "bus", "motor",
               "others")
_SAME = {"person": "pedestrian", "motorcycle": "motor", "motorbike": "motor", "bike": "bicycle", "other": "others"}
_UNKNOWN_CLASS = "boxes of labels unknown to VisDrone"
_COLUMNS = 10


def _category(label: str) -> str | None:
    name = _SAME.get(label.lower(), label.lower())
    return name if name in _CATEGORIES else None


class _VisDroneWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        self._rows: TextIO = self.target.text(f"annotations/{info.name}.txt")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            kept = reduced_box(box, VisDrone.abilities)
            name = _category(info.labels[box.label])
            if kept.number is None:
                kept = replace(kept, ignored=True, occluded=False)
            elif name is None:
                self.target.drop(box, _UNKNOWN_CLASS)
                continue
            x1, y1, x2, y2 = kept.box_xyxy
            code = 0 if kept.number is None or name is None else _CATEGORIES.index(name) + 1
            self._rows.write(f"{frame.index + 1},{kept.number or 0},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},"
                             f"{int(not kept.ignored)},{code},0,{int(kept.occluded)}\n")
            written.append(kept)
        return written

    def end(self, info: SequenceInfo) -> None:
        self._rows.close()


class VisDrone(FileFormat):
    """VisDrone MOT as a label format."""

    name = "visdrone"
    title = "VisDrone MOT"
    description = "VisDrone MOT: annotations/NAME.txt with its eleven classes, ignore regions and occlusion"
    abilities = Abilities(ignored=True, regions=True, occluded=True, limits=(
        "VisDrone's eleven classes only (synonyms are renamed)",))
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"sequences/{info.name}/{index + 1:07d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _VisDroneWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("annotations/*.txt", "*.txt"), "VisDrone annotations")
        return [_read_file(file, options) for file in files]

    def label_name(self, label: str) -> str:
        return _category(label) or label


def _read_file(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED)
    first = 1 if options.first_frame is None else options.first_frame
    for where, line in text_lines(file, _EXPECTED):
        fields = line.rstrip(", ").split(",")
        if len(fields) < _COLUMNS:
            table.fail(where, f"{len(fields)} columns")
        if len(fields) > _COLUMNS:
            table.passed.add("rows with more than ten columns (the rest is not read)")
        try:
            frame, number = whole_number(fields[0]), whole_number(fields[1])
            left, top, width, height, score = map(float, fields[2:7])
            category, truncation, occlusion = map(whole_number, fields[7:10])
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        if not 0 <= category <= len(_CATEGORIES):
            table.fail(where, f"category {category}", f"0 (ignored region) to {len(_CATEGORIES)}")
        if truncation > 0:
            table.passed.add("truncations of boxes")
        region = category == 0
        table.add(where, frame - first, None if region or number < 0 else number,
                  None if region else _CATEGORIES[category - 1], (left, top, left + width, top + height),
                  score=score if 0 < score < 1 else 1.0, ignored=region or score == 0, occluded=occlusion > 0)
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options)

"""UAVDT: ``NAME_gt_whole.txt`` with integer rows ``frame,id,left,top,width,height,out-of-view,occlusion,category``.

Frames count from 1. Out of view: 1 not, 2 medium, 3 small. Occlusion: 1 none, 2 large, 3 medium, 4 small. Categories: 1
car, 2 truck, 3 bus. Ignore regions are in ``NAME_gt_ignore.txt``. Source: the UAVDT benchmark's toolkit.
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

_EXPECTED = "UAVDT rows of frame,id,left,top,width,height,out-of-view,occlusion,category"
_CATEGORIES = ("car", "truck", "bus")
_NONE, _LARGE, _MEDIUM = 1, 2, 3


class _UavdtWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        self._rows: TextIO = self.target.text(f"{info.name}_gt_whole.txt")
        self._regions: TextIO = self.target.text(f"{info.name}_gt_ignore.txt")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            kept = reduced_box(box, Uavdt.abilities, decimals=0)
            if box.ignored:
                kept = replace(kept, number=None, ignored=True, occluded=False)
            x1, y1, x2, y2 = (int(edge) for edge in kept.box_xyxy)
            place = f"{x1},{y1},{x2 - x1},{y2 - y1}"
            if kept.number is None:
                self._regions.write(f"{frame.index + 1},-1,{place},1,-1,-1\n")
            else:
                code = self._category(info.labels[box.label])
                if code is None:
                    self.target.drop(box, "boxes of labels other than car, truck and bus")
                    continue
                self._rows.write(f"{frame.index + 1},{kept.number},{place},{_NONE},"
                                 f"{_LARGE if kept.occluded else _NONE},{code}\n")
            written.append(kept)
        return written

    def _category(self, label: str) -> int | None:
        return _CATEGORIES.index(label.lower()) + 1 if label.lower() in _CATEGORIES else None

    def end(self, info: SequenceInfo) -> None:
        self._rows.close()
        self._regions.close()


class Uavdt(FileFormat):
    """UAVDT ground truth."""

    name = "uavdt"
    title = "UAVDT"
    description = "UAVDT ground truth: NAME_gt_whole.txt and NAME_gt_ignore.txt, cars, trucks and buses"
    abilities = Abilities(regions=True, occluded=True, limits=(
        "whole pixels", "car, truck and bus only", "ignored tracks become ignore regions"))
    decimals = 0
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"{info.name}/img{index + 1:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _UavdtWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, with the ignore regions in the same folder, or a folder of files."""
        files = label_files(path, ("*_gt_whole.txt", "GT/*_gt_whole.txt", "*.txt"), "UAVDT ground truth")
        return [_read_file(file, options) for file in files]


def _read_file(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED, list(_CATEGORIES))
    name = file.stem.removesuffix("_gt_whole")
    _read_rows(file, table, options, regions=False)
    ignore = file.with_name(f"{name}_gt_ignore.txt")
    if ignore != file and ignore.is_file() and ignore.resolve().parent == file.resolve().parent:
        _read_rows(ignore, table, options, regions=True)
    return table.sequence(SequenceInfo(name, 0, 0, 0.0, 0), options)


def _read_rows(file: Path, table: BoxTable, options: ImportOptions, regions: bool) -> None:
    first = 1 if options.first_frame is None else options.first_frame
    for where, line in text_lines(file, _EXPECTED):
        where = f"{file.name} {where}"
        fields = line.rstrip(",").split(",")
        if len(fields) < (6 if regions else 9):
            table.fail(where, f"{len(fields)} columns")
        try:
            frame, number = whole_number(fields[0]), whole_number(fields[1])
            left, top, width, height = map(float, fields[2:6])
            out, occlusion, category = (_NONE,) * 3 if regions else map(whole_number, fields[6:9])
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        if out > _NONE:
            table.passed.add("marks as partly out of view")
        if len(fields) > 9 and any(text.strip() not in ("", "-1") for text in fields[9:]):
            table.passed.add("rows with more than nine columns (the rest is not read)")
        if not 1 <= category <= len(_CATEGORIES):
            table.fail(where, f"category {category}", "1 (car), 2 (truck) or 3 (bus)")
        table.add(where, frame - first, None if regions or number < 0 else number,
                  None if regions else _CATEGORIES[category - 1], (left, top, left + width, top + height),
                  ignored=regions, occluded=occlusion in (_LARGE, _MEDIUM))

"""KITTI tracking: ``frame id type truncated occluded alpha left top right bottom h w l x y z ry``, frames from 0.

Results have a score in the 18th column. Ignore regions have the type DontCare and id -1. 3D data is not read, and
written with the values for unknown. Source: the readme of the KITTI tracking development kit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, TextIO

from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.field_check import check_kitti
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "KITTI tracking lines of 17 columns (18 with a score)"
_UNKNOWN = "-1 -1 -1 -1000 -1000 -1000 -10"
#: KITTI's spelling of its classes; this program reads them in lower case.
_TYPES = {name.lower(): name for name in ("Car", "Van", "Truck", "Pedestrian", "Cyclist", "Tram", "Misc")}
#: KITTI's own "Person" means a sitting person, which its evaluators do not count.
_SAME = {"person": "pedestrian"}
_DONT_CARE = "DontCare"
_PARTLY, _LARGELY = 1, 2
_UNKNOWN_FIELDS = _UNKNOWN.split()
_NOT_TRUNCATED = frozenset({"0", "-1", "0.00", "0.0"})
_NO_ANGLE = frozenset({"-10", "-10.0", "-10.00", "-10.000000"})
_NO_SPACE = frozenset({text for number in ("-1", "-10", "-1000") for text in (number, f"{number}.0", f"{number}.00",
                                                                            f"{number}.000000")})
_AS_MISC = "labels unknown to KITTI (written as Misc)"


def _type_of(label: str) -> str:
    return _TYPES.get(_SAME.get(label.lower(), label.lower()), "Misc")


def _label_of(kind: str) -> str:
    return kind.lower() if kind.lower() in _TYPES else kind


class _KittiWriter(Writer):
    def __init__(self, target: Target, label_format: Kitti) -> None:
        super().__init__(target)
        self._format = label_format
        self._file: TextIO | None = None
        self._map: list[str] = []

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._file = self.target.text(f"{self._format.folder}/{info.name}.txt")
        self._map.append(f"{info.name} empty 000000 {length:06d}\n")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        assert self._file is not None
        written = []
        for box in frame.boxes:
            kept = reduced_box(box, self._format.abilities)
            if box.ignored:
                kept = replace(kept, number=None, ignored=True, occluded=False)
            if kept.number is not None and _type_of(info.labels[box.label]) == "Misc":
                self.target.tally.dropped[_AS_MISC] += 1
            number, kind = (-1, _DONT_CARE) if kept.number is None else (kept.number, _type_of(info.labels[box.label]))
            shown = "-1 -1 -10" if kept.number is None else f"0 {_PARTLY if kept.occluded else 0} -10"
            edges = " ".join(f"{edge:.2f}" for edge in kept.box_xyxy)
            score = f" {kept.score:.6f}" if self._format.abilities.scores else ""
            self._file.write(f"{frame.index} {number} {kind} {shown} {edges} {_UNKNOWN}{score}\n")
            written.append(kept)
        return written

    def end(self, info: SequenceInfo) -> None:
        if self._file is not None:
            self._file.close()

    def finish(self) -> None:
        if self._map:
            self.target.text("evaluate_tracking.seqmap.training").writelines(self._map)


class Kitti(FileFormat):
    """KITTI tracking ground truth."""

    name = "kitti"
    title = "KITTI tracking"
    description = "KITTI tracking ground truth: label_02/NAME.txt, frames from 0"
    abilities = Abilities(regions=True, occluded=True, limits=(
        "labels unknown to KITTI become Misc, person becomes Pedestrian",
        "ignored tracks become DontCare regions"))
    folder = "label_02"
    options: ClassVar[tuple[str, ...]] = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"image_02/{info.name}/{index:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _KittiWriter(target, self)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, (f"{self.folder}/*.txt", "label_02/*.txt", "*.txt"), "KITTI tracking labels")
        return [_read_file(file, options) for file in files]

    def label_name(self, label: str) -> str:
        return _label_of(_type_of(label))

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        return check_kitti(folder, infos, boxes)


class KittiResults(Kitti):
    """KITTI tracking results."""

    name = "kitti-results"
    title = "KITTI tracking results"
    description = "KITTI tracking results: data/NAME.txt with scores, frames from 0"
    abilities = Abilities(scores=True, occluded=True, limits=Kitti.abilities.limits[:1])
    folder = "data"
    options = ()

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return None

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        return None


def _count_unused(fields: list[str], passed: PassedOver) -> None:
    """Count what is not read of an object: truncation, observation angle, size and place in space."""
    if fields[3] not in _NOT_TRUNCATED and fields[3].strip("0.-"):
        passed.add("truncations of boxes")
    if fields[5] not in _NO_ANGLE:
        passed.add("observation angles (alpha) of boxes")
    if fields[10:17] != _UNKNOWN_FIELDS and not set(fields[10:17]) <= _NO_SPACE:
        passed.add("3D boxes")


def _read_file(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED)
    first = options.first_frame or 0
    for where, line in text_lines(file, _EXPECTED):
        fields = line.split()
        if len(fields) not in (17, 18):
            table.fail(where, f"{len(fields)} columns")
        try:
            frame, number, occluded = whole_number(fields[0]), whole_number(fields[1]), whole_number(fields[4])
            x1, y1, x2, y2 = map(float, fields[6:10])
            score = float(fields[17]) if len(fields) == 18 else 1.0
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        region = fields[2] == _DONT_CARE
        if not region:
            _count_unused(fields, table.passed)
        table.add(where, frame - first, None if region or number < 0 else number,
                  None if region else _label_of(fields[2]), (x1, y1, x2, y2), score=score, ignored=region,
                  occluded=occluded in (_PARTLY, _LARGELY))
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options)

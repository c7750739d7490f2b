"""VIAME's CSV: ``id, image, frame, left, top, right, bottom, confidence, length, class, confidence, ...``.

Frames count from 0. Lines that begin with ``#`` are comments. Behind the pairs of class and confidence come fields such
as ``(poly) x y ...``, ``(kp) head x y`` and ``(atr) name value``. Source: VIAME's documentation of its detection CSV.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.reading.passed_over import short
from annotator.formats.reading.picture_names import PictureNames
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "VIAME rows of id,image,frame,left,top,right,bottom,confidence,length,class,confidence,..."
_HEADER = ("# 1: Detection or Track-id,2: Video or Image Identifier,3: Unique Frame Identifier,4-7: Img-bbox(TL_x,"
           "TL_y,BR_x,BR_y),8: Detection or Length Confidence,9: Target Length (0 or -1 if invalid),10-11+: Repeated "
           "Species,Confidence Pairs or Attributes\n")
_COLUMNS = 9
_NO_LENGTH = frozenset({"", "-1", "0", "-1.0", "0.0"})


class _ViameWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        self._file = self.target.text(f"{info.name}.viame.csv")
        self._file.write(_HEADER)
        self._rows: Any = csv.writer(self._file, lineterminator="\n")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            kept = reduced_box(box, Viame.abilities)
            edges = [f"{edge:.2f}" for edge in kept.box_xyxy]
            self._rows.writerow([kept.number, _picture(info, frame.index), frame.index, *edges, f"{kept.score:.6f}", -1,
                                 info.labels[box.label], f"{kept.score:.6f}"])
            written.append(kept)
        return written

    def end(self, info: SequenceInfo) -> None:
        self._file.close()


def _picture(info: SequenceInfo, index: int) -> str:
    return f"{index:06d}{info.image_ext}"


class Viame(FileFormat):
    """VIAME CSV as a label format."""

    name = "viame"
    title = "VIAME CSV"
    description = "VIAME CSV: NAME.viame.csv per video, with scores"
    abilities = Abilities(scores=True, limits=("the frame size, rate and number of frames",))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{_picture(info, index)}"

    def writer(self, target: Target) -> Writer:
        return _ViameWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("*.viame.csv", "*.csv"), "VIAME files")
        return [_read(file, options) for file in files]


def _rows(file: Path) -> Iterator[tuple[str, list[str]]]:
    for where, line in text_lines(file, _EXPECTED):
        if not line.startswith("#"):
            try:
                yield where, [text.strip() for text in next(csv.reader([line]))]
            except csv.Error as error:
                raise FormatError(f"{file} {where}: found {error}; expected {_EXPECTED}") from error


def _read(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _EXPECTED)
    first = options.first_frame or 0
    names: dict[str, int] = {}
    if options.picture_names and options.first_frame is None:
        listed = list(dict.fromkeys(row[1] for _, row in _rows(file) if len(row) > 1))
        frames = PictureNames(options.picture_names).find(listed)
        names = {} if frames is None else dict(zip(listed, frames, strict=True))
    moved, size = 0, (options.info.width, options.info.height) if options.info is not None else (0, 0)
    for where, row in _rows(file):
        if len(row) < _COLUMNS:
            table.fail(where, f"{len(row)} columns")
        try:
            number, frame = whole_number(row[0]), whole_number(row[2]) - first
            x1, y1, x2, y2, confidence = map(float, row[3:8])
            label, score = _class(table, row[_COLUMNS:])
            mask = _further(table, row, size)
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        if names:
            moved += names[row[1]] != frame
            frame = names[row[1]]
        score = confidence if score is None else score
        table.add(where, frame, None if number < 0 else number, label, (x1, y1, x2, y2),
                  score=1.0 if score < 0 else score, mask=mask)
    notes = [f"{moved} boxes lie on the pictures of their names, not on the frames that the file states"
             ] if moved else []
    return table.sequence(SequenceInfo(file.stem.removesuffix(".viame"), 0, 0, 0.0, 0), options, notes)


def _class(table: BoxTable, fields: Sequence[str]) -> tuple[str, float | None]:
    """The most probable class, and its confidence."""
    pairs = []
    for at in range(0, len(fields) - 1, 2):
        if fields[at].startswith("(") or not fields[at]:
            break
        pairs.append((float(fields[at + 1]), fields[at]))
    if not pairs:
        return "object", None
    table.passed.add("further classes of boxes (the most probable one is read)", len(pairs) - 1)
    score, label = max(pairs, key=lambda pair: pair[0])
    return label, score


def _further(table: BoxTable, row: Sequence[str], size: tuple[int, int]) -> Mask | None:
    """The mask of a row with a polygon; other fields are counted."""
    if row[8] not in _NO_LENGTH:
        table.passed.add("target lengths")
    polygons = []
    for text in row[_COLUMNS:]:
        if not text.startswith("("):
            continue
        name, _, rest = text.partition(")")
        if name == "(poly" and all(size):
            polygons.append([float(part) for part in rest.split()])
        else:
            table.passed.add(f"fields {short(name + ')')} of rows")
    mask = mask_from_polygons(polygons, *size) if polygons else None
    return None if mask is None or mask.is_empty() else mask

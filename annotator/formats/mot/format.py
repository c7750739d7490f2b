"""MOTChallenge text files: ground truth (``mot``), results (``mot-results``) and detections (``mot-det``).

Files in the output folder: ``mot`` writes ``NAME/gt/gt.txt`` with ``NAME/seqinfo.ini`` and ``NAME/gt/labels.txt``,
``mot-results`` writes ``NAME.txt``, ``mot-det`` writes ``NAME/det/det.txt`` with ``NAME/seqinfo.ini``; each with a
sidecar.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import (
    PICTURE_OPTIONS,
    Abilities,
    ExportOptions,
    ExportReport,
    ImportOptions,
    LabelledSequence,
    PictureSource,
    SequenceStream,
)
from annotator.formats.detections.files import DetectionFile, group_by_frame, score_range
from annotator.formats.mot.classes import MOT_CLASSES, read_labels
from annotator.formats.mot.rows import MotKind, MotRows, mot_row_blocks, read_mot_rows
from annotator.formats.mot.seqinfo import read_seqinfo
from annotator.formats.mot.writer import picture_name, write_mot
from annotator.formats.reading.label_paths import require_file
from annotator.formats.reading.row_store import ROW, RowStore
from annotator.formats.reading.text_rows import OnBad, line_of_row
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

logger = logging.getLogger(__name__)

_ABILITIES = {
    "mot": Abilities(ignored=True, occluded=True, limits=("ignore regions become tracks of the label distractor",)),
    "mot-results": Abilities(labels=False, scores=True),
    "mot-det": Abilities(identities=False, labels=False, scores=True),
}


@dataclass(frozen=True, slots=True)
class MotFormat:
    """One of the three MOTChallenge file types as a label format."""

    name: MotKind
    title: str
    description: str
    can_read: bool = True
    can_write: bool = True

    @property
    def abilities(self) -> Abilities:
        """See `annotator.formats.base.LabelFormat`."""
        return _ABILITIES[self.name]

    @property
    def options(self) -> tuple[str, ...]:
        """See `annotator.formats.base.LabelFormat`."""
        own = ("one_based_pixels", "class_numbers") if self.name == "mot" else ("one_based_pixels",)
        return own if self.name == "mot-results" else (*own, "image_digits", *PICTURE_OPTIONS)

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """See `annotator.formats.base.LabelFormat`. Results define no place for images."""
        return None if self.name == "mot-results" else f"{info.name}/{picture_name(info, index, options.image_digits)}"

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """See `annotator.formats.base.LabelFormat`."""
        return write_mot(self, self.name, sequences, out_dir, options, pictures=pictures)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, a sequence folder, or a folder of either."""
        return read_mot_files(_find_files(path, self.name), self.name, options)


def read_mot_files(files: Sequence[Path], kind: MotKind, options: ImportOptions) -> list[LabelledSequence]:
    """Read several files. With several videos, ``options.info`` applies to the one with the same name. See
    `read_mot`."""
    if len(files) == 1 or options.info is None:
        return [read_mot(file, kind, options) for file in files]
    own = options.info.name
    return [read_mot(file, kind, options if _sequence_name(file) == own else replace(options, info=None))
            for file in files]


def read_mot(path: Path, kind: MotKind, options: ImportOptions | None = None) -> LabelledSequence:
    """Read one MOTChallenge file.

    ``seqinfo.ini`` in the sequence folder gives size, rate and length; without it (and without ``options.info``) size
    and rate are 0 and the video ends with the frame of the last row. In ``mot``, flag 0 means ignored, and classes are
    named by ``labels.txt`` next to the file, else by MOTChallenge. In the others, a confidence that is missing or -1 is
    read as 1. Negative ids mean no track number; if ids count from 0, all numbers are increased by one, with a note.

    Raises FormatError as `read_mot_rows` does, and for a class without a name.
    """
    options = options or ImportOptions()
    file = _row_file(path, kind)
    header = options.info or _header(file, kind)
    first = 1 if options.first_frame is None else options.first_frame
    count = header.frame_count if header else None
    rows = _Rows(read_labels(file.parent) if kind == "mot" else None)
    for block in mot_row_blocks(file, kind, first_frame=first, one_based_pixels=options.one_based_pixels,
                                frame_count=count):
        rows.add(block, kind)
    if kind != "mot-det" and rows.store.repeated() is not None:
        # Read the whole file at once, because the message names both lines.
        read_mot_rows(file, kind, first_frame=first, frame_count=count)
    notes: list[str] = []
    shift = int(rows.from_zero and kind != "mot-det")
    if shift:
        notes.append("ids in the file start at 0, so all track numbers were increased by one")
    labels = rows.labels(file) if kind == "mot" else ("object",)
    if header is None:
        header = SequenceInfo(_sequence_name(file), 0, 0, 0.0, rows.last_frame + 1)
        notes.append("there is no seqinfo.ini, so frame size and frame rate are unknown")
    return LabelledSequence(replace(header, labels=labels), _RowFrames(rows.store, kind, shift), len(rows.store),
                            tuple(notes))


def load_mot_detections(path: Path, *, on_bad: OnBad = "raise", first_frame: int = 1,
                        one_based_pixels: bool = False) -> DetectionFile:
    """Read detections from a MOTChallenge file, or from ``det/det.txt`` in a sequence folder.

    Ids are ignored. A missing confidence, or one of -1 in every row, is read as 1. Raises FormatError as
    `read_mot_rows` does; rows that are not finite or have a negative size are refused, or with ``on_bad="skip"``
    skipped and counted.
    """
    file = _row_file(path, "mot-det")
    rows = read_mot_rows(require_file(file, "a MOTChallenge detection file (det.txt)"), "mot-det", on_bad=on_bad,
                         first_frame=first_frame, one_based_pixels=one_based_pixels)
    score = np.where(np.isnan(rows.seventh), 1.0, rows.seventh)
    if len(score) and (score == -1).all():
        score = np.ones_like(score)
    if rows.skipped:
        logger.warning("%s: skipped %d rows with an invalid box or confidence", file, rows.skipped)
    frames = group_by_frame(rows.frame_index, rows.box_xyxy, score, np.zeros(len(rows), np.int64))
    return DetectionFile(frames, ("object",), rows.skipped, score_range(score))


class _Rows:
    """Collects the rows of a file, and what depends on all of them."""

    def __init__(self, named: tuple[str, ...] | None) -> None:
        """``named``: labels by class number, if the file has its own."""
        self.store = RowStore()
        self.from_zero = False
        self.last_frame = -1
        self._named = named
        self._single = True
        self._unknown: tuple[int, int] | None = None
        """Row and class number of the first row whose class has no name."""

    def add(self, rows: MotRows, kind: MotKind) -> None:
        if not len(rows):
            return
        self.last_frame = max(self.last_frame, int(rows.frame_index[-1]))
        self.from_zero |= bool((rows.id == 0).any())
        self._single &= bool((rows.class_number == 1).all())
        unknown = np.flatnonzero(rows.class_number > len(self._known()))
        if self._unknown is None and len(unknown):
            first = unknown[np.argmin(rows.row[unknown])]
            self._unknown = (int(rows.row[first]), int(rows.class_number[first]))
        block = np.empty(len(rows), ROW)
        block["frame"], block["number"], block["mask"] = rows.frame_index, np.maximum(rows.id, -1), -1
        block["label"] = np.where(rows.class_number < 2**31, rows.class_number - 1, 0)
        block["flags"] = (rows.seventh == 0) if kind == "mot" else 0
        block["score"] = 1.0 if kind == "mot" else np.where(
            np.isnan(rows.seventh) | (rows.seventh == -1), 1.0, rows.seventh)
        block["visibility"] = rows.visibility
        for column, name in enumerate(("x1", "y1", "x2", "y2")):
            block[name] = rows.box_xyxy[:, column]
        self.store.add_block(block)

    def _known(self) -> tuple[str, ...]:
        return self._named or MOT_CLASSES

    def labels(self, file: Path) -> tuple[str, ...]:
        """Labels by class number minus 1. Raises FormatError for a class without a name."""
        if self._unknown is not None:
            row, number = self._unknown
            known = "as in labels.txt" if self._named else "the MOTChallenge classes"
            raise FormatError(f"{file} line {line_of_row(file, row)}: found class {number}; expected 1 to "
                              f"{len(self._known())} ({known})")
        return self._named or (MOT_CLASSES[:1] if self._single else MOT_CLASSES)


@dataclass(frozen=True, slots=True)
class _RowFrames:
    """Rows as labelled frames; boxes are created only during iteration."""

    store: RowStore
    kind: MotKind
    shift: int

    def __iter__(self) -> Iterator[LabelledFrame]:
        frame_index = -1
        boxes: list[LabelledBox] = []
        for row in self.store:
            if row.frame != frame_index and boxes:
                yield LabelledFrame(frame_index, tuple(boxes))
                boxes = []
            frame_index = row.frame
            known = None if row.number < 0 or self.kind == "mot-det" else row.number + self.shift
            boxes.append(LabelledBox(known, row.label if self.kind == "mot" else 0, (row.x1, row.y1, row.x2, row.y2),
                                     row.score, visibility=row.visibility, ignored=bool(row.flags)))
        if boxes:
            yield LabelledFrame(frame_index, tuple(boxes))


def _row_file(path: Path, kind: MotKind) -> Path:
    """The file itself, or the file at its usual place in a sequence folder."""
    if kind == "mot-results" or not path.is_dir():
        return path
    folder = "gt" if kind == "mot" else "det"
    return path / folder / f"{folder}.txt"


def _find_files(path: Path, kind: MotKind) -> list[Path]:
    if not path.exists():
        raise FormatError(f"{path} does not exist; expected {kind} labels")
    if not path.is_dir():
        return [path]
    own = _row_file(path, kind)
    if own.is_file() and own.resolve().is_relative_to(path.resolve()):
        return [own]
    if kind == "mot-results":
        files = sorted(path.glob("*.txt"))
    else:
        files = [_row_file(child, kind) for child in sorted(path.iterdir()) if _row_file(child, kind).is_file()]
    inside = path.resolve()
    files = [file for file in files if file.is_file() and file.resolve().is_relative_to(inside)]
    if not files:
        expected = {"mot": "gt/gt.txt", "mot-det": "det/det.txt", "mot-results": "<sequence>.txt"}[kind]
        raise FormatError(f"{path} has no {kind} labels; expected {expected}")
    return files


def _sequence_folder(file: Path, kind: MotKind) -> Path:
    return file.parent.parent if file.parent.name == {"mot": "gt", "mot-det": "det"}.get(kind) else file.parent


def _header(file: Path, kind: MotKind) -> SequenceInfo | None:
    seqinfo = _sequence_folder(file, kind) / "seqinfo.ini"
    return read_seqinfo(seqinfo) if kind != "mot-results" and seqinfo.is_file() else None


def _sequence_name(file: Path) -> str:
    if file.stem not in ("gt", "det"):
        return file.stem
    folder = file.resolve().parent
    return folder.parent.name if folder.name == file.stem else folder.name

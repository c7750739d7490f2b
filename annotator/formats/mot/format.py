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
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.reading.label_paths import deeper, require_file
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.reading.row_store import ROW, RowStore
from annotator.formats.reading.text_rows import OnBad, line_of_row
from annotator.model.quick import quick
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

logger = logging.getLogger(__name__)

#: Most classes of a file without names.
_MOST_CLASSES = 10_000

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
        return (*own, "submission") if self.name == "mot-results" else (*own, "image_digits", *PICTURE_OPTIONS)

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
    header = _described(options.info, _header(file, kind))
    first = 1 if options.first_frame is None else options.first_frame
    count = header.frame_count or None if header else None
    rows = _Rows(read_labels(file.parent) if kind == "mot" else None)
    for block in mot_row_blocks(file, kind, on_bad="raise" if options.strict else "skip", first_frame=first,
                                one_based_pixels=options.one_based_pixels, frame_count=count):
        rows.add(block, kind)
    if (kind != "mot-det" and rows.store.repeated() is not None) or (rows.first_skipped >= 0 and not len(rows.store)):
        # Read the whole file at once, because the message names the lines.
        read_mot_rows(file, kind, first_frame=first, frame_count=count,
                      on_bad="skip" if len(rows.store) and not options.strict else "raise")
    labels, label_of, notes = rows.labels(file) if kind == "mot" else (("object",), {}, [])
    shift = int(rows.from_zero and kind != "mot-det")
    if shift:
        notes.append("ids in the file start at 0, so all track numbers were increased by one")
    if header is None:
        header = SequenceInfo(_sequence_name(file), 0, 0, 0.0, 0)
        notes.append("there is no seqinfo.ini, so frame size and frame rate are unknown")
    if rows.first_skipped >= 0:
        notes.append(f"the first row that was skipped is line {line_of_row(file, rows.first_skipped)} of {file.name}")
    header = replace(header, labels=labels, frame_count=header.frame_count or rows.last_frame + 1)
    return LabelledSequence(header, _RowFrames(rows.store, label_of if kind == "mot" else None, shift,
                                               kind != "mot-det"), len(rows.store), tuple(notes), rows.passed.counts)


def _described(given: SequenceInfo | None, header: SequenceInfo | None) -> SequenceInfo | None:
    """The video as the caller describes it, completed by the header of the sequence."""
    if given is None or header is None:
        return given or header
    return replace(given, width=given.width or header.width, height=given.height or header.height,
                   fps=given.fps or header.fps, frame_count=given.frame_count or header.frame_count)


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
        self.passed = PassedOver()
        self.from_zero = False
        self.last_frame = -1
        self.first_skipped = -1
        """Position in the file of the first row that was skipped; -1 if there is none."""
        self._named = named
        self._first_row: dict[int, int] = {}
        """Position in the file of a row of each class."""

    def add(self, rows: MotRows, kind: MotKind) -> None:
        for what, count in rows.unused.items():
            self.passed.add(what, count)
        self.passed.add(INVALID_ROWS, rows.skipped)
        if rows.skipped and self.first_skipped < 0:
            self.first_skipped = rows.first_skipped
        if not len(rows):
            return
        self.last_frame = max(self.last_frame, int(rows.frame_index[-1]))
        self.from_zero |= bool((rows.id == 0).any())
        self._note_classes(rows)
        block = np.empty(len(rows), ROW)
        block["frame"], block["number"], block["mask"] = rows.frame_index, np.maximum(rows.id, -1), -1
        block["values"] = -1
        block["label"] = np.where(rows.class_number < 2**31, rows.class_number, 0)
        block["flags"] = (rows.seventh == 0) if kind == "mot" else 0
        block["score"] = 1.0 if kind == "mot" else np.where(
            np.isnan(rows.seventh) | (rows.seventh == -1), 1.0, rows.seventh)
        block["visibility"] = rows.visibility
        for column, name in enumerate(("x1", "y1", "x2", "y2")):
            block[name] = rows.box_xyxy[:, column]
        self.store.add_block(block)

    def _note_classes(self, rows: MotRows) -> None:
        if len(self._first_row) <= _MOST_CLASSES:
            for number, place in zip(*np.unique(rows.class_number, return_index=True), strict=True):
                self._first_row.setdefault(int(number), int(rows.row[place]))

    def labels(self, file: Path) -> tuple[tuple[str, ...], dict[int, int], list[str]]:
        """Labels, the index of the label of each class number, and notes.

        Without ``labels.txt``, classes that are not MOTChallenge's (0, or beyond its last) are a detector's and get
        names from their numbers. Raises FormatError for a class that ``labels.txt`` does not name, and for more
        classes than any detector has.
        """
        numbers = sorted(self._first_row)
        if self._named is not None:
            return self._own_labels(file, numbers, self._named)
        if len(numbers) > _MOST_CLASSES:
            raise FormatError(f"{file}: found more than {_MOST_CLASSES} classes; expected class numbers in column 8")
        if numbers and (numbers[0] == 0 or numbers[-1] > len(MOT_CLASSES)):
            return (tuple(f"class_{number}" for number in numbers), {number: at for at, number in enumerate(numbers)},
                    ["the classes are not MOTChallenge's (it has 1 to 13), so they are named by their numbers: "
                     f"{', '.join(f'class_{number}' for number in numbers[:5])}{', ...' if len(numbers) > 5 else ''}"])
        known = MOT_CLASSES[:1] if set(numbers) <= {1} else MOT_CLASSES
        return known, {number: number - 1 for number in numbers}, []

    def _own_labels(self, file: Path, numbers: list[int], named: tuple[str, ...],
                    ) -> tuple[tuple[str, ...], dict[int, int], list[str]]:
        from_zero = bool(numbers) and numbers[0] == 0
        last = len(named) - from_zero
        unknown = next((number for number in numbers if number > last), None)
        if unknown is not None:
            raise FormatError(f"{file} line {line_of_row(file, self._first_row[unknown])}: found class {unknown}; "
                              f"expected {int(not from_zero)} to {last} (as in labels.txt)")
        notes = ["classes in the file start at 0, so class 0 is the first line of labels.txt"] if from_zero else []
        return named, {number: number - (not from_zero) for number in numbers}, notes


_labelled_box = quick(LabelledBox)


@dataclass(frozen=True, slots=True)
class _RowFrames:
    """Rows as labelled frames; boxes are created only during iteration."""

    store: RowStore
    label_of: dict[int, int] | None
    """Index of the label of each class number; None if the file has no classes."""
    shift: int
    identities: bool

    def __iter__(self) -> Iterator[LabelledFrame]:
        frame_index = -1
        boxes: list[LabelledBox] = []
        label_of, identities, shift = self.label_of, self.identities, self.shift
        for frame, number, label, flags, x1, y1, x2, y2, score, visibility, *_ in self.store:
            if frame != frame_index and boxes:
                yield LabelledFrame(frame_index, tuple(boxes))
                boxes = []
            frame_index = frame
            known = number + shift if identities and number >= 0 else None
            boxes.append(_labelled_box(known, 0 if label_of is None else label_of[label], (x1, y1, x2, y2), score, None,
                                       visibility, bool(flags)))
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
    pattern = {"mot": "*/gt/gt.txt", "mot-det": "*/det/det.txt", "mot-results": "*.txt"}[kind]
    inside = path.resolve()
    files: list[Path] = []
    for each in (pattern, *deeper([pattern])):
        files = files or sorted(file for file in path.glob(each)
                                if file.is_file() and file.resolve().is_relative_to(inside))
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

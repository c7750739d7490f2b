"""MOTChallenge text files: ground truth (``mot``), results (``mot-results``) and detections (``mot-det``).

Written below the output folder: ``mot`` as ``NAME/gt/gt.txt`` with ``NAME/seqinfo.ini`` and ``NAME/gt/labels.txt``,
``mot-results`` as ``NAME.txt``, ``mot-det`` as ``NAME/det/det.txt`` with ``NAME/seqinfo.ini``; each with a sidecar.
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
    SequenceStream,
)
from annotator.formats.detections import DetectionFile, group_by_frame, score_range
from annotator.formats.frame_pictures import PictureSource
from annotator.formats.mot_classes import MOT_CLASSES, read_labels
from annotator.formats.mot_rows import MotKind, MotRows, OnBad, read_mot_rows, require_file
from annotator.formats.mot_writer import picture_name, write_mot
from annotator.formats.seqinfo import read_seqinfo
from annotator.formats.text_rows import line_of_row
from annotator.model.frame import Detections
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

logger = logging.getLogger(__name__)

_BLOCK_ROWS = 8192
_ABILITIES = {
    "mot": Abilities(ignored=True, occluded=True),
    "mot-results": Abilities(labels=False, scores=True),
    "mot-det": Abilities(identities=False, labels=False, scores=True),
}


@dataclass(frozen=True, slots=True)
class MotFormat:
    """One of the three kinds as a label format."""

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
        """See `annotator.formats.base.LabelFormat`. Results have no place for pictures."""
        return None if self.name == "mot-results" else f"{info.name}/{picture_name(info, index, options.image_digits)}"

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """See `annotator.formats.base.LabelFormat`."""
        return write_mot(self, self.name, sequences, out_dir, options, pictures=pictures)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """A file, a sequence's folder, or a folder of either."""
        return read_mot_files(_find_files(path, self.name), self.name, options)


def read_mot_files(files: Sequence[Path], kind: MotKind, options: ImportOptions) -> list[LabelledSequence]:
    """Read several files. Of several videos, ``options.info`` is that of the same name. See `read_mot`."""
    if len(files) == 1 or options.info is None:
        return [read_mot(file, kind, options) for file in files]
    own = options.info.name
    return [read_mot(file, kind, options if _sequence_name(file) == own else replace(options, info=None))
            for file in files]


def read_mot(path: Path, kind: MotKind, options: ImportOptions | None = None) -> LabelledSequence:
    """Read one MOTChallenge file.

    ``seqinfo.ini`` in the sequence's folder gives size, rate and length; without it (and without ``options.info``) size
    and rate are 0 and the video ends with the last row's frame. In ``mot``, flag 0 reads as ignored and classes are
    named by ``labels.txt`` beside the file, else by MOTChallenge. In the others, a confidence that is missing or -1
    reads as 1. Negative ids read as no track number; where ids count from 0, all numbers are one higher than in the
    file, and a note says so.

    Raises FormatError as `read_mot_rows` does, and for a class without name.
    """
    options = options or ImportOptions()
    file = _row_file(path, kind)
    header = options.info or _header(file, kind)
    first = 1 if options.first_frame is None else options.first_frame
    rows = read_mot_rows(file, kind, first_frame=first, one_based_pixels=options.one_based_pixels,
                         frame_count=header.frame_count if header else None)
    notes: list[str] = []
    if len(rows) and bool((rows.id == 0).any()) and kind != "mot-det":
        rows = replace(rows, id=np.where(rows.id >= 0, rows.id + 1, rows.id))
        notes.append("ids count from 0 in the file; every track number is one higher")
    labels = _labels(file, kind, rows)
    if header is None:
        length = int(rows.frame_index[-1]) + 1 if len(rows) else 0
        header = SequenceInfo(_sequence_name(file), 0, 0, 0.0, length)
        notes.append("no seqinfo.ini: picture size and frame rate are unknown")
    return LabelledSequence(replace(header, labels=labels), _RowFrames(rows, kind), len(rows), tuple(notes))


def load_mot_detections(path: Path, *, on_bad: OnBad = "raise", first_frame: int = 1,
                        one_based_pixels: bool = False) -> DetectionFile:
    """Read a detector's boxes from a MOTChallenge file, or from ``det/det.txt`` in a sequence's folder.

    Ids are not looked at. A missing confidence, or one of -1 on every row, reads as 1. Raises FormatError as
    `read_mot_rows` does; rows that are not finite or have a negative size are refused, or with ``on_bad="skip"`` left
    out and counted.
    """
    file = _row_file(path, "mot-det")
    rows = read_mot_rows(require_file(file, "a MOTChallenge detection file (det.txt)"), "mot-det", on_bad=on_bad,
                         first_frame=first_frame, one_based_pixels=one_based_pixels)
    score = np.where(np.isnan(rows.seventh), 1.0, rows.seventh)
    if len(score) and (score == -1).all():
        score = np.ones_like(score)
    if rows.skipped:
        logger.warning("%s: left out %d rows whose box or confidence is not usable", file, rows.skipped)
    frames = group_by_frame(rows.frame_index, rows.box_xyxy, score, np.zeros(len(rows), np.int64))
    return DetectionFile(frames, ("object",), rows.skipped, score_range(score))


def read_mot_detections(path: Path, *, on_bad: OnBad = "raise") -> dict[int, Detections]:
    """Detections by frame index from 0. See `load_mot_detections`."""
    return load_mot_detections(path, on_bad=on_bad).frames


@dataclass(frozen=True, slots=True)
class _RowFrames:
    """Rows as labelled frames; boxes are made only while someone goes through them."""

    rows: MotRows
    kind: MotKind

    def __iter__(self) -> Iterator[LabelledFrame]:
        frame_index = -1
        boxes: list[LabelledBox] = []
        for frame, box in self._boxes():
            if frame != frame_index and boxes:
                yield LabelledFrame(frame_index, tuple(boxes))
                boxes = []
            frame_index = frame
            boxes.append(box)
        if boxes:
            yield LabelledFrame(frame_index, tuple(boxes))

    def _boxes(self) -> Iterator[tuple[int, LabelledBox]]:
        for start in range(0, len(self.rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            columns = (self.rows.frame_index[part].tolist(), self.rows.id[part].tolist(),
                       self.rows.box_xyxy[part].tolist(), self.rows.seventh[part].tolist(),
                       self.rows.class_number[part].tolist(), self.rows.visibility[part].tolist())
            for frame, number, (x1, y1, x2, y2), seventh, class_number, visibility in zip(*columns, strict=True):
                known = None if number < 0 or self.kind == "mot-det" else number
                if self.kind == "mot":
                    yield frame, LabelledBox(known, class_number - 1, (x1, y1, x2, y2), visibility=visibility,
                                             ignored=seventh == 0)
                else:
                    score = 1.0 if seventh == -1 or seventh != seventh else seventh
                    yield frame, LabelledBox(known, 0, (x1, y1, x2, y2), score)


def _labels(file: Path, kind: MotKind, rows: MotRows) -> tuple[str, ...]:
    if kind != "mot":
        return ("object",)
    named = read_labels(file.parent)
    single = bool((rows.class_number == 1).all())
    labels = named or (MOT_CLASSES[:1] if single else MOT_CLASSES)
    unknown = np.flatnonzero(rows.class_number > len(labels))
    if len(unknown):
        row = unknown[0]
        known = "as in labels.txt" if named else "the MOTChallenge classes"
        raise FormatError(f"{file} line {line_of_row(file, int(rows.row[row]))}: found class {rows.class_number[row]}; "
                          f"expected 1 to {len(labels)} ({known})")
    return labels


def _row_file(path: Path, kind: MotKind) -> Path:
    """The file itself, or the one at its usual place in a sequence's folder."""
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
    if own.is_file():
        return [own]
    if kind == "mot-results":
        files = sorted(path.glob("*.txt"))
    else:
        files = [_row_file(child, kind) for child in sorted(path.iterdir()) if _row_file(child, kind).is_file()]
    files = [file for file in files if file.is_file()]
    if not files:
        expected = {"mot": "gt/gt.txt", "mot-det": "det/det.txt", "mot-results": "<sequence>.txt"}[kind]
        raise FormatError(f"{path} holds no {kind} labels; expected {expected}")
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

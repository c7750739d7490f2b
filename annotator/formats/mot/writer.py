"""Write MOTChallenge text files.

Boxes are not clipped to the frame; each edge is rounded to 2 decimals. Confidences have 6 decimals, visibility 4. Rows
are written frame by frame, so memory use does not grow with the video.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ExportReport, LabelFormat, PictureSource, SequenceStream
from annotator.formats.mot.check import check_written
from annotator.formats.mot.classes import are_mot_classes, class_numbers, labels_text
from annotator.formats.mot.rows import MotKind, MotRows
from annotator.formats.mot.seqinfo import seqinfo_text
from annotator.formats.mot.submission import SUBMISSION, write_submission
from annotator.formats.writing.export import (
    BoxRules,
    ExportFrame,
    SidecarWriter,
    Tally,
    checked_name,
    export_frames,
    exported_rate,
)
from annotator.formats.writing.frame_pictures import FramePictures
from annotator.formats.writing.staging import Staging
from annotator.model.sequence import LabelledBox, SequenceInfo

_RULES = {
    "mot": BoxRules(),
    "mot-results": BoxRules(keeps_ignored=False),
    "mot-det": BoxRules(needs_number=False, keeps_ignored=False),
}
_BLOCK_LINES = 4096


class Layout(Protocol):
    """The folder layout of a data set with splits."""

    def folder(self, split: str) -> str:
        """Folder of the sequences of a split, with a trailing slash."""

    def list_of(self, split: str, names: Iterable[str]) -> tuple[str, str]:
        """Path and text of the list of the sequences of a split."""


def write_mot(each: LabelFormat, kind: MotKind, sequences: Iterable[SequenceStream], out_dir: Path,
              options: ExportOptions, layout: Layout | None = None, pictures: PictureSource | None = None,
              ) -> ExportReport:
    """Write sequences as MOTChallenge ground truth, results or detections; see `annotator.formats.mot.format`.
    ``layout`` defines the folders of a data set.

    Raises FormatError as `annotator.formats.base.LabelFormat.write` does.
    """
    images = FramePictures(each, options, pictures)
    export = _MotExport(kind, options, images, layout)
    with Staging(out_dir, options.overwrite) as staging:
        for stream in sequences:
            export.add(staging, stream)
        export.tally.check_labels(options)
        export.finish(staging)
        export.checks += images.write(staging)
        files = staging.commit()
    tally = export.tally
    return ExportReport(each.name, files, tally.sequences, tally.frames, tally.boxes, tally.tracks, dict(tally.dropped),
                        tuple(export.checks), tuple(export.notes), pictures=images.written)


@dataclass(slots=True)
class _MotExport:
    """One export, written sequence by sequence."""

    kind: MotKind
    options: ExportOptions
    pictures: FramePictures
    layout: Layout | None = None
    splits: dict[str, list[str]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    checks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)
    """Rows and sidecar of each sequence of results."""

    def add(self, staging: Staging, stream: SequenceStream) -> None:
        info, _ = stream
        length = len(self.options.frame_range(info))
        name = self._place(checked_name(info))
        rows_name, sidecar_name = _file_names(self.kind, name)
        rows_path = staging.add(rows_name, sidecar_name)
        if self.kind == "mot-results":
            self.results.append((rows_name, sidecar_name))
        numbers = (1,) * len(info.labels)
        if self.kind == "mot":
            numbers = class_numbers(info.labels, self.options.class_numbers)
            _write_text(staging.add(f"{name}/gt/labels.txt", sidecar_name), labels_text(info.labels, numbers))
        if self.kind != "mot-results":
            header = self.pictures.named(
                replace(info, fps=exported_rate(info, self.options), frame_count=length), info)
            _write_text(staging.add(f"{name}/seqinfo.ini", sidecar_name), seqinfo_text(header, length))
            self.pictures.add(info, header, sidecar_name)
            if not are_mot_classes(info.labels, numbers):
                self.notes.append(f"{name}: the class numbers are specific to this data set (labels.txt); evaluate it "
                                  "without MOTChallenge's preprocessing, which would treat some as distractors")
        # Last, because the sidecar marks the other files as this program's.
        sidecar_path = staging.add(sidecar_name, sidecar_name)
        crc = self._write_rows(stream, rows_path, sidecar_path, numbers)
        offset = 1.0 if self.options.one_based_pixels else 0.0
        self.checks.append(check_written(
            rows_path, self.kind, length, crc, lambda rows: rows_text(rows, self.kind, offset),
            self.options.one_based_pixels, self.options.field_check and self.kind != "mot-det"))

    def _place(self, name: str) -> str:
        """Folder of the sequence, relative to the output folder."""
        if self.layout is None:
            return name
        split = split_of(name, self.options)
        self.splits.setdefault(split, []).append(name)
        return f"{self.layout.folder(split)}{name}"

    def finish(self, staging: Staging) -> None:
        """Write the files for all sequences. Raises FormatError if a video named for validation does not exist."""
        if self.results and self.options.submission:
            self.checks.append(write_submission(staging.add(SUBMISSION, self.results[0][1]),
                                                [staging.folder / rows for rows, _ in self.results]))
        if self.layout is None:
            return
        missing = set(self.options.validation) - {name for names in self.splits.values() for name in names}
        if missing:
            raise FormatError(f"no video is named {min(missing)!r}, which is selected for val; choose one of the "
                              "exported videos")
        for split, names in self.splits.items():
            place, text = self.layout.list_of(split, names)
            # The sidecar of the first sequence records the list.
            _write_text(staging.add(place, f"{self.layout.folder(split)}{names[0]}/gt/export.json"), text)

    def _write_rows(self, stream: SequenceStream, path: Path, sidecar_path: Path, numbers: tuple[int, ...]) -> int:
        info, _ = stream
        to_line = _line_maker(self.kind, numbers, 1.0 if self.options.one_based_pixels else 0.0)
        used: set[int] = set()
        with path.open("w", encoding="utf-8", newline="\n") as file, \
                SidecarWriter(sidecar_path, self.kind, self.options, first_number=1) as sidecar:
            sidecar.begin(info)
            lines = _CheckedLines(file)
            for frame in export_frames(stream, self.options, _RULES[self.kind], self.tally):
                sidecar.frame(frame)
                used.update(box.label for box in frame.boxes)
                lines.extend(to_line(frame, box) for box in frame.boxes)
            lines.flush()
            sidecar.end()
        self._note_labels(info, used)
        return lines.crc

    def _note_labels(self, info: SequenceInfo, used: set[int]) -> None:
        if self.kind != "mot" and len(used) > 1:
            self.tally.dropped[f"classes of {len(used)} labels (this format has no class column)"] += 1
            self.notes.append(f"{info.name}: {', '.join(info.labels[label] for label in sorted(used))} are written "
                              "without their class; to keep them apart, export one label at a time")


#: One row of ground truth, and one of results or detections.
_GT_LINE = "%d,%d,%.2f,%.2f,%.2f,%.2f,%d,%d,%.4f\n"
_RESULT_LINE = "%d,%d,%.2f,%.2f,%.2f,%.2f,%.6f,-1,-1,-1\n"


def split_of(name: str, options: ExportOptions) -> str:
    """The split of the data set that a video with this name belongs to."""
    return "val" if name in options.validation else "train"


def picture_name(info: SequenceInfo, index: int, digits: int) -> str:
    """Path of a frame's image in the sequence folder, ``index`` from 0."""
    return f"{info.image_dir}/{index + 1:0{digits}d}{info.image_ext}"


def rows_text(rows: MotRows, kind: MotKind, offset: float) -> str:
    """Format rows as the writer does. ``offset`` is added to left and top."""
    box = np.round(rows.box_xyxy, 2)
    size = box[:, 2:] - box[:, :2]
    columns = (rows.frame_index + 1, rows.id, *(box[:, :2] + offset).T, *size.T, rows.seventh)
    if kind == "mot":
        columns += (rows.class_number, rows.visibility)
        template = _GT_LINE
    else:
        template = _RESULT_LINE
    return "".join(template % row for row in zip(*(column.tolist() for column in columns), strict=True))


def _line_maker(kind: MotKind, numbers: tuple[int, ...], offset: float) -> Callable[[ExportFrame, LabelledBox], str]:
    labelled, numbered = kind == "mot", kind != "mot-det"

    def line(frame: ExportFrame, box: LabelledBox) -> str:
        number = box.number if numbered and box.number is not None else -1
        x1, y1, x2, y2 = box.box_xyxy
        left, top = round(x1, 2), round(y1, 2)
        place = (frame.index + 1, number, left + offset, top + offset, round(x2, 2) - left, round(y2, 2) - top)
        if labelled:
            return _GT_LINE % (*place, not box.ignored, numbers[box.label], box.visibility)
        return _RESULT_LINE % (*place, box.score)

    return line


class _CheckedLines:
    """Writes lines in blocks and computes their checksum."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lines: list[str] = []
        self.crc = 0

    def extend(self, lines: Iterable[str]) -> None:
        self._lines.extend(lines)
        if len(self._lines) >= _BLOCK_LINES:
            self.flush()

    def flush(self) -> None:
        text = "".join(self._lines)
        self._file.write(text)
        self.crc = zlib.crc32(text.encode(), self.crc)
        self._lines.clear()


def _file_names(kind: MotKind, name: str) -> tuple[str, str]:
    """Paths of the rows and of the sidecar, relative to the output folder."""
    if kind == "mot-results":
        return f"{name}.txt", f"{name}.export.json"
    folder = "gt" if kind == "mot" else "det"
    return f"{name}/{folder}/{folder}.txt", f"{name}/{folder}/export.json"


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")

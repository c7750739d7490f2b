"""Base class of formats that write frame by frame to temporary files, read these back, and then move them into
place."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, TextIO

from annotator.errors import FormatError
from annotator.formats.base import (
    Abilities,
    ExportOptions,
    ExportReport,
    ImportOptions,
    LabelledSequence,
    PictureSource,
    SequenceStream,
    writes_masks,
)
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
from annotator.model.attribute import value_text
from annotator.model.mask import Mask
from annotator.model.sequence import NO_ATTRIBUTES, LabelledBox, SequenceInfo


@dataclass(slots=True)
class Target:
    """The output of a writer: staged files, counts and notes."""

    staging: Staging
    options: ExportOptions
    tally: Tally
    files: ExitStack
    sidecar: str = ""
    """Sidecar of the files that are opened next; it marks them as this program's."""
    notes: list[str] = field(default_factory=list)
    _renumbered: dict[str, dict[int, int]] = field(default_factory=dict)
    """By video: tracks whose number in the file is another one."""

    def numbered(self, info: SequenceInfo, wanted: int, number: int) -> int:
        """Return the number of a track in the file; one that is not its own is reported."""
        if number != wanted:
            self._renumbered.setdefault(info.name, {})[wanted] = number
        return number

    def all_notes(self) -> tuple[str, ...]:
        """The notes, with the tracks that got another number."""
        renumbered = []
        for video, numbers in self._renumbered.items():
            old, new = next(iter(numbers.items()))
            renumbered.append(f"{video}: {len(numbers)} tracks have another number in the file, because theirs is "
                              f"taken or too large (the first: {old} is {new})")
        return (*self.notes, *renumbered)

    def path(self, relative: str) -> Path:
        """Return where to write a file that will be moved to this path in the output folder."""
        return self.staging.add(relative, self.sidecar)

    def text(self, relative: str) -> TextIO:
        """Open a text file, which is closed at the end of the export."""
        return self.files.enter_context(self.path(relative).open("w", encoding="utf-8", newline="\n"))

    def scratch(self, name: str) -> TextIO:
        """Open a temporary text file, which is not exported."""
        return self.files.enter_context((self.staging.folder / name).open("w+", encoding="utf-8", newline="\n"))

    def drop(self, box: LabelledBox, what: str) -> None:
        """Count a box that was selected but cannot be written."""
        self.tally.boxes -= 1
        self.tally.dropped[what] += 1


class Writer(ABC):
    """Writes one export, sequence by sequence and frame by frame."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.options = target.options

    def begin(self, info: SequenceInfo, length: int) -> None:  # noqa: B027 - optional hook
        """Start a sequence of ``length`` frames; ``info`` describes the written video."""

    @abstractmethod
    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        """Write a frame. Returns its boxes as they must be read back."""

    def end(self, info: SequenceInfo) -> None:  # noqa: B027 - optional hook
        """Finish the sequence."""

    def finish(self) -> None:  # noqa: B027 - optional hook
        """Finish the export."""


class FileFormat(ABC):
    """A format that is written by a `Writer`. Subclasses define what it can store and how it is read."""

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    abilities: ClassVar[Abilities]
    options: ClassVar[tuple[str, ...]] = ()
    can_read: ClassVar[bool] = True
    can_write: ClassVar[bool] = True
    decimals: ClassVar[int] = 2
    """Decimals of box edges; boxes without width or height after rounding are skipped."""
    first_number: ClassVar[int] = 0
    """Number of the first frame in the files, for the sidecar."""
    file_name: ClassVar[str] = ""
    """File for all videos, for formats that write only one."""

    @abstractmethod
    def writer(self, target: Target) -> Writer:
        """Return a writer for one export."""

    @abstractmethod
    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """See `annotator.formats.base.LabelFormat`."""

    def label_name(self, label: str) -> str:
        """The name of this label when read back."""
        return label

    def read_back(self, folder: Path, infos: Sequence[SequenceInfo]) -> list[LabelledSequence]:
        """Read the files that were just written for these videos, in the same order."""
        found = {each.info.name: each for each in self.read(folder, ImportOptions())}
        return [found[info.name] for info in infos if info.name in found]

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        """Verify the written files with the field's own reader, if there is one. Returns a text that names it.

        Raises FormatError if it reads different data.
        """
        return None

    def sidecar(self, name: str) -> str:
        """Path of the sidecar, relative to the output folder."""
        return f"{self.file_name.rpartition('.')[0] if self.file_name else name}.export.json"

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """See `annotator.formats.base.LabelFormat`."""
        return None

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """See `annotator.formats.base.LabelFormat`."""
        tally = Tally()
        images = FramePictures(self, options, pictures)
        with Staging(out_dir, options.overwrite) as staging:
            with ExitStack() as files:
                target = Target(staging, options, tally, files)
                export = _Export(self, target, images)
                for stream in sequences:
                    export.add(stream)
                tally.check_labels(options)
                export.finish()
            checks = (*export.check(), *images.write(staging))
            written = staging.commit()
        return ExportReport(self.name, written, tally.sequences, tally.frames, tally.boxes, tally.tracks,
                            {what: count for what, count in tally.dropped.items() if count}, checks,
                            target.all_notes(), pictures=images.written)


class _Export:
    """One export: feeds the writer, keeps a digest of what it writes, and compares it with what is read back."""

    def __init__(self, label_format: FileFormat, target: Target, pictures: FramePictures) -> None:
        self._format = label_format
        self._target = target
        self._pictures = pictures
        self._infos: list[SequenceInfo] = []
        self._digest = 0
        self._sidecar: SidecarWriter | None = None
        if label_format.file_name:
            self._sidecar = self._open_sidecar("")
        self._writer = label_format.writer(target)
        can = label_format.abilities
        self._rules = BoxRules(
            needs_number=can.identities, keeps_ignored=can.ignored or can.regions,
            keeps_masks=writes_masks(label_format, target.options), keeps_regions=can.regions,
            keeps_attributes=can.attributes, decimals=label_format.decimals)

    def _open_sidecar(self, name: str) -> SidecarWriter:
        target = self._target
        target.sidecar = self._format.sidecar(name)
        return target.files.enter_context(SidecarWriter(
            target.path(target.sidecar), self._format.name, target.options, self._format.first_number))

    def add(self, stream: SequenceStream) -> None:
        source, _ = stream
        options = self._target.options
        length = len(options.frame_range(source))
        name = checked_name(source)
        if any(info.name == name for info in self._infos):
            raise FormatError(f"two videos are named {name}; give them different names")
        info = self._pictures.named(
            replace(source, fps=exported_rate(source, options), frame_count=length), source)
        sidecar = self._sidecar or self._open_sidecar(name)
        sidecar.begin(source)
        self._writer.begin(info, length)
        for frame in export_frames(stream, options, self._rules, self._target.tally):
            sidecar.frame(frame)
            for box in self._writer.frame(info, frame):
                label = self._format.label_name(info.labels[box.label])
                self._digest += digest(len(self._infos), frame.index, label, box)
        self._writer.end(info)
        sidecar.end()
        self._pictures.add(source, info, self._target.sidecar)
        self._infos.append(info)

    def finish(self) -> None:
        self._writer.finish()

    def check(self) -> tuple[str, ...]:
        target = self._target
        found = self._format.read_back(target.staging.folder, self._infos)
        total = boxes = 0
        for index, sequence in enumerate(found):
            for frame in sequence.frames:
                for box in frame.boxes:
                    label = self._format.label_name(sequence.info.labels[box.label])
                    total += digest(index, frame.frame_index, label, box)
                    boxes += 1
        if (total, boxes) != (self._digest, target.tally.boxes):
            raise FormatError(f"the {self._format.name} files do not match the exported data when read back ({boxes} "
                              f"boxes instead of {target.tally.boxes}); nothing was exported")
        done = f"read back {boxes} boxes of {len(found)} videos"
        if not target.options.field_check:
            return (done,)
        outside = self._format.field_check(target.staging.folder, self._infos, boxes)
        return (done,) if outside is None else (done, outside)


def digest(sequence: int, frame: int, label: str, box: LabelledBox) -> int:
    """A hash of one box of one frame; sums of it distinguish sets of boxes."""
    # Files have at most four decimals of a pixel (six for relative coordinates); rounding errors are smaller than this.
    edges = [round(edge * 1e4) for edge in box.box_xyxy]
    mask = box.mask and (box.mask.left, box.mask.top, box.mask.width, box.mask.height, box.mask.rle)
    label = "" if box.number is None and box.ignored else label
    text = (f"{sequence} {frame} {box.number} {label} {edges} {round(box.score * 1e4)} {box.ignored} {box.occluded} "
            f"{mask}")
    if box.attributes:
        text += " " + repr(sorted((name, _shown(value)) for name, value in box.attributes.items() if value is not None))
    return zlib.crc32(text.encode()) << 32 | zlib.adler32(text.encode())


def _shown(value: object) -> str:
    """A value for comparing; files may hold numbers with fewer decimals, and texts instead of numbers."""
    return f"{value:.6g}" if isinstance(value, float) else value_text(value)


def reduced_box(box: LabelledBox, abilities: Abilities, decimals: int = 2, mask: Mask | None = None) -> LabelledBox:
    """Reduce a box to what a format with these abilities stores of it."""
    x1, y1, x2, y2 = (round(edge, decimals) for edge in box.box_xyxy)
    return LabelledBox(
        box.number if abilities.identities else None, box.label, (x1, y1, x2, y2),
        round(box.score, 6) if abilities.scores else 1.0, mask, 1.0, box.ignored and abilities.ignored,
        box.occluded and abilities.occluded,
        attributes=box.attributes if abilities.attributes else NO_ATTRIBUTES)

"""MOTS: tracks with masks, as text (MOTSChallenge and KITTI MOTS) or as 16-bit images.

A line is ``frame id class height width rle``, separated by spaces; ``id`` is ``class * 1000 + instance``, which is also
the pixel value in images. Cars are class 1, pedestrians 2; ignore regions have id 10000 and class 10. MOTSChallenge
counts frames from 1, KITTI MOTS from 0. Masks of a frame must not overlap.
Source: Voigtlaender et al., "MOTS: Multi-Object Tracking and Segmentation", CVPR 2019, and its tools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.mot.seqinfo import read_seqinfo, seqinfo_text
from annotator.formats.mot.writer import picture_name
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_images import label_masks, read_label_image, write_label_image
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.reading.picture_names import PictureNames
from annotator.formats.reading.rle import mask_from_rle, picture_rle
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.field_check import check_mots
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import without_overlaps
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "MOTS lines of: frame id class height width RLE"
_KNOWN = {"car": 1, "pedestrian": 2, "person": 2}
_NAMES = {1: "car", 2: "pedestrian"}
_IGNORED_CLASS, _IGNORED_ID = 10, 10000
_INSTANCES = 1000
_LARGEST_CLASS = 64
_LAST_NUMBER = re.compile(r"(\d+)\D*$")

_ABILITIES = Abilities(masks=True, needs_masks=True, overlap=False, regions=True, limits=(
    "at most 999 tracks of a label per video (larger numbers are replaced)", "one label per track",
    "ignored tracks become ignore regions", "boxes become the tight boxes of the masks"))


@dataclass(slots=True)
class Instances:
    """Assigns the class and instance numbers of one export."""

    classes: dict[str, int] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)
    _labels: dict[int, int] = field(default_factory=dict)

    def class_of(self, label: str) -> int:
        """Class number of a label: the published number, else the next free one from 3 on."""
        if label not in self.classes:
            number = _KNOWN.get(label.lower(), 0)
            if not number or number in self.classes.values():
                used = {*self.classes.values(), *_NAMES, _IGNORED_CLASS}
                number = next(each for each in range(3, _LARGEST_CLASS) if each not in used)
            self.classes[label] = number
        return self.classes[label]

    def begin(self) -> None:
        """Start a video; instances are numbered per video."""
        self._numbers.clear()
        self._taken.clear()
        self._labels.clear()

    def instance_of(self, number: int, video: str) -> int:
        """Instance number of a track: its own number if it is below 1000 and free, else a free one."""
        if number not in self._numbers:
            wanted = number if number < _INSTANCES and number not in self._taken else next(
                (each for each in range(1, _INSTANCES) if each not in self._taken), None)
            if wanted is None:
                raise FormatError(f"{video} has more than {_INSTANCES - 1} tracks, which MOTS cannot number; export "
                                  "fewer frames or labels, or only longer tracks")
            self._numbers[number] = wanted
            self._taken.add(wanted)
        return self._numbers[number]

    def label_of(self, number: int, label: int) -> int:
        """The first label of the track: ids include the class, so it cannot change."""
        return self._labels.setdefault(number, label)

    def names(self) -> str:
        """Text of a file that names class k in line k."""
        by_number = {**_NAMES, _IGNORED_CLASS: "ignore", **{number: name for name, number in self.classes.items()}}
        return "".join(f"{by_number.get(k, f'class_{k}')}\n" for k in range(1, max(by_number) + 1))


class _TextWriter(Writer):
    def __init__(self, target: Target, label_format: MotsText) -> None:
        super().__init__(target)
        self._format = label_format
        self._instances = Instances()
        self._file: TextIO | None = None

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._instances.begin()
        if self._format.first_number:
            self._file = self.target.text(f"{info.name}/gt/gt.txt")
            with self.target.path(f"{info.name}/seqinfo.ini").open("w", encoding="utf-8", newline="\n") as header:
                header.write(seqinfo_text(info, length))
        else:
            self._file = self.target.text(f"instances_txt/{info.name}.txt")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in without_overlaps(frame.boxes, info, self.target):
            assert box.mask is not None
            assert self._file is not None
            kept, code, number = _stored(box, info, self._instances, self.target)
            self._file.write(f"{frame.index + self._format.first_number} {number} {code} {info.height} {info.width} "
                             f"{picture_rle(box.mask, info.width, info.height)}\n")
            written.append(kept)
        return written

    def end(self, info: SequenceInfo) -> None:
        if self._file is not None:
            self._file.close()
        if self._format.first_number:
            _write_names(self.target.path(f"{info.name}/gt/labels.txt"), self._instances)

    def finish(self) -> None:
        if not self._format.first_number:
            _write_names(self.target.path("instances_txt/labels.names"), self._instances)


def _stored(box: LabelledBox, info: SequenceInfo, instances: Instances, target: Target,
            ) -> tuple[LabelledBox, int, int]:
    """The box as it is read back, its class and its id in the file."""
    kept = reduced_box(box, _ABILITIES, mask=box.mask)
    if box.number is None:
        return replace(kept, ignored=True), _IGNORED_CLASS, _IGNORED_ID
    label = instances.label_of(box.number, box.label)
    code = instances.class_of(info.labels[label])
    instance = target.numbered(info, box.number, instances.instance_of(box.number, info.name))
    return replace(kept, number=instance, label=label), code, code * _INSTANCES + instance


def _write_names(path: Path, instances: Instances) -> None:
    path.write_text(instances.names(), encoding="utf-8", newline="\n")


class MotsText(FileFormat):
    """MOTS as text, in the layout of MOTSChallenge."""

    name = "mots"
    title = "MOTS text (MOTSChallenge)"
    description = "MOTSChallenge: NAME/gt/gt.txt with masks as RLE, frames from 1"
    abilities = _ABILITIES
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"{info.name}/{picture_name(info, index, 6)}"

    def writer(self, target: Target) -> Writer:
        return _TextWriter(target, self)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, a sequence folder, or a folder of either."""
        files = label_files(path, ("gt/gt.txt", "*/gt/gt.txt", "instances_txt/*.txt", "*.txt"), "MOTS text files",
                            without=("labels.txt",))
        return [self._read_file(file, options) for file in files]

    def _read_file(self, file: Path, options: ImportOptions) -> LabelledSequence:
        first = self.first_number if options.first_frame is None else options.first_frame
        rows = _Ids(BoxTable(file, _EXPECTED), _class_names(file.parent))
        size = (0, 0)
        for where, line in text_lines(file, _EXPECTED):
            fields = line.split()
            if len(fields) > 6:
                rows.table.passed.add("rows with more than six columns (the rest is not read)")
            if len(fields) < 6:
                rows.table.fail(where, f"{len(fields)} columns", _EXPECTED)
            try:
                frame, number, code, height, width = map(whole_number, fields[:5])
                mask = mask_from_rle({"size": [height, width], "counts": fields[5]})
            except (ValueError, OverflowError) as error:
                rows.table.fail(where, str(error))
            size = (width, height)
            rows.add(where, frame - first, number, code, mask)
        folder = file.parent.parent if file.parent.name == "gt" else file.parent
        header = folder / "seqinfo.ini"
        info = read_seqinfo(header) if header.is_file() and file.parent.name == "gt" else SequenceInfo(
            file.stem if file.stem != "gt" else folder.resolve().name, *size, 0.0, 0)
        return rows.sequence(info, options)

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        pattern = "{}/gt/gt.txt" if self.first_number else "instances_txt/{}.txt"
        return check_mots(folder, [pattern.format(info.name) for info in infos], infos, boxes,
                          kitti=not self.first_number)


class KittiMotsText(MotsText):
    """MOTS as text, in the layout of KITTI."""

    name = "kitti-mots"
    title = "KITTI MOTS text"
    description = "KITTI MOTS: instances_txt/NAME.txt with masks as RLE, frames from 0"
    first_number = 0

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return _kitti_picture(info, index)


def _kitti_picture(info: SequenceInfo, index: int) -> str:
    """Path of a frame's image in KITTI's layout, ``index`` from 0."""
    return f"image_02/{info.name}/{index:06d}{info.image_ext}"


class _Ids:
    """Converts ids to track numbers: the instance if that is unique, else the whole id."""

    def __init__(self, table: BoxTable, names: dict[int, str]) -> None:
        self.table = table
        self._names = names
        self._seen: set[int] = set()

    def add(self, where: str, frame: int, number: int, code: int, mask: Mask) -> None:
        if code < 0 or number < 0 or number >= 2**31 or (code != _IGNORED_CLASS and number // _INSTANCES != code):
            self.table.fail(where, f"id {number} of class {code}", "ids of class * 1000 + instance")
        if mask.is_empty():
            self.table.passed.add("empty masks")
            return
        if number // _INSTANCES == _IGNORED_CLASS:
            self.table.add(where, frame, None, None, mask.box_xyxy, ignored=True, mask=mask)
        else:
            self._seen.add(number)
            self.table.add(where, frame, number, self._names.get(number // _INSTANCES, f"class_{number // _INSTANCES}"),
                           mask.box_xyxy, mask=mask)

    def sequence(self, info: SequenceInfo, options: ImportOptions, notes: Sequence[str] = ()) -> LabelledSequence:
        whole_ids = len({number % _INSTANCES for number in self._seen}) < len(self._seen)
        if not whole_ids:
            self.table.modulo = _INSTANCES
            self.table.from_zero = any(number % _INSTANCES == 0 for number in self._seen)
        if whole_ids:
            notes = [*notes, "instances of different classes have the same number, so tracks are numbered by their "
                             "whole ids"]
        return self.table.sequence(info, options, notes)


def _class_names(folder: Path) -> dict[int, str]:
    for name in ("labels.txt", "labels.names"):
        path = folder / name
        if path.is_file():
            lines = [line for _, line in text_lines(path, "class names")]
            return dict(enumerate(lines, 1)) or dict(_NAMES)
    return dict(_NAMES)


class _PictureWriter(Writer):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._instances = Instances()

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._instances.begin()

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        pixels = np.zeros((info.height, info.width), np.uint16)
        written: list[LabelledBox] = []
        for box in without_overlaps(frame.boxes, info, self.target):
            assert box.mask is not None
            kept, _, number = _stored(box, info, self._instances, self.target)
            mask = box.mask
            place = pixels[mask.top:mask.top + mask.height, mask.left:mask.left + mask.width]
            place[mask.crop()] = number
            written.append(kept)
        write_label_image(self.target.path(f"instances/{info.name}/{frame.index:06d}.png"), pixels)
        merged = _merged_regions(written)
        self.target.tally.boxes -= len(written) - len(merged)
        return merged

    def finish(self) -> None:
        _write_names(self.target.path("instances/labels.txt"), self._instances)


def _merged_regions(boxes: list[LabelledBox]) -> list[LabelledBox]:
    """Merge all ignore regions of a frame into one, because they have the same pixel value."""
    regions = [box.mask for box in boxes if box.number is None and box.mask is not None]
    if not regions:
        return boxes
    right = max(mask.left + mask.width for mask in regions)
    bottom = max(mask.top + mask.height for mask in regions)
    bitmap = np.zeros((bottom, right), bool)
    for mask in regions:
        bitmap |= mask.to_bitmap(right, bottom)
    merged = Mask.from_bitmap(bitmap)
    first = next(box for box in boxes if box.number is None)
    return [*(box for box in boxes if box.number is not None),
            replace(first, mask=merged, box_xyxy=merged.box_xyxy)]


class MotsPictures(FileFormat):
    """MOTS as 16-bit images."""

    name = "mots-png"
    title = "MOTS images"
    description = "MOTS: instances/NAME/000000.png, 16 bit, pixel value class * 1000 + instance"
    abilities = replace(_ABILITIES, limits=(*_ABILITIES.limits, "the ignore regions of a frame are merged"))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return _kitti_picture(info, index)

    def writer(self, target: Target) -> Writer:
        return _PictureWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of images, or a folder of such folders."""
        files = label_files(path, ("*.png", "instances/*.png", "instances/*/*.png", "*/*.png"), "16-bit MOTS images")
        folders = dict.fromkeys(file.parent for file in files)
        return [self._read_folder(folder, [file for file in files if file.parent == folder], options)
                for folder in folders]

    def _read_folder(self, folder: Path, files: list[Path], options: ImportOptions) -> LabelledSequence:
        names = _class_names(folder) if (folder / "labels.txt").is_file() else _class_names(folder.parent)
        rows = _Ids(BoxTable(folder, "16-bit MOTS images named by frame number"), names)
        numbers = [_LAST_NUMBER.search(file.stem) for file in files]
        frames = [int(found.group(1)) if found else -1 for found in numbers]
        first, notes = _first_number(frames, options)
        found = PictureNames(options.picture_names).find([file.name for file in files])
        if found is not None and options.first_frame is None:
            frames, first, notes = list(found), 0, []
        size = (0, 0)
        for frame, file in zip(frames, files, strict=True):
            pixels = read_label_image(file)
            if pixels.ndim != 2:
                raise FormatError(f"{file}: found an image with {pixels.shape[2]} channels; expected one of 16 bits")
            size = (pixels.shape[1], pixels.shape[0])
            for number, mask in label_masks(pixels):
                rows.add(file.name, frame - first, number, number // _INSTANCES, mask)
        count = 0 if not frames else max(frames) - first + 1
        name = folder.resolve().name if folder.name != "instances" else folder.resolve().parent.name
        return rows.sequence(SequenceInfo(name, *size, 0.0, count), options, notes)


def _first_number(frames: Sequence[int], options: ImportOptions) -> tuple[int, list[str]]:
    """Number of the first frame in the names of images: KITTI counts from 0, MOTSChallenge from 1, and only a last
    number beyond the video tells."""
    if options.first_frame is not None:
        return options.first_frame, []
    if not frames or min(frames) == 0:
        return 0, []
    length = options.info.frame_count if options.info is not None else 0
    if length and max(frames) == length:
        return 1, ["the images are numbered from 1"]
    return 0, [f"the first image is number {min(frames)}; numbers are read as KITTI's, from 0; if they are "
               "MOTSChallenge's, give --first-frame 1 (\"First frame number\" in the window)"]

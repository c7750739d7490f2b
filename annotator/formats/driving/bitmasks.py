"""BDD100K bitmasks: one image per frame with class, flags and track of each pixel in four channels.

Red is the class from 1, green the flags (8 truncated, 4 occluded, 2 crowd, 1 ignored), blue and alpha are the high and
low byte of the track number. Source: BDD100K's documentation, "Segmentation Tracking".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.driving.scalabel import BDD100K_CLASSES, bdd100k_class, picture_name
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_images import label_masks, read_label_image, write_label_image
from annotator.formats.reading.label_paths import label_files
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import without_overlaps
from annotator.model.sequence import LabelledBox, SequenceInfo

_OCCLUDED, _CROWD, _IGNORED = 4, 2, 1
_LARGEST = 2**16 - 1
_NUMBER = re.compile(r"(\d+)$")
_EXPECTED = "BDD100K bitmasks: images with four channels, named by frame number"
_UNKNOWN_CLASS = "boxes of labels unknown to BDD100K"


class _BitmaskWriter(Writer):
    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        pixels = np.zeros((info.height, info.width, 4), np.uint8)
        known = []
        for box in frame.boxes:
            if bdd100k_class(info.labels[box.label].lower()) is None:
                self.target.drop(box, _UNKNOWN_CLASS)
            else:
                known.append(box)
        ignored = {box.number for box in known if box.ignored}
        written = []
        for box in without_overlaps([replace(box, ignored=False) for box in known], info, self.target):
            assert box.mask is not None
            assert box.number is not None
            if box.number > _LARGEST:
                raise FormatError(f"{info.name}: track {box.number} has a number above {_LARGEST}, which bitmasks "
                                  "cannot store; renumber the tracks")
            kept = replace(reduced_box(box, Bitmasks.abilities, mask=box.mask), ignored=box.number in ignored)
            code = BDD100K_CLASSES.index(bdd100k_class(info.labels[box.label].lower()) or "") + 1
            flags = (_OCCLUDED if kept.occluded else 0) | (_CROWD if kept.ignored else 0)
            mask = box.mask
            place = pixels[mask.top:mask.top + mask.height, mask.left:mask.left + mask.width]
            place[mask.crop()] = (code, flags, box.number >> 8, box.number & 255)
            written.append(kept)
        write_label_image(self.target.path(f"bitmasks/{info.name}/{info.name}-{frame.index + 1:07d}.png"), pixels)
        return written

    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")


class Bitmasks(FileFormat):
    """BDD100K bitmasks as a label format."""

    name = "bdd100k-bitmask"
    title = "BDD100K bitmasks"
    description = "BDD100K segmentation tracking: bitmasks/NAME/NAME-0000001.png with class and track of each pixel"
    abilities = Abilities(masks=True, needs_masks=True, overlap=False, ignored=True, occluded=True, limits=(
        "BDD100K's eight classes only (synonyms are renamed)", "track numbers below 65536",
        "boxes become the tight boxes of the masks"))
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{picture_name(info, index)}"

    def writer(self, target: Target) -> Writer:
        return _BitmaskWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of images, or a folder of such folders."""
        files = label_files(path, ("bitmasks/*/*.png", "*/*.png", "*.png"), "BDD100K bitmasks")
        folders: dict[Path, list[Path]] = {}
        for file in files:
            folders.setdefault(file.parent, []).append(file)
        return [_read_folder(folder, each, options) for folder, each in folders.items()]

    def label_name(self, label: str) -> str:
        return bdd100k_class(label.lower()) or label


def _read_folder(folder: Path, files: list[Path], options: ImportOptions) -> LabelledSequence:
    table = BoxTable(folder, _EXPECTED)
    numbers = [found.group(1) if (found := _NUMBER.search(file.stem)) and len(found.group(1)) < 12 else "" for file in
               files]
    if "" in numbers:
        raise FormatError(f"{files[numbers.index('')]}: found a file name without a frame number; expected {_EXPECTED}")
    first = 1 if options.first_frame is None else options.first_frame
    size = (0, 0)
    for number, file in zip(map(int, numbers), files, strict=True):
        pixels = read_label_image(file)
        if pixels.ndim != 3 or pixels.shape[2] != 4:
            channels = pixels.shape[2] if pixels.ndim == 3 else 1
            raise FormatError(f"{file}: found an image with {channels} channels; expected {_EXPECTED}")
        size = (pixels.shape[1], pixels.shape[0])
        wide = pixels.astype(np.uint32)
        codes = wide[..., 0] << 24 | wide[..., 1] << 16 | wide[..., 2] << 8 | wide[..., 3]
        for code, mask in label_masks(np.where(wide[..., 0] > 0, codes, 0)):
            kind, flags = code >> 24, code >> 16 & 255
            if flags & ~(_CROWD | _IGNORED | _OCCLUDED):
                table.passed.add("marks as truncated")
            name = BDD100K_CLASSES[kind - 1] if kind <= len(BDD100K_CLASSES) else f"class {kind}"
            table.add(file.name, number - first, code & _LARGEST, name, mask.box_xyxy, mask=mask,
                      ignored=bool(flags & (_CROWD | _IGNORED)), occluded=bool(flags & _OCCLUDED))
    count = max(map(int, numbers), default=first - 1) - first + 1
    return table.sequence(SequenceInfo(folder.resolve().name, *size, 0.0, count), options)

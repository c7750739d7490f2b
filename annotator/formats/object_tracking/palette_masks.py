"""Masks as indexed PNG files, as DAVIS and YouTube-VOS have them: ``Annotations/NAME/00000.png``, pixel value = object.

Files count from 0, value 0 is background and 255 is void (not scored). YouTube-VOS names the classes of its objects in
``meta.json``. Source: Pont-Tuset et al., "The 2017 DAVIS Challenge", 2017; Xu et al., "YouTube-VOS", 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.label_images import label_masks, read_label_image, write_palette_image
from annotator.formats.reading.label_paths import check_size, label_files
from annotator.formats.reading.picture_names import place
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import without_overlaps
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "PNG files with a palette or one channel of 8 bits, pixel value = object"
_VOID, _MOST_OBJECTS = 255, 254
_LABEL = "object"


class _PaletteWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")
        self._numbers: dict[int, int] = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        pixels = np.zeros((info.height, info.width), np.uint8)
        written = []
        for box in without_overlaps([replace(box, ignored=False) for box in frame.boxes], info, self.target):
            assert box.mask is not None
            assert box.number is not None
            number = self._number(info, box.number)
            mask = box.mask
            place_of = pixels[mask.top:mask.top + mask.height, mask.left:mask.left + mask.width]
            place_of[mask.crop()] = number
            written.append(replace(reduced_box(box, PaletteMasks.abilities, mask=mask), number=number, label=0))
        write_palette_image(self.target.path(f"Annotations/{info.name}/{frame.index:05d}.png"), pixels)
        return written

    def _number(self, info: SequenceInfo, wanted: int) -> int:
        if wanted not in self._numbers:
            taken = set(self._numbers.values())
            free = wanted if wanted <= _MOST_OBJECTS and wanted not in taken else next(
                (each for each in range(1, _MOST_OBJECTS + 1) if each not in taken), None)
            if free is None:
                raise FormatError(f"{info.name} has more than {_MOST_OBJECTS} tracks, which images of 8 bits cannot "
                                  "number; export fewer frames or labels, or only longer tracks")
            self._numbers[wanted] = self.target.numbered(info, wanted, free)
        return self._numbers[wanted]


class PaletteMasks(FileFormat):
    """Indexed PNG masks as a label format."""

    name = "davis"
    title = "DAVIS, YouTube-VOS masks"
    description = "DAVIS and YouTube-VOS: Annotations/NAME/00000.png, indexed, pixel value = object"
    abilities = Abilities(labels=False, masks=True, needs_masks=True, overlap=False, limits=(
        "at most 254 tracks per video (larger numbers are replaced)", "boxes become the tight boxes of the masks"))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"JPEGImages/{info.name}/{index:05d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _PaletteWriter(target)

    def label_name(self, label: str) -> str:
        return _LABEL

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of images, or a folder of such folders."""
        files = label_files(path, ("Annotations/*/*/*.png", "Annotations/*/*.png", "*.png", "*/*.png"), "mask images")
        folders: dict[Path, list[Path]] = {}
        for file in files:
            folders.setdefault(file.parent, []).append(file)
        return [_read_folder(folder, each, options, len(folders) == 1) for folder, each in folders.items()]


def _read_folder(folder: Path, files: list[Path], options: ImportOptions, alone: bool) -> LabelledSequence:
    name = folder.resolve().name
    table = BoxTable(folder, _EXPECTED)
    own = alone or (options.info is not None and options.info.name == name)
    placed = place([file.name for file in files], options.picture_names if own else (), options.first_frame, 0)
    labels, size = _labels(folder, name), (0, 0)
    for frame, file in zip(placed.frames, files, strict=True):
        pixels = read_label_image(file)
        if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.bool_):
            found = f"{pixels.shape[2]} channels" if pixels.ndim == 3 else f"pixels of {pixels.dtype}"
            raise FormatError(f"{file}: found an image with {found}; expected {_EXPECTED}")
        size = (pixels.shape[1], pixels.shape[0])
        for number, mask in label_masks(pixels.astype(np.uint8)):
            if number == _VOID and pixels.dtype != np.bool_:
                table.add(file.name, frame, None, None, mask.box_xyxy, ignored=True, mask=mask)
            else:
                table.add(file.name, frame, number, labels.get(number, _LABEL), mask.box_xyxy, mask=mask)
    info = SequenceInfo(name, *size, 0.0, max(placed.frames, default=-1) + 1)
    return table.sequence(info, options, [placed.note] if placed.note else [])


def _labels(folder: Path, name: str) -> dict[int, str]:
    """Class of each object from the ``meta.json`` of YouTube-VOS next to the folder of all masks; empty without it."""
    path = folder.resolve().parents[1] / "meta.json"
    if folder.parent.name != "Annotations" or not path.is_file():
        return {}
    check_size(path)
    content: Any = load_json(path)
    for key in ("videos", name, "objects"):
        content = content.get(key) if isinstance(content, dict) else None
    return {int(number): str(each["category"]) for number, each in content.items()
            if str(number).isdecimal() and len(str(number)) < 9 and isinstance(each, dict) and "category" in each
            } if isinstance(content, dict) else {}

"""Masks as arrays in the layout of the published SAM2MOT: ``NAME/masks/frame_00001_masks.npz`` and
``NAME/trajectories.txt``; see `annotator.formats.sam2mot.published_layout`.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.reading.rle import LARGEST_PICTURE
from annotator.formats.sam2mot import published_layout
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "rows of frame,id,left,top,width,height,confidence,class"
_NUMBER = re.compile(r"^frame_(\d{1,12})_masks$")
_UNUSED = frozenset({"", "-1"})
_MOST_MASKS = 4096


class _ArchiveWriter(Writer):
    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")
        self._rows: TextIO = self.target.text(f"{info.name}/{published_layout.TRAJECTORIES}")
        self.target.path(f"{info.name}/{published_layout.LABELS}").write_text(
            "".join(f"{name}\n" for name in info.labels), encoding="utf-8", newline="\n")

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written, masked = [], []
        for box in frame.boxes:
            mask = None if box.mask is None else _within(box.mask, info)
            kept = reduced_box(box, MaskArchives.abilities, mask=mask)
            x1, y1, x2, y2 = kept.box_xyxy
            self._rows.write(f"{frame.index + 1},{box.number},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},"
                             f"{kept.score:.6f},{box.label + 1},-1,-1\n")
            if mask is not None:
                masked.append((kept, mask))
            written.append(kept)
        if masked:
            name = f"frame_{frame.index + 1:05d}_masks.npz"
            published_layout.write_archive(self.target.path(f"{info.name}/masks/{name}"), masked, info.width,
                                           info.height)
        return written

    def end(self, info: SequenceInfo) -> None:
        self._rows.close()


def _within(mask: Mask, info: SequenceInfo) -> Mask | None:
    cut = Mask.from_bitmap(mask.to_bitmap(info.width, info.height))
    return None if cut.is_empty() else cut


class MaskArchives(FileFormat):
    """Mask archives (npz) as a label format."""

    name = "masks-npz"
    title = "Mask arrays (npz)"
    description = "SAM2MOT's published layout: NAME/masks/frame_00001_masks.npz and NAME/trajectories.txt"
    abilities = Abilities(masks=True, scores=True)
    first_number = 1

    def writer(self, target: Target) -> Writer:
        return _ArchiveWriter(target)

    def sidecar(self, name: str) -> str:
        return f"{name}/export.json"

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read the folder of a video, or a folder of such folders."""
        files = label_files(path, (published_layout.TRAJECTORIES, f"*/{published_layout.TRAJECTORIES}"),
                            "trajectories.txt with masks")
        return [_read_folder(file, options) for file in files]


def _read_folder(file: Path, options: ImportOptions) -> LabelledSequence:
    names = file.parent / published_layout.LABELS
    labels = [line for _, line in text_lines(names, "label names")] if names.is_file() else []
    masks, size = _masks(file.parent / published_layout.MASKS)
    table = BoxTable(file, _EXPECTED, labels)
    first = 1 if options.first_frame is None else options.first_frame
    for where, line in text_lines(file, _EXPECTED):
        fields = line.split(",")
        if len(fields) < 7:
            table.fail(where, f"{len(fields)} columns")
        if any(text.strip() not in _UNUSED for text in fields[8:10]) or len(fields) > 10:
            table.passed.add("values in columns after the eighth")
        try:
            frame, number = whole_number(fields[0]), whole_number(fields[1])
            kind = whole_number(fields[7]) if len(fields) > 7 else -1
            left, top, width, height, score = map(float, fields[2:7])
        except (ValueError, OverflowError) as error:
            table.fail(where, str(error))
        label = labels[kind - 1] if 0 < kind <= len(labels) else labels[0] if labels else "object"
        table.add(where, frame - first, None if number < 0 else number, label,
                  (left, top, left + width, top + height), score=score, mask=masks.get((frame, number)))
    return table.sequence(SequenceInfo(file.resolve().parent.name, *size, 0.0, 0), options)


def _masks(folder: Path) -> tuple[dict[tuple[int, int], Mask], tuple[int, int]]:
    """Masks by frame number and track; archives are decoded one at a time."""
    found: dict[tuple[int, int], Mask] = {}
    size = (0, 0)
    for file in sorted(folder.glob("*.npz")):
        name = _NUMBER.match(file.stem)
        # Check is_file first, because a cyclic link cannot be resolved.
        if name is None or not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
            continue
        ids, masks = _archive(file)
        size = (masks.shape[2], masks.shape[1])
        for number, bitmap in zip(ids.tolist(), masks, strict=True):
            found[int(name.group(1)), number] = Mask.from_bitmap(bitmap)
    return {place: mask for place, mask in found.items() if not mask.is_empty()}, size


def _archive(file: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    expected = "an archive of ids (N,) and masks (N, height, width)"
    try:
        with zipfile.ZipFile(file) as archive:
            # Checked before anything is unpacked, because an archive may claim any size.
            if sum(each.file_size for each in archive.infolist()) > LARGEST_PICTURE * 8:
                raise FormatError(f"{file} unpacks to more data than the masks of a frame need; expected {expected}")
        with np.load(file, allow_pickle=False) as arrays:
            ids, masks = arrays["ids"], arrays["masks"]
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError,
            ) as error:
        raise FormatError(f"{file} cannot be read ({str(error)[:80]}); expected {expected}") from error
    if (masks.ndim != 3 or ids.shape != masks.shape[:1] or not np.issubdtype(ids.dtype, np.integer)
            or masks.dtype != np.bool_ or len(ids) > _MOST_MASKS):
        raise FormatError(f"{file}: found ids {ids.dtype} {ids.shape} and masks {masks.dtype} {masks.shape}; expected "
                          f"{expected}")
    return ids.astype(np.int64), masks

"""YOLO with tracks: a text file per frame with lines of ``class cx cy width height id``, shares of the picture.

The frame's number, from 1, ends the file's name; ``data.yaml`` beside the folders names the classes. Boxes end at the
picture's edges, because trainers refuse what goes beyond. Files without the last column hold detections' boxes.
Source: Ultralytics' documentation of data sets and of ``save_txt``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole
from annotator.formats.reading.label_paths import check_size, label_files, text_lines
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer
from annotator.model.box import Box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "YOLO lines of: class cx cy width height id, as shares of the picture"
_NUMBER = re.compile(r"(\d+)$")
_OUTSIDE = "boxes wholly outside of the picture"


def _shares(box: LabelledBox, info: SequenceInfo) -> tuple[str, str, str, str]:
    x1, y1, x2, y2 = box.box_xyxy
    x1, x2 = max(x1, 0.0), min(x2, float(info.width))
    y1, y2 = max(y1, 0.0), min(y2, float(info.height))
    return (f"{(x1 + x2) / 2 / info.width:.6f}", f"{(y1 + y2) / 2 / info.height:.6f}",
            f"{(x2 - x1) / info.width:.6f}", f"{(y2 - y1) / info.height:.6f}")


def _edges(shares: Sequence[str], width: int, height: int) -> Box:
    cx, cy, w, h = map(float, shares)
    return ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)


class _YoloWriter(Writer):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._names: dict[str, int] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the picture size is unknown, and YOLO's numbers are shares of it")
        for label in info.labels:
            self._names.setdefault(label, len(self._names))

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written, lines = [], []
        for box in frame.boxes:
            x1, y1, x2, y2 = box.box_xyxy
            shares = _shares(box, info)
            if x1 >= info.width or y1 >= info.height or x2 <= 0 or y2 <= 0 or not (float(shares[2])
                                                                                  and float(shares[3])):
                self.target.drop(box, _OUTSIDE)
                continue
            lines.append(f"{self._names[info.labels[box.label]]} {' '.join(shares)} {box.number}\n")
            written.append(LabelledBox(box.number, box.label, _edges(shares, info.width, info.height)))
        path = self.target.path(f"labels/{info.name}/{info.name}_{frame.index + 1:06d}.txt")
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        return written

    def finish(self) -> None:
        names = "".join(f"  {index}: {json.dumps(name)}\n" for name, index in self._names.items())
        self.target.text("data.yaml").write(f"path: .\ntrain: images\nval: images\nnames:\n{names}")


class Yolo(FileFormat):
    """YOLO with tracks as a label format."""

    name = "yolo"
    title = "YOLO with tracks"
    description = "YOLO: labels/NAME/NAME_000001.txt per frame, shares of the picture, track id last"
    abilities = Abilities(limits=("boxes are cut at the picture's edges", "six decimals of the picture's size"))
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{info.name}_{index + 1:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _YoloWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """A folder of files, or a folder of such folders; the picture's size comes from the video."""
        if options.info is None or options.info.width <= 0 or options.info.height <= 0:
            raise FormatError(f"{path}: YOLO's numbers are shares of the picture, so its size must be given: import "
                              "into a video")
        files = label_files(path, ("labels/*/*.txt", "*/labels/*.txt", "labels/*.txt", "*.txt"), "YOLO label files",
                            without=("classes.txt",))
        folders: dict[Path, list[Path]] = {}
        for file in files:
            folders.setdefault(file.parent, []).append(file)
        names = _names([path if path.is_dir() else path.parent, *(parent for parent in files[0].parents[:3])])
        return [_read_folder(folder, each, names, options, options.info) for folder, each in folders.items()]

    def read_back(self, folder: Path, infos: Sequence[SequenceInfo]) -> list[LabelledSequence]:
        names = _names([folder])
        return [_read_folder(folder / "labels" / info.name, sorted((folder / "labels" / info.name).glob("*.txt")),
                             names, ImportOptions(info=info), info) for info in infos]


def _names(folders: Sequence[Path]) -> dict[int, str]:
    path = next((found for folder in folders if (found := folder / "data.yaml").is_file()), None)
    if path is None:
        return {}
    check_size(path)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise FormatError(f"{path} is not YAML; expected names of classes") from error
    names = found.get("names") if isinstance(found, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    # Only plain names: a list of lists of lists, which aliases make of a few lines, would be without end as text.
    if not isinstance(names, dict) or not all(isinstance(key, int) and isinstance(name, str | int | float)
                                              for key, name in names.items()):
        raise FormatError(f"{path}: found no list of names; expected names of classes")
    return {key: str(name) for key, name in names.items()}


def _read_folder(folder: Path, files: list[Path], names: dict[int, str], options: ImportOptions, info: SequenceInfo,
                 ) -> LabelledSequence:
    table = BoxTable(folder, _EXPECTED)
    first = 1 if options.first_frame is None else options.first_frame
    for file in files:
        found = _NUMBER.search(file.stem)
        if found is None or len(found.group(1)) > 15:
            raise FormatError(f"{file}: found a name without frame number; expected NAME_000001.txt")
        for line_number, line in text_lines(file, _EXPECTED):
            where = f"{file.name} {line_number}"
            fields = line.split()
            if len(fields) not in (5, 6):
                table.fail(where, f"{len(fields)} columns")
            try:
                code, number = whole(fields[0]), whole(fields[5]) if len(fields) == 6 else None
                edges = _edges(fields[1:5], info.width, info.height)
            except (ValueError, OverflowError) as error:
                table.fail(where, str(error))
            table.add(where, int(found.group(1)) - first, number, names.get(code, f"class {code}"), edges)
    return table.sequence(SequenceInfo(folder.name if folder.name != "labels" else folder.resolve().parent.name,
                                       info.width, info.height, info.fps, 0), options)

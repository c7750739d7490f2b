"""YOLO with tracks: one text file per frame with lines of ``class cx cy width height id``, relative to the frame size.

File names end in the frame number, from 1; ``data.yaml`` next to the folders names the classes. Boxes are clipped to
the frame, because trainers refuse larger ones. Files without the last column contain detections. Source: Ultralytics'
documentation of data sets and of ``save_txt``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import check_size, label_files, text_lines
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer
from annotator.model.box import Box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "YOLO lines of: class cx cy width height id, relative to the frame size"
_NUMBER = re.compile(r"(\d+)$")
_OUTSIDE = "boxes entirely outside the frame"


def _relative(box: LabelledBox, info: SequenceInfo) -> tuple[str, str, str, str]:
    x1, y1, x2, y2 = box.box_xyxy
    x1, x2 = max(x1, 0.0), min(x2, float(info.width))
    y1, y2 = max(y1, 0.0), min(y2, float(info.height))
    return (f"{(x1 + x2) / 2 / info.width:.6f}", f"{(y1 + y2) / 2 / info.height:.6f}",
            f"{(x2 - x1) / info.width:.6f}", f"{(y2 - y1) / info.height:.6f}")


def _edges(relative: Sequence[str], width: int, height: int) -> Box:
    cx, cy, w, h = map(float, relative)
    return ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)


class _YoloWriter(Writer):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._names: dict[str, int] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, but YOLO coordinates are relative to it")
        for label in info.labels:
            self._names.setdefault(label, len(self._names))

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written, lines = [], []
        for box in frame.boxes:
            x1, y1, x2, y2 = box.box_xyxy
            relative = _relative(box, info)
            if x1 >= info.width or y1 >= info.height or x2 <= 0 or y2 <= 0 or not (float(relative[2])
                                                                                  and float(relative[3])):
                self.target.drop(box, _OUTSIDE)
                continue
            lines.append(f"{self._names[info.labels[box.label]]} {' '.join(relative)} {box.number}\n")
            written.append(LabelledBox(box.number, box.label, _edges(relative, info.width, info.height)))
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
    description = "YOLO: labels/NAME/NAME_000001.txt per frame, relative coordinates, track id last"
    abilities = Abilities(limits=("boxes are clipped to the frame", "relative coordinates have six decimals"))
    options = PICTURE_OPTIONS
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{info.name}_{index + 1:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _YoloWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of files, or a folder of such folders; the frame size comes from the video."""
        if options.info is None or options.info.width <= 0 or options.info.height <= 0:
            raise FormatError(f"{path}: YOLO coordinates are relative to the frame size, which must be given; import "
                              "the labels into a video")
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
        raise FormatError(f"{path} is not YAML; expected class names") from error
    names = found.get("names") if isinstance(found, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    # Only plain names: YAML aliases can expand a few lines to nested lists that would be endless as text.
    if not isinstance(names, dict) or not all(isinstance(key, int) and isinstance(name, str | int | float)
                                              for key, name in names.items()):
        raise FormatError(f"{path}: found no list of names; expected class names")
    return {key: str(name) for key, name in names.items()}


def _read_folder(folder: Path, files: list[Path], names: dict[int, str], options: ImportOptions, info: SequenceInfo,
                 ) -> LabelledSequence:
    table = BoxTable(folder, _EXPECTED)
    first = 1 if options.first_frame is None else options.first_frame
    for file in files:
        found = _NUMBER.search(file.stem)
        if found is None or len(found.group(1)) > 15:
            raise FormatError(f"{file}: found a file name without a frame number; expected NAME_000001.txt")
        for line_number, line in text_lines(file, _EXPECTED):
            where = f"{file.name} {line_number}"
            fields = line.split()
            if len(fields) not in (5, 6):
                table.fail(where, f"{len(fields)} columns")
            try:
                code, number = whole_number(fields[0]), whole_number(fields[5]) if len(fields) == 6 else None
                edges = _edges(fields[1:5], info.width, info.height)
            except (ValueError, OverflowError) as error:
                table.fail(where, str(error))
            table.add(where, int(found.group(1)) - first, number, names.get(code, f"class {code}"), edges)
    return table.sequence(SequenceInfo(folder.name if folder.name != "labels" else folder.resolve().parent.name,
                                       info.width, info.height, info.fps, 0), options)

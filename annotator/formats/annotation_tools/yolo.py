"""YOLO as Ultralytics, Darknet, CVAT and Roboflow write it: one text file per frame, coordinates relative to the frame.

Out: ``images/{train,val}`` and ``labels/{train,val}`` with ``data.yaml``, lines of ``class cx cy width height``, as
Ultralytics trains on; with options, polygons instead of boxes and the track id as last column. Boxes are clipped to the
frame, because trainers refuse larger ones.

In: also ``class cx cy width height [confidence] [id]``, as ``save_txt`` writes them, polygons with the same two further
columns, and boxes with keypoints, which are counted. What the further columns are follows from their values. Files are
placed by the pictures that they name, or by the number in their name. Source: Ultralytics' documentation of data sets
and of ``save_txt``, Darknet's readme, and files of CVAT and Roboflow.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import check_size, label_files, text_lines
from annotator.formats.reading.picture_names import PictureNames, number_in, place, prefix_of, stem
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer
from annotator.formats.writing.outlines import outline
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "YOLO lines of: class cx cy width height [confidence] [id], or a polygon, relative to the frame size"
_OUTSIDE = "boxes entirely outside the frame"
#: Trainers take a line of up to six values for a box.
_FEWEST_CORNERS = 4
#: Text files next to labels that hold no labels.
_NO_LABELS = ("classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "labels.txt", "obj.names", "names.txt",
              "README.txt", "README.dataset.txt", "README.roboflow.txt", "requirements.txt")
_PATTERNS = ("labels/*/*.txt", "*/labels/*.txt", "labels/*.txt", "obj_*_data/*.txt", "data/obj_*_data/*.txt",
             "*/*/labels/*.txt", "*.txt", "*/*.txt")
#: Folders whose names say nothing about the video.
_GENERIC = frozenset({"labels", "train", "val", "valid", "validation", "test", "images", "obj_train_data",
                      "obj_valid_data", "obj_test_data", "data"})
#: Files that name the classes, one a line.
_CLASS_LISTS = ("obj.names", "classes.txt", "data/obj.names", "data.names", "_darknet.labels")
_YAML = ("data.yaml", "dataset.yaml", "data.yml", "dataset.yml")
#: Files and lines that are looked at to find out what the columns are.
_LOOK_FILES, _LOOK_LINES = 60, 600
#: Farthest coordinate, relative to the frame; tools write boxes that are partly outside.
_FARTHEST = 2.0


def _relative(box: LabelledBox, info: SequenceInfo) -> tuple[str, str, str, str]:
    x1, y1, x2, y2 = box.box_xyxy
    x1, x2 = max(x1, 0.0), min(x2, float(info.width))
    y1, y2 = max(y1, 0.0), min(y2, float(info.height))
    return (f"{(x1 + x2) / 2 / info.width:.6f}", f"{(y1 + y2) / 2 / info.height:.6f}",
            f"{(x2 - x1) / info.width:.6f}", f"{(y2 - y1) / info.height:.6f}")


def _edges(relative: Sequence[str], width: int, height: int) -> Box:
    cx, cy, w, h = map(float, relative)
    return ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)


def _file_stem(info: SequenceInfo, index: int) -> str:
    """Stem of the label file and of the image of a written frame, ``index`` from 0."""
    return f"{info.name}_{index + 1:06d}"


def _split(name: str, options: ExportOptions) -> str:
    return "val" if name in options.validation else "train"


_Written = tuple[Sequence[str], Box, Mask | None]


def _polygon_of(box: LabelledBox, info: SequenceInfo) -> list[str]:
    """Corners of the outline of a mask, of the box without one, relative to the frame; none outside the frame."""
    corners = [] if box.mask is None else outline(box.mask, info.width, info.height)
    if box.mask is None:
        x1, y1, x2, y2 = box.box_xyxy
        x1, x2 = max(x1, 0.0), min(x2, float(info.width))
        y1, y2 = max(y1, 0.0), min(y2, float(info.height))
        corners = [x1, y1, x2, y1, x2, y2, x1, y2] if x1 < x2 and y1 < y2 else []
    elif len(corners) < 2 * _FEWEST_CORNERS:
        corners += corners[:2]
    return [f"{value / (info.height if at % 2 else info.width):.6f}" for at, value in enumerate(corners)]


class _YoloWriter(Writer):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        if self.options.shapes == "masks":
            raise FormatError("YOLO files hold boxes or polygons, not masks; choose polygons")
        self._rectangles = 0
        self._names: dict[str, int] = {}
        self._splits: set[str] = set()

    def begin(self, info: SequenceInfo, length: int) -> None:
        if info.width <= 0 or info.height <= 0:
            raise FormatError(f"{info.name}: the frame size is unknown, but YOLO coordinates are relative to it")
        for label in info.labels:
            self._names.setdefault(label, len(self._names))
        self._folder = _split(info.name, self.options)
        self._splits.add(self._folder)

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written, lines = [], []
        for box in frame.boxes:
            number = box.number if self.options.track_ids else None
            found = self._box(box, info) if self.options.shapes == "boxes" else self._polygon(box, info)
            if found is None:
                self.target.drop(box, _OUTSIDE)
                continue
            columns, edges, mask = found
            shown = "" if number is None else f" {number}"
            lines.append(f"{self._names[info.labels[box.label]]} {' '.join(columns)}{shown}\n")
            written.append(LabelledBox(number, box.label, edges, mask=mask))
        path = self.target.path(f"labels/{self._folder}/{_file_stem(info, frame.index)}.txt")
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        return written

    def _box(self, box: LabelledBox, info: SequenceInfo) -> _Written | None:
        """The columns of a box, and the box as it is read back; None outside the frame."""
        x1, y1, x2, y2 = box.box_xyxy
        relative = _relative(box, info)
        if x1 >= info.width or y1 >= info.height or x2 <= 0 or y2 <= 0 or not (float(relative[2])
                                                                              and float(relative[3])):
            return None
        return relative, _edges(relative, info.width, info.height), None

    def _polygon(self, box: LabelledBox, info: SequenceInfo) -> _Written | None:
        """The same for a polygon."""
        columns = _polygon_of(box, info)
        if not columns:
            return None
        self._rectangles += box.mask is None
        return columns, *_polygon(columns, info)

    def finish(self) -> None:
        if self._rectangles:
            self.target.notes.append(f"{self._rectangles} boxes without a mask were written as rectangles, because a "
                                     "file has either boxes or polygons")
        names = "".join(f"  {index}: {json.dumps(name)}\n" for name, index in self._names.items())
        # Without a path, Ultralytics takes the folder of the file; a relative one would be that of the running program.
        # Without videos for validation, the training images serve for both, as Ultralytics demands a val entry.
        train, val = ("train" if "train" in self._splits else "val"), ("val" if "val" in self._splits else "train")
        self.target.text("data.yaml").write(f"train: images/{train}\nval: images/{val}\nnames:\n{names}")
        if not self.options.track_ids:
            self.target.notes.append("track ids are not written, because trainers refuse the column; choose the option "
                                     "for track ids to have them")


class Yolo(FileFormat):
    """YOLO as a label format."""

    name = "yolo"
    title = "YOLO"
    description = "YOLO to train on: labels/train/NAME_000001.txt per frame, relative coordinates, and data.yaml"
    abilities = Abilities(identities=False, reads_identities=True, limits=(
        "boxes are clipped to the frame", "relative coordinates have six decimals", "tracks unless chosen",
        "masks unless chosen, then as polygons"))
    options = ("track_ids", "shapes", "validation", *PICTURE_OPTIONS)
    first_number = 1

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{_split(info.name, options)}/{_file_stem(info, index)}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _YoloWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a folder of files, or a folder of such folders; the frame size comes from the video."""
        info = options.info
        if info is None or info.width <= 0 or info.height <= 0:
            raise FormatError(f"{path}: YOLO coordinates are relative to the frame size, which must be given; import "
                              "the labels into a video, or give --size")
        files = label_files(path, _PATTERNS, "YOLO label files", without=_NO_LABELS)
        folders = list(dict.fromkeys([path if path.is_dir() else path.parent, *files[0].parents[:3]]))
        classes = _Classes.of(folders)
        parts = _videos(files, options, _listed(folders))
        return [_read_part(part, classes, options, info) for part in parts]

    def read_back(self, folder: Path, infos: Sequence[SequenceInfo]) -> list[LabelledSequence]:
        classes, found = _Classes.of([folder]), []
        for info in infos:
            # The name is escaped, because it may have characters with a meaning in patterns.
            files = sorted(file for split in ("train", "val") for file in (folder / "labels" / split).glob("*.txt")
                           if prefix_of(file.stem) == info.name)
            frames = [(number_in(file.stem) or 1) - 1 for file in files]
            columns = _Columns(last_is_id=True)
            found.append(_read_part(_Part(info.name, folder, files, frames, [], columns), classes,
                                    ImportOptions(info=info), info))
        return found


@dataclass(frozen=True, slots=True)
class _Classes:
    """Class names, and the number of values of the keypoints of a box."""

    names: dict[int, str]
    keypoints: int = 0

    @staticmethod
    def of(folders: Sequence[Path]) -> _Classes:
        """From ``data.yaml``, ``obj.names`` or ``classes.txt`` in the first of these folders that has one."""
        for folder in folders:
            described = next((folder / name for name in _YAML if (folder / name).is_file()), None)
            if described is not None:
                return _described_classes(described)
            listed = next((folder / name for name in _CLASS_LISTS if (folder / name).is_file()), None)
            if listed is not None:
                check_size(listed)
                return _Classes(dict(enumerate(line for _, line in text_lines(listed, "class names"))))
        return _Classes({})


def _described_classes(path: Path) -> _Classes:
    check_size(path)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError, ValueError) as error:
        raise FormatError(f"{path} is not YAML; expected class names") from error
    names = found.get("names") if isinstance(found, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    # Only plain names: YAML aliases can expand a few lines to nested lists that would be endless as text.
    if not isinstance(names, dict) or not all(isinstance(key, int) and isinstance(name, str | int | float)
                                              for key, name in names.items()):
        raise FormatError(f"{path}: found no list of names; expected class names")
    return _Classes({key: str(name) for key, name in names.items()}, _keypoints(found.get("kpt_shape")))


def _keypoints(shape: Any) -> int:
    if isinstance(shape, list) and len(shape) == 2 and all(type(each) is int and 0 < each < 1000 for each in shape):
        return int(shape[0] * shape[1])
    return 0


def _listed(folders: Sequence[Path]) -> dict[str, int]:
    """Position of each picture in ``train.txt`` next to Darknet's class names; empty without one."""
    path = next((folder / name for folder in folders for name in ("train.txt", "data/train.txt")
                 if (folder / name).is_file()), None)
    if path is None:
        return {}
    check_size(path)
    names = [stem(line) for _, line in text_lines(path, "names of pictures")]
    return {name: position for position, name in enumerate(dict.fromkeys(names))}


@dataclass(frozen=True, slots=True)
class _Part:
    """The files of one video and the frame of each."""

    name: str
    folder: Path
    files: Sequence[Path]
    frames: Sequence[int]
    notes: list[str]
    columns: _Columns


def _videos(files: Sequence[Path], options: ImportOptions, listed: dict[str, int]) -> list[_Part]:
    """Group files by video: by folder, and in folders for training or validation by what precedes the number."""
    found = PictureNames(options.picture_names).find([file.name for file in files])
    columns = _Columns.of(_look(files))
    if found is not None and options.first_frame is None:
        # Of one video, whatever folders its files are in.
        assert options.info is not None
        return [_Part(options.info.name, files[0].parent, files, found, [], columns)]
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in files:
        generic = file.parent.name.lower() in _GENERIC
        key = prefix_of(file.stem) if generic else str(file.parent)
        groups.setdefault((key, "" if generic else file.parent.name), []).append(file)
    parts = []
    for (key, name), each in groups.items():
        own = len(groups) == 1 or (options.info is not None and options.info.name in (key, name))
        frames, notes = _place(each, options if own else None, listed)
        parts.append(_Part(name or key or each[0].resolve().parent.name, each[0].parent, each, frames, notes, columns))
    return parts


def _place(files: Sequence[Path], options: ImportOptions | None, listed: dict[str, int]) -> tuple[Sequence[int],
                                                                                                   list[str]]:
    names = [file.name for file in files]
    numbers = [number_in(name) for name in names]
    pictures = () if options is None else options.picture_names
    if None in numbers or len(set(numbers)) < len(numbers):
        in_list = [listed.get(stem(name)) for name in names]
        if None not in in_list:
            return [each for each in in_list if each is not None], ["frames are in the order of train.txt"]
        odd = names[numbers.index(None)] if None in numbers else names[0]
        raise FormatError(f"{files[0].parent / odd}: found a file name without a frame number of its own; expected "
                          "NAME_000001.txt, or the names of the video's pictures")
    placed = place(names, pictures, None if options is None else options.first_frame, first_number=1)
    notes = [placed.note] if placed.note else []
    if pictures:
        notes.append("not all files have the name of a picture of the video")
    return placed.frames, notes


def _look(files: Sequence[Path]) -> Iterator[list[str]]:
    """Fields of some lines, to find out what the columns are."""
    lines = (line for file in files[:_LOOK_FILES] for _, line in text_lines(file, _EXPECTED))
    return (line.split() for line in islice(lines, _LOOK_LINES))


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdecimal() and text.isascii()


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns after a box or polygon are, which depends on the values of all lines."""

    last_is_id: bool = True
    """A single further column is the track id, not the confidence."""
    score_first: bool = True
    """Of two further columns, the first one is the confidence."""
    six_are_corners: bool = False
    """Six values are a triangle, not a box with confidence and id."""
    even_have_both: bool = False
    """Polygons have confidence and id."""

    @staticmethod
    def of(rows: Iterable[list[str]]) -> _Columns:
        """Find out from some lines."""
        by_count: dict[int, list[list[str]]] = {}
        for fields in rows:
            by_count.setdefault(len(fields) - 1, []).append(fields)
        single = [each for count, part in by_count.items() if count % 2 and count >= 5 for each in part]
        six = by_count.get(6, [])
        even = [each for count, part in by_count.items() if count > 6 and not count % 2 for each in part]
        ends_whole = bool(six) and all(_is_whole(each[6]) for each in six)
        id_first = bool(six) and not ends_whole and all(_is_whole(each[5]) for each in six)
        return _Columns(
            last_is_id=all(_is_whole(each[-1]) for each in single),
            score_first=not id_first, six_are_corners=bool(six) and not ends_whole and not id_first,
            even_have_both=bool(even) and all(_is_whole(each[-1]) for each in even)
            and any(each[-1] not in ("0", "1") for each in even))


@dataclass(frozen=True, slots=True)
class _Line:
    """One object; texts are parsed by `_read_part`."""

    box: Sequence[str]
    corners: Sequence[str]
    score: str | None
    number: str | None
    keypoints: bool = False


def _parsed(fields: Sequence[str], columns: _Columns, keypoints: int) -> _Line | None:
    """The parts of a line; None if it has no layout of YOLO."""
    values = fields[1:]
    count = len(values)
    if count < 4:
        return None
    if count == 4:
        return _Line(values, (), None, None)
    if keypoints and 4 + keypoints <= count <= 6 + keypoints:
        return _Line(values[:4], (), *_further(values[4 + keypoints:], columns), keypoints=True)
    if count == 5 or (count == 6 and not columns.six_are_corners):
        return _Line(values[:4], (), *_further(values[4:], columns))
    further = count % 2 or 2 * columns.even_have_both
    return _Line((), values[:count - further], *_further(values[count - further:], columns))


def _further(values: Sequence[str], columns: _Columns) -> tuple[str | None, str | None]:
    """Confidence and id."""
    if len(values) == 2:
        return (values[0], values[1]) if columns.score_first else (values[1], values[0])
    if len(values) == 1:
        return (None, values[0]) if columns.last_is_id else (values[0], None)
    return None, None


def is_yolo_line(fields: Sequence[str]) -> bool:
    """Whether the reader can read a line with these fields."""
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        return False
    if len(numbers) < 5 or numbers[0] < 0 or numbers[0] != numbers[0] // 1:
        return False
    return all(-_FARTHEST < value < _FARTHEST for value in numbers[1:5])


def _read_part(part: _Part, classes: _Classes, options: ImportOptions, info: SequenceInfo) -> LabelledSequence:
    table = BoxTable(part.folder, _EXPECTED)
    for frame, file in zip(part.frames, part.files, strict=True):
        for line_number, line in text_lines(file, _EXPECTED):
            _add(table, f"{file.name} {line_number}", frame, line.split(), part.columns, classes, info)
    return table.sequence(SequenceInfo(part.name, info.width, info.height, info.fps, 0), options, part.notes)


def _add(table: BoxTable, where: str, frame: int, fields: list[str], columns: _Columns, classes: _Classes,
         info: SequenceInfo) -> None:
    found = _parsed(fields, columns, classes.keypoints)
    if found is None:
        table.fail(where, f"{len(fields)} columns")
    mask = None
    try:
        code = whole_number(fields[0])
        number = None if found.number is None else whole_number(found.number)
        score = 1.0 if found.score is None else float(found.score)
        if found.corners:
            edges, mask = _polygon(found.corners, info)
        else:
            edges = _edges(found.box, info.width, info.height)
    except (ValueError, OverflowError) as error:
        table.fail(where, str(error))
    if found.keypoints:
        table.passed.add("keypoints of boxes")
    table.add(where, frame, None if number is None or number < 0 else number, classes.names.get(code, f"class {code}"),
              edges, score=score, mask=mask)


def _polygon(relative: Sequence[str], info: SequenceInfo) -> tuple[Box, Mask | None]:
    """Hull and mask of a polygon."""
    corners = [float(text) * (info.height if at % 2 else info.width) for at, text in enumerate(relative)]
    xs, ys = corners[::2], corners[1::2]
    edges = (min(xs), min(ys), max(xs), max(ys))
    if not all(map(math.isfinite, corners)):
        return (math.nan,) * 4, None
    mask = mask_from_polygons([corners], info.width, info.height)
    return edges, None if mask.is_empty() else mask

"""SLEAP projects; needs h5py. Bounding boxes and masks are read and written; poses are read as boxes around them.

Of a track that has a pose and a box or mask in a frame, the box or mask is read.

Source: Pereira et al., "SLEAP: A deep learning system for multi-animal pose tracking", 2022; and files made by SLEAP.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import PassedOver, short
from annotator.formats.sleap import annotations as sleap_annotations
from annotator.formats.sleap.annotations import Annotation, Annotations
from annotator.formats.sleap.writer import ABILITIES, SleapWriter, require_h5py
from annotator.formats.writing.file_format import FileFormat, Target, Writer
from annotator.model.box import Box
from annotator.model.sequence import SequenceInfo

_EXPECTED = "a SLEAP project: HDF5 with frames, instances, points and tracks_json"
_FRAME, _INSTANCE, _POINT = ("video", "frame_idx"), ("instance_type", "frame_id", "skeleton", "track", "from_predicted",
                                                     "score", "point_id_start", "point_id_end"), ("x", "y", "visible")
#: Tables that are read, or that hold nothing of the labels.
_READ = frozenset({"frames", "instances", "points", "pred_points", "tracks_json", "videos_json", "metadata",
                   "suggestions_json", "provenance_json"}) | sleap_annotations.READ
#: Files before this format count pixels from the corner of the first one, later ones from its center.
_CENTERED_FROM = 1.1
_PREDICTED = 1
_BLOCK = 16_384
#: Most points of one animal.
_MOST_POINTS = 4096
#: Most bytes of a table per byte of the file: real compression ratios are lower, and a damaged file may claim any
#: number of rows.
_LARGEST_RATIO = 50
#: Errors that HDF5 and its reader raise for damaged files.
_DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, MemoryError)
#: SLEAP's default names of skeletons.
_UNNAMED = re.compile(r"skeleton-?\d*", re.IGNORECASE)
_LABEL = "object"


class Sleap(FileFormat):
    """SLEAP projects as a label format."""

    name = "sleap"
    title = "SLEAP"
    description = "SLEAP project: NAME.slp per video with boxes and masks; poses are read as boxes; needs h5py"
    abilities = ABILITIES
    options = ("masks",)

    def writer(self, target: Target) -> Writer:
        return SleapWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        require_h5py(path)
        return [found for file in label_files(path, ("*.slp",), "SLEAP projects") for found in _read(file, options)]


@dataclass(frozen=True, slots=True)
class _Animal:
    """One instance."""

    frame: int
    """Row in the table of frames."""
    skeleton: int
    track: int
    """-1 for none."""
    predicted: bool
    score: float
    first: int
    """First and end row in its table of points."""
    end: int


def _read(file: Path, options: ImportOptions) -> list[LabelledSequence]:
    import h5py

    try:
        with h5py.File(file, "r") as opened:
            return _Project(file, opened).sequences(options)
    except _DAMAGE as error:
        raise FormatError(f"{file} is not a SLEAP project or is damaged ({str(error)[:120]}); expected {_EXPECTED}"
                          ) from error


class _Project:
    """An open project."""

    def __init__(self, file: Path, opened: Any) -> None:
        self._file, self._opened = file, opened
        self._passed = PassedOver()
        self._most = _LARGEST_RATIO * file.stat().st_size
        self._frames = self._table("frames", _FRAME)
        self._instances = self._table("instances", _INSTANCE)
        self._points = {predicted: self._table(name, _POINT) for predicted, name in
                        ((False, "points"), (True, "pred_points")) if name in opened}
        self._shift = 0.5 if self._format() >= _CENTERED_FROM else 0.0
        self._labels = [_LABEL if _UNNAMED.fullmatch(name) else name for name in self._skeletons()]

    def sequences(self, options: ImportOptions) -> list[LabelledSequence]:
        self._count_unread()
        videos = [self._json(text) for text in self._texts("videos_json")]
        names = [self._json(text) for text in self._texts("tracks_json")]
        frames = self._frames[:]
        found: dict[int, BoxTable] = {}
        skipped: Counter[str] = Counter()
        marked = self._marked(skipped)
        first = options.first_frame or 0
        for (video, frame, track), each in marked:
            label = each.category or _LABEL
            self._table_of(found, video).add(each.where, frame - first, track + 1 if track >= 0 else None,
                                             _storable(label), each.box_xyxy, score=each.score, mask=each.mask)
        taken = {key for key, _ in marked if key[2] >= 0}
        for animal, box in self._boxes(frames, skipped):
            video, frame = int(frames["video"][animal.frame]), int(frames["frame_idx"][animal.frame])
            if (video, frame, animal.track) in taken:
                skipped["poses have a box or mask of their track in the same frame, which was read"] += 1
                continue
            label = self._labels[animal.skeleton] if animal.skeleton < len(self._labels) else _LABEL
            self._table_of(found, video).add(f"frame row {animal.frame}", frame - first, animal.track + 1
                                             if animal.track >= 0 else None, label, box, score=animal.score)
        notes = [f"{count} {what}" for what, count in skipped.items()]
        return [self._sequence(video, found.get(video), videos, names, options, notes)
                for video in range(max(len(videos), max(found, default=-1) + 1))]

    def _table_of(self, found: dict[int, BoxTable], video: int) -> BoxTable:
        if video not in found:
            found[video] = BoxTable(self._file, _EXPECTED)
        return found[video]

    def _marked(self, skipped: Counter[str]) -> list[tuple[tuple[int, int, int], Annotation]]:
        """Boxes and masks by video, frame and track; a box and a mask of a track in a frame are one, and what a person
        made replaces predictions."""
        found: dict[tuple[int, int, int], Annotation] = {}
        loose: list[tuple[tuple[int, int, int], Annotation]] = []
        for each in self._annotations():
            if each.video < 0 or each.frame < 0:
                self._passed.add("boxes and masks without a frame")
                continue
            key = (each.video, each.frame, each.track)
            if each.track < 0:
                loose.append((key, each))
                continue
            known = found.get(key)
            if known is None or (known.predicted and not each.predicted):
                found[key] = each if known is None else _joined(each, known)
            elif (known.mask is None) != (each.mask is None):
                found[key] = _joined(known, each)
            else:
                skipped["boxes and masks of a track that already has one in the frame were skipped"] += 1
        if found and loose:
            skipped["boxes and masks without a track were skipped"] += len(loose)
            loose = []
        return [*found.items(), *loose]

    def _annotations(self) -> Iterator[Annotation]:
        import h5py

        annotations = Annotations(self._column, self._texts, self._passed)
        if isinstance(self._opened.get("bboxes", getlink=True), h5py.HardLink):
            yield from annotations.boxes(self._opened["bboxes"])
        if isinstance(self._opened.get("masks", getlink=True), h5py.HardLink):
            yield from annotations.masks()

    def _format(self) -> float:
        """Version of the file; files that do not name it are read as later ones."""
        found: Any = self._opened["metadata"].attrs.get("format_id", _CENTERED_FROM)
        return float(found)

    def _count_unread(self) -> None:
        """Count the rows of tables that are not read."""
        import h5py

        for name in self._opened:
            table = self._opened.get(name) if isinstance(self._opened.get(name, getlink=True), h5py.HardLink) else None
            if name not in _READ and isinstance(table, h5py.Dataset) and table.ndim and len(table):
                self._passed.add(f"rows of table {short(name)}", len(table))

    def _sequence(self, video: int, table: BoxTable | None, videos: list[Any], names: list[Any],
                  options: ImportOptions, notes: list[str]) -> LabelledSequence:
        table = table or BoxTable(self._file, _EXPECTED)
        table.passed_of_file = self._passed
        own_numbers = _numbers(names)
        for number, name in enumerate(names, 1):
            if own_numbers:
                table.renumber[number] = own_numbers[number - 1]
            elif isinstance(name, list) and len(name) > 1 and isinstance(name[1], str) and name[1]:
                table.attributes[number] = {"name": _storable(name[1])}
        backend = videos[video].get("backend", videos[video]) if video < len(videos) and isinstance(
            videos[video], dict) else {}
        backend = backend if isinstance(backend, dict) else {}
        shape = backend.get("shape")
        frames, height, width = ((_whole(each) for each in shape[:3]) if isinstance(shape, list) and len(shape) > 2
                                 else (0, 0, 0))
        # The path may be from any operating system.
        stem = Path(_storable(str(backend.get("filename") or "")).replace("\\", "/")).stem
        return table.sequence(SequenceInfo(stem or f"{self._file.stem}-{video + 1}", width, height, _rate(backend),
                                           frames), options,
                              [*(["boxes enclose the visible points"] if len(self._instances) else []), *notes])

    def _boxes(self, frames: Any, skipped: Counter[str]) -> Iterator[tuple[_Animal, Box]]:
        """Yield the box of each visible animal; of predictions, only those that were not corrected by a person."""
        corrected, known = self._corrected(), any(animal.track >= 0 for _, animal in self._animals(len(frames)))
        for row, animal in self._animals(len(frames)):
            if animal.predicted and (row in corrected or (animal.frame, animal.track) in corrected):
                continue
            if known and animal.track < 0:
                skipped["instances without a track were skipped"] += 1
                continue
            box = self._box(animal)
            if box is None:
                skipped["instances without a visible point were skipped"] += 1
            else:
                yield animal, box

    def _corrected(self) -> set[int | tuple[int, int]]:
        """Rows of predictions that a person has adopted, and (frame, track) pairs that a person has labelled."""
        found: set[int | tuple[int, int]] = set()
        for _, block in self._blocks():
            people = block[block["instance_type"] != _PREDICTED]
            found.update(int(row) for row in people["from_predicted"] if row >= 0)
            found.update((int(frame), int(track)) for frame, track in zip(people["frame_id"], people["track"],
                                                                          strict=True) if track >= 0)
        return found

    def _animals(self, frame_count: int) -> Iterator[tuple[int, _Animal]]:
        """Yield the row and content of each instance."""
        for start, block in self._blocks():
            for row, each in enumerate(block, start):
                animal = _Animal(int(each["frame_id"]), int(each["skeleton"]), int(each["track"]),
                                 each["instance_type"] == _PREDICTED, _score(each), int(each["point_id_start"]),
                                 int(each["point_id_end"]))
                if animal.frame >= frame_count:
                    self._fail(f"instance {row}", f"frame {animal.frame}", f"one of {frame_count}")
                if not 0 <= animal.end - animal.first <= _MOST_POINTS:
                    self._fail(f"instance {row}", f"points {animal.first} to {animal.end}",
                               f"at most {_MOST_POINTS} points")
                yield row, animal

    def _blocks(self) -> Iterator[tuple[int, Any]]:
        for start in range(0, len(self._instances), _BLOCK):
            yield start, self._instances[start:start + _BLOCK]

    def _box(self, animal: _Animal) -> Box | None:
        """Box around the visible points."""
        table = self._points.get(animal.predicted)
        if table is None or animal.end > len(table):
            self._fail(f"frame row {animal.frame}", f"points up to {animal.end}",
                       f"at most {0 if table is None else len(table)}")
        points = table[animal.first:animal.end]
        x, y = points["x"] + self._shift, points["y"] + self._shift
        seen: npt.NDArray[np.bool_] = points["visible"].astype(bool) & np.isfinite(x) & np.isfinite(y)
        if not seen.any():
            return None
        return float(x[seen].min()), float(y[seen].min()), float(x[seen].max()), float(y[seen].max())

    def _table(self, name: str, columns: tuple[str, ...]) -> Any:
        """Open a table of the file. Links to other files are not followed."""
        import h5py

        table: Any = None
        if isinstance(self._opened.get(name, getlink=True), h5py.HardLink):
            table = self._opened[name]
        if not isinstance(table, h5py.Dataset) or table.ndim != 1 or not set(columns) <= set(table.dtype.names or ()):
            self._fail(f"table {name}", "no table with the columns " + ", ".join(columns))
        if self._is_too_large(table) or table.external or table.is_virtual:
            self._fail(f"table {name}", f"{len(table)} rows in {self._file.stat().st_size} bytes",
                       "rows that the file can contain")
        return table

    def _column(self, path: str, fields: tuple[str, ...]) -> Any:
        """Open a table with these fields, or a column."""
        import h5py

        parent, _, name = path.rpartition("/")
        group = self._opened[parent] if parent else self._opened
        column = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
        if not isinstance(column, h5py.Dataset) or column.ndim != 1 or column.external or column.is_virtual or (
                not set(fields) <= set(column.dtype.names or ())) or self._is_too_large(column):
            self._fail(f"table {path}", "no column or table that the file can contain")
        return column

    def _is_too_large(self, table: Any) -> bool:
        return bool(len(table) * table.dtype.itemsize > self._most)

    def _texts(self, name: str) -> list[bytes]:
        import h5py

        if not isinstance(self._opened.get(name, getlink=True), h5py.HardLink):
            return []
        table = self._opened[name]
        if not isinstance(table, h5py.Dataset) or table.ndim != 1 or table.external or table.is_virtual or (
                self._is_too_large(table)):
            self._fail(f"table {name}", "no list of texts")
        return [bytes(text) if isinstance(text, bytes) else str(text).encode() for text in table[:]]

    def _skeletons(self) -> list[str]:
        content = self._json(self._opened["metadata"].attrs["json"])
        skeletons = content.get("skeletons") if isinstance(content, dict) else None
        names = []
        for each in skeletons if isinstance(skeletons, list) else []:
            graph = each.get("graph") if isinstance(each, dict) else None
            name = graph.get("name") if isinstance(graph, dict) else None
            names.append(_storable(name) if isinstance(name, str) and name.strip() else _LABEL)
        return names

    def _json(self, text: Any) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise FormatError(f"{self._file}: found {str(text)[:60]!r}, which is not JSON; expected {_EXPECTED}"
                              ) from error

    def _fail(self, where: str, found: str, expected: str = _EXPECTED) -> NoReturn:
        raise FormatError(f"{self._file} {where}: found {found}; expected {expected}")


def _joined(first: Annotation, second: Annotation) -> Annotation:
    """The first annotation with the mask of the second, or with its own mask and the box of the second."""
    first = replace(first, category=first.category or second.category)
    if first.mask is None:
        return replace(first, mask=second.mask)
    return replace(first, box_xyxy=second.box_xyxy) if second.mask is None else first


def _numbers(names: Sequence[Any]) -> list[int]:
    """Track numbers that are the names of all tracks, as exports write them; empty if they are not."""
    texts = [name[1] if isinstance(name, list) and len(name) > 1 else "" for name in names]
    if len(set(texts)) < len(texts) or not all(
            isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 10 and text[0] != "0"
            for text in texts):
        return []
    return [int(text) for text in texts]


def _rate(backend: dict[str, Any]) -> float:
    rate = backend.get("fps")
    return float(rate) if is_finite(rate) and 0 < rate < 1000 else 0.0


def _storable(text: str) -> str:
    """Replace lone surrogates, which JSON allows."""
    return text.encode("utf-8", "replace").decode()


def _score(instance: Any) -> float:
    score = float(instance["score"])
    return min(max(score, 0.0), 1.0) if instance["instance_type"] == _PREDICTED and np.isfinite(score) else 1.0


def _whole(value: Any) -> int:
    return int(value) if is_finite(value) and 0 <= value < 2**31 else 0

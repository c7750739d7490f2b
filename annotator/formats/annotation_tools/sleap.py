"""SLEAP projects: poses of tracked animals are read as boxes around their points. Read-only; needs h5py.

Source: Pereira et al., "SLEAP: A deep learning system for multi-animal pose tracking", 2022; and files made by SLEAP.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.annotation_tools.detrac_vatic import ReadOnly
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import PassedOver, short
from annotator.model.box import Box
from annotator.model.sequence import SequenceInfo

_EXPECTED = "a SLEAP project: HDF5 with frames, instances, points and tracks_json"
_FRAME, _INSTANCE, _POINT = ("video", "frame_idx"), ("instance_type", "frame_id", "skeleton", "track", "from_predicted",
                                                     "score", "point_id_start", "point_id_end"), ("x", "y", "visible")
#: Tables that are read, or that hold nothing of the labels.
_READ = frozenset({"frames", "instances", "points", "pred_points", "tracks_json", "videos_json", "metadata",
                   "suggestions_json", "provenance_json"})
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


class Sleap(ReadOnly):
    """SLEAP projects as a label format."""

    name = "sleap"
    title = "SLEAP"
    description = "SLEAP project (.slp): boxes around the visible points of each animal; needs h5py"
    abilities = Abilities(scores=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        if importlib.util.find_spec("h5py") is None:
            raise FormatError(f"{path}: reading SLEAP projects needs h5py, which is not installed; "
                              "pip install 'sam2mot-annotator[tables]'")
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
        self._labels = [_LABEL if _UNNAMED.fullmatch(name) else name for name in self._skeletons()]

    def sequences(self, options: ImportOptions) -> list[LabelledSequence]:
        self._count_unread()
        videos = [self._json(text) for text in self._texts("videos_json")]
        names = [self._json(text) for text in self._texts("tracks_json")]
        frames = self._frames[:]
        found: dict[int, BoxTable] = {}
        skipped: Counter[str] = Counter()
        for animal, box in self._boxes(frames, skipped):
            video = int(frames["video"][animal.frame])
            table = found.setdefault(video, BoxTable(self._file, _EXPECTED))
            label = self._labels[animal.skeleton] if animal.skeleton < len(self._labels) else _LABEL
            table.add(f"frame row {animal.frame}", int(frames["frame_idx"][animal.frame]) - (options.first_frame or 0),
                      animal.track + 1 if animal.track >= 0 else None, label, box, score=animal.score)
        notes = [f"{count} {what}" for what, count in skipped.items()]
        return [self._sequence(video, found.get(video), videos, names, options, notes)
                for video in range(max(len(videos), max(found, default=-1) + 1))]

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
        for number, name in enumerate(names, 1):
            if isinstance(name, list) and len(name) > 1 and isinstance(name[1], str) and name[1]:
                table.attributes[number] = {"name": _storable(name[1])}
        backend = videos[video].get("backend", videos[video]) if video < len(videos) and isinstance(
            videos[video], dict) else {}
        backend = backend if isinstance(backend, dict) else {}
        shape = backend.get("shape")
        frames, height, width = ((_whole(each) for each in shape[:3]) if isinstance(shape, list) and len(shape) > 2
                                 else (0, 0, 0))
        # The path may be from any operating system.
        stem = Path(_storable(str(backend.get("filename") or "")).replace("\\", "/")).stem
        return table.sequence(SequenceInfo(stem or f"{self._file.stem}-{video + 1}", width, height, 0.0, frames),
                              options, ["boxes enclose the visible points", *notes])

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
        """Box around the visible points. SLEAP's coordinates start at the center of the first pixel."""
        table = self._points.get(animal.predicted)
        if table is None or animal.end > len(table):
            self._fail(f"frame row {animal.frame}", f"points up to {animal.end}",
                       f"at most {0 if table is None else len(table)}")
        points = table[animal.first:animal.end]
        x, y = points["x"] + 0.5, points["y"] + 0.5
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


def _storable(text: str) -> str:
    """Replace lone surrogates, which JSON allows."""
    return text.encode("utf-8", "replace").decode()


def _score(instance: Any) -> float:
    score = float(instance["score"])
    return min(max(score, 0.0), 1.0) if instance["instance_type"] == _PREDICTED and np.isfinite(score) else 1.0


def _whole(value: Any) -> int:
    return int(value) if is_finite(value) and 0 <= value < 2**31 else 0

"""Scalabel JSON, also used by BDD100K: frames with labels, inclusive box edges (width = x2 - x1 + 1), ids as text.

Source: the documentation of Scalabel's and BDD100K's label formats.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TextIO

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import Ids, is_finite, is_number_or_missing
from annotator.formats.driving.scalabel import bdd100k_class, picture_name
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import iterate_json, iterate_list, starts_list
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import NO_SIZE, PassedOver, holds_something, short
from annotator.formats.reading.picture_names import PictureNames
from annotator.formats.reading.rle import check_polygons, mask_from_polygons, mask_from_rle, picture_rle
from annotator.formats.writing.export import RESERVED_VALUES, ExportFrame
from annotator.formats.writing.field_check import check_bdd100k
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import without_overlaps
from annotator.model.attribute import is_value
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "Scalabel JSON: frames with name, videoName, frameIndex and labels"
_FILE_FIELDS = frozenset({"frames", "config", "groups"})
_FRAME_FIELDS = frozenset({"name", "videoName", "frameIndex", "index", "size", "labels", "url", "timestamp",
                           "video_name", "sequence"})
_LABEL_FIELDS = frozenset({"id", "category", "attributes", "box2d", "rle", "poly2d", "score", "index", "manualShape",
                           "manualAttributes"})
#: Attributes of the format; ``truncated`` is one of the track in this frame like any other.
_OWN_ATTRIBUTES = frozenset({"occluded", "crowd", "Crowd", "ignored"})
_UNKNOWN_CLASS = "boxes of labels unknown to BDD100K"


class _ScalabelWriter(Writer):
    """Writes one file for all videos (Scalabel) or one for each (BDD100K)."""

    def __init__(self, target: Target, label_format: Scalabel) -> None:
        super().__init__(target)
        self._format = label_format
        self._file: TextIO | None = None
        self._lines = 0
        self._sizes: list[SequenceInfo] = []
        self._taken: set[int] = set()
        self._numbers: dict[int, int] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        if self._format.file_name:
            if self._file is None:
                self._file = self.target.text(self._format.file_name)
                self._file.write('{"frames": [\n')
        else:
            self._file = self.target.text(f"labels/{info.name}.json")
            self._file.write("[\n")
            self._lines = 0
            self._taken = set()
        self._sizes.append(info)
        self._numbers = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        assert self._file is not None
        kept = self._separate_masks(frame.boxes, info) if self._format.abilities.masks else {}
        labels, written = [], []
        for source in frame.boxes:
            category = self._format.category(info.labels[source.label])
            if category is None:
                self.target.drop(source, _UNKNOWN_CLASS)
                continue
            assert source.number is not None
            box = replace(reduced_box(source, self._format.abilities, mask=kept.get(source.number)),
                          number=self._number(source.number))
            box = replace(box, attributes=self._values(box.attributes))
            labels.append(_entry(box, category, info))
            written.append(box)
        entry = {"name": picture_name(info, frame.index), "videoName": info.name, "frameIndex": frame.index,
                 "index": frame.index, "size": {"width": info.width, "height": info.height}, "labels": labels}
        self._file.write((",\n" if self._lines else "") + json.dumps(entry))
        self._lines += 1
        return written

    def _values(self, attributes: Mapping[str, object]) -> dict[str, object]:
        """The attributes to write; those with names of the format's own are counted."""
        kept = {name: value for name, value in attributes.items() if value is not None}
        for name in kept.keys() & _OWN_ATTRIBUTES:
            self.target.tally.dropped[RESERVED_VALUES] += 1
            del kept[name]
        # Each label has this one, so false is no value.
        if kept.get("truncated") is False:
            del kept["truncated"]
        return kept

    def _separate_masks(self, boxes: Sequence[LabelledBox], info: SequenceInfo) -> dict[int, Mask]:
        """Masks by track, without overlaps. Boxes are kept even if their mask is entirely covered."""
        masked = [box for box in boxes if box.mask is not None and not box.mask.is_empty()]
        if not masked:
            return {}
        before = self.target.tally.boxes
        # Ignored tracks keep their masks and numbers here, so they must not be treated as ignore regions.
        separate = without_overlaps([replace(box, ignored=False) for box in masked], info, self.target)
        self.target.tally.boxes = before
        return {box.number: box.mask for box in separate if box.number is not None and box.mask is not None}

    def _number(self, wanted: int) -> int:
        """Id of the track in the file, which is its number unless another video has it."""
        if wanted not in self._numbers:
            number = wanted if wanted not in self._taken else max(self._taken) + 1
            self._numbers[wanted] = self.target.numbered(self._sizes[-1], wanted, number)
            self._taken.add(self._numbers[wanted])
        return self._numbers[wanted]

    def end(self, info: SequenceInfo) -> None:
        if self._file is not None and not self._format.file_name:
            self._file.write("\n]\n")
            self._file.close()

    def finish(self) -> None:
        if self._format.file_name:
            file = self._file or self.target.text(self._format.file_name)
            names = list(dict.fromkeys(label for info in self._sizes for label in info.labels))
            head = "" if self._file is not None else '{"frames": ['
            config = {"categories": [{"name": name} for name in names]}
            file.write(f'{head}\n], "config": {json.dumps(config)}}}\n')


def _entry(box: LabelledBox, category: str, info: SequenceInfo) -> dict[str, Any]:
    x1, y1, x2, y2 = box.box_xyxy
    entry: dict[str, Any] = {
        "id": str(box.number), "category": category, "score": box.score,
        # TrackEval's BDD100K reader looks for "Crowd", all others for "crowd".
        "attributes": {"truncated": False, **box.attributes, "occluded": box.occluded, "crowd": box.ignored,
                       "Crowd": box.ignored},
        "box2d": {"x1": x1, "y1": y1, "x2": round(x2 - 1, 2), "y2": round(y2 - 1, 2)}}
    if box.mask is not None:
        entry["rle"] = {"counts": picture_rle(box.mask, info.width, info.height), "size": [info.height, info.width]}
    return entry


class Scalabel(FileFormat):
    """Scalabel tracks."""

    name = "scalabel"
    title = "Scalabel"
    description = "Scalabel JSON: one file for all videos, with boxes and masks"
    abilities = Abilities(masks=True, overlap=False, scores=True, ignored=True, occluded=True, attributes=True, limits=(
        "track numbers are unique over all videos",))
    options: ClassVar[tuple[str, ...]] = ("masks", *PICTURE_OPTIONS)
    file_name = "scalabel.json"

    def category(self, label: str) -> str | None:
        """The format's name for a label; None for an unknown label."""
        return label

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/{picture_name(info, index)}"

    def writer(self, target: Target) -> Writer:
        return _ScalabelWriter(target, self)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("labels/*.json", "scalabel.json", "*.json"), "Scalabel files")
        return [each for file in files for each in _read_file(file, options)]


class Bdd100k(Scalabel):
    """BDD100K box tracks."""

    name = "bdd100k"
    title = "BDD100K box tracks"
    description = "BDD100K: labels/NAME.json per video, boxes of its eight classes"
    abilities = Abilities(scores=True, ignored=True, occluded=True, attributes=True, limits=(
        "BDD100K's eight classes only (synonyms are renamed)",))
    options = PICTURE_OPTIONS
    file_name = ""

    def category(self, label: str) -> str | None:
        return bdd100k_class(label.lower())

    def label_name(self, label: str) -> str:
        return bdd100k_class(label.lower()) or label

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        return check_bdd100k(folder / "labels", infos, boxes)


def _read_file(file: Path, options: ImportOptions) -> list[LabelledSequence]:
    videos: dict[str, _Video] = {}
    ids = Ids()
    of_file = PassedOver()
    places = _places(file, options)
    for position, frame in enumerate(_frames(file, of_file)):
        if not isinstance(frame, dict) or not isinstance(frame.get("labels") or [], list):
            raise FormatError(f"{file} frame {position} (counted from 0): found {str(frame)[:40]!r}; expected "
                              f"{_EXPECTED}")
        name = str(frame.get("videoName") or file.stem)
        if name not in videos:
            own = not frame.get("videoName") or (options.info is not None and options.info.name == name)
            videos[name] = _Video(file, name, of_file, places.get(name, ()), options.frame_size(own))
        videos[name].add(position, frame, ids)
    return [video.sequence(options) for video in videos.values()]


def _places(file: Path, options: ImportOptions) -> dict[str, tuple[int, ...]]:
    """Frames of the entries of each video whose entries name pictures of the video that the labels belong to."""
    names: dict[str, list[str]] = {}
    if options.picture_names and options.first_frame is None:
        for frame in _frames(file, PassedOver()):
            if isinstance(frame, dict):
                names.setdefault(str(frame.get("videoName") or file.stem), []).append(str(frame.get("name") or ""))
    pictures = PictureNames(options.picture_names)
    own = {name: pictures.find(each) for name, each in names.items()
           if len(names) == 1 or (options.info is not None and options.info.name == name)}
    return {name: found for name, found in own.items() if found is not None}


def _frames(file: Path, of_file: PassedOver) -> Iterator[Any]:
    """The frames of a file, which is a list of them or an object with that list."""
    if starts_list(file):
        yield from iterate_list(file, "frames", _EXPECTED)
        return
    found = False
    for key, item in iterate_json(file, _EXPECTED):
        if key == "frames":
            found = True
            yield item
        else:
            of_file.fields({key: item}, _FILE_FIELDS, "the file")
    if not found:
        raise FormatError(f"{file} has no frames; expected {_EXPECTED}")


class _Video:
    """One video of a file that is being read."""

    def __init__(self, file: Path, name: str, of_file: PassedOver, places: Sequence[int],
                 given: tuple[int, int]) -> None:
        """``places``: frame of each entry, if the entries name pictures of the video; else empty. ``given``: frame
        size of the video that the labels belong to, or zeros."""
        self._file = file
        self._table = BoxTable(file, _EXPECTED, passed_of_file=of_file)
        self._places, self._given = places, given
        self._moved = 0
        self._info = SequenceInfo(name, 0, 0, 0.0, 0)
        self._frames = 0
        self._last = -1

    def add(self, position: int, frame: dict[str, Any], ids: Ids) -> None:
        index = next((frame[key] for key in ("frameIndex", "index") if frame.get(key) is not None), self._frames)
        where = f"frame {position} (counted from 0)"
        if isinstance(index, bool) or not isinstance(index, int):
            raise FormatError(f"{self._file} {where}: found frameIndex {str(index)[:20]!r}; expected a whole number")
        self._frames += 1
        if self._places:
            self._moved += index != self._places[self._frames - 1]
            index = self._places[self._frames - 1]
        self._table.passed.fields(frame, _FRAME_FIELDS, "frames")
        self._last = max(self._last, index)
        size = frame.get("size")
        if isinstance(size, dict) and all(is_finite(size.get(key)) and 0 < size[key] < 2**15
                                          for key in ("width", "height")):
            self._info = replace(self._info, width=int(size["width"]), height=int(size["height"]))
        for label in frame.get("labels") or []:
            if not isinstance(label, dict):
                raise FormatError(f"{self._file} {where}: found a label {str(label)[:40]!r}; expected {_EXPECTED}")
            self._add_label(f"{where} label {str(label.get('id'))[:20]}", index, label, ids)

    def _add_label(self, where: str, index: int, label: dict[str, Any], ids: Ids) -> None:
        self._table.passed.fields(label, _LABEL_FIELDS, "labels")
        number = ids.of(self._file, label, ("id",), where)
        mask = self._mask(where, label)
        box = label.get("box2d")
        if isinstance(box, dict) and all(
                key in box and is_number_or_missing(box[key]) for key in ("x1", "y1", "x2", "y2")):
            x1, y1, x2, y2 = (math.nan if box[key] is None else float(box[key]) for key in ("x1", "y1", "x2", "y2"))
            edges = (x1, y1, x2 + 1, y2 + 1)
        elif box:
            raise FormatError(f"{self._file} {where}: found box2d {str(box)[:60]}; expected finite x1, y1, x2, y2")
        elif mask is not None:
            edges = mask.box_xyxy
        elif label.get("poly2d"):
            edges = self._bounds(where, label["poly2d"])
        else:
            self._table.passed.add("labels without box or mask")
            return
        about = label.get("attributes")
        about = about if isinstance(about, dict) else {}
        values = {str(name): value for name, value in about.items() if name not in _OWN_ATTRIBUTES and is_value(value)
                  and not (name == "truncated" and value is False)}
        for name in about.keys() - _OWN_ATTRIBUTES:
            if holds_something(about[name]) and not is_value(about[name]):
                self._table.passed.add(f"attribute {short(name)} of labels")
        score = label.get("score")
        if score is not None and not is_finite(score):
            raise FormatError(f"{self._file} {where}: found score {str(score)[:20]!r}; expected a number")
        ignored = any(bool(about.get(key)) for key in ("crowd", "Crowd", "ignored"))
        self._table.add(where, index, number, str(label.get("category") or "object"), edges,
                        score=1.0 if score is None else float(score), ignored=ignored,
                        occluded=about.get("occluded") is True, mask=mask, attributes=values)

    def _size(self) -> tuple[int, int]:
        """Width and height of the frame; zeros if unknown."""
        return (self._info.width, self._info.height) if self._info.width else self._given

    def _mask(self, where: str, label: dict[str, Any]) -> Mask | None:
        code, polygons = label.get("rle"), label.get("poly2d")
        try:
            if isinstance(code, dict):
                mask = mask_from_rle(code)
            elif isinstance(polygons, list) and polygons and all(self._size()):
                mask = mask_from_polygons(list(_corners(polygons)), *self._size())
            else:
                self._table.passed.add(NO_SIZE, len(polygons) if isinstance(polygons, list) else 0)
                return None
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise FormatError(f"{self._file} {where}: found {error}; expected a mask") from error
        return None if mask.is_empty() else mask

    def _bounds(self, where: str, polygons: Any) -> Box:
        """Bounding box of polygons in a frame of unknown size."""
        try:
            corners = [value for polygon in _corners(polygons) for value in polygon]
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise FormatError(f"{self._file} {where}: found {error}; expected polygons") from error
        return (float(min(corners[::2])), float(min(corners[1::2])), float(max(corners[::2])),
                float(max(corners[1::2])))

    def sequence(self, options: ImportOptions) -> LabelledSequence:
        notes = [f"{self._moved} frames lie on the pictures of their names, not on those of their frameIndex"
                 ] if self._moved else []
        return self._table.sequence(replace(self._info, frame_count=self._last + 1), options, notes)


def _corners(polygons: list[Any]) -> Iterator[list[float]]:
    for polygon in polygons:
        flat = [value for vertex in polygon["vertices"] for value in vertex[:2]]
        check_polygons([flat])
        yield flat

"""Code shared by readers of COCO-like files: entries by id, whole numbers, boxes, identities."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from annotator.errors import FormatError
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.passed_over import ROTATIONS, PassedOver, holds_something, short
from annotator.formats.reading.rle import mask_from_polygons, mask_from_rle
from annotator.model.attribute import is_value
from annotator.model.box import Box
from annotator.model.mask import Mask


def whole_field(path: Path, item: Mapping[str, Any], name: str, where: str, expected: str) -> int:
    """Read a whole number from an entry. Raises FormatError."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not -2**53 < value < 2**53:
        raise FormatError(f"{path} {where}: found {name} {str(value)[:40]!r}; expected {expected}")
    return value


def box_of(path: Path, where: str, box: Any, expected: str) -> Box:
    """Convert a COCO box ``[left, top, width, height]`` to ``xyxy``.

    Numbers that are missing or not finite become NaN, so that the row is skipped and counted. Raises FormatError for
    anything else.
    """
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number_or_missing, box)):
        raise FormatError(f"{path} {where}: found bbox {str(box)[:60]}; expected {expected}")
    left, top, width, height = (math.nan if each is None else float(each) for each in box)
    return (left, top, left + width, top + height)


def is_number_or_missing(value: object) -> bool:
    """Whether a JSON value is a number of a usual size, NaN, infinite or null."""
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and not 1e15 <= abs(value) < math.inf


def size_of(item: Mapping[str, Any], key: str) -> int:
    """Width or height of an entry in pixels; 0 if it has none."""
    value = item.get(key)
    return int(value) if is_finite(value) and 0 <= value < 2**20 else 0


def mask_of(path: Path, where: str, code: Any, width: int, height: int) -> Mask | None:
    """The mask of a segmentation (RLE or polygons); None if it is missing or empty.

    ``width`` and ``height`` are the frame size. Raises FormatError.
    """
    if not code:
        return None
    try:
        if isinstance(code, dict):
            mask = mask_from_rle(code)
        elif isinstance(code, list):
            mask = mask_from_polygons(code, width, height)
        else:
            raise ValueError(f"{str(code)[:40]!r}, neither RLE nor polygons")
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise FormatError(f"{path} {where}: found {error}; expected a mask") from error
    return None if mask.is_empty() else mask


def is_finite(value: object) -> TypeGuard[float]:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)


class Tables:
    """The entries of one list of a file, by id."""

    def __init__(self, path: Path, expected: str) -> None:
        self._path = path
        self._expected = expected
        self._items: dict[int, dict[str, Any]] = {}

    def add(self, key: str, item: Any) -> int:
        """Add an entry. Returns its id. Raises FormatError if it has no id, or a duplicate one."""
        if not isinstance(item, dict):
            raise FormatError(f"{self._path}: found an entry {str(item)[:40]!r} in {key}; expected {self._expected}")
        number = whole_field(self._path, item, "id", key, self._expected)
        if number in self._items:
            raise FormatError(f"{self._path}: found id {number} twice in {key}; expected {self._expected}")
        self._items[number] = item
        return number

    def items(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield ids and entries in file order."""
        yield from self._items.items()

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self._items[number]

    def __contains__(self, number: object) -> bool:
        return number in self._items

    def __len__(self) -> int:
        return len(self._items)


#: Fields of COCO files that hold nothing of the labels: ids, sizes and sources of images, licences, counts.
FILE_FIELDS = frozenset({"info", "licenses", "licences", "images", "annotations", "categories", "videos", "tracks",
                         "type", "segment_info"})
IMAGE_FIELDS = frozenset({
    "id", "file_name", "width", "height", "license", "flickr_url", "coco_url", "date_captured", "video_id", "frame_id",
    "frame_index", "video", "neg_category_ids", "not_exhaustive_category_ids", "is_vid_train_frame", "prev_image_id",
    "next_image_id", "prev_img_id", "next_img_id", "path", "num_frames"})
VIDEO_FIELDS = frozenset({
    "id", "name", "width", "height", "fps", "length", "file_names", "neg_category_ids", "not_exhaustive_category_ids",
    "metadata", "license", "flickr_url", "coco_url", "date_captured", "vid_train_frames"})
CATEGORY_FIELDS = frozenset({"id", "name", "supercategory", "synset", "frequency", "synonyms", "def", "image_count",
                             "instance_count", "color", "isthing"})
#: Fields of annotations that are read or follow from the others.
ANNOTATION_FIELDS = frozenset({"id", "image_id", "video_id", "category_id", "bbox", "area", "segmentation", "iscrowd",
                               "score", "track_id", "instance_id", "scale_category"})


def read_listed(file: Path, key: str, expected: str, passed: PassedOver) -> tuple[Tables, dict[int, str]]:
    """Read the entries of the list ``key`` and the names of the categories, wherever they are in the file.

    What belongs to the whole file and is not read is counted in ``passed``.

    Raises:
        FormatError: the list is missing or empty, or an entry is malformed.
    """
    listed, categories = Tables(file, expected), Tables(file, expected)
    for found, item in iterate_json(file, expected):
        if found == key:
            listed.add(key, item)
        elif found == "categories":
            categories.add(found, item)
            passed.fields(item, CATEGORY_FIELDS, "categories")
        else:
            passed.fields({found: item}, FILE_FIELDS, "the file")
    if not len(listed):
        raise FormatError(f"{file} lists no {key}; expected {expected}")
    return listed, {number: str(item.get("name", f"category {number}")) for number, item in categories.items()}


@dataclass(frozen=True, slots=True)
class Attributes:
    """What CVAT and Datumaro store in the ``attributes`` of a COCO annotation."""

    item: Mapping[str, Any]
    """The annotation, with its ``track_id`` from the attributes if it has no own one."""
    occluded: bool
    interpolated: bool
    rotation: float = 0.0
    """Degrees, clockwise about the center; COCO's box is the one before it is turned."""
    values: Mapping[str, object] = field(default_factory=dict)
    """Values of other attributes, if they are asked for."""


#: Attributes that CVAT and Datumaro define.
DEFINED = frozenset({"track_id", "occluded", "keyframe", "rotation", "outside"})


def attributes_of(item: Mapping[str, Any], passed: PassedOver, values: bool = False) -> Attributes:
    """Read the attributes of an annotation; those that are not read are counted. ``values``: read all attributes."""
    found = item.get("attributes")
    own = item.get("occluded")
    if not isinstance(found, dict):
        if found is not None:
            passed.add("field 'attributes' of annotations")
        return Attributes(item, own is True or (own == 1 and type(own) is int), False)
    read = {str(name): value for name, value in found.items()
            if values and name not in DEFINED and is_value(value)}
    for name in found.keys() - DEFINED - read.keys():
        if holds_something(found[name]):
            passed.add(f"attribute {short(name)} of annotations")
    rotation = float(found["rotation"]) % 360 if is_finite(found.get("rotation")) else 0.0
    if rotation:
        passed.add(ROTATIONS)
    if found.get("outside") is True:
        passed.add("marks as outside the frame")
    if found.get("track_id") is not None and all(item.get(name) is None for name in ("track_id", "instance_id")):
        item = {**item, "track_id": found["track_id"]}
    return Attributes(item, found.get("occluded") is True or own is True, found.get("keyframe") is False, rotation,
                      read)


def annotation_of(file: Path, item: Any, key: str, listed: Container[int], expected: str) -> tuple[str, int, int]:
    """The name of an annotation in messages, the id in its field ``key``, which must be listed, and its category.

    Raises FormatError.
    """
    if not isinstance(item, dict):
        raise FormatError(f"{file}: found an annotation {str(item)[:40]!r}; expected {expected}")
    where = f"annotation {str(item.get('id'))[:20]}"
    number = whole_field(file, item, key, where, expected)
    category = whole_field(file, item, "category_id", where, expected)
    if number not in listed:
        raise FormatError(f"{file} {where}: found {key} {number}, which is not listed; expected {expected}")
    return where, number, category


class Ids:
    """Assigns track numbers to identities, which may be numbers or names."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}

    def of(self, path: Path, item: Mapping[str, Any], names: Sequence[str], where: str) -> int | None:
        """Track number from the first of these fields that the entry has; None if it has none. Raises FormatError."""
        name = next((name for name in names if item.get(name) is not None), None)
        if name is None:
            return None
        value = item[name]
        if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 15):
            return self._names.setdefault(value, len(self._names) + 1)
        if isinstance(value, bool) or not isinstance(value, int | str) or not 0 <= int(value) < 2**53:
            raise FormatError(f"{path} {where}: found {name} {str(value)[:40]!r}; expected a whole number or a name")
        return int(value)

"""Code shared by readers of COCO-like files: entries by id, whole numbers, boxes, identities."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from annotator.errors import FormatError
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.rle import mask_from_polygons, mask_from_rle
from annotator.model.box import Box
from annotator.model.mask import Mask


def whole_field(path: Path, item: Mapping[str, Any], name: str, where: str, expected: str) -> int:
    """Read a whole number from an entry. Raises FormatError."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not -2**53 < value < 2**53:
        raise FormatError(f"{path} {where}: found {name} {str(value)[:40]!r}; expected {expected}")
    return value


def box_of(path: Path, where: str, box: Any, expected: str) -> Box:
    """Convert a COCO box ``[left, top, width, height]`` to ``xyxy``. Raises FormatError."""
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_finite, box)) or min(box[2:]) < 0:
        raise FormatError(f"{path} {where}: found bbox {str(box)[:60]}; expected {expected}")
    left, top, width, height = map(float, box)
    return (left, top, left + width, top + height)


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


def read_listed(file: Path, key: str, expected: str) -> tuple[Tables, dict[int, str]]:
    """Read the entries of the list ``key`` and the names of the categories, wherever they are in the file.

    Raises:
        FormatError: the list is missing or empty, or an entry is malformed.
    """
    listed, categories = Tables(file, expected), Tables(file, expected)
    for found, item in iterate_json(file, expected):
        if found == key:
            listed.add(key, item)
        elif found == "categories":
            categories.add(found, item)
    if not len(listed):
        raise FormatError(f"{file} lists no {key}; expected {expected}")
    return listed, {number: str(item.get("name", f"category {number}")) for number, item in categories.items()}


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

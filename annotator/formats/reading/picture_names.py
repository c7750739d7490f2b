"""Which frame a label belongs to that names its picture.

If all names of a file are names of the video's pictures, the names decide. Otherwise numbers in the names decide where
it is known what they count from; and if there are none, the order of the file does. A note states what was done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

_Key = TypeVar("_Key")

_NUMBER = re.compile(r"(\d+)(?=\D*$)")
#: A name as CVAT gives it to the frames of a video, counted from 0.
_CVAT = re.compile(r"frame_\d{6}$", re.IGNORECASE)
#: Words in front of a number that say nothing about the picture.
_GENERIC = frozenset({"", "frame", "frames", "img", "image", "picture", "f"})
_ROBOFLOW = re.compile(r"[_.-](jpe?g|png)\.rf\.[0-9A-Za-z]+$", re.IGNORECASE)
_LARGEST = 2**31
_SUFFIX = re.compile(r"\.(jpe?g|png|bmp|tiff?|webp|gif|txt|json|xml|ppm)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """The frames of a file's pictures, in the order of the file."""

    frames: tuple[int, ...]
    """Frame index of each picture, from 0; negative before the first frame."""
    note: str | None = None
    """How they were found, unless it is obvious."""


@dataclass(slots=True)
class PictureNames:
    """The names of a video's pictures; with none, no label is placed by name."""

    names: Sequence[str]
    _by_stem: dict[str, int] = field(init=False)
    _by_number: dict[tuple[str, int], int] = field(init=False)

    def __post_init__(self) -> None:
        self._by_stem = _unique(self.names, stem)
        self._by_number = _unique(self.names, _numbered)

    def find(self, names: Sequence[str]) -> tuple[int, ...] | None:
        """Frames of all these pictures, by stem or else by the number in it; None unless each is one of the video's.
        """
        if not self.names or not names:
            return None
        by_stem = [self._by_stem.get(stem(name)) for name in names]
        by_number = [None if (key := _numbered(name)) is None else self._by_number.get(key) for name in names]
        return _all_found(by_stem) or _all_found(by_number)

    def missing(self, names: Sequence[str]) -> list[str]:
        """Names that no picture of the video has."""
        return [name for name in names if self.find([name]) is None]


def place(names: Sequence[str], pictures: Sequence[str], first_frame: int | None, first_number: int | None = None,
          ) -> Placed:
    """Place the pictures that a file lists.

    Args:
        names: their names, in file order.
        pictures: the names of the video's pictures, in frame order; empty if it has none.
        first_frame: the number of the first frame in these names, as the user gave it; None if not given.
        first_number: the number of the first frame as the format specifies it; None if it specifies none.
    """
    found = PictureNames(pictures).find(names)
    if found is not None and first_frame is None:
        return Placed(found)
    numbers = [number_in(name) for name in names]
    whole = [number for number in numbers if number is not None]
    distinct = len(whole) == len(names) and len(set(whole)) == len(whole) > 0
    first = first_frame
    if first is None and distinct:
        first = _counts_from(names, whole, first_number)
    if distinct and first is not None:
        frames = tuple(number - first for number in whole)
        if frames == tuple(range(len(frames))):
            return Placed(frames)
        return Placed(frames, f"pictures are placed by the number in their names, counted from {first}")
    return Placed(tuple(range(len(names))), _order_note(names, pictures))


def _order_note(names: Sequence[str], pictures: Sequence[str]) -> str:
    text = "images are read as frames in list order"
    missing = PictureNames(pictures).missing(names) if pictures else []
    if not missing:
        return text
    return f"{text}: {len(missing)} of {len(names)} are not pictures of the video (the first: {missing[0][:60]})"


def _counts_from(names: Sequence[str], numbers: Sequence[int], first_number: int | None) -> int | None:
    """What the numbers in names count from; None if it is unknown."""
    if min(numbers) == 0 or all(_CVAT.fullmatch(stem(name)) for name in names):
        return 0
    if first_number is not None:
        return first_number
    return 1 if min(numbers) == 1 else None


def stem(name: str) -> str:
    """The name of a picture without folder and suffix, and without what Roboflow appends."""
    return _ROBOFLOW.sub("", _SUFFIX.sub("", PurePosixPath(name.replace("\\", "/")).name))


def prefix_of(name: str) -> str:
    """What precedes the last number in the stem of a name."""
    text = stem(name)
    found = _NUMBER.search(text)
    return (text if found is None else text[:found.start()]).rstrip(" -_.")


def number_in(name: str) -> int | None:
    """The last number in the stem of a name; None if it has none."""
    found = _NUMBER.search(stem(name))
    if found is None or len(found[1]) > 12:
        return None
    number = int(found[1])
    return number if number < _LARGEST else None


def _numbered(name: str) -> tuple[str, int] | None:
    number = number_in(name)
    if number is None:
        return None
    text = _NUMBER.sub("", stem(name)).strip(" -_.").casefold()
    return ("" if text in _GENERIC else text, number)


def _all_found(frames: Sequence[int | None]) -> tuple[int, ...] | None:
    found = tuple(frame for frame in frames if frame is not None)
    return found if len(found) == len(frames) else None


def _unique(names: Sequence[str], key: Callable[[str], _Key | None]) -> dict[_Key, int]:
    """Position of each name by its key; names that share a key are left out."""
    keys = [key(name) for name in names]
    count = Counter(keys)
    return {each: position for position, each in enumerate(keys) if each is not None and count[each] == 1}

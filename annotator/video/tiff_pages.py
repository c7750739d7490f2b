"""Count the pages of a TIFF file by its directories, without decoding it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

TIFF_SUFFIXES = frozenset({".tif", ".tiff"})
_CLASSIC, _BIG = 42, 43
#: Most pages of a file; a damaged one may point in circles.
_MOST_PAGES = 1_000_000
#: Bit of tag 254 that marks a page as a smaller copy of another one.
_SUBFILE, _REDUCED = 254, 1


def count_pages(path: Path) -> int:
    """Number of full-size pages; 1 for a file that is no TIFF or is damaged, so that decoding it reports the fault."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return 1
    try:
        with path.open("rb") as file:
            return max(_count(file), 1)
    except (OSError, struct.error, ValueError, OverflowError):
        return 1


def _count(file: BinaryIO) -> int:
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        return 1
    kind = struct.unpack(order + "H", head[2:4])[0]
    if kind not in (_CLASSIC, _BIG):
        return 1
    big = kind == _BIG
    offset = struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])[0]
    pages, seen = 0, set[int]()
    while offset and offset not in seen and len(seen) < _MOST_PAGES:
        seen.add(offset)
        reduced, offset = _directory(file, order, big, offset)
        pages += not reduced
    return pages


def _directory(file: BinaryIO, order: str, big: bool, offset: int) -> tuple[bool, int]:
    """Whether a page is a smaller copy, and the offset of the next directory."""
    file.seek(offset)
    entries = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))[0]
    size = 20 if big else 12
    if entries > 4096:
        raise ValueError("too many entries")
    data = file.read(entries * size)
    following = struct.unpack(order + ("Q" if big else "I"), file.read(8 if big else 4))[0]
    for at in range(0, len(data), size):
        tag = struct.unpack_from(order + "H", data, at)[0]
        if tag == _SUBFILE:
            return bool(struct.unpack_from(order + "I", data, at + (12 if big else 8))[0] & _REDUCED), following
    return False, following

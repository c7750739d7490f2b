"""Find the pictures of an animated PNG or WebP file by its chunks, with their durations, without decoding them.

Sources: the PNG specification (third edition), chunks acTL, fcTL and fdAT; the WebP container specification, chunks
VP8X, ANIM and ANMF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ANIMATION_SUFFIXES = frozenset({".png", ".apng", ".webp"})
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_PICTURES = 1_000_000
#: Denominator of a delay that is stated as 0.
_HUNDREDTHS = 100
#: Color types of PNG with an alpha channel, and the one of grey without.
_ALPHA_TYPES, _GREY, _DEEP_BITS = (4, 6), (0, 4), 16
_WEBP_ALPHA, _WEBP_ANIMATION = 0x10, 0x02


@dataclass(frozen=True, slots=True)
class Animation:
    """The pictures of an animated file."""

    kind: str
    """``apng`` or ``webp``."""
    durations: tuple[float, ...]
    """Seconds that each complete picture is shown."""
    claimed: int
    """Pictures that the file promises; at least those that are complete."""
    skipped: int
    """Pictures at the start that a decoder returns although they are no part of the animation: 0 or 1."""
    transparent: bool
    """Whether pixels may be transparent."""
    deep_grey: bool = False
    """Whether it has one channel of 16 bits."""
    end: int = 0
    """End of the last complete picture in the file, in bytes; known for WebP, whose decoder wants whole files."""


def find_animation(path: Path) -> Animation | None:
    """The pictures of an animated file; None for any other file, still images too. Raises OSError."""
    if path.suffix.lower() not in ANIMATION_SUFFIXES:
        return None
    with path.open("rb") as file:
        head = file.read(12)
        try:
            if head.startswith(_PNG):
                file.seek(len(_PNG))
                return _png(file)
            return _webp(file) if head[:4] == b"RIFF" and head[8:] == b"WEBP" else None
        except struct.error:
            return None


def _png(file: BinaryIO) -> Animation | None:
    durations: list[float] = []
    claimed = skipped = 0
    transparent = deep_grey = image = False
    waiting: float | None = None
    for name, start, whole in _chunks(file, ">", trailer=4):
        if name == b"IHDR":
            _, _, bits, color = struct.unpack(">IIBB", _data(file, start, 10))
            transparent, deep_grey = color in _ALPHA_TYPES, bits == _DEEP_BITS and color in _GREY
        elif name == b"tRNS":
            transparent = True
        elif name == b"acTL":
            claimed = struct.unpack(">I", _data(file, start, 4))[0]
        elif name == b"fcTL" and whole:
            numerator, denominator = struct.unpack(">HH", _data(file, start + 20, 4))
            waiting = numerator / (denominator or _HUNDREDTHS)
        elif name == b"IDAT":
            if not claimed:
                return None
            # An image without a frame control before it is only for programs that show no animations.
            skipped = int(waiting is None and not image)
            image = True
        if name in (b"IDAT", b"fdAT") and whole and waiting is not None and len(durations) < _MOST_PICTURES:
            durations.append(waiting)
            waiting = None
    return Animation("apng", tuple(durations), max(claimed, len(durations)), skipped, transparent, deep_grey
                     ) if claimed else None


def _webp(file: BinaryIO) -> Animation | None:
    durations: list[float] = []
    flags = claimed = end = 0
    for name, start, whole in _chunks(file, "<", trailer=0):
        if name == b"VP8X":
            flags = _data(file, start, 1)[0]
        elif name == b"ANMF":
            claimed += 1
            if whole and len(durations) < _MOST_PICTURES:
                end = start + struct.unpack("<I", _data(file, start - 4, 4))[0]
                durations.append(int.from_bytes(_data(file, start + 12, 3), "little") / 1000)
    if not flags & _WEBP_ANIMATION:
        return None
    return Animation("webp", tuple(durations), claimed, 0, bool(flags & _WEBP_ALPHA), end=end + end % 2)


def _chunks(file: BinaryIO, order: str, trailer: int) -> Iterator[tuple[bytes, int, bool]]:
    """Name and start of the data of each chunk, and whether all of it is in the file.

    PNG states the size before the name and a checksum after the data; RIFF the name first, and pads to even sizes.
    """
    end = file.seek(0, 2)
    at = len(_PNG) if trailer else 12
    while at + 8 <= end:
        file.seek(at)
        first, second = file.read(4), file.read(4)
        name, size = (second, first) if trailer else (first, second)
        length = struct.unpack(order + "I", size)[0]
        yield name, at + 8, at + 8 + length + trailer <= end
        at += 8 + length + trailer + (length % 2 if not trailer else 0)


def _data(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    found = file.read(count)
    if len(found) < count:
        raise struct.error("the file ends within a chunk")
    return found

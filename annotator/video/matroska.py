"""Check from its element headers whether a Matroska or WebM file is complete.

The demuxer silently skips a hole to the next cluster, so the frames in it would go missing unnoticed.
"""

from __future__ import annotations

import mmap
from pathlib import Path

_EBML_HEADER, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
#: Elements to descend into: their size may be unknown, and their children have headers of their own.
_CONTAINERS = frozenset({_SEGMENT, _CLUSTER})
#: All other elements that a segment or a cluster may hold (RFC 9559, section 5).
_ELEMENTS = frozenset({
    _EBML_HEADER, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367,  # of a segment
    0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0xAF, 0x5854, 0xEC, 0xBF})  # of a cluster; padding and checksums of both


def is_whole_matroska(path: Path) -> bool:
    """Whether the elements are contiguous and the last one ends exactly at the end of the file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        offset, end = 0, len(data)
        while offset < end:
            name, name_length = _number(data, offset, keep_marker=True)
            size, size_length = _number(data, offset + name_length, keep_marker=False)
            offset += name_length + size_length
            if name in _CONTAINERS:
                continue
            if name not in _ELEMENTS or size == (1 << 7 * size_length) - 1:
                return False
            offset += size
        return offset == end


def _number(data: mmap.mmap, offset: int, keep_marker: bool) -> tuple[int, int]:
    """A variable-size integer and its length in bytes (RFC 8794, section 4)."""
    if offset >= len(data) or data[offset] == 0:
        return -1, 1
    length = 9 - data[offset].bit_length()
    value = int.from_bytes(data[offset:offset + length], "big")
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), length

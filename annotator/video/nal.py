"""Parse the NAL units of H.264 and H.265 packets, just enough to tell whether and from where they can be decoded."""

from __future__ import annotations

from collections.abc import Iterator

_H264_IDR, _H264_SEI = 5, 6
_SEI_RECOVERY_POINT = 6


def nal_length_size(codec: str, extradata: bytes | None) -> int:
    """Size in bytes of the NAL unit length fields, from the codec's header (ISO/IEC 14496-15); 0 for start codes and
    for other codecs."""
    if not extradata or extradata[0] != 1:
        return 0
    at = {"h264": 4, "hevc": 21}.get(codec)
    return 0 if at is None or len(extradata) <= at else (extradata[at] & 3) + 1


def packet_is_sound(data: memoryview, codec: str, nal_length: int) -> bool:
    """Whether a packet can hold a picture according to its NAL units; True if those are not parsed."""
    if len(data) > 16 and not any(data[:16]):
        return False
    if not nal_length or codec not in ("h264", "hevc"):
        return True
    end, pictures = 0, 0
    for start, end in _units(data, nal_length):
        if end == start or end > len(data) or data[start] & 0x80:
            return False
        kind = data[start] & 31 if codec == "h264" else data[start] >> 1 & 63
        pictures += 1 <= kind <= 5 if codec == "h264" else kind < 32
    return end == len(data) and pictures > 0


def begins_gradually(data: memoryview, codec: str, nal_length: int) -> bool:
    """Whether an H.264 "keyframe" only starts an intra refresh, so that correct pictures follow some frames later.

    Detected by a recovery point message with a frame count above 0 (ISO/IEC 14496-10, D.2.8) in a packet without an
    IDR slice.
    """
    if codec != "h264":
        return False
    gradual = False
    for start, end in _units(data, nal_length) if nal_length else _start_coded(bytes(data)):
        if start >= min(end, len(data)):
            return False
        kind = data[start] & 31
        if kind == _H264_IDR:
            return False
        if kind == _H264_SEI:
            gradual = gradual or _recovery_count_above_0(bytes(data[start + 1:end]))
    return gradual


def _units(data: memoryview, nal_length: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each NAL unit by its length field; the end may lie past the data."""
    offset = 0
    while offset + nal_length < len(data):
        length = int.from_bytes(data[offset:offset + nal_length], "big")
        start = offset + nal_length
        offset = start + length
        yield start, offset


def _start_coded(data: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of each NAL unit between start codes."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        following = data.find(b"\0\0\1", start + 3)
        yield start + 3, len(data) if following < 0 else following
        start = following


def _recovery_count_above_0(message: bytes) -> bool:
    """Whether an SEI unit holds a recovery point message with a frame count above 0."""
    data = message.replace(b"\0\0\3", b"\0\0")
    offset = 0
    while offset + 1 < len(data):
        values = []
        for _ in range(2):  # payload type, then payload size
            value = 0
            while offset < len(data) and data[offset] == 255:
                value, offset = value + 255, offset + 1
            if offset >= len(data):
                return False
            values.append(value + data[offset])
            offset += 1
        kind, size = values
        if kind == _SEI_RECOVERY_POINT and offset < len(data):
            return not data[offset] & 0x80  # an Exp-Golomb code that begins with a 1 bit is 0
        offset += size
    return False

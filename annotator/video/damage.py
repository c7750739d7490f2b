"""Diagnose a damaged video file from its container structure alone."""

from __future__ import annotations

from pathlib import Path

from annotator.errors import VideoError
from annotator.video.matroska import is_whole_matroska

_BOX_NAMES = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"sidx", b"styp", b"mfra",
                        b"uuid", b"meta", b"pdin", b"emsg", b"prft", b"ssix", b"udta", b"pnot"})
_PADDING_LOOK = 1 << 20
_EBML = b"\x1a\x45\xdf\xa3"


def explain_unopenable(path: Path, error: Exception) -> VideoError:
    """The error for a file that no demuxer opens: what the file is instead, and what to do."""
    if not path.exists():
        return VideoError(f"{path} does not exist; check the path, or relink the project if the video was moved")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as refusal:
        return VideoError(f"{path} cannot be read: {refusal.strerror or refusal}")
    if size == 0:
        return VideoError(f"{path} is empty (0 bytes); copy it again from its source")
    if head[4:8] in _BOX_NAMES and b"moov" not in _boxes(path)[0]:
        return VideoError(f"{path} has no index (moov): the recording or the copy was cut off; copy it again, or "
                          "repair it with a tool for damaged mp4 files")
    if not any(byte < 9 or 13 < byte < 32 for byte in head):
        return VideoError(f"{path} is a text file, not a video; choose a video file or a folder of images")
    return VideoError(f"{path} cannot be opened as a video ({_reason(error)}); choose another file or convert it to "
                      "H.264 in mp4")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def is_broken(path: Path) -> bool:
    """Whether the container structure (mp4 boxes, Matroska elements, AVI list) is broken or extends past the end of
    the file."""
    with path.open("rb") as file:
        head = file.read(64)
    size = path.stat().st_size
    if head[4:8] in _BOX_NAMES:
        return not _boxes(path)[1]
    if head[:4] == b"RIFF":
        return 8 + int.from_bytes(head[4:8], "little") > size
    if head[:4] == _EBML:
        return not is_whole_matroska(path)
    return False


def _boxes(path: Path) -> tuple[list[bytes], bool]:
    """Types of the top-level boxes, and whether all are complete (ISO/IEC 14496-12, 4.2)."""
    size = path.stat().st_size
    names: list[bytes] = []
    with path.open("rb") as file:
        offset = 0
        while offset < size:
            file.seek(offset)
            header = file.read(16)
            length, name = int.from_bytes(header[:4], "big"), header[4:8]
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            elif length == 0:
                length = size - offset  # "to the end of the file"
            if len(header) < 8 or length < 8 or not name.isalnum():
                # Zeros after the last box are harmless padding; zeros followed by data are a hole.
                return names, not any(header) and not any(file.read(_PADDING_LOOK))
            names.append(name)
            if offset + length > size:
                return names, False
            offset += length
    return names, True

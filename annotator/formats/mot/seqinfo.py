"""``seqinfo.ini``: the header of a MOTChallenge sequence."""

from __future__ import annotations

import configparser
from pathlib import Path

from annotator.errors import FormatError
from annotator.model.sequence import SequenceInfo

_EXPECTED = "[Sequence] with name, imDir, frameRate, seqLength, imWidth, imHeight, imExt"


def read_seqinfo(path: Path) -> SequenceInfo:
    """Read a ``seqinfo.ini``. Defaults: the folder's name for ``name``, 30 for ``frameRate``, 0 for sizes.

    Raises FormatError if the file cannot be read, has no section or no ``seqLength``, or a number is malformed.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
        section = parser["Sequence"]
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} is not a sequence header; expected {_EXPECTED}") from error
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    if "seqLength" not in section:
        raise FormatError(f"{path}: found no seqLength; expected {_EXPECTED}")
    return SequenceInfo(
        name=section.get("name", path.parent.name).strip() or path.parent.name,
        width=_whole(path, section, "imWidth"), height=_whole(path, section, "imHeight"),
        fps=_number(path, section, "frameRate", 30.0), frame_count=_whole(path, section, "seqLength"),
        image_dir=section.get("imDir", "img1").strip() or "img1", image_ext=section.get("imExt", ".jpg").strip())


def seqinfo_text(info: SequenceInfo, frame_count: int) -> str:
    """Text of the file, in the order that readers by line number expect.

    Some readers call ``int`` on the frame rate, so it is rounded to a whole number, at least 1; the exact rate is
    stored in the sidecar of the export.
    """
    rate = max(1, round(info.fps))
    return (f"[Sequence]\nname={info.name}\nimDir={info.image_dir}\nframeRate={rate}\nseqLength={frame_count}\n"
            f"imWidth={info.width}\nimHeight={info.height}\nimExt={info.image_ext}\n")


def _number(path: Path, section: configparser.SectionProxy, key: str, default: float) -> float:
    text = section.get(key, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise FormatError(f"{path}: found {key}={text}; expected a number from 0 on")
    return value


def _whole(path: Path, section: configparser.SectionProxy, key: str) -> int:
    value = _number(path, section, key, 0.0)
    if value != int(value):
        raise FormatError(f"{path}: found {key}={section.get(key)}; expected a whole number")
    return int(value)

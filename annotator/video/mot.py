"""Recognise the folder of a MOTChallenge sequence: ``img1/``, ``seqinfo.ini``, ``det/det.txt``, ``gt/gt.txt``."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import VideoError
from annotator.video.info import MotPaths

_HEADER = "seqinfo.ini"
_IMAGE_DIR = "img1"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence as described by its folder and header."""

    name: str
    image_dir: Path
    image_ext: str | None
    """With the dot, lower case; None if the header has none."""
    fps: float | None
    length: int | None
    paths: MotPaths


def find_sequence(folder: Path) -> Sequence | None:
    """Return the sequence that this folder, or this image folder, belongs to; None for any other folder.

    Raises VideoError if there is a ``seqinfo.ini`` that cannot be read.
    """
    if (folder / _HEADER).is_file():
        return _with_header(folder)
    if (folder / _IMAGE_DIR).is_dir():
        return _without_header(folder)
    parent = folder.absolute().parent
    if (parent / _HEADER).is_file():
        sequence = _with_header(parent)
        return sequence if sequence.image_dir.absolute() == folder.absolute() else None
    labelled = any((parent / kind / f"{kind}.txt").is_file() for kind in ("det", "gt"))
    return _without_header(parent) if folder.absolute().name == _IMAGE_DIR and labelled else None


def _without_header(root: Path) -> Sequence:
    return Sequence(root.absolute().name, root / _IMAGE_DIR, None, None, None, _paths(root))


def _with_header(root: Path) -> Sequence:
    path = root / _HEADER
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
        section = parser["Sequence"]
    except OSError as error:
        raise VideoError(f"{path} cannot be read: {error.strerror or error}") from error
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise VideoError(f"{path} is not a sequence header; it needs a [Sequence] section with imDir and frameRate"
                         ) from error
    image_dir = section.get("imDir", _IMAGE_DIR).strip() or _IMAGE_DIR
    if image_dir in (".", "..") or Path(image_dir).name != image_dir or "\\" in image_dir:
        raise VideoError(f"{path} has imDir={image_dir}; it must name a folder next to {_HEADER}")
    extension = section.get("imExt", "").strip().lower()
    length = _number(path, section, "seqLength")
    return Sequence(section.get("name", "").strip() or root.absolute().name, root / image_dir, extension or None,
                    _number(path, section, "frameRate"), None if length is None else int(length), _paths(root))


def _number(path: Path, section: configparser.SectionProxy, key: str) -> float | None:
    text = section.get(key, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise VideoError(f"{path} has {key}={text}; it must be a number above 0")
    return value


def _paths(root: Path) -> MotPaths:
    det, gt = root / "det" / "det.txt", root / "gt" / "gt.txt"
    return MotPaths(root, det if det.is_file() else None, gt if gt.is_file() else None)

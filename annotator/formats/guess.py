"""Guess the format of a file or folder from its name and first bytes. The reader then checks it properly."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path

_HEAD = 1 << 16
#: Limits per folder: entries listed, files read and subfolders searched; and the search depth.
_ENTRIES, _FILES, _FOLDERS, _DEPTH = 1000, 20, 3, 3
#: Guesses by name, for files that cannot be read.
_NAMES = {"gt.txt": "mot", "det.txt": "mot-det"}
_SUFFIXES = {".txt": "mot-results", ".json": "coco-video", ".csv": "csv", ".parquet": "parquet", ".slp": "sleap",
             ".xml": "cvat"}
#: Entries that occur only in the folder of one data set.
_MARKS = {"label_02": "kitti", "instances_txt": "kitti-mots", "instances": "mots-png", "bitmasks": "bdd100k-bitmask",
          "data.yaml": "yolo", "seqmaps": "mot17", "splits_txt": "sportsmot"}
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)")
_WORD = re.compile(r"[A-Za-z_]+")


def guess_format(path: Path) -> str | None:
    """Name of the format; None if it is unclear. Reads little, however large the file or folder is."""
    try:
        if path.is_dir():
            return _of_folder(path, _DEPTH)
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return _NAMES.get(path.name.lower(), _SUFFIXES.get(path.suffix.lower()))
    return _of_content(path, head)


def _of_folder(folder: Path, depth: int) -> str | None:
    names = sorted(_entries(folder))
    if "gt" in names or "det" in names:
        return next((found for name in ("gt/gt.txt", "det/det.txt") if (folder / name).is_file()
                     and (found := guess_format(folder / name))), "mot")
    marked = next((_MARKS[name] for name in names if name in _MARKS), None)
    if marked is not None:
        return marked
    if any(name.endswith("_seqmap.txt") for name in names):
        return "dancetrack"
    if "trajectories.txt" in names and (folder / "masks").is_dir():
        return "masks-npz"
    inside = [folder / name for name in names if not name.endswith("export.json")]
    files, folders = [each for each in inside if each.is_file()], [each for each in inside if each.is_dir()]
    of_files = (guess_format(each) for each in files if each.suffix.lower() in _READERS)
    of_folders = (_of_folder(each, depth - 1) for each in folders[:_FOLDERS] if depth)
    return next((found for found in chain(islice(of_files, _FILES), of_folders) if found is not None), None)


def _entries(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, _ENTRIES)]


def _of_content(path: Path, head: bytes) -> str | None:
    look = _READERS.get(path.suffix.lower())
    return look(path, head) if look is not None else None


def _of_json(_: Path, head: bytes) -> str | None:
    def has(*keys: str) -> bool:
        return all(f'"{key}"'.encode() in head for key in keys)

    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    if has("masklet") or has("masklet_id"):
        return "sa-v"
    if has("labels") and (is_list or has("frames")):
        return "bdd100k" if is_list else "scalabel"
    if is_list:
        return None  # detections: COCO's results
    if has("not_exhaustive_category_ids") or has("neg_category_ids"):
        return "tao"
    if has("segmentations") or has("file_names"):
        return "youtube-vis"
    return "coco-video" if has("videos") or has("video_id") else "coco" if has("images") else None


def _of_xml(_: Path, head: bytes) -> str | None:
    root = _ROOT.search(head)
    return {b"annotations": "cvat", b"sequence": "detrac"}.get(root[1]) if root is not None else None


def _of_text(path: Path, head: bytes) -> str | None:
    line = next((text for text in head.decode("utf-8", "replace").lstrip("\ufeff").splitlines() if text.strip()), "")
    if "," in line:
        return _of_rows(path, [field.strip() for field in line.split(",")])
    fields = line.split()
    if len(fields) >= 10 and fields[-1].endswith('"'):
        return "vatic"
    if len(fields) in (17, 18) and _WORD.fullmatch(fields[2]):
        return "kitti" if len(fields) == 17 else "kitti-results"
    numbers = list(map(_number, fields))
    if len(fields) == 6 and None not in numbers[:5] and numbers[5] is None:
        return "kitti-mots" if path.parent.name == "instances_txt" or numbers[0] == 0 else "mots"
    if len(fields) in (5, 6) and all(value is not None and 0 <= value <= 1 for value in numbers[1:5]):
        return "yolo"
    return None


def _of_rows(path: Path, fields: list[str]) -> str | None:
    """Distinguish MOTChallenge rows and formats with similar rows."""
    if len(fields) < 6 or _number(fields[0]) is None:
        return None
    if re.search(r"_gt(_whole|_ignore)?$", path.stem):
        return "uavdt"
    if len(fields) in (8, 9):
        return "mot"
    return "mot-det" if _number(fields[1]) == -1 else "mot-results"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_READERS: dict[str, Callable[[Path, bytes], str | None]] = {
    ".json": _of_json, ".xml": _of_xml, ".txt": _of_text, ".csv": lambda *_: "csv", ".parquet": lambda *_: "parquet",
    ".slp": lambda *_: "sleap", ".npz": lambda *_: "masks-npz"}

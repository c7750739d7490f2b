"""Find the formats that a file or folder may have, from its first lines, then from its name.

The values of the rows decide first, read as the readers do; names decide only between formats that both fit. The reader
then checks the file properly.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from itertools import chain, islice
from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.annotation_tools.darklabel import is_darklabel_row
from annotator.formats.annotation_tools.via import COLUMNS as VIA_COLUMNS
from annotator.formats.annotation_tools.yolo import is_yolo_line
from annotator.formats.reading.archives import is_archive, unpacked
from annotator.formats.reading.label_paths import DEEPEST
from annotator.formats.reading.text_rows import row_fields
from annotator.formats.tables.supervision_csv import BOX_COLUMNS

_HEAD = 1 << 16
#: Rows whose values are looked at.
_ROWS = 200
#: Limits per folder: entries listed, files read and subfolders searched; and the search depth.
_ENTRIES, _FILES, _FOLDERS, _DEPTH = 1000, 20, 3, DEEPEST
#: Guesses by name, for files that cannot be read.
_NAMES = {"gt.txt": "mot", "det.txt": "mot-det"}
_SUFFIXES = {".txt": "mot-results", ".json": "coco-video", ".csv": "csv", ".parquet": "parquet", ".slp": "sleap",
             ".xml": "cvat"}
#: Entries that occur only in the folder of one data set.
_MARKS = {"label_02": "kitti", "instances_txt": "kitti-mots", "instances": "mots-png", "bitmasks": "bdd100k-bitmask",
          "obj.names": "yolo", "obj_train_data": "yolo", "data.yaml": "yolo", "seqmaps": "mot17",
          "splits_txt": "sportsmot", "Annotations": "davis", "absence.label": "got10k", "groundtruth.txt": "lasot"}
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)")
_WORD = re.compile(r"[A-Za-z_]+")
_VIAME_COLUMNS = 9
_KEY = re.compile(rb'"((?:[^"\\\\]|\\\\.){1,60})"\s*:')

Formats = tuple[str, ...]


def guess_format(path: Path) -> str | None:
    """Name of the format; None if none fits or several do. Reads little, however large the file or folder is."""
    found = guess_formats(path)
    return found[0] if len(found) == 1 else None


def guess_formats(path: Path) -> Formats:
    """Names of the formats that fit, the most common first. Reads little, however large the file or folder is."""
    try:
        if path.is_dir():
            return _of_folder(path, _DEPTH)
        if not path.is_file():  # opening a pipe would wait forever
            return _of_name(path)
        if is_archive(path):
            with unpacked(path, _HEAD, _ENTRIES) as folder:
                return _of_folder(folder, _DEPTH)
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FormatError:
        return ()
    except OSError:
        return _of_name(path)
    return _of_content(path, head)


def _of_name(path: Path) -> tuple[str, ...]:
    name = _NAMES.get(path.name.lower(), _SUFFIXES.get(path.suffix.lower()))
    return () if name is None else (name,)


def _of_folder(folder: Path, depth: int) -> Formats:
    names = sorted(_entries(folder))
    if "gt" in names or "det" in names:
        return next((found for name in ("gt/gt.txt", "det/det.txt") if (folder / name).is_file()
                     and (found := guess_formats(folder / name))), ("mot",))
    marked = next((found for name, found in _MARKS.items() if name in names), None)
    if marked is not None:
        return (marked,)
    if any(name.endswith("_seqmap.txt") for name in names):
        return ("dancetrack",)
    if "trajectories.txt" in names and (folder / "masks").is_dir():
        return ("masks-npz",)
    inside = [folder / name for name in names if not name.endswith("export.json")]
    files, folders = [each for each in inside if each.is_file()], [each for each in inside if each.is_dir()]
    of_files = (guess_formats(each) for each in files if each.suffix.lower() in _READERS)
    of_folders = (_of_folder(each, depth - 1) for each in folders[:_FOLDERS] if depth)
    return next((found for found in chain(islice(of_files, _FILES), of_folders) if found), ())


def _entries(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, _ENTRIES)]


def _of_content(path: Path, head: bytes) -> Formats:
    look = _READERS.get(path.suffix.lower())
    return look(path, head) if look is not None else ()


def _of_json(_: Path, head: bytes) -> Formats:
    keys = {found[1].decode("utf-8", "replace") for found in _KEY.finditer(head)}
    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    for name, of_list, needed in _JSON:
        if is_list in of_list and any(wanted <= keys for wanted in needed):
            return (name,)
    return ()


_BOTH, _LIST, _OBJECT = (True, False), (True,), (False,)
#: Formats of JSON files in the order in which they are tried: whether the file is a list, and keys of which one set
#: occurs.
_JSON: Sequence[tuple[str, tuple[bool, ...], tuple[frozenset[str], ...]]] = tuple(
    (name, of_list, tuple(map(frozenset, needed))) for name, of_list, needed in (
        ("sa-v", _OBJECT, ({"masklet"}, {"masklet_id"})),
        ("fiftyone", _OBJECT, ({"samples", "filepath"}, {"frames", "_sample_id"}, {"frames", "objects", "top_left"})),
        ("labelme", _OBJECT, ({"shapes", "imagePath"}, {"shapes", "shape_type"})),
        ("label-studio", _LIST, ({"sequence", "framesCount"}, {"sequence", "enabled"})),
        ("dive", _OBJECT, ({"confidencePairs", "features"},)),
        ("datumaro", _OBJECT, ({"items", "label_id"}, {"items", "categories"})),
        ("bdd100k", _LIST, ({"name", "labels"}, {"videoName", "labels"})),
        ("scalabel", _OBJECT, ({"frames", "labels"},)),
        ("tao", _OBJECT, ({"not_exhaustive_category_ids"}, {"neg_category_ids"})),
        ("youtube-vis", _OBJECT, ({"segmentations"}, {"file_names"})),
        ("coco-video", _OBJECT, ({"videos"}, {"video_id"})),
        ("coco", _OBJECT, ({"images"},))))


def _of_xml(_: Path, head: bytes) -> Formats:
    root = _ROOT.search(head)
    name = {b"annotations": "cvat", b"sequence": "detrac"}.get(root[1]) if root is not None else None
    return () if name is None else (name,)


def _of_csv(path: Path, head: bytes) -> Formats:
    lines = [line for line in head.decode("utf-8", "replace").lstrip("\ufeff").splitlines() if line.strip()]
    rows = [row_fields(line) for line in islice((line for line in lines if not line.startswith("#")), _ROWS)]
    if not rows:
        return ("viame",) if lines and "Track-id" in lines[0] else ()
    first, header = rows[0], row_fields(lines[0])
    if len(first) >= _VIAME_COLUMNS and _number(first[1]) is None and all(
            _number(first[at]) is not None for at in (0, 2, 3, 4, 5, 6, 7)):
        return ("viame",)
    if set(VIA_COLUMNS) <= {name.lstrip("#") for name in header}:
        return ("via",)
    if set(BOX_COLUMNS) <= set(first):
        return ("supervision",)
    if len(first) >= 6 and all(_number(text) is not None for text in first[:6]):
        return _of_rows(path, rows[:-1] if len(head) == _HEAD else rows)
    return ("csv",)


def _of_text(path: Path, head: bytes) -> Formats:
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    # A line that the limit cuts is not a row.
    lines = text.splitlines()[:-1] if len(head) == _HEAD else text.splitlines()
    rows = [fields for line in islice((line for line in lines if not line.startswith("#")), _ROWS)
            if (fields := row_fields(line))]
    if not rows:
        return ()
    if all(map(is_darklabel_row, rows)):
        return ("darklabel",)
    if "," in next(line for line in lines if row_fields(line) and not line.startswith("#")):
        return _of_rows(path, rows)
    fields = rows[0]
    if len(fields) >= 10 and fields[-1].endswith('"'):
        return ("vatic",)
    if len(fields) in (17, 18) and _WORD.fullmatch(fields[2]):
        return ("kitti",) if len(fields) == 17 else ("kitti-results",)
    numbers = list(map(_number, fields))
    if len(fields) == 6 and None not in numbers[:5] and numbers[5] is None:
        return ("kitti-mots",) if path.parent.name == "instances_txt" or numbers[0] == 0 else ("mots",)
    if all(map(is_yolo_line, rows)):
        return ("yolo",)
    return _of_rows(path, rows)


def _of_rows(path: Path, rows: Sequence[list[str]]) -> Formats:
    """Distinguish MOTChallenge rows and formats with similar rows, by all values of the first rows."""
    values = [[_number(field) for field in fields] for fields in rows]
    usable = [row for row in values if len(row) >= 6 and None not in row]
    if not usable or any(value is None for value in values[0][:6]):
        return ()
    whole = [[value for value in row if value is not None] for row in usable]
    columns = {len(row) for row in whole}
    name = path.stem.lower()
    if columns == {9} and _fits_uavdt(whole) and (re.search(r"_gt_(whole|ignore)$", name) or not _fits_mot(whole)):
        return ("uavdt",)
    if columns == {10} and _fits_visdrone(whole):
        return ("visdrone",)
    if columns <= {8, 9}:
        return ("mot",)
    if all(row[1] == -1 for row in whole):
        return ("mot-det",)
    # Ground truth of MOT15 and UAVDT has the columns of results; only its name tells.
    if columns == {10} and all(row[6] in (0, 1) for row in whole) and re.search(r"(^|[_-])gt$", name):
        return ("mot",)
    return ("mot-results",)


def _fits_uavdt(rows: Sequence[list[float]]) -> bool:
    return all(row[6] in (1, 2, 3) and row[7] in (1, 2, 3, 4) and row[8] in (1, 2, 3)
               and all(value == int(value) for value in row[:6]) for row in rows)


def _fits_mot(rows: Sequence[list[float]]) -> bool:
    return all(row[6] in (0, 1) and row[7] == int(row[7]) and -1 <= row[8] <= 1 for row in rows)


def _fits_visdrone(rows: Sequence[list[float]]) -> bool:
    return (all(row[6] in (0, 1) and row[7] in range(12) and row[8] in (0, 1) and row[9] in (0, 1, 2) for row in rows)
            and any(row[7] for row in rows))


def _number(text: str) -> float | None:
    """A field as a finite number; 0 for one that is missing or not finite, whose row the reader skips."""
    try:
        value = float(text or 0)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else 0.0


_READERS: dict[str, Callable[[Path, bytes], Formats]] = {
    ".json": _of_json, ".xml": _of_xml, ".txt": _of_text, ".csv": _of_csv,
    ".parquet": lambda *_: ("parquet",), ".slp": lambda *_: ("sleap",), ".npz": lambda *_: ("masks-npz",)}

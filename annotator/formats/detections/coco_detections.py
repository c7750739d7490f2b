"""COCO results JSON: a list of ``{image_id, category_id, bbox: [left, top, width, height], score}``.

A results file alone does not tell which frame an image id refers to. An image list does (``images`` of a COCO file,
with ``frame_id`` from 0 or else in list order); without one, image ids are frame numbers, and the caller or the
smallest number determines whether they count from 0 or 1.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import FormatError
from annotator.formats.detections.files import DetectionFile, group_by_frame, score_range
from annotator.formats.reading.json_stream import load_json
from annotator.formats.reading.text_rows import OnBad
from annotator.model.frame import Detections

logger = logging.getLogger(__name__)

_LAST_NUMBER = re.compile(r"(\d+)\D*$")
_EXPECTED = "a list of {image_id, category_id, bbox: [left, top, width, height], score}"


def read_coco_detections(path: Path, *, images: Path | None = None, first_frame: int | None = None,
                         on_bad: OnBad = "raise") -> tuple[dict[int, Detections], tuple[str, ...]]:
    """Return detections by frame index from 0, and label names. See `load_coco_detections`."""
    read = load_coco_detections(path, images=images, first_frame=first_frame, on_bad=on_bad)
    return read.frames, read.labels


def load_coco_detections(path: Path, *, images: Path | None = None, first_frame: int | None = None,
                         on_bad: OnBad = "raise") -> DetectionFile:
    """Read a COCO results file, or a COCO data set with ``images`` and ``annotations``.

    ``images`` is a COCO file whose ``images`` (and ``categories``) define the ids. Without one, image ids (numbers, or
    names that end in a number) are frame numbers and ``first_frame`` is the number of the video's first frame. Its
    default is 0 if any id is 0, 1 if the smallest id is 1, and otherwise it is required. Labels are the categories in
    the order of their ids; without names, ``category <id>``. A missing score is read as 1.

    Raises FormatError with file and entry: not JSON, a missing or malformed field, an image id that is not in the image
    list, a box or score that is not finite or a negative size (with ``on_bad="skip"`` skipped and counted).
    """
    content = load_json(path)
    explained = load_json(images) if images is not None else content
    entries = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise FormatError(f"{path} has no list of detections; expected {_EXPECTED}")
    columns, bad = _columns(entries, path, on_bad)
    notes: list[str] = []
    numbers = _frame_numbers([entry["image_id"] for entry in columns], explained, path, first_frame, notes)
    label, labels = _labels([int(entry["category_id"]) for entry in columns], explained)
    box = np.asarray([entry["bbox"] for entry in columns], np.float64).reshape(len(columns), 4)
    box[:, 2:] += box[:, :2]
    score = np.asarray([entry.get("score", 1.0) for entry in columns], np.float64)
    order = np.argsort(numbers, kind="stable")
    for note in notes:
        logger.warning("%s: %s", path, note)
    if bad:
        logger.warning("%s: skipped %d detections with an invalid box or score", path, bad)
    frames = group_by_frame(numbers[order], box[order], score[order], label[order])
    return DetectionFile(frames, labels, bad, score_range(score), tuple(notes))


def _columns(entries: Sequence[Any], path: Path, on_bad: OnBad) -> tuple[list[Mapping[str, Any]], int]:
    good: list[Mapping[str, Any]] = []
    bad = 0
    for position, entry in enumerate(entries):
        fault = _fault(entry)
        if fault is None:
            usable = np.isfinite([*entry["bbox"], entry.get("score", 1.0)]).all() and min(entry["bbox"][2:]) >= 0
            if usable:
                good.append(entry)
                continue
            if on_bad == "skip":
                bad += 1
                continue
            fault = f"bbox {entry['bbox']} with score {entry.get('score', 1.0)}, not finite or of negative size"
        raise FormatError(f"{path} entry {position}: found {fault}; expected {_EXPECTED}")
    return good, bad


def _fault(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return f"{str(entry)[:40]!r}"
    for name in ("image_id", "category_id", "bbox"):
        if name not in entry:
            return f"no {name}"
    box = entry["bbox"]
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(value) for value in box):
        return f"bbox {str(box)[:60]}"
    if not _is_number(entry.get("score", 1.0)):
        return f"score {entry['score']!r}"
    category = entry["category_id"]
    if not _is_number(category) or category != category // 1:
        return f"category_id {category!r}"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _frame_numbers(image_ids: Sequence[Any], explained: Any, path: Path, first_frame: int | None,
                   notes: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    if isinstance(explained, dict) and isinstance(explained.get("images"), list):
        frame_of = _image_frames(explained["images"], path)
        missing = next((image for image in image_ids if str(image) not in frame_of), None)
        if missing is not None:
            raise FormatError(f"{path}: found image_id {missing!r}, which is not in the image list; expected ids of "
                              f"the {len(frame_of)} listed images")
        return np.asarray([frame_of[str(image)] for image in image_ids], np.int64)
    numbers = np.asarray([_number_in(image, path) for image in image_ids], np.int64)
    if not len(numbers):
        return numbers
    smallest = int(numbers.min())
    if first_frame is None:
        if smallest > 1:
            raise FormatError(f"{path}: the smallest image_id is {smallest}, so it is unknown whether frames count "
                              "from 0 or 1; give first_frame, or a COCO file with the list of images")
        first_frame = smallest
        if smallest == 1:
            notes.append("the smallest image id is 1, so image ids are read as frame numbers from 1; if they are not, "
                         "give first_frame")
    if smallest < first_frame:
        raise FormatError(f"{path}: found image_id {smallest}; expected frame numbers from {first_frame} on")
    return numbers - first_frame


def _image_frames(images: Sequence[Any], path: Path) -> dict[str, int]:
    """Image id (as text) to frame index: ``frame_id`` or ``frame_index`` if every image has it, else list position."""
    if not all(isinstance(image, dict) and "id" in image for image in images):
        raise FormatError(f"{path}: found an entry of images without an id; expected {{id, file_name, ...}}")
    videos = {image.get("video_id") for image in images}
    if len(videos) > 1:
        raise FormatError(f"{path}: the image list covers {len(videos)} videos; expected detections of one video")
    for name in ("frame_id", "frame_index"):
        if all(isinstance(image.get(name), int) for image in images):
            return {str(image["id"]): int(image[name]) for image in images}
    return {str(image["id"]): index for index, image in enumerate(images)}


def _number_in(image: Any, path: Path) -> int:
    if isinstance(image, int) and not isinstance(image, bool):
        return image
    found = _LAST_NUMBER.search(image) if isinstance(image, str) else None
    if found is None:
        raise FormatError(f"{path}: found image_id {image!r}; expected a frame number, a name that ends in one, or a "
                          "COCO file with the list of images")
    return int(found.group(1))


def _labels(categories: Sequence[int], explained: Any,
            ) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], tuple[str, ...]]:
    named: dict[int, str] = {}
    if isinstance(explained, dict):
        named = {int(category["id"]): str(category["name"]) for category in explained.get("categories", ())
                 if isinstance(category, dict) and "id" in category and "name" in category}
    known = sorted(set(categories) | set(named))
    index = {category: position for position, category in enumerate(known)}
    labels = tuple(named.get(category, f"category {category}") for category in known)
    return np.asarray([index[category] for category in categories], np.int64), labels

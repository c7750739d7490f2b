"""Verify a COCO-VID file that was just written, with this program's streaming reader and with pycocotools."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.writing.export import Tally

_WINDOW = 50_000


def box_key(video_id: int, frame_id: int, annotation: Mapping[str, Any]) -> bytes:
    """The data of one box that must be read back unchanged."""
    return (f"{video_id} {frame_id} {annotation['track_id']} {annotation['instance_id']} {annotation['category_id']} "
            f"{annotation['bbox']} {annotation['score']} {'segmentation' in annotation}\n").encode()


def check_coco_video(path: Path, boxes_crc: int, tally: Tally, with_pycocotools: bool) -> str:
    """Read a file back. Returns a text on what was done. Raises FormatError if anything differs.

    pycocotools keeps a whole file in memory, so it reads a large one in windows of annotations.
    """
    frames: dict[int, tuple[int, int]] = {}
    following: dict[int, int] = {}
    crc = boxes = 0
    for key, item in iterate_json(path, "COCO-VID"):
        if key == "images":
            expected = following.get(item["video_id"], 0)
            if item["frame_id"] != expected:
                raise FormatError(f"{path.name}: frame_id {item['frame_id']} follows {expected - 1}; nothing was "
                                  "exported")
            following[item["video_id"]] = expected + 1
            frames[item["id"]] = (item["video_id"], item["frame_id"])
        elif key == "annotations":
            crc = zlib.crc32(box_key(*frames[item["image_id"]], item), crc)
            boxes += 1
    if (crc, boxes, len(frames)) != (boxes_crc, tally.boxes, tally.frames):
        raise FormatError(f"{path.name} does not match the exported data when read back; nothing was exported")
    done = f"{path.name}: read back {boxes} boxes in {len(frames)} images"
    if not with_pycocotools:
        return done
    if boxes <= _WINDOW:
        _check_with_pycocotools(path, None, boxes)
    else:
        for window in _windows(path):
            _check_with_pycocotools(path, window, len(window["annotations"]))
    return f"{done}, also with pycocotools {version('pycocotools')}"


def _windows(path: Path) -> Iterator[dict[str, Any]]:
    categories = [item for key, item in iterate_json(path, "COCO-VID") if key == "categories"]
    annotations: list[dict[str, Any]] = []
    for key, item in iterate_json(path, "COCO-VID"):
        if key == "annotations":
            annotations.append(item)
            if len(annotations) == _WINDOW:
                yield _window(categories, annotations)
                annotations = []
    yield _window(categories, annotations)


def _window(categories: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> dict[str, Any]:
    images = [{"id": number} for number in sorted({item["image_id"] for item in annotations})]
    return {"categories": categories, "images": images, "annotations": annotations}


def _check_with_pycocotools(path: Path, window: dict[str, Any] | None, boxes: int) -> None:
    from pycocotools import mask as coco_mask
    from pycocotools.coco import COCO

    # pycocotools prints its progress to standard output, which is reserved for the command line.
    with contextlib.redirect_stdout(io.StringIO()):
        if window is None:
            coco = COCO(str(path))
        else:
            coco = COCO()
            coco.dataset = window
            coco.createIndex()
    if len(coco.anns) != boxes or any(item["category_id"] not in coco.cats for item in coco.anns.values()):
        raise FormatError(f"pycocotools finds {len(coco.anns)} boxes in {path.name} instead of {boxes}; nothing was "
                          "exported")
    for item in coco.anns.values():
        if "segmentation" in item:
            area = int(coco_mask.area({"size": item["segmentation"]["size"],
                                       "counts": item["segmentation"]["counts"].encode()}))
            if area != item["area"]:
                raise FormatError(f"{path.name} annotation {item['id']}: pycocotools finds a mask of {area} pixels "
                                  f"instead of {item['area']}; nothing was exported")

"""Scalabel / BDD100K box tracks for data set runs: write results as JSON frames, and read ground truth.

Box edges are inclusive in these files (width = x2 - x1 + 1), ids are text.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.reading.json_stream import load_json
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

#: Classes of BDD100K box tracking.
BDD100K_CLASSES = ("pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
#: Synonyms, from older labels and from detectors trained on COCO.
_SAME = {"person": "pedestrian", "bike": "bicycle", "motor": "motorcycle", "motorbike": "motorcycle", "caravan": "car",
         "van": "car"}
#: Categories that BDD100K does not score: they count neither as found nor as missed.
_IGNORED = {"other person": "pedestrian", "other vehicle": "car", "trailer": "truck"}


def bdd100k_class(label: str) -> str | None:
    """BDD100K's class for a label; None for an unknown label."""
    name = _SAME.get(label, label)
    return name if name in BDD100K_CLASSES else None


def picture_name(info: SequenceInfo, index: int) -> str:
    """Image name of a frame, ``index`` from 0; BDD100K's images are in a folder named after the video."""
    return f"{info.name}-{index + 1:07d}{info.image_ext}"


def result_frames(video: str, frames: Iterable[LabelledFrame], labels: Sequence[str], image_names: Sequence[str],
                  numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """The tracks of a video as Scalabel frames, one per image. Boxes of labels unknown to BDD100K are skipped.

    ``numbers`` is the ``frameIndex`` of the ground truth by image name; other frames are numbered by position, from 0.
    """
    found = {frame.frame_index: frame.boxes for frame in frames}
    return [{"name": name, "videoName": video, "frameIndex": numbers.get(name, index),
             "labels": [label for box in found.get(index, ()) if (label := _label(box, labels)) is not None]}
            for index, name in enumerate(image_names)]


def _label(box: LabelledBox, labels: Sequence[str]) -> dict[str, Any] | None:
    category = bdd100k_class(labels[box.label])
    if category is None or box.number is None:
        return None
    x1, y1, x2, y2 = box.box_xyxy
    return {"id": str(box.number), "category": category, "score": box.score,
            "box2d": {"x1": x1, "y1": y1, "x2": x2 - 1, "y2": y2 - 1}}


def read_truth(path: Path) -> list[dict[str, Any]]:
    """Read the frames of one BDD100K label file. Updates old class names and marks unscored categories as ignored.
    Raises FormatError if it has no frames."""
    content = load_json(path)
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        raise FormatError(f"{path} has no list of frames; expected BDD100K box tracks as Scalabel JSON")
    return [{**frame, "labels": [_truth_label(label) for label in frame.get("labels") or ()]} for frame in frames]


def _truth_label(label: Any) -> Any:
    if not isinstance(label, dict):
        return label  # the evaluation reports what is wrong with it
    name = label.get("category")
    if name in _IGNORED:
        return {**label, "category": _IGNORED[name],
                "attributes": {**(label.get("attributes") or {}), "ignored": True}}
    return {**label, "category": _SAME.get(str(name), name)}


def write_frames(path: Path, frames: Iterable[Mapping[str, Any]]) -> None:
    """Write frames as one JSON file; an existing file is replaced atomically. Raises FormatError on failure."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write("[")
            for count, frame in enumerate(frames):
                file.write((",\n" if count else "\n") + json.dumps(frame))
            file.write("\n]\n")
        os.replace(temporary, path)
    except OSError as error:
        raise FormatError(f"{path} cannot be written ({error.strerror or error}); check the folder and the free disk "
                          "space") from error
    finally:
        temporary.unlink(missing_ok=True)

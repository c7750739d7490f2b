"""Small data sets laid out as the published ones, with synthetic pictures and their true boxes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from testbed.synthetic_clips import Clip, make_clip
from tests.conftest import SPEC

FRAMES = 10
SPEC_SHORT = replace(SPEC, frames=FRAMES)
Row = tuple[int, int, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Made:
    """A data set on disk."""

    root: Path
    detections: Path
    """Folder with ``NAME.txt``: the true boxes, score 0.9, and each box a second time, far off, with score 0.1."""
    boxes: dict[str, list[Row]]
    """Frame and object from 0, x0, y0, x1, y1."""


def boxes_of(clip: Clip) -> list[Row]:
    boxes = clip.boxes()
    rows: list[Row] = []
    for t, n in np.argwhere(~np.isnan(boxes[..., 0])).tolist():
        x0, y0, x1, y1 = boxes[t, n].tolist()
        rows.append((t, n, x0, y0, x1, y1))
    return rows


def write_pictures(clip: Clip, folder: Path, pattern: str) -> None:
    folder.mkdir(parents=True)
    for index, image in enumerate(clip.images, 1):
        cv2.imwrite(str(folder / pattern.format(index)), np.ascontiguousarray(image[..., ::-1]))


def rows(boxes: list[Row], tail: str, identity: bool = True) -> str:
    return "".join(f"{t + 1},{n + 1 if identity else -1},{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},{tail}\n"
                   for t, n, x0, y0, x1, y1 in boxes)


def _detections(folder: Path, name: str, boxes: list[Row]) -> None:
    weak = [(t, n, x0 * 0.5, y0 * 0.5, x0 * 0.5 + 9, y0 * 0.5 + 9) for t, n, x0, y0, _, _ in boxes]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(rows(boxes, "0.9,-1,-1,-1", False) + rows(weak, "0.1,-1,-1,-1", False))


def mot_dataset(root: Path, split: str, names: list[str], truth: bool = True, digits: int = 8) -> Made:
    made = Made(root, root / "detections", {})
    for seed, name in enumerate(names, 2):
        clip = make_clip(SPEC_SHORT, seed)
        folder = root / split / name
        write_pictures(clip, folder / "img1", f"{{:0{digits}d}}.jpg")
        made.boxes[name] = boxes_of(clip)
        (folder / "seqinfo.ini").write_text(
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate=20\nseqLength={FRAMES}\nimWidth={SPEC.width}\n"
            f"imHeight={SPEC.height}\nimExt=.jpg\n")
        if truth:
            (folder / "gt").mkdir()
            (folder / "gt" / "gt.txt").write_text(rows(made.boxes[name], "1,1,1"))
        _detections(made.detections, name, made.boxes[name])
    return made


def uavdt_dataset(root: Path) -> Made:
    """M0203 (test) and M0101 (train); the last object of the former lies in an ignore region instead of the truth."""
    made = Made(root, root / "detections", {})
    truth = root / "UAV-benchmark-MOTD_v1.0" / "GT"
    truth.mkdir(parents=True)
    for seed, name in ((2, "M0203"), (3, "M0101")):
        clip = make_clip(SPEC_SHORT, seed)
        write_pictures(clip, root / "UAV-benchmark-M" / name, "img{:06d}.jpg")
        boxes = made.boxes[name] = boxes_of(clip)
        last = max(n for _, n, *_ in boxes)
        (truth / f"{name}_gt.txt").write_text(rows([box for box in boxes if box[1] != last], "1,0,0"))
        around = [(t, n, x0 - 9, y0 - 9, x1 + 9, y1 + 9) for t, n, x0, y0, x1, y1 in boxes if n == last]
        (truth / f"{name}_gt_ignore.txt").write_text(rows(around, "1,-1,-1"))
        (truth / f"{name}_gt_whole.txt").write_text(rows(boxes, "1,1,1"))
        _detections(made.detections, name, boxes)
    return made


def bdd100k_dataset(root: Path) -> Made:
    """Two videos; the first object of each is an "other vehicle", the others are cars."""
    made = Made(root, root / "detections", {})
    labels = root / "labels" / "box_track_20" / "val"
    labels.mkdir(parents=True)
    for seed, name in ((2, "b1c66a42-6f7d68ca"), (3, "b1c81faa-3df17267")):
        clip = make_clip(SPEC_SHORT, seed)
        write_pictures(clip, root / "images" / "track" / "val" / name, f"{name}-{{:07d}}.jpg")
        boxes = made.boxes[name] = boxes_of(clip)
        frames = [{"name": f"{name}-{t + 1:07d}.jpg", "videoName": name, "frameIndex": t, "labels": [
            {"id": f"{n:08d}", "category": "car" if n else "other vehicle", "attributes": {"crowd": False},
             "box2d": {"x1": x0, "y1": y0, "x2": x1 - 1, "y2": y1 - 1}}
            for at, n, x0, y0, x1, y1 in boxes if at == t]} for t in range(FRAMES)]
        (labels / f"{name}.json").write_text(json.dumps(frames))
        images = [{"id": t, "file_name": f"{t}.jpg", "frame_id": t} for t in range(FRAMES)]
        found = [{"image_id": t, "category_id": 1, "score": 0.9, "bbox": [x0, y0, x1 - x0, y1 - y0]}
                 for t, _, x0, y0, x1, y1 in boxes]
        made.detections.mkdir(exist_ok=True)
        (made.detections / f"{name}.json").write_text(json.dumps(
            {"images": images, "annotations": found, "categories": [{"id": 1, "name": "car"}]}))
    return made

"""Datumaro JSON as its tool writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.guess import guess_formats
from annotator.formats.reading.passed_over import ROTATIONS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

PICTURES = tuple(f"cam_{number:04d}.jpg" for number in range(20))
INFO = SequenceInfo("clip", 200, 100, 25.0, 20)
Row = tuple[int, int | None, str, tuple[int, ...]]


def read(path: Path, name: str, **options: Any) -> LabelledSequence:
    assert guess_formats(path) == (name,)
    [found] = get_format(name).read(path, ImportOptions(info=INFO, **options))
    return found


def rows(found: LabelledSequence) -> list[Row]:
    return [(frame.frame_index, box.number, found.info.labels[box.label], tuple(map(round, box.box_xyxy)))
            for frame in found.frames for box in frame.boxes]


def test_datumaro(tmp_path: Path) -> None:
    def item(name: str, frame: int | None, *annotations: dict[str, Any]) -> dict[str, Any]:
        return {"id": name, "annotations": list(annotations), "attr": {} if frame is None else {"frame": frame},
                "image": {"path": f"{name}.jpg", "size": [100, 200]}}

    box = {"type": "bbox", "label_id": 1, "bbox": [10, 20, 20, 10], "group": 0, "z_order": 0,
           "attributes": {"track_id": 4, "occluded": True, "keyframe": False, "outside": False, "mood": "good"}}
    polygon = {"type": "polygon", "label_id": 0, "points": [0, 0, 10, 0, 10, 10, 0, 10], "attributes": {}}
    content = {"info": {}, "categories": {"label": {"labels": [{"name": "crab"}, {"name": "fish"}]}}, "items": [
        item("cam_0007", 1, box, {"type": "caption", "caption": "x"}), item("cam_0002", 3, polygon, {
            **box, "attributes": {"outside": True}}, {**box, "attributes": {"rotation": 90.0, "track_id": 5}})]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    found = read(path, "datumaro")
    assert rows(found) == [(1, 4, "fish", (10, 20, 30, 30)), (3, None, "crab", (0, 0, 10, 10)),
                           (3, 5, "fish", (15, 15, 25, 35))]
    first, second, _ = (each for frame in found.frames for each in frame.boxes)
    assert (first.occluded, first.interpolated) == (True, True)
    assert second.mask is not None
    assert (first.attributes, second.attributes) == ({"mood": "good"}, {})
    assert found.dropped == {"annotations of type 'caption'": 1, ROTATIONS: 1}
    assert [frame for frame, *_ in rows(read(path, "datumaro", picture_names=PICTURES))] == [2, 2, 7]

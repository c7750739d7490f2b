"""LabelMe, Label Studio, VIAME, DIVE and VIA as their tools write them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.guess import guess_formats
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.reading.passed_over import NO_SIZE, ROTATIONS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

INFO = SequenceInfo("clip", 200, 100, 25.0, 20)
PICTURES = tuple(f"cam_{number:04d}.jpg" for number in range(20))
Row = tuple[int, int | None, str, tuple[int, ...]]


def read(path: Path, name: str, **options: Any) -> LabelledSequence:
    assert guess_formats(path) == (name,)
    [found] = get_format(name).read(path, ImportOptions(info=INFO, **options))
    return found


def rows(found: LabelledSequence) -> list[Row]:
    return [(frame.frame_index, box.number, found.info.labels[box.label], tuple(map(round, box.box_xyxy)))
            for frame in found.frames for box in frame.boxes]


def area(found: LabelledSequence) -> int:
    [mask] = [box.mask for frame in found.frames for box in frame.boxes]
    return 0 if mask is None else mask.area()


def labelme(folder: Path, shapes: list[dict[str, Any]], name: str = "cam_0003.json", **more: Any) -> Path:
    content = {"version": "5.0", "flags": {}, "shapes": shapes, "imagePath": "x.jpg", "imageData": None,
               "imageHeight": 100, "imageWidth": 200, **more}
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    return folder


RECTANGLE: dict[str, Any] = {"label": "fish", "shape_type": "rectangle", "points": [[30, 20], [10, 5]], "group_id": 7}


def test_labelme_lies_on_the_picture_of_its_name(tmp_path: Path) -> None:
    found = read(labelme(tmp_path / "a", [RECTANGLE]), "labelme", picture_names=PICTURES)
    assert rows(found) == [(3, 7, "fish", (10, 5, 30, 20))]


@pytest.mark.parametrize(("shape", "box", "covered", "counted"), [
    ({"shape_type": "polygon", "points": [[10, 10], [20, 10], [20, 30], [10, 30]]}, (10, 10, 20, 30), 200, None),
    ({"shape_type": "rectangle", "points": [[1, 2], [9, 2], [9, 8], [1, 8]]}, (1, 2, 9, 8), 0, None),
    ({"shape_type": "circle", "points": [[50, 50], [53, 54]]}, (45, 45, 55, 55), 78, None),
    ({"shape_type": "rotation", "points": [[10, 0], [20, 10], [10, 20], [0, 10]]}, (0, 0, 20, 20), 0,
     "rotation shapes (the boxes around them are read)"),
    ({"shape_type": "linestrip", "points": [[1, 2], [9, 8]]}, (1, 2, 9, 8), 0,
     "linestrip shapes (the boxes around them are read)")])
def test_labelme_shapes(shape: dict[str, Any], box: tuple[int, ...], covered: int, counted: str | None, tmp_path: Path,
                        ) -> None:
    found = read(labelme(tmp_path / "a", [{**RECTANGLE, **shape}]), "labelme", picture_names=PICTURES)
    assert rows(found) == [(3, 7, "fish", box)]
    assert abs(area(found) - covered) <= 0.06 * covered
    assert found.dropped == ({} if counted is None else {counted: 1})


def test_labelme_groups_marks_and_shapes_without_group(tmp_path: Path) -> None:
    parts = [{**RECTANGLE, "shape_type": "polygon", "points": [[left, 0], [left + 4, 0], [left + 4, 4], [left, 4]]}
             for left in (0, 10)]
    single = {**RECTANGLE, "group_id": None, "label": "crab", "difficult": True, "score": 0.5,
              "flags": {"sure": True, "old": False}, "attributes": {"size": "big"}, "mood": 1}
    found = read(labelme(tmp_path / "a", [*parts, single, single]), "labelme", picture_names=PICTURES)
    assert rows(found) == [(3, 7, "fish", (0, 0, 14, 4)), *[(3, None, "crab", (10, 5, 30, 20))] * 2]
    first, second, _ = (box for frame in found.frames for box in frame.boxes)
    assert first.mask is not None
    assert first.mask.area() == 32
    assert second.score == 0.5
    assert found.dropped == {"shapes joined to the first one of their group in a frame": 1, "marks as difficult": 2,
                             "flags 'sure' of shapes": 2, "attributes 'size' of shapes": 2,
                             "field 'mood' of shapes": 2}


def studio(sequence: list[dict[str, Any]], **more: Any) -> str:
    value = {"framesCount": 20, "duration": 2.0, "labels": ["fish"], "sequence": sequence, **more}
    return json.dumps([{"id": 1, "data": {"video": "/data/a/clip.mp4?x=1"}, "annotations": [{"result": [
        {"id": "aB1", "type": "videorectangle", "value": value}, {"id": "c", "type": "choices", "value": {}}]}]}])


def key(frame: int, x: float, enabled: bool = True, **more: Any) -> dict[str, Any]:
    return {"frame": frame, "x": x, "y": 10, "width": 10, "height": 10, "enabled": enabled, "rotation": 0, **more}


def test_label_studio(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(studio([key(5, 20, False), key(1, 10), key(9, 30, True)]))
    found = read(path, "label-studio")
    assert [(frame, box[0]) for frame, _, _, box in rows(found)] == [(0, 20), (1, 25), (2, 30), (3, 35), (4, 40),
                                                                     (8, 60)]
    assert rows(found)[0][3] == (20, 10, 40, 20)
    assert (found.info.name, found.info.fps) == ("clip", 10.0)
    assert found.dropped == {"results of type 'choices'": 1}
    assert any("although it is enabled" in note for note in found.notes)
    path.write_text(studio([key(1, 10, rotation=90)]))
    found = read(path, "label-studio")
    assert rows(found) == [(0, 1, "fish", (10, 10, 20, 30))]  # turned about its top left corner
    assert found.dropped[ROTATIONS] == 1
    path.write_text(studio([key(1, 10), key(2_000_000_000, 10)]))
    with pytest.raises(FormatError, match="a gap of 1999999999 frames"):
        get_format("label-studio").read(path, ImportOptions(info=INFO))
    with pytest.raises(FormatError, match="size must be given"):
        get_format("label-studio").read(path, ImportOptions())


def test_viame(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# 1: Detection or Track-id,2: x\n# metadata, fps: 5\n"
                    "7,cam_0004.jpg,0,10,20,30,40,0.9,-1,crab,0.2,fish,0.7,(kp) head 1 2,(poly) 10 20 30 20 30 40\n"
                    "7,cam_0005.jpg,1,nan,20,30,40,0.9,12\n8,cam_0006.jpg,2,1,2,3,4,-1,-1\n")
    found = read(path, "viame", picture_names=PICTURES)
    assert rows(found) == [(4, 7, "fish", (10, 20, 30, 40)), (6, 8, "object", (1, 2, 3, 4))]
    assert [box.score for frame in found.frames for box in frame.boxes] == [0.7, 1.0]
    assert found.dropped == {INVALID_ROWS: 1, "target lengths": 1, "fields '(kp)' of rows": 1,
                             "further classes of boxes (the most probable one is read)": 1}
    assert [frame for frame, *_ in rows(read(path, "viame"))] == [0, 2]


def test_dive(tmp_path: Path) -> None:
    features = [{"frame": 4, "bounds": [10, 0, 20, 9], "keyframe": True, "interpolate": True},
                {"frame": 6, "bounds": [14, 0, 24, 9], "keyframe": True, "interpolate": False, "mood": 1,
                 "attributes": {"a": 1}},
                {"frame": 9, "bounds": [0, 0, 5, 9], "keyframe": True}]
    track = {"id": 3, "meta": {}, "attributes": {"sex": "f"}, "confidencePairs": [["crab", 0.2], ["fish", 0.7]],
             "begin": 4, "end": 9, "features": features}
    for content in ({"version": 2, "tracks": {"3": track}, "groups": {}}, {"3": {**track, "trackId": 3}}):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(content))
        found = read(path, "dive")
        assert [(frame, box[0]) for frame, _, _, box in rows(found)] == [(4, 10), (5, 12), (6, 14), (9, 0)]
        assert {(row[1], row[2]) for row in rows(found)} == {(3, "fish")}
        assert next(iter(found.frames)).boxes[0].attributes == {"sex": "f"}
        assert [frame.boxes[0].attributes for frame in found.frames][2] == {"sex": "f", "a": 1}
        assert found.dropped == {"further classes of tracks (the most probable one is read)": 1,
                                 "field 'mood' of features": 1}


def via(path: Path, *rows: tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]) -> Path:
    """``rows``: picture, attributes of the file, shape, attributes of the shape."""
    with path.open("w", newline="") as file:
        file.write("#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
                   "region_attributes\n")
        csv.writer(file).writerows(
            (name, 26, json.dumps(of_file), 1, 0, json.dumps(shape), json.dumps(about))
            for name, of_file, shape, about in rows)
    return path


def via_rect(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {"name": "rect", "x": x, "y": y, "width": width, "height": height}


CORNERS = {"name": "polygon", "all_points_x": [4, 12, 12, 4], "all_points_y": [4, 4, 10, 10]}


def test_via(tmp_path: Path) -> None:
    path = via(tmp_path / "a.csv", ("clip.0005.png", {}, via_rect(10, 20, 30, 40), {"track": "7"}),
               ("clip.0002.png", {}, via_rect(1, 2, 3, 4), {"track": "7", "mood": "good"}),
               ("clip.0002.png", {}, CORNERS, {"track": "9", "label": "crab"}), ("clip.0003.png", {}, {}, {}))
    found = read(path, "via", picture_names=tuple(f"clip.{number:04d}.png" for number in range(12)))
    assert rows(found) == [(2, 7, "object", (1, 2, 4, 6)), (2, 9, "crab", (4, 4, 12, 10)),
                           (5, 7, "object", (10, 20, 40, 60))]
    assert [box.mask.area() for frame in found.frames for box in frame.boxes if box.mask is not None] == [48]
    assert found.dropped == {"attribute 'mood' of shapes": 1}
    [alone] = get_format("via").read(path, ImportOptions())
    assert alone.dropped == {"attribute 'mood' of shapes": 1, NO_SIZE: 1}


def test_a_shape_of_via_without_its_numbers_is_named(tmp_path: Path) -> None:
    path = via(tmp_path / "a.csv", ("clip.0005.png", {}, {"name": "rect", "x": 1}, {}))
    with pytest.raises(FormatError, match="line 2: found the shape"):
        get_format("via").read(path, ImportOptions(info=INFO))


def test_frames_that_via_states_are_used(tmp_path: Path) -> None:
    path = via(tmp_path / "a.csv", ("a.png", {"frame": 3}, via_rect(1, 2, 3, 4), {"track": 7}),
               ("b.png", {"frame": 8}, via_rect(1, 2, 3, 4), {"track": 7}))
    [found] = get_format("via").read(path, ImportOptions())
    assert [row[:2] for row in rows(found)] == [(3, 7), (8, 7)]

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError
from annotator.formats.detections.coco_detections import load_coco_detections, read_coco_detections


def write(folder: Path, content: Any, name: str = "results.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def entry(image: object, category: object = 1, **more: object) -> dict[str, object]:
    return {"image_id": image, "category_id": category, "bbox": [1, 2, 3, 4], "score": 0.5, **more}


@pytest.mark.parametrize(("images", "frames"), [
    ([2, 0], [0, 2]),
    ([3, 1], [0, 2]),
    (["img1/000003.jpg", "img1/000001.jpg"], [0, 2]),
])
def test_frame_numbers(tmp_path: Path, images: list[object], frames: list[int]) -> None:
    read, labels = read_coco_detections(write(tmp_path, [entry(image) for image in images]))
    assert list(read) == frames
    assert labels == ("category 1",)
    assert read[0].box_xyxy.tolist() == [[1, 2, 4, 6]]


def test_unknowable_first_frame_must_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, [entry(5)])
    with pytest.raises(FormatError, match="give first_frame"):
        read_coco_detections(path)
    assert list(read_coco_detections(path, first_frame=1)[0]) == [4]
    with pytest.raises(FormatError, match="expected frame numbers from 6"):
        read_coco_detections(path, first_frame=6)


def test_an_image_list_explains_ids_and_categories(tmp_path: Path) -> None:
    images = write(tmp_path, {"images": [{"id": 70, "frame_id": 4}, {"id": 80, "frame_id": 2}],
                              "categories": [{"id": 9, "name": "car"}, {"id": 3, "name": "dog"}]}, "images.json")
    path = write(tmp_path, [entry(70, 9), entry(80, 3)])
    read, labels = read_coco_detections(path, images=images)
    assert (list(read), labels) == ([2, 4], ("dog", "car"))
    assert (read[4].label.tolist(), read[2].label.tolist()) == ([1], [0])
    with pytest.raises(FormatError, match="image_id 71, which is not in the image list"):
        read_coco_detections(write(tmp_path, [entry(71)]), images=images)


@pytest.mark.parametrize(("bad", "message"), [
    ({"image_id": 1, "bbox": [1, 2, 3, 4]}, "entry 1: found no category_id"),
    (entry(1, bbox=[1, 2, 3]), r"entry 1: found bbox \[1, 2, 3\]"),
    (entry(1, score="high"), "entry 1: found score 'high'"),
    (entry(1, 1.5), "entry 1: found category_id 1.5"),
    (entry("cover"), "image_id 'cover'"),
    (7, "entry 1: found '7'"),
])
def test_bad_entries_are_named(tmp_path: Path, bad: object, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_coco_detections(write(tmp_path, [entry(0), bad]))


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    path = write(tmp_path, [entry(0), entry(0, bbox=[float("nan"), 0, 1, 1]), entry(1, bbox=[0, 0, -1, 1])])
    with pytest.raises(FormatError, match="entry 1"):
        load_coco_detections(path)
    read = load_coco_detections(path, on_bad="skip")
    assert (read.skipped, list(read.frames)) == (2, [0])


def test_not_json_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 2 column 1 is not JSON"):
        read_coco_detections(write(tmp_path, "[\n}"))
    with pytest.raises(FormatError, match="no list of detections"):
        read_coco_detections(write(tmp_path, {"boxes": []}))

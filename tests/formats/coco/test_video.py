from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions
from annotator.formats.coco.video import read_coco_video
from annotator.formats.reading import json_stream
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.rle import check_rle, mask_from_rle, picture_rle
from annotator.model.mask import Mask
from annotator.model.sequence import SequenceInfo


def content(**change: Any) -> dict[str, Any]:
    annotation = {"id": 1, "image_id": 5, "category_id": 3, "track_id": 1, "bbox": [1, 2, 3, 4], **change}
    return {"annotations": [annotation], "categories": [{"id": 3, "name": "cat"}],
            "videos": [{"id": 9, "name": "v", "width": 20, "height": 10}],
            "images": [{"id": 5, "video_id": 9, "frame_id": 0}, {"id": 6, "video_id": 9, "frame_id": 1}]}


def write(folder: Path, value: Any) -> Path:
    path = folder / "ann.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_annotations_may_come_before_what_they_refer_to(tmp_path: Path) -> None:
    [read] = read_coco_video(write(tmp_path, content()))
    assert (read.info.name, read.info.frame_count, read.info.labels) == ("v", 2, ("cat",))
    [frame] = read.frames
    assert list(frame.boxes[0].box_xyxy) == [1, 2, 4, 6]
    assert list(read.frames) == [frame]


@pytest.mark.parametrize(("change", "message"), [
    ({"bbox": [1, 2, 3]}, r"annotation 1 with bbox \[1, 2, 3\]"),
    ({"bbox": [1, 2, float("nan"), 3]}, "annotation 1 with bbox"),
    ({"bbox": [1, 2, -1, 3]}, "annotation 1 with bbox"),
    ({"image_id": 7}, "annotation of image 7, which is not listed"),
    ({"track_id": 1.5}, "track_id '1.5'"),
    ({"category_id": None}, "category_id 'None'"),
    ({"score": "x"}, "score 'x'"),
    ({"segmentation": {"size": [10, 20], "counts": "garbage~"}}, "not compressed run lengths .* box 0"),
    ({"segmentation": {"size": [10, 20], "counts": [5]}}, "runs of 5 pixels in a frame of 10 x 20"),
    ({"segmentation": {"size": [2, 2], "counts": [4]}}, "a mask of 2 x 2 in a frame of 10 x 20"),
    ({"segmentation": [[1, 2]]}, "fewer than three corners"),
])
def test_bad_annotations_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_coco_video(write(tmp_path, content(**change)))


def test_a_track_twice_in_a_frame(tmp_path: Path) -> None:
    value = content()
    value["annotations"] *= 2
    with pytest.raises(FormatError, match="track 1 twice in frame 0 of video v"):
        read_coco_video(write(tmp_path, value))


def test_frames_beyond_the_video(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="beyond the video's last frame 0"):
        read_coco_video(write(tmp_path, content()), ImportOptions(info=SequenceInfo("v", 20, 10, 30, 1)))


def test_polygons_and_strange_identities(tmp_path: Path) -> None:
    value = content(track_id="cow-a", segmentation=[[0, 0, 4, 0, 4, 4, 0, 4]], iscrowd=1)
    [read] = read_coco_video(write(tmp_path, value))
    [box] = next(iter(read.frames)).boxes
    assert (box.number, box.ignored) == (1, True)
    assert box.mask is not None
    assert box.mask.area() == 16


def test_plain_coco_reads_as_one_video(tmp_path: Path) -> None:
    value = {"images": [{"id": 8}, {"id": 2}], "annotations": [
        {"id": 1, "image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]}]}
    [read] = read_coco_video(write(tmp_path, value))
    [frame] = read.frames
    assert (frame.frame_index, frame.boxes[0].number, read.info.labels) == (1, None, ("category 1",))


@pytest.mark.parametrize(("path", "videos", "boxes"), [
    ("formats/mmtracking/demo_cocovid_data/ann.json", 1, 10),
])
def test_files_of_other_tools(samples: Path, path: str, videos: int, boxes: int) -> None:
    read = read_coco_video(samples / path)
    assert len(read) == videos
    assert sum(len(frame.boxes) for each in read for frame in each.frames) == boxes
    assert (read[0].info.width, read[0].info.height) == (512, 256)


values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                      lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(st.text(), values), chunk=st.integers(1, 7), indent=st.sampled_from([None, 1]))
def test_streamed_json_is_json(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any], chunk: int,
                               indent: int | None) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=False), encoding="utf-8")
    expected = [(key, item) for key, each in value.items() for item in (each if isinstance(each, list) else [each])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        assert list(iterate_json(path, "JSON")) == expected


@pytest.mark.parametrize(("text", "message"), [
    ('[1, 2]', "line 1 column 1 is not JSON: found '\\['"),
    ('{"a": [1,\n 2', "line 2 column 3 is not JSON: found 'the end of the file' where ']' belongs"),
    ('{"a": [1,\n x]}', "line 2 column 2 is not JSON"),
    ('{"a": 1} x', "text after the end"),
    ('{"a" 1}', "where ':' belongs"),
    ("", "the end of the file"),
])
def test_broken_json_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        list(iterate_json(write(tmp_path, text), "COCO-VID"))


@settings(max_examples=80, deadline=None)
@given(bits=st.lists(st.booleans(), min_size=12, max_size=12), left=st.integers(-3, 6), top=st.integers(-4, 6))
def test_run_length_code_is_pycocotools(bits: list[bool], left: int, top: int) -> None:
    width, height = 7, 6
    mask = Mask.from_bitmap(np.array(bits).reshape(4, 3), left, top)
    counts = picture_rle(mask, width, height)
    code = {"size": [height, width], "counts": counts}
    bitmap = mask.to_bitmap(width, height)
    assert counts.encode() == coco_mask.encode(np.asfortranarray(bitmap, np.uint8))["counts"]
    assert check_rle(code) == (height, width)
    assert mask_from_rle(code) == Mask.from_bitmap(bitmap)


def test_masks_that_fill_columns(tmp_path: Path) -> None:
    mask = Mask.from_bitmap(np.ones((6, 7), bool))
    assert mask_from_rle({"size": [6, 7], "counts": picture_rle(mask, 7, 6)}) == mask
    assert mask_from_rle({"size": [6, 7], "counts": [0, 42]}) == mask

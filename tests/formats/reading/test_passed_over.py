"""Every reader counts what it does not take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.convert import convert
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.reading.passed_over import NO_SIZE, PassedOver
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

INFO = SequenceInfo("clip", 64, 48, 25.0, 6)
COCO: dict[str, Any] = {
    "videos": [{"id": 1, "name": "clip"}], "categories": [{"id": 1, "name": "fish"}],
    "images": [{"id": 1, "video_id": 1, "frame_id": 0, "width": 64, "height": 48, "file_name": "frame_000000.png"}],
    "annotations": [{"id": 1, "image_id": 1, "video_id": 1, "category_id": 1, "track_id": 1, "bbox": [1, 2, 3, 4]}]}
SCALABEL = {"frames": [{"name": "a-0000001.jpg", "videoName": "clip", "frameIndex": 0, "labels": [
    {"id": "1", "category": "car", "box2d": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}}]}]}
VIS = {"videos": [{"id": 1, "name": "clip", "width": 64, "height": 48, "file_names": ["a/00000.jpg"]}],
       "categories": [{"id": 1, "name": "fish"}],
       "annotations": [{"id": 1, "video_id": 1, "category_id": 1, "bboxes": [[1, 2, 3, 4]]}]}
SAV = {"video_id": "clip", "masklet_id": [0], "video_height": 48, "video_width": 64,
       "masklet": [[{"size": [48, 64], "counts": "d46Z10000000lc2"}]]}
KITTI = "0 1 Car 0 0 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10"
MOTS = "1 1001 1 48 64 d46Z10000000lc2"


def with_field(content: dict[str, Any], key: str) -> str:
    changed = json.loads(json.dumps(content))
    changed[key][0]["mood"] = 7
    return json.dumps(changed)


#: Format, file name, content with something unknown, and what the report must say of it.
UNKNOWN = [
    ("coco-video", "a.json", with_field(COCO, "annotations"), "field 'mood' of annotations"),
    ("coco-video", "a.json", with_field(COCO, "images"), "field 'mood' of images"),
    ("coco-video", "a.json", json.dumps({**COCO, "mood": [1, 2]}), "field 'mood' of the file"),
    ("coco", "a.json", with_field(COCO, "annotations"), "field 'mood' of annotations"),
    ("tao", "a.json", with_field(COCO, "annotations"), "field 'mood' of annotations"),
    ("youtube-vis", "a.json", with_field(VIS, "annotations"), "field 'mood' of annotations"),
    ("youtube-vis", "a.json", with_field(VIS, "videos"), "field 'mood' of videos"),
    ("scalabel", "a.json", with_field(SCALABEL, "frames"), "field 'mood' of frames"),
    ("bdd100k", "a.json", json.dumps({**SCALABEL, "mood": 1}), "field 'mood' of the file"),
    ("sa-v", "a.json", json.dumps({**SAV, "mood": 1}), "field 'mood' of the file"),
    ("mot", "a.txt", "1,1,1,2,3,4,1,1,1,0,7\n", "rows with more than ten columns (the rest is not read)"),
    ("mot", "a.txt", "1,1,1,2,3,4,1,4.5,5.5,0\n", "world coordinates (columns 8 to 10)"),
    ("mot-results", "a.txt", "1,1,1,2,3,4,1,3,1\n",
     "values in columns 8 to 10, which results and detections do not use"),
    ("mot-det", "a.txt", "1,-1,1,2,3,4,1,3,1\n", "values in columns 8 to 10, which results and detections do not use"),
    ("kitti", "a.txt", KITTI.replace("-10 1 2", "0.5 1 2"), "observation angles (alpha) of boxes"),
    ("kitti", "a.txt", KITTI.replace("-1 -1 -1", "1 2 3"), "3D boxes"),
    ("uavdt", "a_gt_whole.txt", "1,1,1,2,3,4,2,1,1\n", "marks as partly out of view"),
    ("mots", "a.txt", f"{MOTS} 7\n", "rows with more than six columns (the rest is not read)"),
    ("csv", "a.csv", "frame,x1,y1,x2,y2,mood\n0,1,2,3,4,good\n", "values of column 'mood'"),
    ("csv", "a.csv", "frame,x1,y1,x2,y2\n0,1,2,3,4,good\n",
     "rows with more columns than the header (the rest is not read)"),
    ("vatic", "a.txt", '0 1 2 30 40 0 0 0 0 "car" "red"\n', "attributes of boxes"),
    ("fiftyone", "samples.json", json.dumps({"samples": [{"filepath": "a.mp4", "frames": {"1": {
        "frame_number": 1, "mood": 7, "gt": {"_cls": "Detections", "detections": [
            {"_cls": "Detection", "label": "car", "bounding_box": [0, 0, 0.5, 0.5]}]}}}}]}), "field 'mood' of frames"),
    ("detrac", "a.xml", '<sequence name="clip"><frame num="1"><target_list><target id="1"><box left="1" top="2" '
     'width="3" height="4"/><attribute vehicle_type="car" speed="3"/></target></target_list></frame></sequence>',
     "field 'speed' of targets"),
]


def read(folder: Path, name: str, file: str, text: str, **options: Any) -> LabelledSequence:
    (folder / file).write_text(text, encoding="utf-8")
    [found] = get_format(name).read(folder / file, ImportOptions(info=INFO, **options))
    return found


@pytest.mark.parametrize(("name", "file", "text", "what"), UNKNOWN)
def test_what_is_not_taken_is_counted(name: str, file: str, text: str, what: str, tmp_path: Path) -> None:
    found = read(tmp_path, name, file, text)
    assert found.dropped[what] == (2 if '"mood": [1, 2]' in text else 1)
    assert found.boxes == 1


def test_empty_fields_lose_nothing_and_long_names_stay_short() -> None:
    passed = PassedOver()
    passed.fields({"a": None, "b": "", "c": [], "d": {}, "known": 1}, frozenset({"known"}), "things")
    assert not passed.counts
    passed.fields({"x\n" * 100: 0}, frozenset(), "things")
    [name] = passed.counts
    assert len(name) < 80
    assert "\n" not in name
    for number in range(1000):
        passed.fields({str(number): 1}, frozenset(), "things")
    assert len(passed.counts) < 110
    assert sum(passed.counts.values()) == 1001


#: Format, file name, a good row and an odd one.
ODD = [
    ("mot", "a.txt", "1,1,1,2,3,4,1,1,1\n2,1,nan,nan,nan,nan,1,1,1\n"),
    ("mot", "a.txt", "1,1,1,2,3,4,1,1,1\n2,1,,,,,1,1,1\n"),
    ("mot", "a.txt", "1,1,1,2,3,4,1,1,1\n2,nan,1,2,-3,4,1,1,1\n"),
    ("mot-results", "a.txt", "1,1,1,2,3,4,inf\n1,2,1,2,3,4,0.5\n"),
    ("kitti", "a.txt", f"{KITTI}\n{KITTI.replace('1 2 3 4', 'nan 2 3 4')}"),
    ("kitti", "a.txt", f"{KITTI}\n{KITTI.replace('1 2 3 4', '5 2 3 4')}"),
    ("uavdt", "a_gt_whole.txt", "1,1,1,2,3,4,1,1,1\n2,1,1,2,-3,4,1,1,1\n"),
    ("csv", "a.csv", "frame,x1,y1,x2,y2\n0,1,2,3,4\n1,,,,\n"),
    ("csv", "a.csv", "frame,x1,y1,x2,y2,score\n0,1,2,3,4,nan\n1,1,2,3,4,1\n"),
    ("yolo", "a_1.txt", "0 0.5 0.5 0.1 0.2\n0 nan 0.5 0.1 0.2\n"),
    ("yolo", "a_1.txt", "0 0.5 0.5 0.1 0.2\n0 0.5 0.5 -0.1 0.2\n"),
    ("vatic", "a.txt", '0 1 2 30 40 0 0 0 0 "car"\n0 9 2 3 40 1 0 0 0 "car"\n'),
    *((name, "a.json", json.dumps({**COCO, "annotations": [
        COCO["annotations"][0], {**COCO["annotations"][0], "id": 2, "track_id": 2, "bbox": box}]}))
      for name in ("coco", "coco-video", "tao") for box in ([1, 2, -3, 4], [float("nan"), 2, 3, 4], [None, 2, 3, 4])),
    ("scalabel", "a.json", json.dumps({"frames": [{"videoName": "clip", "labels": [
        {"id": "1", "box2d": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}},
        {"id": "2", "box2d": {"x1": 1, "y1": 2, "x2": float("nan"), "y2": 4}}]}]})),
]


@pytest.mark.parametrize(("name", "file", "text"), ODD)
def test_an_odd_row_is_skipped_and_counted_or_refused(name: str, file: str, text: str, tmp_path: Path) -> None:
    found = read(tmp_path, name, file, text)
    assert (found.boxes, found.dropped) == (1, {INVALID_ROWS: 1})
    assert any("first row that was skipped" in note for note in found.notes)
    with pytest.raises(FormatError, match=r"found.*expected"):
        read(tmp_path, name, file, text, strict=True)


@pytest.mark.parametrize(("name", "file", "text"), [
    ("mot", "a.txt", "1,1,nan,2,3,4,1,1,1\n"), ("kitti", "a.txt", KITTI.replace("1 2 3 4", "nan 2 3 4")),
    ("csv", "a.csv", "frame,x1,y1,x2,y2\n0,,,,\n"),
    ("coco-video", "a.json", json.dumps({**COCO, "annotations": [{**COCO["annotations"][0], "bbox": [1, 2, -3, 4]}]}))])
def test_a_file_without_any_valid_row_is_refused(name: str, file: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"found.*expected"):
        read(tmp_path, name, file, text)


def test_a_conversion_counts_what_belongs_to_the_whole_file_once(tmp_path: Path) -> None:
    content = {**COCO, "videos": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "mood": 1, "images": [
        {"id": video, "video_id": video, "frame_id": 0, "width": 64, "height": 48} for video in (1, 2)],
        "annotations": [{**COCO["annotations"][0], "id": video, "image_id": video, "odd": 1} for video in (1, 2)]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    report = convert(tmp_path / "a.json", "coco-video", "mot", tmp_path / "out", ExportOptions(masks=False))
    assert report.left_out == {"field 'mood' of the file": 1, "field 'odd' of annotations": 2}
    assert report.to_json()["left_out"] == report.left_out


@pytest.mark.parametrize(("name", "file", "text"), [
    ("mot", "a.txt", "0,1,1,2,3,4,1,1,1\n"), ("uavdt", "a_gt_whole.txt", "0,1,1,2,3,4,1,1,1\n"),
    ("mots", "a.txt", MOTS.replace("1 1001", "0 1001"))])
def test_frame_0_names_the_remedy(name: str, file: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"--first-frame 0"):
        read(tmp_path, name, file, text)
    assert read(tmp_path, name, file, text, first_frame=0).boxes == 1


@pytest.mark.parametrize(("name", "file", "text"), [
    ("mot", "a.txt", "3,1,1,2,3,4,1,1,1\n"), ("mot-results", "a.txt", "3,1,1,2,3,4,1\n"),
    ("kitti", "a.txt", KITTI.replace("0 1 Car", "2 1 Car")), ("yolo", "a_3.txt", "0 0.5 0.5 0.1 0.2 1\n"),
    ("coco-video", "a.json", json.dumps({**COCO, "images": [{**COCO["images"][0], "frame_id": 2}]})),
    ("csv", "a.csv", "frame,x1,y1,x2,y2\n2,1,2,3,4\n")])
def test_an_unknown_length_is_not_a_length_of_0(name: str, file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    options = ImportOptions(info=SequenceInfo("x", 64, 48, 25.0, 0))
    [found] = get_format(name).read(tmp_path / file, options)
    assert (found.info.frame_count, found.info.fps, [frame.frame_index for frame in found.frames]) == (3, 25.0, [2])


POLYGON = [[4.0, 4.0, 12.0, 4.0, 12.0, 10.0, 4.0, 10.0]]
POLYGONS = [
    ("coco", "a.json", json.dumps({
        "images": [{"id": 1, "file_name": "clip/1.jpg"}], "categories": [{"id": 1, "name": "fish"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 4, 8, 6], "segmentation": POLYGON}]})),
    ("datumaro", "a.json", json.dumps({
        "categories": {"label": {"labels": [{"name": "fish"}]}},
        "items": [{"id": "1", "annotations": [{"type": "polygon", "label_id": 0, "points": POLYGON[0]}]}]})),
    ("labelme", "frame_000001.json", json.dumps({
        "imagePath": "1.jpg", "shapes": [{"label": "fish", "shape_type": "polygon", "points": [
            POLYGON[0][at:at + 2] for at in range(0, 8, 2)]}]})),
    ("scalabel", "a.json", json.dumps({"frames": [{"name": "1", "labels": [{
        "id": "1", "category": "fish", "poly2d": [{"vertices": [POLYGON[0][at:at + 2] for at in range(0, 8, 2)],
                                                   "types": "LLLL", "closed": True}]}]}]})),
    ("cvat", "a.xml", '<annotations><track id="1" label="fish"><polygon frame="0" outside="0" occluded="0" '
                      'keyframe="1" points="4,4;12,4;12,10;4,10"/></track></annotations>'),
]


@pytest.mark.parametrize(("name", "file", "text"), POLYGONS, ids=[each[0] for each in POLYGONS])
def test_polygons_without_frame_size_are_filled_in_the_video_or_counted(name: str, file: str, text: str,
                                                                        tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    [alone] = get_format(name).read(tmp_path, ImportOptions())
    [box] = [box for frame in alone.frames for box in frame.boxes]
    assert box.mask is None
    assert alone.dropped[NO_SIZE] == 1
    [sized] = get_format(name).read(tmp_path, ImportOptions(info=SequenceInfo("clip", 40, 30, 25.0, 5)))
    [box] = [box for frame in sized.frames for box in frame.boxes]
    assert box.mask is not None
    assert box.mask.area() == 48
    assert NO_SIZE not in sized.dropped

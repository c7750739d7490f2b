"""CVAT's XML as CVAT writes it: keyframes, turned boxes, masks, attributes, projects and images."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.convert import read_labels
from annotator.formats.guess import guess_formats
from annotator.formats.reading.archives import unpacked
from annotator.formats.reading.passed_over import ROTATIONS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

INFO = SequenceInfo("clip", 640, 360, 25.0, 50)
HEAD = ("<annotations><version>1.1</version><meta><task><id>7</id><name>clip</name><size>50</size><labels><label>"
        "<name>fish</name></label></labels><original_size><width>640</width><height>360</height></original_size></task>"
        "</meta>")


def box(frame: int, left: float, outside: int = 0, more: str = "", inside: str = "", keyframe: int = 1) -> str:
    return (f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{keyframe}" xtl="{left}" ytl="10" '
            f'xbr="{left + 20}" ybr="30" z_order="0" {more}>{inside}</box>')


def track(content: str, number: object = 1, more: str = "") -> str:
    return f'<track id="{number}" label="fish" source="manual" {more}>{content}</track>'


def read(folder: Path, content: str, head: str = HEAD, **options: Any) -> list[LabelledSequence]:
    path = folder / "a.xml"
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>{head}{content}</annotations>', encoding="utf-8")
    return get_format("cvat").read(path, ImportOptions(info=INFO, **options))


def lefts(found: LabelledSequence, number: int = 1) -> dict[int, float]:
    return {frame.frame_index: round(each.box_xyxy[0], 3) for frame in found.frames for each in frame.boxes
            if each.number == number}


def test_boxes_between_keyframes_are_filled_in_up_to_outside(tmp_path: Path) -> None:
    [found] = read(tmp_path, track(box(0, 10) + box(4, 18) + box(5, 20, 1) + box(9, 50) + box(11, 60, 1)))
    assert lefts(found) == {0: 10, 1: 12, 2: 14, 3: 16, 4: 18, 9: 50, 10: 55}
    assert [each.interpolated for frame in found.frames for each in frame.boxes] == [
        False, True, True, True, False, False, True]
    assert any(note.startswith("4 boxes between keyframes") for note in found.notes)


def test_steps_are_filled_in_too(tmp_path: Path) -> None:
    [found] = read(tmp_path, track(box(0, 10) + box(5, 20, keyframe=0) + box(10, 30) + box(15, 30, 1)))
    assert lefts(found) == {frame: 10 + 2 * min(frame, 10) for frame in range(15)}


def test_a_gap_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="a gap of 2000000000 frames"):
        read(tmp_path, track(box(0, 10) + box(2_000_000_000, 18)))


@pytest.mark.parametrize(("degrees", "edges"), [
    ("90.00", (10, 10, 30, 30)), ("180", (10, 10, 30, 30)), ("45", (5.858, 5.858, 34.142, 34.142)),
    ("-45", (5.858, 5.858, 34.142, 34.142)), ("0.0", (10, 10, 30, 30))])
def test_turned_boxes_are_read_as_their_hulls(degrees: str, edges: tuple[float, ...], tmp_path: Path) -> None:
    [found] = read(tmp_path, track(box(0, 10, more=f'rotation="{degrees}"')))
    [each] = [each for frame in found.frames for each in frame.boxes]
    assert tuple(round(edge, 3) for edge in each.box_xyxy) == edges
    assert found.dropped == ({} if degrees == "0.0" else {ROTATIONS: 1})


@pytest.mark.parametrize(("shape", "edges", "area", "counted"), [
    ('<mask frame="0" outside="0" keyframe="1" rle="0, 5, 1, 4" left="50" top="60" width="5" height="2"/>',
     (50, 60, 55, 62), 9, None),
    ('<polygon frame="0" outside="0" keyframe="1" points="10,10;20,10;20,30;10,30"/>', (10, 10, 20, 30), 200, None),
    ('<ellipse frame="0" outside="0" keyframe="1" cx="100" cy="100" rx="20" ry="10"/>', (80, 90, 120, 110), 620, None),
    ('<ellipse frame="0" outside="0" keyframe="1" cx="100" cy="100" rx="20" ry="10" rotation="90"/>',
     (90, 80, 110, 120), 620, None),
    ('<points frame="0" outside="0" keyframe="1" points="1,2;5,8"/>', (1, 2, 5, 8), None,
     "points shapes (the boxes around them are read)"),
    ('<polyline frame="0" outside="0" keyframe="1" points="1,2;5,8"/>', (1, 2, 5, 8), None,
     "polyline shapes (the boxes around them are read)"),
    ('<skeleton frame="0" keyframe="1"><points label="1" outside="0" points="3,4"/><points label="2" outside="0" '
     'points="9,8"/><points label="3" outside="1" points="90,80"/></skeleton>', (3, 4, 9, 8), None,
     "skeleton shapes (the boxes around them are read)")])
def test_other_shapes(shape: str, edges: tuple[int, ...], area: int | None, counted: str | None,
                      tmp_path: Path) -> None:
    [found] = read(tmp_path, track(shape))
    [each] = [each for frame in found.frames for each in frame.boxes]
    assert tuple(map(round, each.box_xyxy)) == edges
    assert found.dropped == ({} if counted is None else {counted: 1})
    if area is None:
        assert each.mask is None
    else:
        assert each.mask is not None
        assert abs(each.mask.area() - area) <= 0.03 * area


@pytest.mark.parametrize("mask", ['rle="0,99" left="0" top="0" width="5" height="2"',
                                  'rle="0,-1" left="0" top="0" width="5" height="2"',
                                  'rle="x" left="0" top="0" width="5" height="2"',
                                  'rle="1" left="0" top="0" width="99999999" height="99999999"'])
def test_masks_that_are_none_are_refused(mask: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="track 1 mask in frame 0"):
        read(tmp_path, track(f'<mask frame="0" outside="0" {mask}/>'))


def test_a_mask_stays_until_the_next(tmp_path: Path) -> None:
    mask = '<mask frame="{}" outside="{}" keyframe="1" rle="0,4" left="{}" top="6" width="2" height="2"/>'
    [found] = read(tmp_path, track(mask.format(0, 0, 5) + mask.format(3, 0, 9) + mask.format(5, 1, 9)))
    assert lefts(found) == {0: 5, 1: 5, 2: 5, 3: 9, 4: 9}
    assert all(each.mask is not None for frame in found.frames for each in frame.boxes)


def test_a_value_holds_from_its_keyframe_until_the_next_change(tmp_path: Path) -> None:
    states = [box(frame, 10, inside=f'<attribute name="state">{state}</attribute>' if state is not None else "")
              for frame, state in ((0, "swim"), (3, "rest"), (5, None), (6, ""), (7, "swim"))]
    [found] = read(tmp_path, track("".join(states)))
    assert [each.attributes.get("state") for frame in found.frames for each in frame.boxes] == [
        *["swim"] * 3, *["rest"] * 3, None, "swim", *["swim"] * (len(list(found.frames)) - 8)]
    assert found.dropped == {}


def test_an_id_that_a_file_has_twice_is_two_tracks(tmp_path: Path) -> None:
    [found] = read(tmp_path, track(box(0, 10)) + track(box(0, 60)) + track(box(0, 90), 2))
    assert sorted(each.number or 0 for frame in found.frames for each in frame.boxes) == [1, 2, 3]
    assert any("2 tracks got a new number" in note for note in found.notes)


def test_unknown_elements_and_fields_are_counted(tmp_path: Path) -> None:
    [found] = read(tmp_path, track(box(0, 10, more='mood="good"') + "<cube/>") + '<tag label="x" frame="0"/>')
    assert found.dropped == {"field 'mood' of shapes": 1, "<cube> elements of tracks": 1, "<tag> elements": 1}


PROJECT = ("<annotations><meta><project><name>p</name><tasks>"
           "<task><id>3</id><name>clip</name><size>50</size><original_size><width>640</width><height>360</height>"
           "</original_size></task><task><id>4</id><name>other</name><size>20</size><original_size><width>320</width>"
           "<height>200</height></original_size></task></tasks></project></meta>")


def test_each_task_of_a_project_is_a_video(tmp_path: Path) -> None:
    found = read(tmp_path, track(box(0, 10), 1, 'task_id="3"') + track(box(1, 20), 1, 'task_id="4"'), PROJECT)
    assert [(each.info.name, each.info.width, each.boxes, lefts(each)) for each in found] == [
        ("clip", 640, 1, {0: 10}), ("other", 320, 1, {1: 20})]
    assert found[1].info.frame_count == 20


IMAGES = ('<image id="0" name="frame_000005.png" width="640" height="360"><box label="fish" occluded="1" xtl="1" '
          'ytl="2" xbr="3" ybr="4"><attribute name="track_id">7</attribute></box></image>'
          '<image id="1" name="frame_000002.png" width="640" height="360"><polygon label="crab" '
          'points="1,2;9,2;9,8"><attribute name="size">big</attribute></polygon></image>')


def test_images_lie_on_the_frames_of_their_names(tmp_path: Path) -> None:
    [found] = read(tmp_path, IMAGES, picture_names=tuple(f"frame_{number:06d}.jpg" for number in range(50)))
    assert [(frame.frame_index, each.number, found.info.labels[each.label], each.occluded)
            for frame in found.frames for each in frame.boxes] == [(2, None, "crab", False), (5, 7, "fish", True)]
    assert found.dropped == {"attribute 'size' of shapes": 1}


def packed(path: Path, entries: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(("entries", "name"), [
    ({"annotations.xml": f"{HEAD}{track(box(0, 10))}</annotations>"}, "cvat"),
    ({"gt/gt.txt": "1,1,1,2,3,4,1,1,1\n", "gt/labels.txt": "fish\n", "img1/1.png": b"x"}, "mot"),
    ({"obj.names": "fish\n", "train.txt": "data/obj_train_data/frame_000000.PNG\n",
      "obj_train_data/frame_000000.txt": "0 0.5 0.5 0.1 0.2\n"}, "yolo"),
    ({"annotations/instances_default.json": '{"images": [{"id": 1, "file_name": "frame_000000.png"}], "categories": '
      '[{"id": 1, "name": "fish"}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1, '
      '"bbox": [1, 2, 3, 4]}]}'}, "coco")])
def test_a_zip_is_read_as_it_is(entries: dict[str, str | bytes], name: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "task.zip", entries)
    assert guess_formats(path) == (name,)
    [found] = read_labels(get_format(name), path, ImportOptions(info=INFO))
    assert found.boxes == sum(len(frame.boxes) for frame in found.frames) == 1
    assert found.info.labels[next(iter(found.frames)).boxes[0].label] == "fish"


@pytest.mark.parametrize(("entries", "reason"), [
    ({"../evil.txt": "x"}, "leads out of it"), ({"/etc/evil.txt": "x"}, "leads out of it"),
    ({"C:\\evil.txt": "x"}, "leads out of it"), ({"bomb.txt": bytes(40_000_000)}, "more than label files do")])
def test_a_zip_that_is_none_of_labels_is_not_unpacked(entries: dict[str, str | bytes], reason: str, tmp_path: Path,
                                                      ) -> None:
    path = packed(tmp_path / "task.zip", entries)
    with pytest.raises(FormatError, match=reason), unpacked(path):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["task.zip"]
    assert guess_formats(path) == ()


def test_a_damaged_zip_is_named_and_errors_name_the_zip(tmp_path: Path) -> None:
    path = tmp_path / "task.zip"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(FormatError, match="damaged"):
        read_labels(get_format("cvat"), path, ImportOptions())
    packed(path, {"annotations.xml": "<annotations><track/></annotations>"})
    with pytest.raises(FormatError, match=r"task\.zip/annotations\.xml track"):
        read_labels(get_format("cvat"), path, ImportOptions())

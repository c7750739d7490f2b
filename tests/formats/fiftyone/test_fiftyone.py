"""FiftyOne's folders as its exporters lay them out: whole data sets, their predecessor, and video labels."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.fiftyone import detections
from annotator.formats.fiftyone.detections import SCALED
from annotator.formats.guess import guess_formats
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

FIFTYONE = get_format("fiftyone")
INFO = SequenceInfo("clip", 200, 100, 25.0, 20)
METADATA = {"_cls": "VideoMetadata", "frame_width": 200, "frame_height": 100, "frame_rate": 30.0,
            "total_frame_count": 12}


def packed(mask: np.ndarray[Any, Any]) -> str:
    stream = io.BytesIO()
    np.save(stream, mask)
    return base64.b64encode(zlib.compress(stream.getvalue())).decode()


def detection(label: str, index: int | None, box: list[Any], **more: Any) -> dict[str, Any]:
    return {"_id": {"$oid": "f"}, "_cls": "Detection", "attributes": {}, "tags": [], "label": label,
            "bounding_box": box, "index": index, **more}


def frame(sample: str, number: int, **fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"_id": {"$oid": "e"}, "_sample_id": {"$oid": sample}, "frame_number": number,
            **{name: {"_cls": "Detections", "detections": boxes} for name, boxes in fields.items()}}


def dataset(folder: Path, listed: list[dict[str, Any]], names: tuple[str, ...] = ("clip",), **sample: Any) -> Path:
    samples = [{"_id": {"$oid": name}, "filepath": f"data/{name}.mp4", "tags": [], "metadata": METADATA,
                "_media_type": "video", **sample} for name in names]
    folder.mkdir(exist_ok=True)
    (folder / "samples.json").write_text(json.dumps({"samples": samples}))
    (folder / "frames.json").write_text(json.dumps({"frames": listed}))
    (folder / "metadata.json").write_text(json.dumps({"name": "x", "media_type": "video", "sample_fields": []}))
    return folder


def read(path: Path, **options: Any) -> LabelledSequence:
    assert guess_formats(path) == ("fiftyone",)
    [found] = FIFTYONE.read(path, ImportOptions(**options))
    return found


def rows(found: LabelledSequence) -> list[tuple[int, int | None, str, tuple[int, ...]]]:
    return [(each.frame_index, box.number, found.info.labels[box.label], tuple(map(round, box.box_xyxy)))
            for each in found.frames for box in each.boxes]


BOX = [0.05, 0.1, 0.1, 0.2]


def test_frames_of_a_video(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "a", [
        frame("clip", 3, ground_truth=[detection("car", 4, BOX, confidence=0.5, occluded=True, color="red",
                                                 tags=["x"])]),
        frame("clip", 1, ground_truth=[detection("bus", None, [0, 0, 1, 1])])])
    found = read(folder)
    assert (found.info.name, found.info.width, found.info.height, found.info.fps, found.info.frame_count) == (
        "clip", 200, 100, 30.0, 12)
    assert rows(found) == [(0, None, "bus", (0, 0, 200, 100)), (2, 4, "car", (10, 10, 30, 30))]
    last = [box for each in found.frames for box in each.boxes][-1]
    assert (last.score, last.occluded, dict(last.attributes)) == (0.5, True, {"color": "red"})
    assert found.dropped == {"field 'tags' of boxes": 1}
    assert rows(read(folder / "frames.json")) == rows(read(folder / "samples.json")) == rows(found)


def test_videos_stay_apart_and_frames_of_none_are_counted(tmp_path: Path) -> None:
    boxes = [detection("car", 1, BOX)]
    folder = dataset(tmp_path / "a", [frame("one", 1, gt=boxes), frame("two", 2, gt=boxes), frame("lost", 2, gt=boxes)],
                     ("one", "two"))
    one, two = FIFTYONE.read(folder, ImportOptions())
    assert [(each.info.name, rows(each)[0][0]) for each in (one, two)] == [("one", 0), ("two", 1)]
    assert one.dropped == {"frames of samples that are not in the data set": 1}


@pytest.mark.parametrize(("fields", "label", "counted"), [
    ({"a": 1, "b": 2}, "b", "boxes of field 'a' (those of 'b' are read)"),
    ({"ground_truth": 1, "a": 3}, "ground_truth", "boxes of field 'a' (those of 'ground_truth' are read)"),
    ({"b": 1, "a": 1}, "a", "boxes of field 'b' (those of 'a' are read)")])
def test_one_field_is_read_and_the_others_are_counted(fields: dict[str, int], label: str, counted: str,
                                                      tmp_path: Path) -> None:
    each = frame("clip", 1, **{name: [detection(name, None, BOX)] * count for name, count in fields.items()})
    found = read(dataset(tmp_path / "a", [each, {**frame("clip", 2), "weather": {"_cls": "Classification"}}]))
    assert {row[2] for row in rows(found)} == {label}
    assert found.dropped == {counted: sum(fields.values()) - fields[label], "labels of kind 'Classification'": 1}


def test_an_index_belongs_to_its_label(tmp_path: Path) -> None:
    found = read(dataset(tmp_path / "a", [
        frame("clip", 1, gt=[detection("car", 1, BOX), detection("bus", 1, BOX), detection("car", 2, BOX)]),
        frame("clip", 2, gt=[detection("bus", 1, BOX), detection("car", 1, BOX)])]))
    assert [row[:3] for row in rows(found)] == [
        (0, 1, "car"), (0, 3, "bus"), (0, 2, "car"), (1, 3, "bus"), (1, 1, "car")]
    assert any("1 of bus is 3" in note for note in found.notes)


def test_instances_are_tracks_too(tmp_path: Path) -> None:
    def of(oid: str) -> dict[str, Any]:
        return detection("car", None, BOX, instance={"_cls": "Instance", "_id": {"$oid": oid}})

    found = read(dataset(tmp_path / "a", [frame("clip", 1, gt=[of("x"), of("y"), detection("car", 5, BOX)]),
                                          frame("clip", 2, gt=[of("y")])]))
    assert [row[:2] for row in rows(found)] == [(0, 6), (0, 7), (0, 5), (1, 7)]
    assert not found.notes


def test_masks_lie_in_their_boxes(tmp_path: Path) -> None:
    exact, small = np.zeros((20, 20), bool), np.ones((2, 2), bool)
    exact[5:10, 2:6] = True
    small[0] = False
    found = read(dataset(tmp_path / "a", [
        frame("clip", 1, gt=[detection("car", 1, BOX, mask={"$binary": {"base64": packed(exact), "subType": "00"}})]),
        frame("clip", 2, gt=[detection("car", 1, BOX, mask={"$binary": packed(small), "$type": "00"})])]))
    first, second = [box.mask for each in found.frames for box in each.boxes]
    assert first is not None
    assert second is not None
    assert (first.box_xyxy, first.area()) == ((12, 15, 16, 20), 20)
    assert (second.box_xyxy, second.area()) == ((10, 20, 30, 30), 200)
    assert found.dropped == {SCALED: 1}


@pytest.mark.parametrize("mask", ["!", packed(np.zeros(3, bool)), packed(np.zeros((2, 2), float)),
                                  base64.b64encode(b"x").decode(), base64.b64encode(zlib.compress(b"x")).decode()])
def test_masks_that_are_none_are_refused(mask: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "a", [frame("clip", 1, gt=[detection("car", 1, BOX, mask={"$binary": {
        "base64": mask}})])])
    with pytest.raises(FormatError, match="mask that cannot be read"):
        FIFTYONE.read(folder, ImportOptions())


def test_a_mask_that_unpacks_to_more_than_a_frame_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detections, "LARGEST_PICTURE", 10_000)
    folder = dataset(tmp_path / "a", [frame("clip", 1, gt=[detection("car", 1, BOX, mask={"$binary": {
        "base64": packed(np.zeros((200, 100), bool))}})])])
    with pytest.raises(FormatError, match="more data than a frame has pixels"):
        FIFTYONE.read(folder, ImportOptions())


def test_the_size_comes_from_the_video_if_the_file_has_none(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "a", [frame("clip", 1, gt=[detection("car", 1, BOX)])], metadata=None)
    assert rows(read(folder, info=INFO))[0][3] == (10, 10, 30, 30)
    with pytest.raises(FormatError, match="give --size"):
        FIFTYONE.read(folder, ImportOptions())


def test_odd_boxes_are_counted_and_odd_frames_refused(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "a", [frame("clip", 1, gt=[
        detection("car", 1, BOX), detection("car", 2, [0, 0, None, 1]), detection("car", 3, [0, 0, -1, 1]),
        detection("car", -1, BOX)])])
    found = read(folder)
    assert found.boxes == 2
    assert found.dropped == {INVALID_ROWS: 2, "indices of boxes that are no whole number from 0 on": 1}
    dataset(folder, [frame("clip", 0, gt=[detection("car", 1, BOX)])])
    with pytest.raises(FormatError, match="frame -1"):
        FIFTYONE.read(folder, ImportOptions())
    assert rows(read(folder, first_frame=0))[0][0] == 0


def test_the_predecessor_keeps_frames_in_files_of_their_own(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "a", [], frames="/elsewhere/frames/clip.json")
    (folder / "frames.json").unlink()
    (folder / "frames").mkdir()
    (folder / "frames" / "clip.json").write_text(json.dumps({"frames": {
        "7": {"frame_number": 7, "gt": {"_cls": "Detections", "detections": [detection("car", 1, BOX)]}}}}))
    [found] = FIFTYONE.read(folder, ImportOptions())
    assert rows(found) == [(6, 1, "car", (10, 10, 30, 30))]
    (folder / "frames" / "clip.json").unlink()
    with pytest.raises(FormatError, match=r"clip\.json does not exist"):
        FIFTYONE.read(folder, ImportOptions())


@pytest.mark.parametrize(("numbers", "frames"), [((3, 5), [2, 4]), ((None, None), [4, 9])])
def test_pictures_are_frames_of_a_video(numbers: tuple[int | None, ...], frames: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "samples.json").write_text(json.dumps({"samples": [
        {"filepath": f"data/cam_{at}.jpg", "metadata": {"width": 200, "height": 100}, "frame_number": number,
         "gt": {"_cls": "Detections", "detections": [detection("car", 1, BOX)]}}
        for at, number in zip((4, 9), numbers, strict=True)]}))
    found = read(folder, picture_names=tuple(f"cam_{number}.jpg" for number in range(12)))
    assert rows(found) == [(frame, 1, "car", (10, 10, 30, 30)) for frame in frames]


def labels(folder: Path, objects: list[dict[str, Any]], **more: Any) -> Path:
    (folder / "labels").mkdir(parents=True)
    (folder / "manifest.json").write_text('{"type": "eta.core.datasets.LabeledVideoDataset", "index": []}')
    (folder / "labels" / "clip.json").write_text(json.dumps({"frames": {"3": {
        "frame_number": 3, "objects": {"type": "x", "objects": objects}, **more}}}))
    return folder


def eta_box(left: float, top: float, right: float, bottom: float) -> dict[str, Any]:
    return {"type": "x", "bottom_right": {"x": right, "y": bottom}, "top_left": {"x": left, "y": top}}


def test_video_labels(tmp_path: Path) -> None:
    mask = np.ones((20, 20), np.uint8)
    mask[10:] = 0
    folder = labels(tmp_path / "a", [
        {"type": "x", "label": "car", "bounding_box": eta_box(0.05, 0.1, 0.15, 0.3), "confidence": 0.5, "index": 4,
         "mask": packed(mask), "attrs": {"attrs": [{"type": "x", "name": "color", "value": "red"},
                                                  {"name": "occluded", "value": True}, {"name": "odd", "value": None},
                                                  ]}},
        {"label": "bus", "bounding_box": {"top_left": {"x": 0}}, "mood": 1}],
        keypoints={"type": "x", "keypoints": [1]}, polylines={"polylines": []})
    found = read(folder, info=INFO)
    assert rows(found) == [(2, 4, "car", (10, 10, 30, 30))]
    [box] = [box for each in found.frames for box in each.boxes]
    assert (box.score, box.occluded, dict(box.attributes)) == (0.5, True, {"color": "red"})
    assert box.mask is not None
    assert box.mask.area() == 200
    assert found.dropped == {"'keypoints' of frames": 1, "field 'mood' of objects": 1, INVALID_ROWS: 1,
                             "attributes of boxes that are no text, number or flag": 1}
    with pytest.raises(FormatError, match="give --size"):
        FIFTYONE.read(folder, ImportOptions())

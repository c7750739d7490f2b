from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from trackeval.datasets import MotChallenge2DBox

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.coco import check as coco_check
from annotator.formats.mot import check as mot_check
from annotator.formats.mot.classes import MOT_CLASSES, class_numbers, labels_text
from annotator.formats.registry import get_format, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

ROWS_AND_COCO = pytest.mark.parametrize("format_name", ["mot", "mot-results", "mot-det", "coco-video"])
EVERY = pytest.mark.parametrize("format_name", [each.name for each in writable()])


def box(number: int | None = 1, label: int = 0, left: float = 10.0, **more: Any) -> LabelledBox:
    return replace(LabelledBox(number, label, (left, 20.0, left + 30, 60.0), 0.75), **more)


def clip(count: int = 12) -> list[LabelledFrame]:
    return [LabelledFrame(index, (box(1), box(2, left=100.25)), index / 30) for index in range(count)]


def test_ground_truth_folder_and_trackevals_own_loader(tmp_path: Path, info: SequenceInfo) -> None:
    report = get_format("mot").write([(info, clip())], tmp_path, ExportOptions())
    assert (tmp_path / "clip/gt/gt.txt").read_text().splitlines()[:2] == [
        "1,1,10.00,20.00,30.00,40.00,1,1,1.0000", "1,2,100.25,20.00,30.00,40.00,1,1,1.0000"]
    assert (tmp_path / "clip/seqinfo.ini").read_text().splitlines() == [
        "[Sequence]", "name=clip", "imDir=img1", "frameRate=30", "seqLength=12", "imWidth=640", "imHeight=360",
        "imExt=.jpg"]
    assert report.checks == ("gt.txt: read back 24 rows, also with TrackEval 1.3.0",)
    assert not list(tmp_path.glob(".export-*"))
    get_format("mot-results").write([(info, clip())], tmp_path / "results", ExportOptions())
    raw = MotChallenge2DBox({
        "GT_FOLDER": str(tmp_path), "TRACKERS_FOLDER": str(tmp_path), "TRACKERS_TO_EVAL": ["results"],
        "TRACKER_SUB_FOLDER": "", "SEQ_INFO": {"clip": None}, "SKIP_SPLIT_FOL": True, "PRINT_CONFIG": False,
    }).get_raw_seq_data("results", "clip")
    assert raw["num_timesteps"] == 12
    assert all(np.allclose(overlap.diagonal(), 1) for overlap in raw["similarity_scores"])
    assert [ids.tolist() for ids in raw["tracker_ids"]] == [[1, 2]] * 12


def test_coco_video_is_what_pycocotools_reads(tmp_path: Path, info: SequenceInfo) -> None:
    mask = Mask.from_bitmap(np.ones((40, 30), bool), 10, 20)
    other = replace(info, name="other", labels=("dog", "object"))
    report = get_format("coco-video").write([
        (info, [LabelledFrame(3, (box(7, mask=mask),))]),
        (other, [LabelledFrame(0, (box(7), box(8, label=1)))])], tmp_path, ExportOptions())
    assert "pycocotools" in report.checks[0]
    coco = COCO(str(tmp_path / "annotations.json"))
    images = coco.dataset["images"]
    assert [image["frame_id"] for image in images] == [*range(12), *range(12)]
    assert images[12]["file_name"] == "other/img1/000001.jpg"
    first, second, third = coco.dataset["annotations"]
    assert coco.annToMask(first).sum() == first["area"] == 1200
    assert [each["track_id"] for each in (first, second, third)] == [7, 7, 8]
    assert [each["instance_id"] for each in (first, second, third)] == [1, 2, 3]
    assert [coco.cats[each["category_id"]]["name"] for each in (first, second, third)] == ["object", "dog", "object"]
    assert coco.imgs[first["image_id"]]["frame_id"] == 3


@ROWS_AND_COCO
def test_a_part_is_numbered_anew_and_the_sidecar_keeps_the_source(
        format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    frames = [frame for frame in clip() if frame.frame_index != 5]
    options = ExportOptions(first_frame=4, last_frame=6, field_check=False)
    report = get_format(format_name).write([(info, frames)], tmp_path, options)
    assert (report.frames, report.boxes) == (3, 4)
    [read] = get_format(format_name).read(tmp_path, ImportOptions())
    assert [frame.frame_index for frame in read.frames] == [0, 2]
    sidecar = json.loads(next(tmp_path.rglob("*export.json")).read_text())
    first = 0 if format_name == "coco-video" else 1
    [sequence] = sidecar["sequences"]
    assert sequence["frames"] == [[first, 4, 4 / 30], [first + 1, 5, None], [first + 2, 6, 6 / 30]]
    assert (sequence["fps"], sidecar["options"]["first_frame"], sidecar["format"]) == (29.97, 4, format_name)
    assert sidecar["version"]


@ROWS_AND_COCO
def test_labels_and_short_tracks_can_be_left_out(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    info = replace(info, labels=("cat", "dog"))
    frames = [LabelledFrame(0, (box(1), box(2, 1), box(3))), LabelledFrame(1, (box(1), box(2, 1)))]
    options = ExportOptions(labels=("cat",), min_length=2, field_check=False)
    report = get_format(format_name).write([(info, frames)], tmp_path, options)
    assert report.boxes == 2
    assert report.dropped == {"boxes of labels that were not selected": 2, "boxes of tracks shorter than 2": 1}
    with pytest.raises(FormatError, match="no video has the label 'cow'; choose from cat, dog"):
        get_format(format_name).write([(info, frames)], tmp_path / "b", ExportOptions(labels=("cow",)))
    with pytest.raises(ValueError, match="iterated twice"):
        get_format(format_name).write([(info, iter(frames))], tmp_path / "c", options)


@EVERY
@pytest.mark.parametrize(("frames", "message"), [
    ([LabelledFrame(12, (box(),))], "labels in frame 12, but the last frame of the video is 11"),
    ([LabelledFrame(0, (box(box_xyxy=(0, 0, float("nan"), 1)),))], "not finite"),
    ([LabelledFrame(0, (box(score=float("inf")),))], "not both finite"),
    ([LabelledFrame(0, (box(1, label=3),))], "label number 3"),
])
def test_what_cannot_be_held_is_refused_and_nothing_is_left(
        format_name: str, frames: list[LabelledFrame], message: str, tmp_path: Path, info: SequenceInfo) -> None:
    with pytest.raises(FormatError, match=message):
        get_format(format_name).write([(info, clip(2)), (replace(info, name="b"), frames)], tmp_path, ExportOptions())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_name", ["mot", "mot-results", "coco-video"])
def test_identities_are_needed_and_unique(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    for boxes, message in (((box(None),), "without a track number"),
                           ((box(4), box(4, left=9)), "track 4 has two boxes")):
        with pytest.raises(FormatError, match=message):
            get_format(format_name).write([(info, [LabelledFrame(0, boxes)])], tmp_path, ExportOptions())


@ROWS_AND_COCO
def test_losses_are_listed(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    mask = Mask.from_bitmap(np.ones((4, 4), bool), 10, 20)
    frames = [LabelledFrame(0, (box(1, ignored=True), box(2, mask=mask), box(3, box_xyxy=(5.0, 5.0, 5.001, 9.0))))]
    dropped = get_format(format_name).write([(info, frames)], tmp_path, ExportOptions()).dropped
    assert dropped["boxes without width or height"] == 1
    assert ("masks (only boxes were written)" in dropped) == (format_name != "coco-video")
    assert ("ignored boxes (this format cannot mark them)" in dropped) == (format_name in ("mot-results", "mot-det"))


@EVERY
def test_strangers_files_are_not_replaced(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    each = get_format(format_name)
    files = each.write([(info, clip())], tmp_path, ExportOptions()).files
    each.write([(info, clip())], tmp_path, ExportOptions())
    next(tmp_path.rglob("*export.json")).unlink()
    files[0].write_text("precious")
    with pytest.raises(FormatError, match="already exists and is not an export of this program"):
        each.write([(info, clip())], tmp_path, ExportOptions())
    assert files[0].read_bytes() == b"precious"
    each.write([(info, clip())], tmp_path, ExportOptions(overwrite=True))
    assert files[0].read_bytes() != b"precious"


@EVERY
@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a:b", " a"])
def test_names_that_are_no_file_names(format_name: str, name: str, tmp_path: Path, info: SequenceInfo) -> None:
    with pytest.raises(FormatError, match="cannot be used as a file name"):
        get_format(format_name).write([(replace(info, name=name), clip())], tmp_path / "out", ExportOptions())


@EVERY
def test_two_videos_of_one_name(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    with pytest.raises(FormatError, match="give them different names"):
        get_format(format_name).write([(info, clip()), (info, clip())], tmp_path, ExportOptions())


@EVERY
@pytest.mark.parametrize("part", [(0, 12), (3, 2), (-1, 2)])
def test_ranges_outside_the_video(format_name: str, part: tuple[int, int], tmp_path: Path, info: SequenceInfo) -> None:
    options = ExportOptions(first_frame=part[0], last_frame=part[1])
    with pytest.raises(FormatError, match=r"clip has frames 0 to 11; frames .* cannot be exported"):
        get_format(format_name).write([(info, clip())], tmp_path, options)


@EVERY
def test_a_full_disk_leaves_the_old_export(
        format_name: str, tmp_path: Path, info: SequenceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    each = get_format(format_name)
    before = {path: path.read_bytes() for path in each.write([(info, clip())], tmp_path, ExportOptions()).files}

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(FormatError, match="cannot write to .*: No space left on device; nothing was exported"):
        each.write([(info, clip(3))], tmp_path, ExportOptions())
    assert {path: path.read_bytes() for path in before} == before
    assert not list(tmp_path.glob(".export-*"))


@EVERY
def test_the_folder_cannot_be_made(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FormatError, match="cannot write to"):
        get_format(format_name).write([(info, clip())], tmp_path / "file", ExportOptions())


@EVERY
def test_frames_must_rise(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    with pytest.raises(ValueError, match="ascending order"):
        get_format(format_name).write([(info, clip()[::-1])], tmp_path, ExportOptions())


@ROWS_AND_COCO
def test_no_boxes_at_all(format_name: str, tmp_path: Path, info: SequenceInfo) -> None:
    report = get_format(format_name).write([(info, [])], tmp_path, ExportOptions())
    assert (report.boxes, report.frames) == (0, 12)
    [read] = get_format(format_name).read(tmp_path, ImportOptions())
    assert list(read.frames) == []


@ROWS_AND_COCO
def test_long_videos_are_checked_in_windows(
        format_name: str, tmp_path: Path, info: SequenceInfo, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(mot_check, "_WINDOW_ROWS", 5)
    monkeypatch.setattr(coco_check, "_WINDOW", 5)
    report = get_format(format_name).write([(info, clip())], tmp_path, ExportOptions())
    assert report.boxes == 24
    assert "read back 24" in report.checks[0]
    assert capsys.readouterr() == ("", "")


def test_frames_are_taken_one_by_one(tmp_path: Path, info: SequenceInfo) -> None:
    taken: list[int] = []

    def stream() -> Iterator[LabelledFrame]:
        for frame in clip():
            taken.append(frame.frame_index)
            yield frame

    get_format("mot").write([(info, stream())], tmp_path, ExportOptions())
    assert taken == list(range(12))


def test_class_numbers() -> None:
    assert class_numbers(("anything",)) == (1,)
    assert class_numbers(("car", "person")) == (3, 1)
    assert class_numbers(("cat", "car")) == (1, 2)
    assert class_numbers(("cat", "car"), {"cat": 4, "car": 2}) == (4, 2)
    assert labels_text(("car", "person"), (3, 1)).splitlines() == ["person", MOT_CLASSES[1], "car"]
    for chosen in ({"cat": 4}, {"cat": 2, "car": 2}, {"cat": 0, "car": 1}):
        with pytest.raises(FormatError):
            class_numbers(("cat", "car"), chosen)


def test_results_without_classes_say_so(tmp_path: Path, info: SequenceInfo) -> None:
    info = replace(info, labels=("cat", "dog"))
    report = get_format("mot-results").write([(info, [LabelledFrame(0, (box(1), box(2, 1)))])], tmp_path,
                                             ExportOptions())
    assert "cat, dog are written without their class" in report.notes[0]


def test_own_classes_come_with_a_warning(tmp_path: Path, info: SequenceInfo) -> None:
    def notes(*labels: str) -> tuple[str, ...]:
        stream = (replace(info, labels=labels), clip())
        return get_format("mot").write([stream], tmp_path, ExportOptions(field_check=False)).notes

    assert notes("anything") == notes("car", "person") == ()
    assert "without MOTChallenge's preprocessing" in notes("cat", "dog")[0]


def test_unknown_format() -> None:
    with pytest.raises(FormatError, match="no format 'vatik'; choose one of "):
        get_format("vatik")

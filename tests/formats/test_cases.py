"""Small inputs that once went wrong, as the field's tools write them, are read as their notes say is right.

They lie next to the checkout and are read in place; what they show is also tested without them next to each reader.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.convert import read_labels
from annotator.formats.guess import guess_formats
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.reading.passed_over import ROTATIONS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo
from annotator.video.images import picture_names
from tests.command_line import done

VIDEO = SequenceInfo("clip", 640, 360, 25.0, 50)
UNKNOWN = SequenceInfo("clip", 640, 360, 0.0, 0)

#: Frame, track, label and box with whole edges.
Row = tuple[int, int | None, str, tuple[int, ...]]


@pytest.fixture(scope="session")
def cases(samples: Path) -> Path:
    """The folder of the inputs."""
    if not (samples / "cases").is_dir():
        pytest.skip("no folder cases in the sample data")
    return samples / "cases"


def read_all(path: Path, name: str | None = None, info: SequenceInfo | None = VIDEO, source: Path | None = None,
             ) -> list[LabelledSequence]:
    """Read in the format that is guessed, which must be the only one that fits, or in the given one."""
    if not path.exists():
        pytest.skip(f"no {path.name} in the cases")
    if name is None:
        [name] = guess_formats(path)
    names = () if source is None else picture_names(source)
    return get_format(name).read(path, ImportOptions(info=info, picture_names=names))


def rows(found: LabelledSequence) -> list[Row]:
    return [(frame.frame_index, box.number, found.info.labels[box.label], tuple(map(round, box.box_xyxy)))
            for frame in found.frames for box in frame.boxes]


def test_cvat_coco_names_the_frames_of_a_video(cases: Path) -> None:
    [found] = read_all(cases / "cvat_coco10")
    assert rows(found) == [(frame, 5, "person", (10 + frame // 10, 20, 60 + frame // 10, 120)) for frame in (0, 10, 20)]
    assert [box.occluded for frame in found.frames for box in frame.boxes] == [False, True, False]


def test_cvat_coco_has_identities_in_attributes(cases: Path) -> None:
    [found] = read_all(cases / "coco_cvat_track_id/cc.json")
    assert rows(found) == [(frame, 7, "fish", (10 + frame, 20, 40 + frame, 60)) for frame in range(3)]
    [video] = read_all(cases / "coco_cvat_track_id/cc.json", "coco-video")
    assert rows(video) == rows(found)


@pytest.mark.parametrize("name", ["a.txt", "0002.txt", "ul6", "out1.xml"])
@pytest.mark.parametrize("given", [("--size", "640x360"), ("--fps", 25, "--size", "640x360"), ("--fps", 25)])
def test_a_size_alone_converts(cases: Path, name: str, given: tuple[object, ...], tmp_path: Path) -> None:
    if name == "ul6" and "--size" not in given:
        pytest.skip("YOLO needs the size")
    said = done("convert", cases / "convert_size" / name, "--to", "mot", "--out", tmp_path / "o", *given)
    assert "0 boxes" not in said.out
    assert list((tmp_path / "o").rglob("gt.txt"))


@pytest.mark.parametrize(("name", "labels", "ignored"), [
    ("cam1_gt.txt", ["pedestrian"] * 2, [False] * 2), ("cam2_gt.txt", ["pedestrian"] * 2, [False] * 2),
    ("cam3_gt.txt", ["pedestrian"], [False]),
    ("cam4_gt.txt", ["person_on_vehicle", "car", "car"], [False, False, True])])
def test_ground_truth_is_no_uavdt_for_its_name(cases: Path, name: str, labels: list[str], ignored: list[bool]) -> None:
    assert guess_formats(cases / "mot_named_gt" / name) == ("mot",)
    [found] = read_all(cases / "mot_named_gt" / name)
    assert [row[2] for row in rows(found)] == labels
    assert [box.ignored for frame in found.frames for box in frame.boxes] == ignored


def test_a_comma_at_the_end_is_no_column(cases: Path) -> None:
    [found] = read_all(cases / "mot_trailing_comma/trail.txt")
    assert [row[2] for row in rows(found)] == ["car", "car"]
    assert [box.ignored for frame in found.frames for box in frame.boxes] == [False, True]


def test_classes_from_0(cases: Path) -> None:
    [found] = read_all(cases / "mot_class_0/cls0.txt")
    assert [row[2] for row in rows(found)] == ["class_0", "class_0"]
    assert "class_0" in " ".join(found.notes)
    [results] = read_all(cases / "mot_class_0/cls0.txt", "mot-results")
    assert results.boxes == 2


@pytest.mark.parametrize(("name", "frames"), [("nan.txt", [0, 2]), ("negw.txt", [1])])
def test_an_odd_row(cases: Path, name: str, frames: list[int]) -> None:
    [found] = read_all(cases / "mot_nan_row" / name)
    assert [row[0] for row in rows(found)] == frames
    assert found.dropped == {INVALID_ROWS: 1}


@pytest.mark.parametrize(("labels", "source", "frames"), [
    ("y5", "frames", [5, 6, 7]), ("un.json", "frames", [2, 3, 5]), ("cg.json", "gap", [1, 3]), ("yg", "gap", [1, 2])])
def test_labels_lie_on_the_pictures_of_their_names(cases: Path, labels: str, source: str, frames: list[int]) -> None:
    folder = cases / "labels_by_picture_name"
    size = (320, 192, 4) if source == "gap" else (640, 360, 10)
    [found] = read_all(folder / labels, info=SequenceInfo("clip", *size[:2], 25.0, size[2]), source=folder / source)
    assert [row[0] for row in rows(found)] == frames
    if labels == "un.json":
        assert {row[0]: row[3][0] for row in rows(found)} == {5: 50, 2: 20, 3: 30}


def test_darknet_names_and_lists(cases: Path) -> None:
    [found] = read_all(cases / "cvat_yolo11")
    assert rows(found) == [(0, None, "car", (288, 144, 352, 216)), (1, None, "car", (256, 144, 384, 216))]


@pytest.mark.parametrize(("name", "number", "score"), [
    ("ultralytics_track_conf", 7, 0.873), ("yolo_save_conf/ul7", 1, 0.91)])
def test_confidence_and_id(cases: Path, name: str, number: int, score: float) -> None:
    [found] = read_all(cases / name)
    assert [(frame.frame_index, box.number, box.score) for frame in found.frames for box in frame.boxes] == [
        (0, number, score), (1, number, score)]


def test_cvat_keyframes_turns_masks_and_tasks(cases: Path) -> None:
    [found] = read_all(cases / "cvat_keyframes_only")
    assert [row[0] for row in rows(found)] == list(range(11))
    assert [row[3][0] for row in rows(found)] == list(range(10, 21))
    [turned] = read_all(cases / "cvat_rotated/rot.xml")
    assert [row[3] for row in rows(turned)] == [(190, 10, 210, 210)] * 3
    assert turned.dropped == {ROTATIONS: 3}
    [masks] = read_all(cases / "cvat_mask_track/mask.xml")
    assert [row[3] for row in rows(masks)] == [(50, 60, 55, 62)] * 3
    assert [box.mask.area() for frame in masks.frames for box in frame.boxes if box.mask is not None] == [9] * 3
    [mixed] = read_all(cases / "cvat_mask_track/mix.xml")
    assert mixed.boxes == 2
    [attributes] = read_all(cases / "cvat_mutable_attribute/attr.xml")
    states = [box.attributes.get("state") for frame in attributes.frames for box in frame.boxes]
    assert len(set(states)) > 1
    assert not any("state" in what for what in attributes.dropped)
    first, second = read_all(cases / "cvat_project_export/proj.xml")
    assert (first.info.name, first.boxes, second.info.name, second.boxes) == ("clip", 2, "other", 1)


def test_a_zip_of_cvat(cases: Path) -> None:
    assert guess_formats(cases / "cvat_video.zip") == ("cvat",)
    [found] = read_labels(get_format("cvat"), cases / "cvat_video.zip", ImportOptions(info=VIDEO))
    assert found.boxes > 0


def test_other_annotation_tools(cases: Path) -> None:
    [datumaro] = read_all(cases / "datumaro_json")
    assert rows(datumaro) == [(0, 7, "person", (10, 20, 60, 120))]
    [dive] = read_all(cases / "dive")
    assert rows(dive) == [(frame, 7, "person", (10 + frame, 20, 60 + frame, 120)) for frame in range(3)]
    [viame] = read_all(cases / "viame")
    assert rows(viame) == [(frame, 7, "person", (10 + frame, 20, 60 + frame, 120)) for frame in range(2)]
    [labelme] = read_all(cases / "labelme_frames/lm")
    assert rows(labelme) == [(frame, 7, "fish", (10 + frame, 20, 40 + frame, 60)) for frame in range(3)]
    [studio] = read_all(cases / "labelstudio_video/ls.json")
    assert rows(studio)[0] == (0, 1, "fish", (64, 72, 96, 108))
    assert rows(studio)[-1] == (10, 1, "fish", (128, 72, 160, 108))
    assert studio.boxes == 11


def test_kitti_counts_from_0(cases: Path) -> None:
    [found] = read_all(cases / "kittimots_cut_from_000001")
    assert [row[0] for row in rows(found)] == [1, 2]
    assert any("--first-frame 1" in note for note in found.notes)


def test_visdrone(cases: Path) -> None:
    [found] = read_all(cases / "visdrone_mot")
    assert rows(found)[:2] == [(0, 1, "car", (593, 743, 769, 849)), (1, 1, "car", (593, 743, 769, 849))]
    assert [(box.number, box.ignored, box.occluded) for frame in found.frames for box in frame.boxes] == [
        (1, False, False), (1, False, True), (None, True, False)]

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions
from annotator.formats.mot.format import load_mot_detections, read_mot
from annotator.formats.mot.seqinfo import read_seqinfo
from annotator.formats.registry import get_format


def write(folder: Path, text: str | bytes, name: str = "clip.txt") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("text", [
    "1,-1,10,20,30,40,0.5,-1,-1,-1\n3,-1,1,2,3,4,0.25,-1,-1,-1\n",
    "3 -1 1 2 3 4 0.25 -1 -1 -1\r\n1 -1 10 20 30 40 0.5 -1 -1 -1",
    "\ufeff1,-1,10,20,30,40,0.5,\n\n   \n3,-1,1,2,3,4,0.25,\n",
    "1, -1, 10.0, 20.0, 30, 40, 5e-1\n3, -1, 1, 2, 3, 4, .25, -1, -1, -1\n",
    "1.0,-1.0,10,20,30,40,0.5\n3\t,-1,1,2,3,4,0.25\n",
])
def test_detections_in_every_dress(tmp_path: Path, text: str) -> None:
    frames = load_mot_detections(write(tmp_path, text)).frames
    assert list(frames) == [0, 2]
    assert frames[0].box_xyxy.tolist() == [[10, 20, 40, 60]]
    assert frames[2].score.tolist() == [0.25]
    assert frames[2].box_xyxy.dtype == np.float32


def test_missing_confidence_reads_as_one(tmp_path: Path) -> None:
    assert load_mot_detections(write(tmp_path, "1,-1,0,0,5,5\n")).frames[0].score.tolist() == [1]
    assert load_mot_detections(write(tmp_path, "1,-1,0,0,5,5,-1,-1,-1,-1\n")).frames[0].score.tolist() == [1]


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_empty_files_hold_no_detections(tmp_path: Path, text: str) -> None:
    assert load_mot_detections(write(tmp_path, text)).frames == {}


@pytest.mark.parametrize(("line", "message"), [
    ("1,2,3,4,5", r"clip\.txt line 3 has 5 columns; .* at least 6"),
    ("2,2,x,4,5,6", r"line 3 column 3: found 'x'; expected a number"),
    ("2,2,,4,5,6", r"line 3 column 3: found ''"),
    ("0,2,3,4,5,6", r"line 3: found frame 0; expected frames from 1 on; MOTChallenge counts frames from 1"),
    ("1.5,2,3,4,5,6", r"line 3: found frame 1\.5; expected a whole number"),
    ("2,1e300,3,4,5,6", r"line 3: found id .*; expected a whole number"),
    ("2,2,nan,4,5,6", r"line 3: found the box nan,4,5,6; expected finite"),
    ("2,2,3,4,inf,6", r"line 3: found the box"),
    ("2,2,3,4,-5,6", r"line 3: found the box 3,4,-5,6; expected .* nonnegative"),
    ("1,1,3,4,5,6", r"line 3: found id 1 a second time in frame 1 \(first on line 1\)"),
])
def test_bad_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, f"1,1,10,20,30,40\n\n{line}\n")
    with pytest.raises(FormatError, match=message):
        read_mot(path, "mot-results", ImportOptions(strict=True))


def test_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is not a text file"):
        load_mot_detections(write(tmp_path, b"\xff\xfe1\x00,\x00"))
    with pytest.raises(FormatError, match="is not a file"):
        load_mot_detections(tmp_path / "missing.txt")


def test_bad_detections_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "1,-1,1,1,5,5,0.5\n1,-1,nan,1,5,5,0.5\n2,-1,1,1,5,5,inf\n2,-1,1,1,-5,5,0.5\n")
    with pytest.raises(FormatError, match="line 2"):
        load_mot_detections(path)
    read = load_mot_detections(path, on_bad="skip")
    assert (read.skipped, list(read.frames)) == (3, [0])


def test_ground_truth_columns(tmp_path: Path) -> None:
    folder = tmp_path / "MOT17-99"
    write(folder, "2,5,1,2,3,4,0,3,0.25\n1,5,1,2,3,4,1,1,1\n", "gt/gt.txt")
    write(folder, "[Sequence]\nname=MOT17-99\nimDir=img1\nframeRate=14\nseqLength=2\nimWidth=64\nimHeight=48\n"
                  "imExt=.png\n", "seqinfo.ini")
    [read] = get_format("mot").read(folder, ImportOptions())
    assert (read.info.name, read.info.fps, read.info.frame_count, read.info.image_ext) == ("MOT17-99", 14, 2, ".png")
    first, second = read.frames
    assert (first.frame_index, second.frame_index) == (0, 1)
    box = second.boxes[0]
    assert (box.number, read.info.labels[box.label], box.ignored, box.visibility) == (5, "car", True, 0.25)
    assert box.box_xyxy == (1, 2, 4, 6)


def test_mot15_ground_truth_has_world_coordinates_not_classes(tmp_path: Path) -> None:
    read = read_mot(write(tmp_path, "1,1,1,2,3,4,1,4.48,5.50,0\n", "gt.txt"), "mot")
    [box] = next(iter(read.frames)).boxes
    assert (read.info.labels[box.label], box.visibility, box.ignored) == ("pedestrian", 1, False)


def test_frames_beyond_the_sequence_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "3,1,1,2,3,4,1,1,1\n", "gt/gt.txt")
    write(tmp_path, "[Sequence]\nseqLength=2\n", "seqinfo.ini")
    with pytest.raises(FormatError, match=r"gt\.txt line 1: found frame 3; expected no frame beyond 2"):
        read_mot(tmp_path, "mot")


def test_pixels_counted_from_one(tmp_path: Path) -> None:
    read = read_mot(write(tmp_path, "1,1,1,1,3,4\n"), "mot-results", ImportOptions(one_based_pixels=True))
    assert next(iter(read.frames)).boxes[0].box_xyxy == (0, 0, 3, 4)


def test_numbers_from_zero_are_moved(tmp_path: Path) -> None:
    read = read_mot(write(tmp_path, "1,0,1,1,3,4\n1,7,1,1,3,4\n1,-1,1,1,3,4\n"), "mot-results")
    assert [box.number for box in next(iter(read.frames)).boxes] == [1, 8, None]
    assert "increased by one" in read.notes[0]


def test_unknown_class_is_named(tmp_path: Path) -> None:
    write(tmp_path, "1,1,1,1,3,4,1,1,1\n\n1,2,1,1,3,4,1,3,1\n", "gt/gt.txt")
    write(tmp_path, "cat\ndog\n", "gt/labels.txt")
    with pytest.raises(FormatError, match=r"line 3: found class 3; expected 1 to 2 \(as in labels\.txt\)"):
        read_mot(tmp_path, "mot")


@pytest.mark.parametrize(("text", "message"), [
    ("[Sequence]\nname=x\n", "no seqLength"),
    ("name=x\n", "not a sequence header"),
    ("[Sequence]\nseqLength=many\n", "seqLength=many"),
    ("[Sequence]\nseqLength=2.5\n", "whole number"),
])
def test_bad_headers(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_seqinfo(write(tmp_path, text, "seqinfo.ini"))


@pytest.mark.parametrize(("path", "kind", "boxes"), [
    ("formats/sportsmot/v_9MHDmAMxO5I_c003", "mot", 2441),
    ("formats/datumaro/mot_dataset/mot_seq_with_seqinfo", "mot", 1),
    ("formats/evaldet/cvat_mot_sample.csv", "mot", 8),
    ("formats/evaldet/mot_sample.csv", "mot-results", 8),
    ("formats/pymotmetrics_motchallenge.txt", "mot-results", 5),
    ("metrics/trackeval_mot17_mott_part/gt/MOT17-02-FRCNN", "mot", 30003),
    ("metrics/tud_pymotmetrics/TUD-Stadtmitte/gt.txt", "mot", 1156),
    ("mot17_mini/MOT17-04-FRCNN", "mot-det", 205),
    ("adl_rundle6_f1-60", "mot", 340),
])
def test_files_of_other_tools(samples: Path, path: str, kind: str, boxes: int) -> None:
    [read] = get_format(kind).read(samples / path, ImportOptions())
    assert read.boxes == boxes == sum(len(frame.boxes) for frame in read.frames)


def test_a_sample_with_frames_from_zero_and_a_repeated_id_is_refused(samples: Path) -> None:
    path = samples / "formats/scalabel/motchallenge_labels.txt"
    with pytest.raises(FormatError, match="line 1: found frame 0"):
        read_mot(path, "mot")
    with pytest.raises(FormatError, match=r"line 3: found id 1 a second time in frame 1 \(first on line 2\)"):
        read_mot(path, "mot", ImportOptions(first_frame=0))

"""Detections from files."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from annotator.engine.detectors.file import FileDetector
from annotator.errors import FormatError, UserError
from annotator.model.frame import Frame


def _frame(index: int, width: int = 100, height: int = 80) -> Frame:
    return Frame(index, np.zeros((height, width, 3), np.uint8), index / 25)


def _mot(folder: Path, *rows: str) -> Path:
    path = folder / "det.txt"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_mot_rows_come_back_by_frame(tmp_path: Path) -> None:
    path = _mot(tmp_path, "2,-1,10,20,30,40,0.5,-1,-1,-1", "1,-1,1,2,3,4,0.25,-1,-1,-1", "2,-1,5,5,5,5,1,-1,-1,-1")
    detector = FileDetector(path)
    first, second, third = detector.detect([_frame(0), _frame(1), _frame(2)])
    assert first.box_xyxy.tolist() == [[1, 2, 4, 6]]
    assert second.box_xyxy.tolist() == [[10, 20, 40, 60], [5, 5, 10, 10]]
    assert second.score.tolist() == [0.5, 1]
    assert len(third) == 0
    assert detector.labels == ("object",)


def test_a_sequence_folder_is_read_through_its_det_file(tmp_path: Path) -> None:
    (tmp_path / "det").mkdir()
    _mot(tmp_path / "det", "1,-1,1,2,3,4,0.25")
    (found,) = FileDetector(tmp_path).detect([_frame(0)])
    assert found.score.tolist() == [0.25]


def test_coco_results_with_an_image_list(tmp_path: Path) -> None:
    images = tmp_path / "images.json"
    images.write_text(json.dumps({
        "images": [{"id": 70, "frame_id": 1, "file_name": "b.jpg"}, {"id": 7, "frame_id": 0, "file_name": "a.jpg"}],
        "categories": [{"id": 3, "name": "dog"}, {"id": 9, "name": "cat"}]}))
    path = tmp_path / "results.json"
    path.write_text(json.dumps([{"image_id": 70, "category_id": 9, "bbox": [1, 2, 10, 20], "score": 0.75}]))
    detector = FileDetector(path, images=images)
    empty, found = detector.detect([_frame(0), _frame(1)])
    assert len(empty) == 0
    assert found.box_xyxy.tolist() == [[1, 2, 11, 22]]
    assert detector.labels[found.label[0]] == "cat"


def test_bad_rows_are_left_out_with_one_warning_each_kind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = _mot(tmp_path, "1,-1,nan,2,3,4,0.5", "1,-1,1,2,-3,4,0.5", "1,-1,1,2,3,4,nan", "1,-1,500,2,3,4,0.5",
                "2,-1,500,2,3,4,0.5", "2,-1,5,5,0,9,0.5", "2,-1,10,10,10,10,0.5")
    with caplog.at_level(logging.WARNING):
        detector = FileDetector(path)
        first, second = detector.detect([_frame(0), _frame(1)])
        detector.check(2, 100, 80)
    assert len(first) == 0
    assert second.box_xyxy.tolist() == [[10, 10, 20, 20]]
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert "3 rows" in messages[0]
    assert "3 of 4 boxes" in messages[1]


def test_boxes_that_reach_beyond_the_edge_stay_as_they_are(tmp_path: Path) -> None:
    (found,) = FileDetector(_mot(tmp_path, "1,-1,-5,-5,20,20,0.5")).detect([_frame(0)])
    assert found.box_xyxy.tolist() == [[-5, -5, 15, 15]]


def test_detections_beyond_the_last_frame_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    detector = FileDetector(_mot(tmp_path, *(f"{n},-1,1,2,3,4,0.5" for n in range(1, 8))))
    with caplog.at_level(logging.WARNING):
        detector.check(7)
        assert not caplog.records
        detector.check(5)
    assert "ignoring 2 of 7 detections" in caplog.text


def test_a_file_of_another_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"every detection is after.*index 98.*has 5"):
        FileDetector(_mot(tmp_path, "99,-1,1,2,3,4,0.5")).check(5)
    with pytest.raises(UserError, match="no box is inside the frame of 100x80"):
        FileDetector(_mot(tmp_path, "1,-1,900,2,3,4,0.5")).check(5, 100, 80)


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "det.txt"
    path.write_text("")
    detector = FileDetector(path)
    detector.check(5, 100, 80)
    assert len(detector.detect([_frame(0)])[0]) == 0


def test_scores_of_0_to_1_stay_as_they_are(tmp_path: Path) -> None:
    (found,) = FileDetector(_mot(tmp_path, *(f"1,-1,1,2,3,4,{s}" for s in (0.2, 1, 0)))).detect([_frame(0)])
    assert found.score.tolist() == pytest.approx([0.2, 1, 0])


@pytest.mark.parametrize("scores", [[-40.0, -2, -1.5, 3, 4, 9], [5.0, 12, 14, 60, 70, 82]])
def test_scores_of_other_scales_are_brought_to_0_to_1_over_all_frames(tmp_path: Path, scores: list[float],
                                                                      caplog: pytest.LogCaptureFixture) -> None:
    detector = FileDetector(_mot(tmp_path, *(f"{k + 1},-1,1,2,3,4,{s}" for k, s in enumerate(scores))))
    assert "mapped to 0..1" in caplog.text
    brought = np.concatenate([found.score for found in detector.detect([_frame(k) for k in range(6)])])
    assert (np.diff(brought) >= 0).all()
    assert 0 <= brought[0] < 0.2
    assert 0.8 < brought[-1] <= 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.txt: no such file"):
        FileDetector(tmp_path / "none.txt")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.model.frame import Detections
from benchmarks.measures.detections import Truth, count, differences, read_truth

PEOPLE = np.array([[0.0, 0, 10, 20], [50, 0, 60, 20]])


def test_each_person_is_found_once_and_the_ignored_count_for_nothing() -> None:
    found = Detections.of([(0, 0, 10, 20), (1, 0, 11, 20), (100, 0, 110, 20), (200, 0, 210, 20)], [0.9, 0.8, 0.7, 0.6])
    counts = count(found, Truth(PEOPLE, np.array([[100.0, 0, 110, 20]])))
    assert (counts.people, counts.hits, counts.false_alarms) == (2, 1, 2)
    assert counts.recall == 0.5
    assert counts.precision == pytest.approx(1 / 3)
    nothing = count(found, Truth(np.zeros((0, 4)), np.zeros((0, 4))))
    assert (nothing.people, nothing.hits, nothing.false_alarms) == (0, 0, 4)


def test_ground_truth_with_and_without_classes(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("1,1,10,20,5,6,1,1,1\n1,2,0,0,5,5,0,8,1\n1,3,0,0,9,9,0,3,1\n2,1,11,20,5,6,1,1,0.5\n")
    truth = read_truth(path)
    assert truth[0].people.tolist() == [[10, 20, 15, 26]]
    assert truth[0].ignored.tolist() == [[0, 0, 5, 5]], "a car is no person, and finding one is wrong"
    assert len(truth[1].people) == 1
    path.write_text("1,1,10,20,5,6,1,-1,-1,-1\n")
    assert len(read_truth(path)[0].people) == 1


def test_boxes_are_compared_with_their_likes() -> None:
    one = Detections.of([(0, 0, 10, 20), (50, 0, 60, 20)], [0.9, 0.8])
    other = Detections.of([(50, 0, 60.5, 20), (0, 0, 10, 20), (300, 0, 310, 20)], [0.7, 0.9, 0.5])
    boxes, scores, lonely = differences(one, other)
    assert boxes.tolist() == [0, 0.5]
    assert scores == pytest.approx([0, 0.1])
    assert lonely == 1

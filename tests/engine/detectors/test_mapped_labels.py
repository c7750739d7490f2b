from __future__ import annotations

import pytest

from annotator.engine.base import Detector
from annotator.engine.detectors.mapped_labels import MappedLabels
from annotator.errors import SettingsError
from tests.engine.detectors.test_only_labels import FRAME, FakeDetector


def test_classes_become_labels_and_several_may_be_one() -> None:
    detector: Detector = MappedLabels(FakeDetector(), {"person": "thing", "car": "thing", "bus": "x"})
    assert detector.labels == ("thing", "dog")
    (found,) = detector.detect([FRAME])
    assert found.label.tolist() == [0, 0, 1]
    assert len(found.box_xyxy) == 3


def test_what_is_dropped_is_left_out_or_keeps_its_place_unseen() -> None:
    (found,) = MappedLabels(FakeDetector(), {"car": None}).detect([FRAME])
    assert found.label.tolist() == [0, 1]
    assert found.score.tolist() == pytest.approx([0.9, 0.7])
    (kept,) = MappedLabels(FakeDetector(), {"car": None}, keep_places=True).detect([FRAME])
    assert kept.label.tolist() == [0, 0, 1]
    assert kept.score.tolist() == pytest.approx([0.9, -1, 0.7])


def test_dropping_everything_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"every class of fake is dropped \(person, car, dog\)"):
        MappedLabels(FakeDetector(), dict.fromkeys(("person", "car", "dog")))

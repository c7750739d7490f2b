"""Some classes of another detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from annotator.engine.base import Detector
from annotator.engine.detectors.only_labels import OnlyLabels
from annotator.errors import SettingsError
from annotator.model.frame import Detections, Frame


class FakeDetector:
    """Finds one object of each class, the later the lower in the picture."""

    name = "fake"
    labels = ("person", "car", "dog")

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        boxes = [(0, 10 * k, 5, 10 * k + 5) for k in range(3)]
        return [Detections.of(boxes, [0.9, 0.8, 0.7], [0, 1, 2]) for _ in frames]


FRAME = Frame(0, np.zeros((40, 40, 3), np.uint8), 0.0)


def test_keeps_the_wanted_ones_under_new_numbers() -> None:
    only: Detector = OnlyLabels(FakeDetector(), ["dog", "person"])
    assert (only.name, only.labels) == ("fake", ("dog", "person"))
    first, second = only.detect([FRAME, FRAME])
    assert first.label.tolist() == second.label.tolist() == [1, 0]
    assert first.box_xyxy[:, 1].tolist() == [0, 20]
    assert first.score.tolist() == pytest.approx([0.9, 0.7])
    assert first.label.dtype == np.int32


def test_an_unknown_class_is_told_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="fake has no class 'cat'; its classes: person, car, dog"):
        OnlyLabels(FakeDetector(), ["dog", "cat"])


def test_nothing_found_is_no_special_case() -> None:
    class FakeBlind(FakeDetector):
        def detect(self, frames: Sequence[Frame]) -> list[Detections]:
            return [Detections.empty() for _ in frames]

    assert [len(found) for found in OnlyLabels(FakeBlind(), ["car"]).detect([FRAME])] == [0]

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from annotator.engine import registry
from annotator.errors import UserError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.detector_preview import Previewer
from annotator.model.frame import Detections, Frame
from tests.conftest import MadeClip

FRAME = Frame(2, np.zeros((180, 240, 3), np.uint8), 0.08)


class FakeDetector:
    """Finds one box inside the picture and one outside."""

    name = "fake"
    labels = ("object",)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.of([(10, 10, 50, 50), (900, 900, 950, 950)], [0.1, 0.9]) for _ in frames]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the detectors that were made."""
    names: list[str] = []

    def make(name: str, device: str, *_: object, **__: object) -> FakeDetector:
        names.append(f"{name} on {device}")
        return FakeDetector()

    monkeypatch.setattr(registry, "make_detector", make)
    return names


def test_a_detector_is_loaded_once_and_measured_from_its_second_picture_on(made: list[str]) -> None:
    previewer = Previewer()
    settings = PreannotateSettings(detector="a.onnx", device="cpu")
    first, second = previewer.detect(settings, FRAME), previewer.detect(settings, FRAME)
    assert made == ["a.onnx on cpu"]
    assert first.seconds is None
    assert second.seconds is not None
    np.testing.assert_array_equal(second.detections.box_xyxy, [[10, 10, 50, 50]])
    assert second.labels == ("object",)


def test_only_what_concerns_the_detector_loads_another(made: list[str]) -> None:
    previewer = Previewer()
    for settings in (PreannotateSettings(detector="a.onnx", device="cpu"),
                     PreannotateSettings(detector="a.onnx", device="cpu", tracker="sort", det_threshold=0.2),
                     PreannotateSettings(detector="b.onnx", device="cpu")):
        previewer.detect(settings, FRAME)
    assert made == ["a.onnx on cpu", "b.onnx on cpu"]


def test_boxes_of_a_file_are_those_of_the_frame(clip: MadeClip) -> None:
    previewer = Previewer()
    found = previewer.detect(PreannotateSettings(detections=str(clip.coco), device="cpu", labels=("car",)), FRAME)
    assert found.seconds is None
    assert np.count_nonzero(found.detections.score >= 0.05) == 1


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.onnx"):
        Previewer().detect(PreannotateSettings(detector=str(tmp_path / "nothing.onnx"), device="cpu"), FRAME)

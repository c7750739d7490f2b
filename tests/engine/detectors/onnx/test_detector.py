"""ONNX detectors on real pictures, and files that are not what they should be."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.detectors.onnx.detector import OnnxDetector
from annotator.errors import ModelError, SettingsError
from annotator.model.box import box_iou
from annotator.model.frame import Frame
from annotator.video.images import read_image

DATA = Path(__file__).parents[4] / "../shared/data"
MODELS = DATA / "detectors"
YOLOX = MODELS / "yolox_nano_416.onnx"
needs_models = pytest.mark.skipif(not YOLOX.is_file(), reason="the ONNX models of the shared test data are absent")


@needs_models
@pytest.mark.parametrize(("model", "recall"), [("yolox_nano_416", 0.5), ("nanodet_m_416", 0.5),
                                               ("FastestDet_352", 0.35)])
def test_finds_the_people_of_a_real_street(model: str, recall: float) -> None:
    sequence = DATA / "adl_rundle6_f1-60"
    detector = OnnxDetector(MODELS / f"{model}.onnx", classes=["person"], threads=1)
    assert detector.labels == ("person",)
    truth = np.loadtxt(sequence / "gt/gt.txt", delimiter=",")
    hits = people = 0
    overlaps: list[float] = []
    for index in (0, 20, 40, 59):
        image = read_image(sequence / f"img1/{index + 1:06d}.jpg")
        (found,) = detector.detect([Frame(index, image, 0.0)])
        found = found[found.score >= 0.3]
        boxes = truth[truth[:, 0] == index + 1][:, 2:6]
        boxes[:, 2:] += boxes[:, :2]
        best = box_iou(boxes, found.box_xyxy.astype(float)).max(1)
        overlaps += best[best >= 0.5].tolist()
        hits += int((best >= 0.5).sum())
        people += len(boxes)
    assert hits / people >= recall
    assert np.mean(overlaps) > 0.7


@needs_models
def test_unwanted_classes_go_and_labels_follow_the_wish() -> None:
    detector = OnnxDetector(YOLOX, classes=["dog", "person"], threads=1)
    everything = OnnxDetector(YOLOX, threads=1)
    assert everything.labels == COCO_LABELS
    image = read_image(DATA / "adl_rundle6_f1-60/img1/000001.jpg")
    (some,), (all_,) = (d.detect([Frame(0, image, 0.0)]) for d in (detector, everything))
    people = all_[all_.label == COCO_LABELS.index("person")]
    assert len(people)
    assert len(some[some.label == 1]) == len(people)
    np.testing.assert_array_equal(some[some.label == 1].box_xyxy, people.box_xyxy)


@needs_models
def test_an_unknown_class_is_named() -> None:
    with pytest.raises(SettingsError, match="'persn'"):
        OnnxDetector(YOLOX, classes=["persn"], threads=1)


@needs_models
def test_names_that_are_given() -> None:
    assert OnnxDetector(YOLOX, class_names=[f"thing {k}" for k in range(80)], threads=1).labels[2] == "thing 2"
    with pytest.raises(ModelError, match=r"2 class names.*80 classes"):
        OnnxDetector(YOLOX, class_names=["one", "two"], threads=1)


@needs_models
def test_without_cuda_the_cpu_serves_with_a_warning(caplog: pytest.LogCaptureFixture,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with caplog.at_level(logging.WARNING):
        OnnxDetector(YOLOX, device="cuda", threads=1)
    assert "on the CPU" in caplog.text


@needs_models
def test_half_a_model_is_one_clear_line(tmp_path: Path) -> None:
    half = tmp_path / "half.onnx"
    half.write_bytes(YOLOX.read_bytes()[:1_500_000])
    with pytest.raises(ModelError) as caught:
        OnnxDetector(half, threads=1)
    assert "half.onnx" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello, I am a text file\n", bytes(range(256)) * 40])
def test_a_file_that_is_no_network(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        OnnxDetector(path)
    assert "model.onnx" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        OnnxDetector(tmp_path / "none.onnx")

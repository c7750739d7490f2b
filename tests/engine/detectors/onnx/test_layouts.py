"""Each layout of ONNX detectors: a tiny fake network, a box that was computed by hand, and what must be refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.detectors.onnx.detector import OnnxDetector
from annotator.errors import ModelError
from annotator.model.frame import Frame
from tests.engine.detectors.onnx.files import Array, write_onnx

#: The box in the 640 x 640 input, and the same in an image of 1280 x 640 pixels.
BOX = (100.0, 150.0, 200.0, 350.0)
STRETCHED = (200.0, 150.0, 400.0, 350.0)
CENTRED = (200.0, -20.0, 400.0, 380.0)
CORNER = (200.0, 300.0, 400.0, 700.0)
SCORE = 0.9
NAMES = {0: "cat", 1: "dog", 2: "person"}
ULTRALYTICS = {"names": str(NAMES), "stride": "32", "task": "detect"}
SEGMENTING = {**ULTRALYTICS, "task": "segment"}
SIZES = {"orig_target_sizes": ("int64", (1, 2))}
CELLS = 80 * 80 + 40 * 40 + 20 * 20


def zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


def v8(classes: int, more: int = 0, label: int = 2) -> Any:
    rows = zeros(1, 4 + classes + more, CELLS)
    rows[0, :4, 7] = 150, 250, 100, 200
    rows[0, 4 + label, 7] = SCORE
    return rows


def v5(classes: int, label: int = 2) -> Any:
    rows = zeros(1, 3 * CELLS, 5 + classes)
    rows[0, 7, :5] = 150, 250, 100, 200, 0.95
    rows[0, 7, 5 + label] = SCORE / 0.95
    return rows


def end_to_end(more: int = 0) -> Any:
    rows = zeros(1, 300, 6 + more)
    rows[0, 0, :6] = *BOX, SCORE, 2
    return rows


def decoded(objectness: float | None = None) -> Any:
    """A box in each cell, as trained networks give; one of them is sure."""
    rows = zeros(1, CELLS, 85)
    sides = np.concatenate([np.full(80 * 80, 8), np.full(40 * 40, 16), np.full(20 * 20, 32)])
    places = [np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1).reshape(-1, 2) for n in (80, 40, 20)]
    rows[0, :, :2] = (np.concatenate(places) + 0.5) * sides[:, None]
    rows[0, :, 2:4] = 3 * sides[:, None]
    rows[0, :, 4] = 0.01 if objectness is None else objectness
    rows[0, 7, :5] = 150, 250, 100, 200, 1
    rows[0, 7, 5 + 2] = SCORE
    return rows


def raw() -> Any:
    rows = zeros(1, CELLS, 85)
    rows[0, 7, :4] = 150 / 8 - 7, 250 / 8, np.log(100 / 8), np.log(200 / 8)
    rows[0, 7, 4], rows[0, 7, 5 + 2] = 1, SCORE
    return rows


def logits(count: int, rows: int, label: int, nothing: int | None = None) -> Any:
    values = np.full((1, rows, count), -20, np.float32)
    values[0, 0, label] = np.log(SCORE / (1 - SCORE))
    if nothing is not None:
        values[0, :, nothing] = 20
        values[0, 0, [label, nothing]] = np.log([SCORE / (1 - SCORE), 1])
    return values


def relative(rows: int) -> Any:
    boxes = zeros(1, rows, 4)
    boxes[0, 0] = 150 / 640, 250 / 640, 100 / 640, 200 / 640
    return boxes


def listed(rows: int, label: int, batch: bool = True) -> dict[str, Any]:
    boxes, scores, labels = zeros(rows, 4), zeros(rows), np.zeros(rows, np.int64)
    boxes[0], scores[0], labels[0] = BOX, SCORE, label
    found = {"labels": labels, "boxes": boxes, "scores": scores}
    return {key: value[None] for key, value in found.items()} if batch else found


def nanodet_plus() -> Any:
    """320 x 320; the box is half as large, around the corner of a cell of stride 16."""
    rows = zeros(1, 1600 + 400 + 100 + 25, 112)
    row = 1600 + 7 * 20 + 5  # the corner (80, 112)
    rows[0, row, 2] = SCORE
    for side, reach in enumerate(np.array([80 - 50, 112 - 75, 100 - 80, 175 - 112]) / 16):
        low = int(reach)
        bins = np.full(8, -50.0)
        bins[low:low + 2] = np.log(np.maximum([1 - (reach - low), reach - low], 1e-9))
        rows[0, row, 80 + 8 * side:88 + 8 * side] = bins
    return rows


Case = tuple[dict[str, Array], dict[str, Any], tuple[float, ...], str]
CASES: dict[str, Case] = {
    "YOLOv8 and 11": ({"output0": v8(3)}, {"metadata": ULTRALYTICS}, CENTRED, "person"),
    "without metadata": ({"output0": v8(80)}, {}, CENTRED, "car"),
    "with one class": ({"output0": v8(1, label=0)}, {"metadata": {**ULTRALYTICS, "names": "{0: 'ant'}"}}, CENTRED,
                       "ant"),
    "YOLOv8 segmentation": ({"output0": v8(3, 32), "output1": zeros(1, 32, 160, 160)}, {"metadata": SEGMENTING},
                            CENTRED, "person"),
    "segmentation without metadata": ({"output0": v8(80, 32), "output1": zeros(1, 32, 160, 160)}, {}, CENTRED, "car"),
    "YOLO26": ({"output0": end_to_end()}, {"metadata": ULTRALYTICS}, CENTRED, "person"),
    "YOLO26 segmentation": ({"output0": end_to_end(32), "output1": zeros(1, 32, 160, 160)}, {"metadata": SEGMENTING},
                            CENTRED, "person"),
    "end to end without metadata": ({"output0": end_to_end()}, {}, CENTRED, "car"),
    "YOLOv5": ({"output0": v5(3)}, {"metadata": ULTRALYTICS}, CENTRED, "person"),
    "YOLOv5 with one class": ({"output0": v5(1, 0)}, {"metadata": {**ULTRALYTICS, "names": "{0: 'ant'}"}}, CENTRED,
                              "ant"),
    "YOLOv5 without metadata": ({"output0": v5(80)}, {}, CENTRED, "car"),
    "YOLOX raw": ({"output": raw()}, {}, CORNER, "car"),
    "YOLOX decoded": ({"output": decoded()}, {}, CORNER, "car"),
    "YOLOv6": ({"outputs": decoded(1.0)}, {}, CENTRED, "car"),
    "YOLOv7": ({"output": np.array([[0, *BOX, 2, SCORE]], np.float32)}, {}, CENTRED, "car"),
    "YOLO-NAS": ({"boxes": np.concatenate([np.array([[BOX]], np.float32), zeros(1, CELLS - 1, 4)], 1),
                  "scores": np.pad(np.full((1, 1, 1), SCORE, np.float32), ((0, 0), (0, CELLS - 1), (2, 77)))}, {},
                 CENTRED, "car"),
    "RT-DETR, D-FINE, DEIM": (listed(300, 2), {"extra": SIZES}, STRETCHED, "car"),
    "RF-DETR": ({"dets": relative(300), "labels": logits(91, 300, 3)}, {"name": "input"}, STRETCHED, "car"),
    "RF-DETR segmentation": ({"dets": relative(300), "labels": logits(91, 300, 3), "masks": zeros(1, 300, 8, 8)},
                             {"name": "input"}, STRETCHED, "car"),
    "torchvision": (listed(5, 3, batch=False), {"name": "image", "image": (3, 640, 640)}, CORNER, "car"),
    "torchvision with a batch": (listed(5, 3, batch=False), {"name": "input"}, CORNER, "car"),
    "NanoDet-Plus": ({"output": nanodet_plus()}, {"name": "data", "image": (1, 3, 320, 320)}, STRETCHED, "car"),
}


def detector(folder: Path, outputs: Mapping[str, Array], changes: Mapping[str, Any], **settings: Any) -> OnnxDetector:
    return OnnxDetector(write_onnx(folder / "model.onnx", outputs, **changes), threads=1, **settings)


@pytest.mark.parametrize("name", CASES)
def test_each_layout_gives_the_box_that_was_computed_by_hand(name: str, tmp_path: Path) -> None:
    outputs, changes, expected, label = CASES[name]
    some = detector(tmp_path, outputs, changes, score_floor=0.5)
    (found,) = some.detect([Frame(0, np.zeros((640, 1280, 3), np.uint8), 0.0)])
    assert len(found) == 1
    np.testing.assert_allclose(found.box_xyxy[0], expected, atol=0.05)
    assert found.score[0] == pytest.approx(SCORE, abs=1e-4)
    assert some.labels[found.label[0]] == label


@pytest.mark.parametrize(("family", "nothing"), [("detr", 3), ("rt_detr_v2", None), ("d_fine", None)])
def test_what_scores_mean_is_in_hugging_faces_configuration(family: str, nothing: int | None, tmp_path: Path) -> None:
    outputs = {"logits": logits(3 + (nothing is not None), 100, 2, nothing), "pred_boxes": relative(100)}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family, "id2label": NAMES}))
    some = detector(tmp_path, outputs, {"name": "pixel_values"}, score_floor=0.5)
    (found,) = some.detect([Frame(0, np.zeros((640, 1280, 3), np.uint8), 0.0)])
    np.testing.assert_allclose(found.box_xyxy, [STRETCHED], atol=0.05)
    assert found.score[0] == pytest.approx(SCORE, abs=1e-4)
    assert some.labels == ("cat", "dog", "person")
    assert some.labels[found.label[0]] == "person"


def shifted(boxes: Any) -> Any:
    boxes = boxes.copy()
    boxes[0, :4] *= 1e6
    return boxes


REFUSED: dict[str, tuple[dict[str, Array], dict[str, Any], str]] = {
    "a segmentation": ({"y": zeros(1, 21, 256, 256)}, {"image": (1, 3, 256, 256)}, "not a known detector"),
    "a classifier": ({"logits": zeros(1, 1000)}, {}, "not a known detector"),
    "YOLOv8 turned round": ({"output0": v8(80).transpose(0, 2, 1).copy()}, {}, "not a known detector"),
    "a shape without a known name": ({"dense": raw()}, {}, "not a known detector"),
    "YOLOX, or what": ({"output": np.full((1, CELLS, 85), 300, np.float32)}, {}, "cannot be told"),
    "boxes that are none": ({"output0": shifted(v8(80))}, {}, "its boxes for a test image are not in it"),
    "scores that are none": ({"output0": 30 * v8(80)}, {}, "instead of 0 to 1"),
    "numbers that are none": ({"output0": v8(80) * np.float32(np.nan)}, {}, "not finite"),
    "another task": ({"output0": v8(3)}, {"metadata": {**ULTRALYTICS, "task": "obb"}}, "for the task 'obb'"),
    "names that cannot be read": ({"output0": v8(3)}, {"metadata": {**ULTRALYTICS, "names": "{0: open('x')}"}},
                                  "cannot be read"),
    "names of other classes": ({"output0": v8(5)}, {"metadata": ULTRALYTICS}, "names 3 classes"),
    "mmdeploy": ({"dets": zeros(1, 100, 5), "labels": np.zeros((1, 100), np.int64)}, {"name": "input"}, "mmdeploy"),
    "Hugging Face without configuration": ({"logits": logits(3, 9, 1), "pred_boxes": relative(9)},
                                           {"name": "pixel_values"}, "config.json"),
    "another second input": (listed(300, 2), {"extra": {"scale": ("float32", (1, 2))}}, "not one image"),
    "an image in bytes": ({"output0": v8(80)}, {"image_type": "uint8"}, "not one image"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_verified_is_refused(name: str, tmp_path: Path) -> None:
    outputs, changes, reason = REFUSED[name]
    with pytest.raises(ModelError, match=reason) as caught:
        detector(tmp_path, outputs, changes)
    assert "model.onnx" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_families_of_hugging_face_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "owlvit"}))
    with pytest.raises(ModelError, match="family owlvit"):
        detector(tmp_path, {"logits": logits(3, 9, 1), "pred_boxes": relative(9)}, {"name": "pixel_values"})


def test_classes_that_the_file_does_not_name_are_assumed_with_a_warning(tmp_path: Path,
                                                                        caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert detector(tmp_path, listed(300, 2), {"extra": SIZES}).labels == COCO_LABELS
    assert "COCO's are assumed" in caplog.text
    some = detector(tmp_path, listed(300, 2), {"extra": SIZES}, class_names=["a", "b", "c"])
    (found,) = some.detect([Frame(0, np.zeros((64, 64, 3), np.uint8), 0.0)])
    assert [some.labels[k] for k in found.label] == ["c"]


def test_a_class_without_a_name_is_an_error_and_not_another_class(tmp_path: Path) -> None:
    some = detector(tmp_path, listed(300, 80), {"extra": SIZES})
    with pytest.raises(ModelError, match="class number 80, but only 80 classes are named.*--class-names"):
        some.detect([Frame(0, np.zeros((64, 64, 3), np.uint8), 0.0)])


def test_names_by_cocos_identifiers_skip_the_gaps(tmp_path: Path) -> None:
    some = detector(tmp_path, {"dets": relative(300), "labels": logits(91, 300, 90)}, {"name": "input"})
    (found,) = some.detect([Frame(0, np.zeros((64, 64, 3), np.uint8), 0.0)])
    assert some.labels == COCO_LABELS
    assert [some.labels[k] for k in found.label] == ["toothbrush"]


def test_a_dynamic_input_has_the_size_in_the_metadata(tmp_path: Path) -> None:
    cells = 40 * 40 + 20 * 20 + 10 * 10
    rows = zeros(1, 7, cells)
    rows[0, :, 3] = 75, 125, 50, 100, 0, 0, SCORE
    changes = {"metadata": {**ULTRALYTICS, "imgsz": "[320, 320]"}, "image": ("batch", 3, "height", "width")}
    some = detector(tmp_path, {"output0": rows}, changes)
    (found,) = some.detect([Frame(0, np.zeros((640, 1280, 3), np.uint8), 0.0)])
    np.testing.assert_allclose(found.box_xyxy, [CENTRED], atol=0.05)

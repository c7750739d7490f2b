"""What the outputs of the network families mean, without any network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from annotator.engine.detectors.onnx.heads import FastestDetHead, Head, NanoDetHead, YoloxHead
from annotator.engine.detectors.onnx.intake import Placement
from annotator.engine.detectors.onnx.layouts import recognise

BOX = np.array([100.0, 60.0, 180.0, 200.0], np.float32)
"""xyxy in input pixels; its centre (140, 130) lies in cell column 8, row 8 of stride 16."""
CLASSES = 7


def _yolox() -> dict[str, npt.NDArray[np.float32]]:
    raw = np.zeros((1, 52 * 52 + 26 * 26 + 13 * 13, 5 + CLASSES), np.float32)
    row = 52 * 52 + 8 * 26 + 8
    raw[0, row, :4] = 140 / 16 - 8, 130 / 16 - 8, np.log(80 / 16), np.log(140 / 16)
    raw[0, row, 4], raw[0, row, 5 + 3] = 0.9, 0.5
    return {"output": raw}


def _nanodet() -> dict[str, npt.NDArray[np.float32]]:
    outputs = {}
    for stride in (8, 16, 32):
        cells = (416 // stride) ** 2
        outputs[f"cls_pred_stride_{stride}"] = np.zeros((1, cells, CLASSES), np.float32)
        outputs[f"dis_pred_stride_{stride}"] = np.zeros((1, cells, 4 * 16), np.float32)
    row = 8 * 26 + 8
    centre = np.array([8 * 16 + 7.5, 8 * 16 + 7.5])
    outputs["cls_pred_stride_16"][0, row, 3] = 0.45
    for side, reach in enumerate(np.concatenate([centre - BOX[:2], BOX[2:] - centre]) / 16):
        # Two neighbouring bins share the weight so that their mean is the distance.
        low = int(reach)
        logits = np.full(16, -50.0)
        logits[low:low + 2] = np.log(np.maximum([1 - (reach - low), reach - low], 1e-9))
        outputs["dis_pred_stride_16"][0, row, 16 * side:16 * (side + 1)] = logits
    return outputs


def _fastestdet() -> dict[str, npt.NDArray[np.float32]]:
    raw = np.zeros((1, 5 + CLASSES, 26, 26), np.float32)
    size = np.array([80, 140]) / 416
    raw[0, :5, 8, 8] = (0.9, np.arctanh(140 / 16 - 8), np.arctanh(130 / 16 - 8), *np.log(size / (1 - size)))
    raw[0, 5 + 3, 8, 8] = 0.5
    return {"output": raw}


@pytest.mark.parametrize(("outputs", "kind"), [(_yolox(), YoloxHead), (_nanodet(), NanoDetHead),
                                               (_fastestdet(), FastestDetHead)])
def test_a_known_box_comes_back(outputs: dict[str, npt.NDArray[np.float32]], kind: type[Head]) -> None:
    head = recognise(outputs, 416, 416)
    assert isinstance(head, kind)
    assert head.class_count == CLASSES
    boxes, scores = head.decode(outputs)
    assert boxes.shape == (len(scores), 4)
    assert scores.shape == (len(boxes), CLASSES)
    row, label = np.unravel_index(scores.argmax(), scores.shape)
    assert label == 3
    np.testing.assert_allclose(boxes[row], BOX, atol=0.05)
    expected = 0.9 ** 0.6 * 0.5 ** 0.4 if kind is FastestDetHead else 0.45
    assert scores[row, label] == pytest.approx(expected, abs=1e-5)


def test_outputs_of_other_networks_are_not_recognised() -> None:
    assert recognise({"logits": np.zeros((1, 1000), np.float32)}, 416, 416) is None
    assert recognise({"output": np.zeros((1, 3000, 85), np.float32)}, 416, 416) is None
    assert recognise({name: np.zeros((1, 5, 80), np.float32) for name in "abcdef"}, 416, 416) is None


@pytest.mark.parametrize("head", [YoloxHead(416, 416, 80), NanoDetHead(416, 416, (), 80), FastestDetHead(352, 352, 80)])
def test_a_patch_of_the_picture_is_found_again_where_the_placement_says(head: Head) -> None:
    image = np.zeros((300, 700, 3), np.uint8)
    image[100:200, 400:600] = (250, 10, 10)
    pixels, placement = head.prepare(image)
    blue, _, red = pixels[0]
    # The red square is the only place where red stands far above blue, whatever padding and scaling.
    rows, columns = np.nonzero(red - blue > 0.6 * (red - blue).max())
    found = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    np.testing.assert_allclose(placement.to_image(found)[0], [400, 100, 600, 200], atol=3)


def test_placement_undoes_scale_and_offset() -> None:
    placement = Placement((0.5, 0.25), (10, 20))
    np.testing.assert_allclose(placement.to_image(np.array([[15, 25, 20, 30]], np.float32)), [[10, 20, 20, 40]])

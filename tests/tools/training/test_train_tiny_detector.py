"""Labels, assignment and measures of the tiny detector's training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from annotator.engine.detectors.tiny import LONG, SHORT, TinyDetectorNet, cell_centres
from annotator.model.frame import Detections
from testbed.synthetic_clips import CONDITIONS, make_clip
from tools.training.evaluate_tiny_detector import average_precision, calibration_error, measure
from tools.training.train_tiny_detector import (
    Batch,
    Picture,
    assign,
    collate,
    crop,
    detection_loss,
    matches,
    visible_boxes,
)


def test_boxes_of_an_uncut_picture_are_the_clips_own() -> None:
    clip = make_clip(replace(CONDITIONS["long_occlusion"], frames=6), 101)
    for t, boxes in enumerate(clip.boxes()):
        found = visible_boxes(clip.instances[t], clip.areas[t], clip.spec.height)
        np.testing.assert_array_equal(found, boxes[np.isfinite(boxes).all(1)])


@pytest.mark.parametrize("zoom", [0.85, 1.0, 1.35])
def test_crops_keep_boxes_on_their_objects(zoom: float) -> None:
    """An object painted in one colour stays where its box says, whatever the crop did."""
    image = np.zeros((360, 480, 3), np.uint8)
    instances = np.zeros((360, 480), np.uint8)
    instances[120:220, 150:290] = 1
    image[instances == 1] = 255
    picture = Picture(image, instances, np.array([100 * 140]))
    for seed in range(5):
        canvas, boxes = crop(picture, np.random.default_rng(seed), zoom)
        assert canvas.shape == (SHORT, LONG, 3)
        rows, columns = np.nonzero(canvas[..., 0] > 200)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(boxes, [seen], atol=1.5)


def _batch() -> Batch:
    boxes = [np.array([[40, 40, 120, 160], [100, 60, 180, 200]], np.float32), np.zeros((0, 4), np.float32)]
    return collate([(np.zeros((SHORT, LONG, 3), np.uint8), found) for found in boxes])


def test_cells_answer_only_for_boxes_they_lie_in() -> None:
    batch, centres = _batch(), cell_centres(SHORT, LONG)
    predicted = torch.cat([centres - 40, centres + 40], 1)[None].expand(2, -1, -1)
    owner, quality = assign(torch.full(predicted.shape[:2], 0.5), predicted, centres, batch)
    assert quality.min() >= 0
    assert quality.max() <= 1
    assert not quality[1].any()
    for cell in torch.nonzero(quality[0])[:, 0].tolist():
        box = batch.boxes[0, owner[0, cell]]
        assert (centres[cell] > box[:2]).all()
        assert (centres[cell] < box[2:]).all()
    assert set(owner[0][quality[0] > 0].tolist()) == {0, 1}


def test_the_loss_falls_when_one_batch_is_learnt() -> None:
    torch.manual_seed(0)
    clip = make_clip(replace(CONDITIONS["crossing"], frames=1), 102)
    picture = Picture(clip.images[0], clip.instances[0], clip.areas[0])
    batch = collate([crop(picture, np.random.default_rng(0), 1.0)])
    net, centres = TinyDetectorNet().train(), cell_centres(SHORT, LONG)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss, _ = detection_loss(net(batch.pixels.float()), centres, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.5 * losses[0]


def test_each_object_is_hit_once() -> None:
    truth = np.array([[0.0, 0, 10, 10]])
    assert matches(np.array([[0.0, 0, 10, 9], [0, 0, 10, 10]]), truth, 0.5).tolist() == [True, False]
    assert matches(np.array([[0.0, 0, 10, 9]]), np.zeros((0, 4)), 0.5).tolist() == [False]


def test_average_precision() -> None:
    perfect = average_precision(np.array([0.9, 0.8]), np.array([True, True]), 2)
    half = average_precision(np.array([0.9]), np.array([True]), 2)
    behind_a_false_one = average_precision(np.array([0.9, 0.8]), np.array([False, True]), 1)
    assert perfect == pytest.approx(1)
    assert half == pytest.approx(51 / 101)
    assert behind_a_false_one == pytest.approx(0.5)
    assert average_precision(np.zeros(0), np.zeros(0, bool), 3) == 0


def test_calibration_error() -> None:
    hit = np.array([True, False] * 10)
    assert calibration_error(np.full(20, 0.5), hit) == pytest.approx(0)
    assert calibration_error(np.full(20, 0.95), hit) == pytest.approx(0.45)


def test_measure_counts_frames_without_objects_or_boxes() -> None:
    truth = np.array([[0.0, 0, 10, 10]])
    quality = measure([(Detections.of([[0, 0, 10, 8]], [0.9]), truth), (Detections.empty(), truth),
                       (Detections.of([[0, 0, 5, 5]], [0.6]), np.zeros((0, 4)))])
    assert (quality.frames, quality.objects) == (3, 2)
    assert quality.recall == pytest.approx(0.5)
    assert quality.precision == pytest.approx(0.5)
    assert quality.mean_iou == pytest.approx(0.8)

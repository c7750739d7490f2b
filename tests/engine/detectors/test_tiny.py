"""The built-in detector: its geometry, its weights file, and that it finds what it was made for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from annotator.engine.detectors.tiny import (
    BINS,
    STRIDE,
    TinyDetector,
    TinyDetectorNet,
    cell_centres,
    decode_boxes,
    load_net,
)
from annotator.errors import ModelError
from annotator.model.box import box_iou
from annotator.model.frame import Frame
from testbed.synthetic_clips import CONDITIONS, make_clip

WEIGHTS = Path(__file__).parents[3] / "resources/models/tiny-detector.pt"


def test_cells_are_counted_row_by_row_like_the_networks_outputs() -> None:
    centres = cell_centres(64, 96)
    assert centres.shape == (8 * 12, 2)
    assert centres[0].tolist() == [4, 4]
    assert centres[1].tolist() == [12, 4]
    assert centres[12].tolist() == [4, 12]
    with torch.inference_mode():
        logits, distances = TinyDetectorNet().eval()(torch.zeros(2, 3, 64, 96))
    assert logits.shape == (2, 96)
    assert distances.shape == (2, 96, 4, BINS)


def test_distances_are_means_of_their_distributions() -> None:
    distances = torch.full((1, 1, 4, BINS), -100.0)
    for side, low in enumerate((0, 1, 2, 3)):
        distances[0, 0, side, low:low + 2] = 0.0  # halfway between two bins
    (box,) = decode_boxes(distances, torch.tensor([[100.0, 200.0]]))[0]
    expected = [100 - 0.5 * STRIDE, 200 - 1.5 * STRIDE, 100 + 2.5 * STRIDE, 200 + 3.5 * STRIDE]
    np.testing.assert_allclose(box.numpy(), expected, rtol=1e-5)


def test_the_network_is_small() -> None:
    assert sum(p.numel() for p in TinyDetectorNet().parameters()) < 1_000_000


def test_a_state_dict_of_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    larger = {**TinyDetectorNet().state_dict(), "score_branch.2.bias": torch.zeros(5)}
    for content in (torch.nn.Linear(3, 4).state_dict(), larger, [1, 2], torch.zeros(3)):
        torch.save(content, path)
        with pytest.raises(ModelError, match=r"other\.pt contains") as caught:
            load_net(path)
        assert "\n" not in str(caught.value)


def test_damaged_or_dangerous_weights_are_refused(tmp_path: Path) -> None:
    torch.save(TinyDetectorNet().state_dict(), tmp_path / "whole.pt")
    damaged = tmp_path / "damaged.pt"
    whole = (tmp_path / "whole.pt").read_bytes()
    for content in (b"", b"text", whole[:len(whole) // 2]):
        damaged.write_bytes(content)
        with pytest.raises(ModelError, match=r"damaged\.pt"):
            load_net(damaged)
    torch.save({"code": Path("/")}, damaged)  # an object that is no tensor needs code to load
    with pytest.raises(ModelError, match=r"damaged\.pt"):
        load_net(damaged)
    with pytest.raises(ModelError, match=r"missing\.pt"):
        load_net(tmp_path / "missing.pt")


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="resources/models/tiny-detector.pt has not been trained yet")
class TestTrained:
    def test_weights_are_half_precision_and_small(self) -> None:
        state = torch.load(WEIGHTS, weights_only=True)
        assert {v.dtype for v in state.values() if v.is_floating_point()} == {torch.float16}
        assert WEIGHTS.stat().st_size < 2_000_000

    def test_finds_the_sprites_of_clips_it_has_not_seen(self) -> None:
        detector = TinyDetector(WEIGHTS)
        overlaps: list[float] = []
        for seed in (105, 106, 107):
            clip = make_clip(replace(CONDITIONS["crossing"], frames=3), seed)
            results = detector.detect([Frame(t, image, 0.0) for t, image in enumerate(clip.images)])
            for found, boxes in zip(results, clip.boxes(), strict=True):
                truth = boxes[np.isfinite(boxes).all(1)]
                overlaps += box_iou(truth, found[found.score > 0.5].box_xyxy.astype(float)).max(1).tolist()
        assert np.mean(np.array(overlaps) > 0.5) > 0.85
        assert np.mean(overlaps) > 0.75

    def test_a_larger_picture_gives_the_same_boxes_scaled(self) -> None:
        image = make_clip(replace(CONDITIONS["crossing"], frames=1), 105).images[0]
        detector = TinyDetector(WEIGHTS)
        large = np.kron(image, np.ones((2, 2, 1), np.uint8))
        (small_found,), (large_found,) = (detector.detect([Frame(0, i, 0.0)]) for i in (image, large))
        sure = small_found[small_found.score > 0.6]
        assert len(sure)
        assert (box_iou(sure.box_xyxy * 2.0, large_found.box_xyxy.astype(float)).max(1) > 0.8).all()

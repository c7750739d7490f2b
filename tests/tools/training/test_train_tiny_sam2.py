from dataclasses import replace

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from testbed.synthetic_clips import make_clip, training_spec
from tools.training.tiny_sam2_batches import LONGEST_AGO, QUALITY, Batch, Stage, batches, compressed
from tools.training.train_tiny_sam2 import (
    CONFIG,
    REAL_STAGES,
    STAGES,
    clip_loss,
    growing_average,
    run_clip,
    set_image_size,
)

#: Clips as short and small as they can be with everything that a stage may have.
SHORT = Stage(1.0, 128, 5, (1,), 1, 2, 1e-3, 2.0, unlearned=3)


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    made: torch.nn.Module = instantiate(OmegaConf.load(CONFIG)).train()
    set_image_size(made, SHORT.side)
    return made


@pytest.fixture(scope="module")
def batch() -> Batch:
    """One that has frames without gradients and was prompted long ago."""
    return next(b for b in batches(SHORT, 1_234_567) if b.start and b.ago)


def test_shares_of_the_time_are_all_of_it() -> None:
    assert sum(stage.share for stage in STAGES) == pytest.approx(1)
    assert sum(stage.share for stage in REAL_STAGES) == pytest.approx(1)


def test_an_average_forgets_what_it_began_with_and_then_keeps_its_length() -> None:
    def after(steps: int, longest: int) -> float:
        kept = [torch.ones(1)]
        for step in range(1, steps + 1):
            growing_average(longest)(kept, [torch.zeros(1)], torch.tensor(step))
        return float(kept[0])

    assert after(30, 1000) < 0.01, "a fixed length of 1,000 steps would keep 0.97"
    assert after(1, 1) == pytest.approx(0)
    kept = [torch.ones(1)]
    growing_average(10)(kept, [torch.zeros(1)], torch.tensor(5000))
    assert float(kept[0]) == pytest.approx(0.9)


def test_a_batch_has_the_frames_that_count_and_those_before(batch: Batch) -> None:
    frames = batch.start + SHORT.frames
    assert 1 <= batch.start <= SHORT.unlearned
    assert 1 <= batch.ago <= LONGEST_AGO
    assert batch.images.shape == (1, frames, 3, 128, 128)
    assert batch.masks.shape[1:] == (frames, 128, 128)
    assert len(batch.masks) == len(batch.shares) == len(batch.boxes) == len(batch.clip_of)
    inside = batch.masks[:, 0].sum((1, 2))
    assert (inside > 0).all(), "every object shows where it is prompted"


def test_only_frames_that_count_are_told_and_teach(model: torch.nn.Module, batch: Batch) -> None:
    results = run_clip(model, batch)
    assert len(results) == SHORT.frames
    loss, facts = clip_loss(results, batch, 2.0)
    model.zero_grad()
    loss.backward()
    gradient = torch.stack([p.grad.abs().sum() for p in model.parameters() if p.grad is not None]).sum()
    assert torch.isfinite(gradient)
    assert gradient > 0
    assert "iou_last" in facts
    assert "iou_first" not in facts, "the prompt's own frame is not among them"


def test_the_time_since_the_prompt_matters_and_the_number_of_frames_shown_does_not(model: torch.nn.Module,
                                                                                   batch: Batch) -> None:
    with torch.no_grad():
        long_ago = run_clip(model, batch)[-1].masks
        just_now = run_clip(model, replace(batch, ago=0))[-1].masks
        shorter = replace(batch, images=batch.images[:, :-1], masks=batch.masks[:, :-1], shares=batch.shares[:, :-1])
        cut = run_clip(model, shorter)[-1].masks
        second_last = run_clip(model, batch)[-2].masks
    assert not torch.equal(long_ago, just_now)
    torch.testing.assert_close(cut, second_last)


def test_compression_keeps_what_pictures_show_and_costs_more_at_worse_quality() -> None:
    images = make_clip(training_spec(np.random.default_rng(3), 4, side=128), 1_234_567).images
    lost = [np.abs(compressed(images, crf).astype(int) - images).mean() for crf in QUALITY]
    assert compressed(images, QUALITY[0]).shape == images.shape
    assert 0 < lost[0] < lost[1] < 16

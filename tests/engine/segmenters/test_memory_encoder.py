"""The batched memory encoder against the package's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from annotator.engine.segmenters.memory_encoder import BatchedMemoryEncoder
from tests.engine.rounding import assert_as_near, in_double
from tests.engine.stock_sam2 import random_model

SIDE = 5


def encoder(kind: str, layer_scale: bool = True) -> Any:
    """With norms, biases and scales that matter."""
    module = random_model(kind).memory_encoder
    torch.manual_seed(5)
    with torch.no_grad():
        for part in module.mask_downsampler.encoder:
            if hasattr(part, "eps"):
                part.weight.uniform_(0.5, 1.5)
                part.bias.normal_()
        for block in module.fuser.layers:
            block.norm.weight.uniform_(0.5, 1.5)
            block.norm.bias.normal_()
            block.gamma = torch.nn.Parameter(torch.rand_like(block.gamma)) if layer_scale else None
    return module


@pytest.mark.parametrize("kind", ["tiny", "sam2.1"])
@pytest.mark.parametrize("layer_scale", [True, False])
@pytest.mark.parametrize("batch", [1, 4])
@torch.inference_mode()
def test_agrees_with_the_package(kind: str, layer_scale: bool, batch: int) -> None:
    module = encoder(kind, layer_scale)
    features = torch.randn(1, module.pix_feat_proj.in_channels, SIDE, SIDE)
    masks = 20 * torch.rand(batch, 1, 16 * SIDE, 16 * SIDE) - 10
    before = masks.clone()
    batched = BatchedMemoryEncoder(module)
    ours = batched(batched.project(features), masks)
    stock = module(features, masks, skip_mask_sigmoid=True)["vision_features"].flatten(2).transpose(1, 2)
    assert torch.equal(masks, before), "the masks are the caller's"
    assert batch == 1 or float((stock[0] - stock[1]).abs().max()) > 0.05, "memories that differ"
    exact = in_double(module)(features.double(), masks.double(), skip_mask_sigmoid=True)["vision_features"]
    assert_as_near(ours, stock, exact.flatten(2).transpose(1, 2))


@torch.inference_mode()
def test_masks_that_are_the_same_everywhere() -> None:
    """Channels that hardly differ are what a norm amplifies."""
    module = encoder("tiny")
    features = torch.randn(1, module.pix_feat_proj.in_channels, SIDE, SIDE)
    masks = torch.full((2, 1, 16 * SIDE, 16 * SIDE), -10.0)
    masks[1] = 0.0
    batched = BatchedMemoryEncoder(module)
    stock = module(features, masks, skip_mask_sigmoid=True)["vision_features"].flatten(2).transpose(1, 2)
    exact = in_double(module)(features.double(), masks.double(), skip_mask_sigmoid=True)["vision_features"]
    assert_as_near(batched(batched.project(features), masks), stock, exact.flatten(2).transpose(1, 2))

"""The regrouped mask decoder against the package's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from annotator.engine.segmenters.mask_decoder import BatchedMaskDecoder, PackageMaskDecoder, mask_decoder
from tests.engine.rounding import assert_as_near, in_double
from tests.engine.stock_sam2 import random_model

SIDE = 6
CELLS = SIDE * SIDE
_EXTRA = {"dynamic_multimask_via_stability": True, "dynamic_multimask_stability_delta": 0.05}

DECODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "as built in": ("tiny", {}),
    "as published": ("sam2.1", {}),
    "the single mask always": ("sam2.1", {"sam_mask_decoder_extra_args": {"dynamic_multimask_via_stability": False}}),
    "never the single mask": ("sam2.1", {"sam_mask_decoder_extra_args": {**_EXTRA,
                                                                         "dynamic_multimask_stability_thresh": 1.1}}),
    "the single mask's token always": ("tiny", {"use_multimask_token_for_obj_ptr": False}),
}


def decoder(name: str) -> Any:
    """With weights that make attention choose."""
    kind, changes = DECODERS[name]
    module = random_model(kind, **changes).sam_mask_decoder
    torch.manual_seed(3)
    with torch.no_grad():
        for attention in module.transformer.modules():
            if hasattr(attention, "q_proj"):
                attention.q_proj.weight *= 3
                attention.k_proj.weight *= 3
                for linear in (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj):
                    linear.bias.normal_()
        for norm in module.modules():
            if isinstance(norm, torch.nn.LayerNorm):
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_()
        module.output_upscaling[1].weight.uniform_(0.5, 1.5)
        module.output_upscaling[1].bias.normal_()
    return module


def exact(module: Any, picture: torch.Tensor, positions: torch.Tensor, prompt: torch.Tensor,
          high_res: list[torch.Tensor], multimask: bool) -> tuple[torch.Tensor, ...]:
    """What the package's decoder answers in float64."""
    package = PackageMaskDecoder(in_double(module))
    prepared = package.prepare([features.double() for features in high_res])
    return package(picture.double(), positions.double(), prompt.double(), prepared, multimask)


def given(module: Any, batch: int, prompts: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(4)
    width = module.transformer_dim
    high_res = [torch.randn(1, width // 8, 4 * SIDE, 4 * SIDE), torch.randn(1, width // 4, 2 * SIDE, 2 * SIDE)]
    return torch.randn(batch, CELLS, width), torch.randn(CELLS, width), torch.randn(batch, prompts, width), high_res


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("multimask", [True, False])
@pytest.mark.parametrize(("batch", "prompts"), [(1, 2), (5, 3)])
@torch.inference_mode()
def test_agrees_with_the_package(name: str, multimask: bool, batch: int, prompts: int) -> None:
    module = decoder(name)
    picture, positions, prompt, high_res = given(module, batch, prompts)
    before = picture.clone()
    batched, package = BatchedMaskDecoder(module), PackageMaskDecoder(module)
    ours = batched(picture, positions, prompt, batched.prepare(high_res), multimask)
    stock = package(picture, positions, prompt, package.prepare(high_res), multimask)
    assert torch.equal(picture, before), "the picture is the caller's"
    assert ours[0].shape == (batch, 4 * SIDE, 4 * SIDE)
    assert float(stock[0].std()) > 0.5, "masks that say something"
    for each in zip(ours, stock, exact(module, picture, positions, prompt, high_res, multimask), strict=True):
        assert_as_near(*each)


@pytest.mark.parametrize("name", DECODERS)
@torch.inference_mode()
def test_all_candidates_agree_with_the_package_and_hold_the_best(name: str) -> None:
    module = decoder(name)
    image, positions, prompt, high_res = given(module, 3, 2)
    batched, package = BatchedMaskDecoder(module), PackageMaskDecoder(module)
    ours = batched.candidates(image, positions, prompt, batched.prepare(high_res))
    stock = package.candidates(image, positions, prompt, package.prepare(high_res))
    assert ours[0].shape == (3, 3, 4 * SIDE, 4 * SIDE)
    for mine, theirs in zip(ours, stock, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-3)
    best = batched(image, positions, prompt, batched.prepare(high_res), True)
    index = torch.arange(3), ours[1].argmax(-1)
    for whole, one in zip(ours[:3], best[:3], strict=True):
        torch.testing.assert_close(whole[index], one, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("multimask", [True, False])
@torch.inference_mode()
def test_agrees_without_high_resolution_features(multimask: bool) -> None:
    module = decoder("as published")
    module.use_high_res_features = False
    picture, positions, prompt, _ = given(module, 3, 2)
    batched, package = BatchedMaskDecoder(module), PackageMaskDecoder(module)
    ours = batched(picture, positions, prompt, batched.prepare([]), multimask)
    stock = package(picture, positions, prompt, [], multimask)
    for each in zip(ours, stock, exact(module, picture, positions, prompt, [], multimask), strict=True):
        assert_as_near(*each)


@torch.inference_mode()
def test_without_object_scores_all_are_visible() -> None:
    module = random_model("tiny").sam_mask_decoder
    module.pred_obj_scores = False
    picture, positions, prompt, high_res = given(module, 2, 2)
    batched, package = BatchedMaskDecoder(module), PackageMaskDecoder(module)
    ours = batched(picture, positions, prompt, batched.prepare(high_res), True)
    assert ours[3].tolist() == [[10.0], [10.0]]
    stock = package(picture, positions, prompt, high_res, True)
    for each in zip(ours, stock, exact(module, picture, positions, prompt, high_res, True), strict=True):
        assert_as_near(*each)


def test_a_cuda_device_keeps_the_package_s() -> None:
    module = random_model("tiny").sam_mask_decoder
    assert isinstance(mask_decoder(module, torch.device("cuda")), PackageMaskDecoder)
    assert isinstance(mask_decoder(module, torch.device("cpu")), BatchedMaskDecoder)

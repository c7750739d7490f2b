"""Batched memory attention against the package's, object by object."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.engine.segmenters.attention import BatchedMemoryAttention, Remembered
from tests.engine.rounding import assert_as_near, in_double
from tests.engine.stock_sam2 import parameters

SIDE = 6
CELLS = SIDE * SIDE


def attention(kind: str, **layer: Any) -> Any:
    config = parameters(kind)["memory_attention"]
    config["layer"] |= layer
    torch.manual_seed(1)
    module = instantiate(config).eval()
    for parameter in module.parameters():
        parameter.data *= 2
    return module


MODULES = {
    "memories as wide as features": attention("tiny"),
    "memories narrower than features": attention("sam2.1"),
    "positions everywhere": attention("sam2.1", pos_enc_at_attn=True, pos_enc_at_cross_attn_queries=True),
    "positions at no key": attention("sam2.1", pos_enc_at_cross_attn_keys=False),
    "several heads": attention("sam2.1", cross_attention={
        **parameters("sam2.1")["memory_attention"]["layer"]["cross_attention"], "num_heads": 4}),
}


@torch.inference_mode()
def assert_agree(module: Any, memories: list[tuple[int, int]], split: int = 2, same_positions: bool = False) -> None:
    """Each object remembers (frames, pointers); frames equal in number, pointers padded to the longest."""
    torch.manual_seed(2)
    width = module.d_model
    memory_width = module.layers[0].cross_attn_image.kv_in_dim
    features, positions = torch.randn(CELLS, width), torch.randn(CELLS, width)
    places = torch.randn(7, CELLS, memory_width)
    count, frames, longest = len(memories), memories[0][0], max(p for _, p in memories)
    spatial, total = frames * CELLS, frames * CELLS + longest * split
    tokens = torch.randn(count, total, memory_width)
    when = torch.stack([torch.randperm(7)[:frames] for _ in range(1 if same_positions else count)])
    pointer_positions = torch.randn(len(when), longest * split, memory_width)
    real = torch.arange(total)[None] < torch.tensor([spatial + p * split for _, p in memories])[:, None]
    memory = Remembered(tokens, when, pointer_positions, None if bool(real.all()) else real)
    given = (tokens.clone(), pointer_positions.clone())
    ours = BatchedMemoryAttention(module, split, places)(features, positions, memory)
    assert torch.equal(tokens, given[0]), "the memories are the caller's"
    assert torch.equal(pointer_positions, given[1])
    where = torch.cat([places[when].flatten(1, 2), pointer_positions], 1).expand(count, -1, -1)
    exact_module = in_double(module)
    for k, (_, pointers) in enumerate(memories):
        length = spatial + pointers * split
        inputs = features[:, None], tokens[k, :length, None], positions[:, None], where[k, :length, None]
        stock = module(*inputs, pointers * split)
        exact = exact_module(*(tensor.double() for tensor in inputs), pointers * split)
        assert_as_near(ours[k], stock[:, 0], exact[:, 0])


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("pointers", [(3,), (2, 2, 2), (1, 4, 2), (0, 3), (0, 0)])
def test_agrees_with_the_package(module: Any, pointers: tuple[int, ...]) -> None:
    assert_agree(module, [(3, p) for p in pointers])


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 7), st.lists(st.integers(0, 16), min_size=1, max_size=5), st.booleans())
def test_any_number_of_memories(frames: int, pointers: list[int], same: bool) -> None:
    assert_agree(MODULES["memories narrower than features"], [(frames, p) for p in pointers], same_positions=same)


def test_what_is_padding_does_not_matter() -> None:
    torch.manual_seed(3)
    module = MODULES["memories narrower than features"]
    features, positions, places = torch.randn(CELLS, 128), torch.randn(CELLS, 128), torch.randn(7, CELLS, 64)
    tokens, pointer_positions = torch.randn(2, CELLS + 6, 64), torch.randn(2, 6, 64)
    real = torch.ones(2, CELLS + 6, dtype=torch.bool)
    real[1, -4:] = False
    memory = Remembered(tokens, torch.zeros(2, 1, dtype=torch.long), pointer_positions, real)
    with torch.inference_mode():
        run = BatchedMemoryAttention(module, 2, places)
        first = run(features, positions, memory)
        tokens[1, -4:] = 1e3
        second = run(features, positions, memory)
        tokens[1, -5:] = 1e3
        third = run(features, positions, memory)
    torch.testing.assert_close(first, second)
    assert not torch.allclose(first[1], third[1])


def test_in_bfloat16_it_is_as_near_as_the_package() -> None:
    """Distances from float32 of ours and of the package's, both in bfloat16."""
    torch.manual_seed(4)
    module = MODULES["memories narrower than features"]
    features, positions, places = torch.randn(CELLS, 128), torch.randn(CELLS, 128), torch.randn(7, CELLS, 64)
    tokens, pointer_positions = torch.randn(1, 2 * CELLS + 2, 64), torch.randn(1, 2, 64)
    memory = Remembered(tokens, torch.tensor([[0, 3]]), pointer_positions, None)
    where = torch.cat([places[[0, 3]].flatten(0, 1), pointer_positions[0]])[:, None]
    with torch.inference_mode():
        run = BatchedMemoryAttention(module, 2, places)
        exact = run(features, positions, memory)[0]
        with torch.autocast("cpu", torch.bfloat16):
            ours = run(features, positions, memory)[0].float()
            stock = module(features[:, None], tokens[0, :, None], positions[:, None], where, 2)[:, 0].float()
    assert 0 < (ours - exact).abs().mean() < 1.2 * (stock - exact).abs().mean()

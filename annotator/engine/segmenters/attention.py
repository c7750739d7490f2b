"""SAM 2's memory attention for many objects of one frame.

Computes the same as ``sam2.modeling.memory_attention.MemoryAttention`` with the same weights. Four changes make it
faster and alter the result only by rounding: what the objects of a frame have in common (the first self-attention and
the first queries) is computed once; the positional part of the keys is projected once per model and added to the
projected memories; rotary factors are broadcast over the memory frames instead of repeated; and memories of different
lengths share a batch, with their padding masked out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Remembered:
    """The memories of a batch of objects: the same number of frames for each, and pointers padded to the longest."""

    tokens: Tensor
    """(B, K, M) first the frames' tokens, HW each, then the pointers'."""
    frames: Tensor
    """(B, N), or (1, N) if all objects share them: the temporal position of each frame."""
    pointer_positions: Tensor
    """(B, P, M) or (1, P, M): positional encoding of the pointers' tokens."""
    mask: Tensor | None
    """(B, K) bool, False for padding; None without padding."""


class BatchedMemoryAttention:
    """Runs a model's memory attention with one set of current features for all objects.

    Parameters
    ----------
    module
        The package's memory attention.
    pointer_tokens
        Number of tokens that one object pointer is split into.
    memory_positions
        (T, HW, M) positional encoding of a memory frame's tokens, by temporal position.
    """

    def __init__(self, module: Any, pointer_tokens: int, memory_positions: Tensor) -> None:
        self.pointer_tokens = pointer_tokens
        self._module = module
        self._rotations: dict[tuple[int, int, torch.device], Tensor] = {}
        self._key_positions = [self._project_positions(layer, memory_positions) for layer in module.layers]

    def __call__(self, features: Tensor, positions: Tensor, memory: Remembered) -> Tensor:
        """Condition the frame's (HW, C) features, with their (HW, C) positional encoding, on each object's memory.

        Returns (B, HW, C).
        """
        x = features[None]
        if self._module.pos_enc_at_input:
            x = x + 0.1 * positions[None]
        for layer, key_positions in zip(self._module.layers, self._key_positions, strict=True):
            x = self._self_attention(layer, x, positions)
            x = self._cross_attention(layer, x, positions, memory, key_positions)
            hidden = layer.linear1(layer.norm3(x))
            x = x + layer.linear2(hidden.relu_() if layer.activation is F.relu else layer.activation(hidden))
        normed: Tensor = self._module.norm(x)
        return normed

    def _self_attention(self, layer: Any, x: Tensor, positions: Tensor) -> Tensor:
        attention = layer.self_attn
        y = layer.norm1(x)
        q = k = y + positions[None] if layer.pos_enc_at_attn else y
        rotation = self._rotation(attention, x.shape[1], x.device)
        q = _rotate(_heads(attention.q_proj(q), attention.num_heads), rotation)
        k = _rotate(_heads(attention.k_proj(k), attention.num_heads), rotation)
        v = _heads(attention.v_proj(y), attention.num_heads)
        return x + _attend(attention, q, k, v, None)

    def _cross_attention(self, layer: Any, x: Tensor, positions: Tensor, memory: Remembered,
                         key_positions: Tensor) -> Tensor:
        attention = layer.cross_attn_image
        mask = None if memory.mask is None else memory.mask[:, None, None, :]
        y = layer.norm2(x)
        q = y + positions[None] if layer.pos_enc_at_cross_attn_queries else y
        q = _rotate(_heads(attention.q_proj(q), attention.num_heads), self._rotation(attention, x.shape[1], x.device))
        k = _heads(self._keys(layer, memory, key_positions), attention.num_heads)
        q = q.expand(len(k), -1, -1, -1)
        if attention.num_heads == 1 and attention.internal_dim == attention.kv_in_dim:
            # The weights sum to one, so the few averaged values can be projected instead of all values.
            averaged = F.scaled_dot_product_attention(q, k, memory.tokens[:, None].to(k.dtype), attn_mask=mask)
            projected: Tensor = attention.out_proj(attention.v_proj(averaged[:, 0]))
            return x + projected
        v = _heads(attention.v_proj(memory.tokens), attention.num_heads)
        return x + _attend(attention, q, k, v, mask)

    def _keys(self, layer: Any, memory: Remembered, key_positions: Tensor) -> Tensor:
        """Return the projected keys (B, K, C). Keys of frames are rotated; pointers have no spatial position."""
        attention = layer.cross_attn_image
        cells, spatial_tokens = key_positions.shape[1], key_positions.shape[1] * memory.frames.shape[1]
        keys = F.linear(memory.tokens, attention.k_proj.weight)
        spatial = keys[:, :spatial_tokens].view(len(keys), -1, cells, keys.shape[-1])
        rotation = self._rotation(attention, cells, keys.device)
        if keys.dtype == torch.float32:
            _as_complex(spatial, attention.num_heads).mul_(rotation[:, None])
            spatial.add_(key_positions[memory.frames])
        else:
            rotated = _as_complex(spatial.float(), attention.num_heads) * rotation[:, None]
            spatial.copy_(torch.view_as_real(rotated).flatten(-3) + key_positions[memory.frames])
        pointers = memory.pointer_positions
        if not layer.pos_enc_at_cross_attn_keys:
            pointers = torch.zeros_like(pointers)
        keys[:, spatial_tokens:].add_(attention.k_proj(pointers))
        return keys

    def _project_positions(self, layer: Any, positions: Tensor) -> Tensor:
        """Return the part of a frame's keys due to position and bias, rotated like keys: (T, HW, C) float32.

        Projection and rotation are linear, so the parts of memories and positions can be added afterwards.
        """
        attention = layer.cross_attn_image
        with torch.inference_mode(), torch.autocast(positions.device.type, enabled=False):
            used = positions if layer.pos_enc_at_cross_attn_keys else torch.zeros_like(positions)
            projected: Tensor = attention.k_proj(used)
            rotation = self._rotation(attention, positions.shape[1], positions.device)
            _as_complex(projected, attention.num_heads).mul_(rotation[:, None])
        return projected

    def _rotation(self, attention: Any, tokens: int, device: torch.device) -> Tensor:
        """Return the rotary factors of every position: (HW, D / 2) complex64."""
        key = (attention.internal_dim // attention.num_heads, tokens, device)
        if key not in self._rotations:
            side = int(math.sqrt(tokens))
            self._rotations[key] = attention.compute_cis(end_x=side, end_y=side).to(device)
        return self._rotations[key]


def _heads(x: Tensor, heads: int) -> Tensor:
    b, n, c = x.shape
    return x.view(b, n, heads, c // heads).transpose(1, 2)


def _as_complex(x: Tensor, heads: int) -> Tensor:
    """Return a view of (..., heads * D) float32 as (..., heads, D / 2) complex64."""
    return torch.view_as_complex(x.view(*x.shape[:-1], heads, -1, 2))


def _rotate(x: Tensor, rotation: Tensor) -> Tensor:
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation).flatten(-2).type_as(x)


def _attend(attention: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    b, h, n, d = out.shape
    projected: Tensor = attention.out_proj(out.transpose(1, 2).reshape(b, n, h * d))
    return projected

"""SAM 2's memory attention for many objects of one frame.

The same arithmetic as ``sam2.modeling.memory_attention.MemoryAttention`` on the same weights. Three things are
done differently, none of which changes the result beyond rounding: what the objects of a frame have in common (the
first self-attention and the first queries) is computed once; rotary positions are broadcast over the remembered
frames instead of repeated; and memories of different lengths share a batch, their padding masked out.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class BatchedMemoryAttention:
    """Runs a model's memory attention with one set of current features for all objects."""

    def __init__(self, module: Any, pointer_tokens: int) -> None:
        self._module = module
        self._rotations: dict[tuple[int, int, torch.device], Tensor] = {}
        self.pointer_tokens = pointer_tokens
        """Tokens that one object pointer is split into."""

    def __call__(self, features: Tensor, positions: Tensor, memory: Tensor, memory_positions: Tensor,
                 spatial_tokens: int, key_mask: Tensor | None) -> Tensor:
        """Condition the frame's features on each object's memory.

        Parameters
        ----------
        features, positions
            (HW, C) of the current frame.
        memory
            (B, K, M) remembered tokens: first ``spatial_tokens`` spatial ones, a multiple of HW, then pointers.
        memory_positions
            (B, K, M) or (1, K, M) where all objects have the same: their positional encoding.
        key_mask
            (B, K) bool, False for padding; None if there is none.

        Returns
        -------
        (B, HW, C)
        """
        x = features[None]
        if self._module.pos_enc_at_input:
            x = x + 0.1 * positions[None]
        mask = None if key_mask is None else key_mask[:, None, None, :]
        keys = memory + memory_positions
        for layer in self._module.layers:
            x = self._self_attention(layer, x, positions)
            x = self._cross_attention(layer, x, positions, memory, keys, spatial_tokens, mask)
            hidden = layer.activation(layer.linear1(layer.norm3(x)))
            x = x + layer.linear2(hidden)
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

    def _cross_attention(self, layer: Any, x: Tensor, positions: Tensor, memory: Tensor, keys: Tensor,
                         spatial_tokens: int, mask: Tensor | None) -> Tensor:
        attention = layer.cross_attn_image
        y = layer.norm2(x)
        q = y + positions[None] if layer.pos_enc_at_cross_attn_queries else y
        rotation = self._rotation(attention, x.shape[1], x.device)
        q = _rotate(_heads(attention.q_proj(q), attention.num_heads), rotation)
        source = keys if layer.pos_enc_at_cross_attn_keys else memory
        k = _rotate_spatial(_heads(attention.k_proj(source), attention.num_heads), rotation, spatial_tokens)
        q = q.expand(len(k), -1, -1, -1)
        if attention.num_heads == 1 and attention.internal_dim == attention.kv_in_dim:
            # Weights sum to one, so values may be projected after they are averaged: far fewer of them.
            averaged = F.scaled_dot_product_attention(q, k, memory[:, None].to(k.dtype), attn_mask=mask)
            projected: Tensor = attention.out_proj(attention.v_proj(averaged[:, 0]))
            return x + projected
        v = _heads(attention.v_proj(memory), attention.num_heads)
        return x + _attend(attention, q, k, v, mask)

    def _rotation(self, attention: Any, tokens: int, device: torch.device) -> Tensor:
        """Rotary factors of every position. (HW, D / 2) complex64."""
        key = (attention.internal_dim // attention.num_heads, tokens, device)
        if key not in self._rotations:
            side = int(math.sqrt(tokens))
            self._rotations[key] = attention.compute_cis(end_x=side, end_y=side).to(device)
        return self._rotations[key]


def _heads(x: Tensor, heads: int) -> Tensor:
    b, n, c = x.shape
    return x.view(b, n, heads, c // heads).transpose(1, 2)


def _rotate(x: Tensor, rotation: Tensor) -> Tensor:
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation).flatten(-2).type_as(x)


def _rotate_spatial(k: Tensor, rotation: Tensor, spatial_tokens: int) -> Tensor:
    """Rotate the spatial keys frame by frame, in place; pointers have no place in the picture."""
    b, h, _, d = k.shape
    spatial = k[:, :, :spatial_tokens].view(b, h, -1, rotation.shape[0], d)
    if k.dtype == torch.float32:
        torch.view_as_complex(spatial.view(*spatial.shape[:-1], -1, 2)).mul_(rotation)
    else:
        spatial.copy_(_rotate(spatial, rotation))
    return k


def _attend(attention: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    b, h, n, d = out.shape
    projected: Tensor = attention.out_proj(out.transpose(1, 2).reshape(b, n, h * d))
    return projected

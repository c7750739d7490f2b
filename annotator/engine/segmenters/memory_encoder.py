"""SAM 2's memory encoder for many objects of one frame.

The same weights and arithmetic as ``sam2.modeling.memory_encoder.MemoryEncoder``. The package normalises over
channels with six passes over channels-first tensors. Where there are many channels, one fused layer norm over
channels-last tensors is several times faster; where there are few, the passes are.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from sam2.modeling.sam2_utils import LayerNorm2d
from torch import Tensor, nn

#: Channels from which the fused layer norm is the faster one (measured on a CPU; on CUDA it hardly matters).
_FUSED_FROM = 32


class BatchedMemoryEncoder:
    """Runs a model's memory encoder on one picture's features and one mask per object."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def project(self, features: Tensor) -> Tensor:
        """The picture's part, shared by all objects. (1, C, H, W) -> the same shape, channels last."""
        projected: Tensor = self._module.pix_feat_proj(features)
        return projected.contiguous(memory_format=torch.channels_last)

    def __call__(self, projected: Tensor, masks: Tensor) -> Tensor:
        """Memories of masks scaled for the encoder. (B, 1, S, S) -> (B, HW, M)."""
        x = masks
        for layer in self._module.mask_downsampler.encoder:
            x = _normalise(layer, x) if isinstance(layer, LayerNorm2d) else layer(x)
        x = self._module.fuser.proj(projected + x)
        for block in self._module.fuser.layers:
            x = _fuse(block, x)
        memory: Tensor = self._module.out_proj(x)
        return memory.flatten(2).transpose(1, 2)


def _normalise(norm: Any, x: Tensor) -> Tensor:
    """``LayerNorm2d``, fused if there are many channels."""
    if x.shape[1] < _FUSED_FROM:
        normalised: Tensor = norm(x)
        return normalised
    last = x.permute(0, 2, 3, 1)
    return F.layer_norm(last, (last.shape[-1],), norm.weight, norm.bias, norm.eps).permute(0, 3, 1, 2)


def _fuse(block: Any, x: Tensor) -> Tensor:
    """``CXBlock``: depthwise convolution, layer norm and a two-layer perceptron, all channels last."""
    y = _normalise(block.norm, block.dwconv(x)).permute(0, 2, 3, 1)
    y = block.pwconv2(block.act(block.pwconv1(y)))
    if block.gamma is not None:
        y = block.gamma * y
    drop: nn.Module = block.drop_path
    fused: Tensor = x + drop(y.permute(0, 3, 1, 2))
    return fused

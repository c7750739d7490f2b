"""SAM 2's memory encoder for many objects of one frame.

Uses the weights and arithmetic of ``sam2.modeling.memory_encoder.MemoryEncoder``, arranged for speed. The package
normalises over channels with six passes over channels-first tensors. Here

- the mean over channels is subtracted from the convolution's weights once, instead of from its output each time;
- tensors with many channels are channels-last, for which the fused layer norm needs one pass;
- layer scales are multiplied into the preceding linear layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

#: Number of channels from which the fused layer norm is faster (measured on a CPU; on CUDA it hardly matters).
_FUSED_FROM = 32


class BatchedMemoryEncoder:
    """Runs a model's memory encoder on the features of one frame and one mask per object.

    It copies the weights on construction, so later changes to the module have no effect.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        with torch.no_grad():
            *stages, self._embed = module.mask_downsampler.encoder
            self._stages = [_Stage.of(*stages[k:k + 3]) for k in range(0, len(stages), 3)]
            self._blocks = [_Block.of(block) for block in module.fuser.layers]

    def project(self, features: Tensor) -> Tensor:
        """Project the image features, which all objects share. (1, C, H, W) -> the same shape, channels-last."""
        projected: Tensor = self._module.pix_feat_proj(features)
        return projected.contiguous(memory_format=torch.channels_last)

    def __call__(self, projected: Tensor, masks: Tensor) -> Tensor:
        """Return the memories of masks that are scaled for the encoder. (B, 1, S, S) -> (B, HW, M)."""
        x = masks
        for stage in self._stages:
            x = stage(x)
        x = self._module.fuser.proj(self._embed(x) + projected)
        for block in self._blocks:
            x = block(x)
        memory: Tensor = self._module.out_proj(x)
        return memory.flatten(2).transpose(1, 2)


@dataclass(frozen=True, slots=True)
class _Stage:
    """A strided convolution, ``LayerNorm2d`` and an activation of the mask downsampler."""

    weight: Tensor
    bias: Tensor
    stride: tuple[int, int]
    padding: tuple[int, int]
    norm_weight: Tensor
    """(C,), or (C, 1, 1) if the convolution is centred."""
    norm_bias: Tensor
    eps: float
    centred: bool
    """Whether the convolution's output has mean zero over channels."""
    activation: Callable[[Tensor], Tensor]

    @classmethod
    def of(cls, conv: Any, norm: Any, activation: Callable[[Tensor], Tensor]) -> _Stage:
        weight, bias, scale, shift = conv.weight, conv.bias, norm.weight, norm.bias
        centred = len(weight) < _FUSED_FROM
        if centred:
            weight, bias = weight - weight.mean(0, keepdim=True), bias - bias.mean()
            scale, shift = scale[:, None, None], shift[:, None, None]
        else:
            weight = weight.contiguous(memory_format=torch.channels_last)
        return cls(weight, bias, conv.stride, conv.padding, scale, shift, norm.eps, centred, activation)

    def __call__(self, x: Tensor) -> Tensor:
        x = F.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        if self.centred:
            deviation = x.pow(2).mean(1, keepdim=True).add_(self.eps).rsqrt_()
            return self.activation((x * deviation).mul_(self.norm_weight).add_(self.norm_bias))
        return self.activation(_layer_norm(x, self.norm_weight, self.norm_bias, self.eps).permute(0, 3, 1, 2))


@dataclass(frozen=True, slots=True)
class _Block:
    """``CXBlock``: depthwise convolution, layer norm and a two-layer perceptron, all channels-last."""

    module: Any
    weight: Tensor
    """(C, 4C) weights of the second linear layer, times the layer scale."""
    bias: Tensor

    @classmethod
    def of(cls, block: Any) -> _Block:
        weight, bias = block.pwconv2.weight, block.pwconv2.bias
        if block.gamma is not None:
            weight, bias = block.gamma[:, None] * weight, block.gamma * bias
        return cls(block, weight, bias)

    def __call__(self, x: Tensor) -> Tensor:
        norm = self.module.norm
        y = _layer_norm(self.module.dwconv(x), norm.weight, norm.bias, norm.eps)
        y = F.linear(self.module.act(self.module.pwconv1(y)), self.weight, self.bias)
        fused: Tensor = x + self.module.drop_path(y.permute(0, 3, 1, 2))
        return fused


def _layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """``LayerNorm2d``. (B, C, H, W) -> (B, H, W, C)."""
    last = x.permute(0, 2, 3, 1)
    return F.layer_norm(last, (last.shape[-1],), weight, bias, eps)

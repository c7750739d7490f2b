"""Replacement for the compiled module ``mmcv._ext``, and the import of MMDetection on top of it.

mmcv's Python code looks up its operators in a compiled module that takes 45 minutes to build. mmcv-lite is the same
Python code without that module. This module provides the functions that models call at inference, with the same
arguments, implemented by `annotator.engine.detectors.mmcv_ops`. A compiled module that is installed and loads is used
instead.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import types
from collections.abc import Callable
from functools import cache
from importlib.machinery import ModuleSpec
from typing import Any

from torch import Tensor

from annotator.engine.detectors import mmcv_ops
from annotator.engine.runtime.torchvision_ops import import_torchvision
from annotator.errors import ModelError

log = logging.getLogger(__name__)

_NAME = "mmcv._ext"
_INSTALL = "install it with: pip install \"sam2mot-annotator[mmdet]\""


@cache
def prepare_mmdet() -> None:
    """Import MMDetection with all its models registered, with compiled operators or with ours.

    Raises ModelError if it is not installed.
    """
    import_torchvision()
    for name in ("mmengine", "mmcv", "mmdet"):
        if importlib.util.find_spec(name) is None:
            raise ModelError(f"this detector needs {name}, which is not installed; {_INSTALL}")
    if install_extension():
        # mmcv calls the compiled operator only on a GPU; its CPU version keeps all points in memory.
        attention: Any = importlib.import_module("mmcv.ops.multi_scale_deform_attn")
        attention.multi_scale_deformable_attn_pytorch = mmcv_ops.multi_scale_attention
    from mmdet.utils import register_all_modules
    from mmengine.logging import MMLogger

    MMLogger.get_current_instance().setLevel(logging.ERROR)  # it prints to standard output
    register_all_modules(init_default_scope=False)
    importlib.import_module("annotator.engine.detectors.mmdet_modules")


def install_extension() -> bool:
    """Install our operators unless the compiled ones load. Returns whether ours are used."""
    if importlib.util.find_spec(_NAME) is not None:
        if isinstance(sys.modules.get(_NAME), Extension):
            return True
        try:
            importlib.import_module(_NAME)
            return False
        except ImportError as error:  # built for another torch
            log.warning("cannot load mmcv's compiled operators (%s); using slower ones", str(error).splitlines()[0])
    sys.modules[_NAME] = Extension()
    return True


class Extension(types.ModuleType):
    """Replaces the compiled module. A missing operator can be imported, but raises ModelError when called."""

    def __init__(self) -> None:
        super().__init__(_NAME, __doc__)
        self.__spec__ = ModuleSpec(_NAME, None)
        for operator in (nms, softnms, roi_align_forward, ms_deform_attn_forward, deform_conv_forward,
                         modulated_deform_conv_forward):
            setattr(self, operator.__name__, operator)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*_: object, **__: object) -> None:
            raise ModelError(f"this model calls mmcv's operator {name}, which only a compiled mmcv provides: build "
                             "mmcv 2.1.0 for this torch, or choose another model")

        return missing


# --- the operators, with the compiled module's names and arguments; results are written to `output` -------------------


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    return mmcv_ops.nms(boxes, scores, iou_threshold, offset)


def softnms(boxes: Tensor, scores: Tensor, dets: Tensor, iou_threshold: float, sigma: float, min_score: float,
            method: int, offset: int) -> Tensor:
    """Write boxes and lowered scores into the first rows of ``dets`` (N, 5)."""
    indices, lowered = mmcv_ops.soft_nms(boxes, scores, iou_threshold, sigma, min_score, method, offset)
    dets[:len(indices), :4] = boxes[indices]
    dets[:len(indices), 4] = lowered
    return indices


def roi_align_forward(features: Tensor, rois: Tensor, output: Tensor, argmax_y: Tensor, argmax_x: Tensor, *,
                      aligned_height: int, aligned_width: int, spatial_scale: float, sampling_ratio: int,
                      pool_mode: int, aligned: bool) -> None:
    """``argmax_y`` and ``argmax_x`` are used only in training and left unchanged."""
    output.copy_(mmcv_ops.roi_align(features, rois, (aligned_height, aligned_width), spatial_scale, sampling_ratio,
                                    pool_mode == 1, aligned))


def ms_deform_attn_forward(value: Tensor, value_spatial_shapes: Tensor, value_level_start_index: Tensor,
                           sampling_locations: Tensor, attention_weights: Tensor, im2col_step: int) -> Tensor:
    return mmcv_ops.multi_scale_attention(value, value_spatial_shapes, sampling_locations, attention_weights)


def deform_conv_forward(features: Tensor, weight: Tensor, offset: Tensor, output: Tensor, columns: Tensor,
                        ones: Tensor, *, group: int, deformable_group: int, **others: int) -> None:
    """``others`` are the kernel's size kW, kH, and dW, dH, padW, padH, dilationW, dilationH, im2col_step."""
    stride, padding, dilation = ((others[f"{what}H"], others[f"{what}W"]) for what in ("d", "pad", "dilation"))
    output.copy_(mmcv_ops.deform_conv(features, weight, None, offset, None, stride, padding, dilation, group,
                                      deformable_group))


def modulated_deform_conv_forward(features: Tensor, weight: Tensor, bias: Tensor, ones: Tensor, offset: Tensor,
                                  mask: Tensor, output: Tensor, columns: Tensor, *, kernel_h: int, kernel_w: int,
                                  stride_h: int, stride_w: int, pad_h: int, pad_w: int, dilation_h: int,
                                  dilation_w: int, group: int, deformable_group: int, with_bias: bool) -> None:
    result = mmcv_ops.deform_conv(features, weight, bias if with_bias else None, offset, mask, (stride_h, stride_w),
                                  (pad_h, pad_w), (dilation_h, dilation_w), group, deformable_group)
    output.resize_(result.shape).copy_(result)

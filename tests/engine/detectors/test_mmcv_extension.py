"""mmcv on our operators, and on its own where it has them."""

from __future__ import annotations

import importlib.util
import logging
import sys
import types
from importlib.machinery import ModuleSpec
from typing import Any

import pytest
import torch

from annotator.engine.detectors import mmcv_ops
from annotator.engine.detectors.mmcv_extension import Extension, install_extension, prepare_mmdet
from annotator.errors import ModelError
from tests.engine.detectors.needs_mmdet import needs_mmdet
from tests.engine.detectors.test_mmcv_ops import ROIS, deformable, some_boxes


@pytest.fixture
def mmcv() -> Any:
    """mmcv's own interface on whatever operators it was given."""
    prepare_mmdet()
    import mmcv.ops

    if not isinstance(sys.modules["mmcv._ext"], Extension):
        pytest.skip("mmcv's compiled operators are installed")
    return mmcv


@needs_mmdet
def test_mmcvs_own_functions_reach_our_operators(mmcv: Any) -> None:
    boxes, scores = some_boxes(80)
    found, kept = mmcv.ops.nms(boxes, scores, 0.4)
    assert kept.tolist() == mmcv_ops.nms(boxes, scores, 0.4).tolist()
    torch.testing.assert_close(found[:, :4], boxes[kept])
    found, kept = mmcv.ops.soft_nms(boxes, scores, 0.4, min_score=0.05)
    indices, lowered = mmcv_ops.soft_nms(boxes, scores, 0.4, 0.5, 0.05, 1)
    assert kept.tolist() == indices.tolist()
    torch.testing.assert_close(found[:, 4], lowered)
    torch.testing.assert_close(found[:, :4], boxes[indices])


@needs_mmdet
def test_region_features_and_deformable_convolutions_through_mmcv(mmcv: Any) -> None:
    maps = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))
    for mode in ("avg", "max"):
        found = mmcv.ops.roi_align(maps, ROIS, (3, 4), 0.25, 0, mode, True)
        torch.testing.assert_close(found, mmcv_ops.roi_align(maps, ROIS, (3, 4), 0.25, 0, mode == "avg", True))
    features, weight, bias, offset, mask = deformable(2, 1, stride=2)
    found = mmcv.ops.deform_conv2d(features, offset, weight, 2, 1, 1, 2, 1)
    torch.testing.assert_close(
        found, mmcv_ops.deform_conv(features, weight, None, offset, None, (2, 2), (1, 1), (1, 1), 2, 1))
    found = mmcv.ops.modulated_deform_conv2d(features, offset, mask, weight, bias, 2, 1, 1, 2, 1)
    torch.testing.assert_close(
        found, mmcv_ops.deform_conv(features, weight, bias, offset, mask, (2, 2), (1, 1), (1, 1), 2, 1))


@needs_mmdet
def test_mmcvs_attention_reaches_our_operator_on_any_device(mmcv: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[torch.Tensor, ...]] = []
    own = mmcv_ops.multi_scale_attention

    def noted(*inputs: torch.Tensor) -> torch.Tensor:
        calls.append(inputs)
        return own(*inputs)

    prepared = sys.modules["mmcv.ops.multi_scale_deform_attn"]
    assert prepared.multi_scale_deformable_attn_pytorch is own
    monkeypatch.setattr(mmcv_ops, "multi_scale_attention", noted)
    monkeypatch.setattr(prepared, "multi_scale_deformable_attn_pytorch", mmcv_ops.multi_scale_attention)
    torch.manual_seed(0)
    module = prepared.MultiScaleDeformableAttention(embed_dims=16, num_heads=2, num_levels=2, batch_first=True).eval()
    shapes, start = torch.tensor([[4, 6], [2, 3]]), torch.tensor([0, 24])
    query, value, points = torch.randn(1, 5, 16), torch.randn(1, 30, 16), torch.rand(1, 5, 2, 2)
    with torch.inference_mode():
        module(query, value=value, reference_points=points, spatial_shapes=shapes, level_start_index=start)
        sys.modules["mmcv._ext"].ms_deform_attn_forward(*calls[0][:2], start, *calls[0][2:], im2col_step=64)
    assert len(calls) == 2


def test_an_operator_that_is_lacking_says_its_name_when_it_is_called() -> None:
    lacking = Extension().carafe_forward
    with pytest.raises(ModelError, match="carafe_forward"):
        lacking(1, two=2)
    with pytest.raises(AttributeError):
        _ = Extension().__path__


def test_compiled_operators_are_left_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = types.ModuleType("mmcv._ext")
    compiled.__spec__ = ModuleSpec("mmcv._ext", None)
    monkeypatch.setitem(sys.modules, "mmcv._ext", compiled)
    assert not install_extension()
    assert sys.modules["mmcv._ext"] is compiled


def test_compiled_operators_that_do_not_load_are_replaced(monkeypatch: pytest.MonkeyPatch,
                                                          caplog: pytest.LogCaptureFixture) -> None:
    def refuse(name: str) -> None:
        raise ImportError(f"{name}: undefined symbol: _ZN2at\nand more")

    compiled = types.ModuleType("mmcv._ext")
    compiled.__spec__ = ModuleSpec("mmcv._ext", None)
    monkeypatch.setitem(sys.modules, "mmcv._ext", compiled)
    monkeypatch.setattr(importlib, "import_module", refuse)
    with caplog.at_level(logging.WARNING):
        assert install_extension()
    assert "undefined symbol" in caplog.text
    assert isinstance(sys.modules["mmcv._ext"], Extension)
    assert install_extension(), "ours are found again"


def test_a_machine_without_mmdetection_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    prepare_mmdet.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"mmengine.*sam2mot-annotator\[mmdet\]"):
            prepare_mmdet()
    finally:
        prepare_mmdet.cache_clear()

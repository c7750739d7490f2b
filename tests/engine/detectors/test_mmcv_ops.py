"""Operators without compiled code, against naive ones and against torch's and torchvision's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from annotator.engine.detectors import mmcv_ops
from annotator.engine.runtime import torchvision_ops
from tests.engine.detectors import naive


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own code also where torchvision's compiled operators would do the work."""
    monkeypatch.setattr(mmcv_ops, "compiled_ops", lambda: None)


def some_boxes(count: int, seed: int = 0, spread: float = 100.0) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, spread, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 40, (count, 2))], 1).astype(np.float32)
    return torch.from_numpy(boxes), torch.from_numpy(random.permutation(count).astype(np.float32) / count)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize(("count", "overlap"), [(0, 0.5), (1, 0.5), (200, 0.3), (200, 0.7)])
def test_suppression_is_the_naive_one(count: int, overlap: float, offset: int) -> None:
    boxes, scores = some_boxes(count)
    kept = mmcv_ops.nms(boxes, scores, overlap, offset)
    assert kept.dtype == torch.long
    assert kept.tolist() == naive.nms(boxes.double().numpy(), scores.numpy(), overlap, offset)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(("method", "name"), [(0, "naive"), (1, "linear"), (2, "gaussian")])
def test_soft_suppression_is_the_naive_one(method: int, name: str) -> None:
    boxes, scores = some_boxes(120, seed=1)
    indices, lowered = mmcv_ops.soft_nms(boxes, scores, 0.4, sigma=0.5, min_score=0.05, method=method)
    expected = naive.soft_nms(boxes.double().numpy(), scores.double().numpy(), 0.4, 0.5, 0.05, name)
    assert indices.tolist() == [k for k, _ in expected]
    np.testing.assert_allclose(lowered.numpy(), [score for _, score in expected], rtol=1e-6)
    assert (lowered <= scores[indices] + 1e-7).all()


ROIS = torch.tensor([[0, 3.2, 4.1, 40.7, 31.9], [1, -9.0, -3.0, 12.5, 60.0], [0, 50.0, 20.0, 90.0, 44.0],
                     [1, 10.0, 10.0, 10.5, 10.4], [0, -40.0, -40.0, -30.0, -30.0]])


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize(("size", "samples"), [((3, 4), 2), ((2, 2), 0)])
def test_region_features_are_the_naive_ones(size: tuple[int, int], samples: int, average: bool, aligned: bool) -> None:
    features = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    pooled = mmcv_ops.roi_align(features, ROIS, size, 0.25, samples, average, aligned)
    for roi, found in zip(ROIS.numpy(), pooled.numpy(), strict=True):
        picture = features[int(roi[0])].numpy()
        expected = naive.roi_align(picture, roi[1:], size, 0.25, samples, average, aligned)
        np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.usefixtures("ours")
def test_region_features_come_in_parts_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    features = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    whole = mmcv_ops.roi_align(features, ROIS, (3, 4), 0.25, 2, True, True)
    monkeypatch.setattr(mmcv_ops, "_ROI_BUDGET", 1)
    torch.testing.assert_close(mmcv_ops.roi_align(features, ROIS, (3, 4), 0.25, 2, True, True), whole)


def deformable(groups: int, offset_groups: int, stride: int = 1, padding: int = 1, dilation: int = 1,
               width: int = 6) -> tuple[torch.Tensor, ...]:
    """Features, weight, bias, offsets and mask of a small case."""
    seeded = torch.Generator().manual_seed(3)
    features = torch.randn(2, 4, 5, width, generator=seeded)
    weight = torch.randn(4, 4 // groups, 3, 3, generator=seeded)
    size = F.conv2d(features, weight, None, stride, padding, dilation, groups).shape[2:]
    offset = torch.randn(2, offset_groups * 18, *size, generator=seeded) * 1.5
    mask = torch.rand(2, offset_groups * 9, *size, generator=seeded)
    return features, weight, torch.randn(4, generator=seeded), offset, mask


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(("groups", "offset_groups", "stride", "padding", "dilation", "width"), [
    (1, 1, 1, 1, 1, 6), (2, 1, 2, 1, 1, 6), (1, 2, 1, 0, 1, 6), (4, 4, 1, 2, 2, 6), (1, 1, 1, 1, 1, 1)])
@pytest.mark.parametrize("masked", [True, False])
def test_deformable_convolution_is_the_naive_one(groups: int, offset_groups: int, stride: int, padding: int,
                                                 dilation: int, width: int, masked: bool) -> None:
    features, weight, bias, offset, mask = deformable(groups, offset_groups, stride, padding, dilation, width)
    found = mmcv_ops.deform_conv(features, weight, bias, offset, mask if masked else None, (stride, stride),
                                 (padding, padding), (dilation, dilation), groups, offset_groups)
    for k in range(2):
        expected = naive.deform_conv(features[k].numpy(), weight.numpy(), bias.numpy(), offset[k].numpy(),
                                     mask[k].numpy() if masked else None, stride, padding, dilation, groups,
                                     offset_groups)
        np.testing.assert_allclose(found[k].numpy(), expected, atol=1e-4)


@pytest.mark.usefixtures("ours")
def test_without_offsets_it_is_a_plain_convolution() -> None:
    features, weight, bias, offset, _ = deformable(2, 1, stride=2)
    found = mmcv_ops.deform_conv(features, weight, bias, torch.zeros_like(offset), None, (2, 2), (1, 1), (1, 1), 2, 1)
    torch.testing.assert_close(found, F.conv2d(features, weight, bias, 2, 1, 1, 2), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("budget", [1, 200, 1 << 25])
def test_attention_over_several_maps_is_the_naive_one(budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mmcv_ops, "_ATTENTION_BUDGET", budget)
    seeded = torch.Generator().manual_seed(4)
    sizes = ((4, 6), (2, 3), (1, 1))
    value = torch.randn(2, 31, 2, 3, generator=seeded)
    where = torch.rand(2, 5, 2, 3, 4, 2, generator=seeded) * 1.4 - 0.2
    weights = torch.rand(2, 5, 2, 3, 4, generator=seeded)
    found = mmcv_ops.multi_scale_attention(value, torch.tensor(sizes), where, weights)
    assert found.shape == (2, 5, 6)
    for b, q, head in np.ndindex(2, 5, 2):
        expected, first = np.zeros(3), 0
        for level, (rows, columns) in enumerate(sizes):
            cells = value[b, first:first + rows * columns, head].T.reshape(3, rows, columns).numpy()
            first += rows * columns
            for point in range(4):
                x, y = where[b, q, head, level, point].tolist()
                read = [naive.bilinear(channel, y * rows - 0.5, x * columns - 0.5) for channel in cells]
                expected += float(weights[b, q, head, level, point]) * np.array(read)
        np.testing.assert_allclose(found[b, q, 3 * head:3 * head + 3].numpy(), expected, atol=1e-5)


@pytest.mark.skipif(torchvision_ops.compiled_ops() is None, reason="torchvision's compiled operators do not load here")
def test_torchvisions_operators_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, scores = some_boxes(300, seed=2)
    features, weight, bias, offset, mask = deformable(1, 2)
    maps = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))

    def results() -> list[torch.Tensor]:
        return [mmcv_ops.nms(boxes, scores, 0.5), mmcv_ops.roi_align(maps, ROIS, (3, 4), 0.25, 0, True, True),
                mmcv_ops.deform_conv(features, weight, bias, offset, mask, (1, 1), (1, 1), (1, 1), 1, 2)]

    compiled = results()
    monkeypatch.setattr(mmcv_ops, "compiled_ops", lambda: None)
    for theirs, own in zip(compiled, results(), strict=True):
        torch.testing.assert_close(theirs, own, atol=1e-4, rtol=1e-4)


class FakeCompiledOps:
    """Takes what torchvision's own functions take, under their names, and lets our operators compute."""

    def __init__(self, torchvision: Any) -> None:
        self.real = torchvision.ops
        self.calls: list[str] = []

    def _taken(self, name: str, *given: Any) -> dict[str, Any]:
        self.calls.append(name)
        bound = inspect.signature(getattr(self.real, name)).bind(*given)
        bound.apply_defaults()
        return dict(bound.arguments)

    def nms(self, *given: Any) -> torch.Tensor:
        taken = self._taken("nms", *given)
        return OWN["nms"](taken["boxes"], taken["scores"], taken["iou_threshold"])

    def roi_align(self, *given: Any) -> torch.Tensor:
        taken = self._taken("roi_align", *given)
        return OWN["roi_align"](taken["input"], taken["boxes"], taken["output_size"], taken["spatial_scale"],
                                taken["sampling_ratio"], True, taken["aligned"])

    def deform_conv2d(self, *given: Any) -> torch.Tensor:
        taken = self._taken("deform_conv2d", *given)
        groups = taken["input"].shape[1] // taken["weight"].shape[1]
        offset_groups = taken["offset"].shape[1] // (2 * taken["weight"].shape[2] * taken["weight"].shape[3])
        return OWN["deform_conv"](taken["input"], taken["weight"], taken["bias"], taken["offset"], taken["mask"],
                                  taken["stride"], taken["padding"], taken["dilation"], groups, offset_groups)


def _own(name: str) -> Callable[..., torch.Tensor]:
    """One of our operators as it is without compiled ones, whatever the module is patched to later."""
    def run(*inputs: Any) -> torch.Tensor:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mmcv_ops, "compiled_ops", lambda: None)
            result: torch.Tensor = getattr(mmcv_ops, name)(*inputs)
        return result
    return run


OWN = {name: _own(name) for name in ("nms", "roi_align", "deform_conv")}


def test_torchvisions_operators_are_given_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    torchvision = torchvision_ops.import_torchvision()
    if torchvision is None:
        pytest.skip("torchvision is not installed")
    fake = FakeCompiledOps(torchvision)
    monkeypatch.setattr(mmcv_ops, "compiled_ops", lambda: fake)
    boxes, scores = some_boxes(60)
    features, weight, bias, offset, mask = deformable(2, 2, stride=2, padding=0, dilation=1)
    maps = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))
    cases: dict[str, tuple[Any, ...]] = {
        "nms": (boxes, scores, 0.4), "roi_align": (maps, ROIS, (3, 4), 0.25, 2, True, True),
        "deform_conv": (features, weight, bias, offset, mask, (2, 2), (0, 0), (1, 1), 2, 2)}
    for name, inputs in cases.items():
        torch.testing.assert_close(getattr(mmcv_ops, name)(*inputs), OWN[name](*inputs))
    assert fake.calls == ["nms", "roi_align", "deform_conv2d"]
    mmcv_ops.nms(boxes, scores, 0.4, offset=1)
    mmcv_ops.roi_align(maps, ROIS, (3, 4), 0.25, 2, False, True)
    assert len(fake.calls) == 3, "what torchvision has not is done by ours"

"""The operators that MMDetection's models call at inference, without compiled code.

If torchvision's compiled operators load, they do the work; the rest of this module is for machines where they do not.
Everything here is for inference only and defines no gradients.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from annotator.engine.detectors.nms import Decay, greedy, soft
from annotator.engine.runtime.torchvision_ops import compiled_ops

#: Maximum number of interpolated values in memory in `roi_align` and in `multi_scale_attention`.
_ROI_BUDGET = 1 << 24
_ATTENTION_BUDGET = 1 << 25

Pair = tuple[int, int]


def nms(boxes: Tensor, scores: Tensor, overlap: float, offset: int = 0) -> Tensor:
    """Class-agnostic greedy suppression. (N, 4) xyxy, (N,) -> (K,) indices, best score first."""
    ops = compiled_ops()
    if ops is not None and offset == 0:
        kept: Tensor = ops.nms(boxes.float(), scores.float(), overlap)
        return kept
    indices = greedy(boxes.detach().float().cpu().numpy(), scores.detach().float().cpu().numpy(), overlap,
                     offset=offset)
    return torch.from_numpy(indices).to(boxes.device)


def soft_nms(boxes: Tensor, scores: Tensor, overlap: float, sigma: float, min_score: float, method: int,
             offset: int = 0) -> tuple[Tensor, Tensor]:
    """Soft suppression. (N, 4) xyxy, (N,) -> indices (K,) and lowered scores (K,), on the boxes' device."""
    indices, lowered = soft(boxes.detach().float().cpu().numpy(), scores.detach().float().cpu().numpy(), overlap,
                            sigma=sigma, min_score=min_score, decay=Decay(method), offset=offset)
    return (torch.from_numpy(indices).to(boxes.device),
            torch.from_numpy(lowered).to(device=boxes.device, dtype=scores.dtype))


def roi_align(features: Tensor, rois: Tensor, size: Pair, scale: float, samples: int, average: bool, aligned: bool,
              ) -> Tensor:
    """Sample the features of regions on a fixed grid, with bilinear interpolation between cells.

    Args:
        features: (B, C, H, W).
        rois: (K, 5) batch index and xyxy in image pixels.
        size: rows and columns of the result.
        scale: features per pixel.
        samples: samples along each side of a bin; 0 for one per feature cell, rounded up.
        average: take the mean of a bin's samples, otherwise their maximum.
        aligned: the centre of cell 0 is at 0.5, not at 0.

    Returns:
        (K, C, rows, columns), with the dtype of the features.

    Source: He et al., Mask R-CNN, ICCV 2017, section 3.
    """
    ops = compiled_ops()
    if ops is not None and average:
        pooled: Tensor = ops.roi_align(features, rois.to(features.dtype), size, scale, samples, aligned)
        return pooled
    output = features.new_zeros(len(rois), features.shape[1], *size)
    rows, columns = size
    corner = rois[:, 1:].float() * scale - (0.5 if aligned else 0.0)
    extent = corner[:, 2:] - corner[:, :2]
    if not aligned:
        extent = extent.clamp(min=1.0)
    step = extent / extent.new_tensor([columns, rows])
    counts = torch.full_like(step, samples) if samples > 0 else step.ceil().clamp(min=1)
    for across, down in torch.unique(counts.long(), dim=0).tolist():
        members = ((counts[:, 0] == across) & (counts[:, 1] == down)).nonzero()[:, 0]
        per_roi = features.shape[1] * rows * columns * across * down
        for part in members.split(max(1, _ROI_BUDGET // per_roi)):
            x = _sample_positions(corner[part, 0], step[part, 0], columns, across)
            y = _sample_positions(corner[part, 1], step[part, 1], rows, down)
            values = _interpolate(features, rois[part, 0].long(), x, y)
            values = values.view(*values.shape[:2], rows, down, columns, across)
            pooled = values.mean((3, 5)) if average else values.amax((3, 5))
            output[part] = pooled.transpose(0, 1).to(output.dtype)
    return output


def _sample_positions(start: Tensor, step: Tensor, bins: int, samples: int) -> Tensor:
    """Return the sample coordinates along one axis. (K,) starts and bin widths -> (K, bins * samples)."""
    place = (torch.arange(bins * samples, device=start.device, dtype=start.dtype) + 0.5) / samples
    return start[:, None] + place[None] * step[:, None]


def _interpolate(features: Tensor, batch: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return bilinear values on the grid of (K, X) and (K, Y) coordinates -> (C, K, Y, X).

    Coordinates up to one cell outside the map take its border values, those farther out zero.
    """
    height, width = features.shape[2:]
    inside = (((y >= -1) & (y <= height))[:, :, None] & ((x >= -1) & (x <= width))[:, None, :]).to(features.dtype)
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    left, top = x.floor().long(), y.floor().long()
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    to_right, to_bottom = (x - left)[:, None, :], (y - top)[:, :, None]
    table, which = features.transpose(0, 1), batch[:, None, None]

    def at(rows: Tensor, columns: Tensor) -> Tensor:
        return table[:, which, rows[:, :, None], columns[:, None, :]]

    upper = at(top, left) * (1 - to_right) + at(top, right) * to_right
    lower = at(bottom, left) * (1 - to_right) + at(bottom, right) * to_right
    return (upper * (1 - to_bottom) + lower * to_bottom) * inside


def deform_conv(features: Tensor, weight: Tensor, bias: Tensor | None, offset: Tensor, mask: Tensor | None,
                stride: Pair, padding: Pair, dilation: Pair, groups: int, offset_groups: int) -> Tensor:
    """Convolution whose kernel points are shifted by offsets and optionally weighted by a mask.

    Args:
        features: (B, C, H, W).
        weight: (O, C / groups, kh, kw).
        bias: (O,) or None.
        offset: (B, offset_groups * kh * kw * 2, h, w): for each kernel point y, then x, in cells.
        mask: (B, offset_groups * kh * kw, h, w) or None.
        stride, padding, dilation: along y and x.
        groups: channel groups, as in any convolution.
        offset_groups: groups of channels that share offsets.

    Returns:
        (B, O, h, w). Points outside the map read zero.

    Source: Dai et al., ICCV 2017, section 2.1; with a mask Zhu et al., Deformable ConvNets v2, CVPR 2019, section 3.2.
    """
    ops = compiled_ops()
    if ops is not None:
        convolved: Tensor = ops.deform_conv2d(features, offset, weight, bias, stride, padding, dilation, mask)
        return convolved
    batch, channels, height, width = features.shape
    outputs, _, kernel_h, kernel_w = weight.shape
    points, (out_h, out_w) = kernel_h * kernel_w, offset.shape[2:]
    moved = offset.view(batch, offset_groups, points, 2, out_h, out_w)
    device = features.device
    kernel_y, kernel_x = torch.meshgrid(torch.arange(kernel_h, device=device) * dilation[0],
                                        torch.arange(kernel_w, device=device) * dilation[1], indexing="ij")
    base_y = torch.arange(out_h, device=device) * stride[0] - padding[0]
    base_x = torch.arange(out_w, device=device) * stride[1] - padding[1]
    y = moved[:, :, :, 0] + base_y[:, None] + kernel_y.reshape(points, 1, 1)
    x = moved[:, :, :, 1] + base_x[None, :] + kernel_x.reshape(points, 1, 1)
    # grid_sample's -1..1 spans the outer edges of the outermost cells, whose centres are half a cell further in.
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    read = F.grid_sample(features.reshape(batch * offset_groups, channels // offset_groups, height, width),
                         grid.view(batch * offset_groups, points * out_h, out_w, 2).to(features.dtype),
                         mode="bilinear", padding_mode="zeros", align_corners=False)
    read = read.view(batch, offset_groups, channels // offset_groups, points, out_h, out_w)
    if mask is not None:
        read = read * mask.view(batch, offset_groups, 1, points, out_h, out_w)
    columns = read.reshape(batch, groups, channels // groups * points, out_h * out_w)
    kernels = weight.reshape(groups, outputs // groups, -1)
    result = torch.einsum("gok,ngkp->ngop", kernels, columns).reshape(batch, outputs, out_h, out_w)
    return result if bias is None else result + bias.view(1, -1, 1, 1)


def multi_scale_attention(value: Tensor, shapes: Tensor, locations: Tensor, weights: Tensor) -> Tensor:
    """Multi-scale deformable attention: each query reads a few weighted points of several feature maps.

    Queries are processed in chunks, level by level, so that the memory in addition to inputs and result is bounded.
    (In one step, Co-DINO's encoder would need 12 GB for an image of 2048 x 1152 pixels.)

    Args:
        value: (B, keys, heads, C), the maps' cells row by row, one map after the other.
        shapes: (levels, 2) rows and columns of each map.
        locations: (B, queries, heads, levels, points, 2) x and y, in 0..1 of each map.
        weights: (B, queries, heads, levels, points).

    Returns:
        (B, queries, heads * C). Points outside the map read zero.

    Source: Zhu et al., Deformable DETR, ICLR 2021, section 4.1.
    """
    batch, _, heads, channels = value.shape
    queries, points = locations.shape[1], locations.shape[4]
    sizes: list[list[int]] = shapes.tolist()
    parts = torch.split(value, [rows * columns for rows, columns in sizes], 1)
    maps = [part.flatten(2).transpose(1, 2).reshape(batch * heads, channels, *size)
            for part, size in zip(parts, sizes, strict=True)]
    output = value.new_empty(batch * heads, channels, queries)
    step = max(1, _ATTENTION_BUDGET // (batch * heads * channels * points))
    for start in range(0, queries, step):
        some = slice(start, start + step)
        total = torch.zeros((), device=value.device, dtype=value.dtype)
        for level, cells in enumerate(maps):
            grid = (2 * locations[:, some, :, level] - 1).transpose(1, 2).flatten(0, 1)
            share = weights[:, some, :, level].transpose(1, 2).flatten(0, 1)
            read = F.grid_sample(cells, grid.to(cells.dtype), mode="bilinear", padding_mode="zeros",
                                 align_corners=False)
            total = total + (read * share[:, None]).sum(-1)
        output[:, :, some] = total
    return output.view(batch, heads * channels, queries).transpose(1, 2).contiguous()

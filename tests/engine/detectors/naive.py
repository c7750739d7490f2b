"""Operators written as their papers define them, one number at a time: what the fast ones are compared with."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def iou(a: Array, b: Array, offset: int = 0) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0]) + offset
    high = min(a[3], b[3]) - max(a[1], b[1]) + offset
    shared = max(0.0, wide) * max(0.0, high)
    areas = [(box[2] - box[0] + offset) * (box[3] - box[1] + offset) for box in (a, b)]
    return float(shared / (sum(areas) - shared)) if shared else 0.0


def nms(boxes: Array, scores: Array, overlap: float, offset: int = 0) -> list[int]:
    kept: list[int] = []
    for k in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(iou(boxes[k], boxes[other], offset) <= overlap for other in kept):
            kept.append(k)
    return kept


def soft_nms(boxes: Array, scores: Array, overlap: float, sigma: float, min_score: float, method: str,
             ) -> list[tuple[int, float]]:
    left = {k: float(score) for k, score in enumerate(scores)}
    chosen = []
    while left:
        best = max(left, key=lambda k: left[k])
        chosen.append((best, left.pop(best)))
        for k in list(left):
            shared = iou(boxes[best], boxes[k])
            if method == "gaussian":
                left[k] *= math.exp(-shared ** 2 / sigma)
            elif shared >= overlap:
                left[k] *= (1 - shared) if method == "linear" else 0.0
            if left[k] < min_score:
                del left[k]
    return chosen


def bilinear(channel: Array, y: float, x: float) -> float:
    """The value between cells; cells outside the map are zero."""
    top, left = math.floor(y), math.floor(x)
    value = 0.0
    for row, across in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, down in ((left, 1 - (x - left)), (left + 1, x - left)):
            if 0 <= row < channel.shape[0] and 0 <= column < channel.shape[1]:
                value += across * down * float(channel[row, column])
    return value


def roi_align(features: Array, roi: Array, size: tuple[int, int], scale: float, samples: int, average: bool,
              aligned: bool) -> Array:
    """One region of one picture: (C, H, W), (4,) -> (C, rows, columns)."""
    height, width = features.shape[1:]
    x1, y1, x2, y2 = (float(v) * scale - (0.5 if aligned else 0.0) for v in roi)
    wide, high = x2 - x1, y2 - y1
    if not aligned:
        wide, high = max(wide, 1.0), max(high, 1.0)
    down, across = (samples or max(1, math.ceil(extent / bins)) for extent, bins in ((high, size[0]), (wide, size[1])))
    result = np.zeros((len(features), *size))
    for channel, row, column in np.ndindex(result.shape):
        values = []
        for i, j in np.ndindex(down, across):
            y = y1 + (row + (i + 0.5) / down) * high / size[0]
            x = x1 + (column + (j + 0.5) / across) * wide / size[1]
            if -1 <= y <= height and -1 <= x <= width:
                values.append(bilinear(features[channel], min(max(y, 0), height - 1), min(max(x, 0), width - 1)))
            else:
                values.append(0.0)
        result[channel, row, column] = np.mean(values) if average else np.max(values)
    return result


def deform_conv(features: Array, weight: Array, bias: Array | None, offset: Array, mask: Array | None, stride: int,
                padding: int, dilation: int, groups: int, offset_groups: int) -> Array:
    """One picture: (C, H, W), (O, C / groups, k, k), (og * k * k * 2, h, w) -> (O, h, w)."""
    outputs, per_group, kernel, _ = weight.shape
    per_offset = len(features) // offset_groups
    result = np.zeros((outputs, *offset.shape[1:]))
    for out, row, column in np.ndindex(result.shape):
        value = 0.0 if bias is None else float(bias[out])
        group = out // (outputs // groups)
        for part, i, j in np.ndindex(per_group, kernel, kernel):
            channel = group * per_group + part
            point = (channel // per_offset) * kernel * kernel + i * kernel + j
            y = row * stride - padding + i * dilation + float(offset[2 * point, row, column])
            x = column * stride - padding + j * dilation + float(offset[2 * point + 1, row, column])
            read = bilinear(features[channel], y, x) * (1.0 if mask is None else float(mask[point, row, column]))
            value += float(weight[out, part, i, j]) * read
        result[out, row, column] = value
    return result

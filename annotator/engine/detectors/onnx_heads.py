"""Preprocessing and output decoding of the network families in ONNX files.

A head turns an image into the network's input, and the raw outputs into boxes in input pixels with one score per
class. Sources: the inference code of the YOLOX, NanoDet and FastestDet projects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from annotator.model.frame import Image

FloatArray = npt.NDArray[np.float32]
Outputs = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the image in the network's input: input = image * scale + offset, per axis (x, y)."""

    scale: tuple[float, float]
    offset: tuple[float, float] = (0.0, 0.0)

    def to_image(self, box_xyxy: FloatArray) -> FloatArray:
        """Convert (N, 4) boxes from input pixels to image pixels."""
        return np.asarray((box_xyxy - np.tile(self.offset, 2)) / np.tile(self.scale, 2), np.float32)


class Head(Protocol):
    """One family of networks."""

    nms_overlap: float
    class_count: int

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        """Return the input and its placement. (H, W, 3) uint8 RGB -> (1, 3, input height, input width) float32."""

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        """Return boxes (N, 4) xyxy in input pixels and scores (N, classes) in 0..1."""


def recognise(outputs: Outputs, width: int, height: int) -> Head | None:
    """Return the head that matches a network's outputs at this input size, or None if no known head does."""
    arrays = list(outputs.values())
    cells = [_cells(width, height, stride) for stride in _STRIDES]
    if len(arrays) == 1 and arrays[0].ndim == 3 and arrays[0].shape[1:][0] == sum(cells) and arrays[0].shape[2] > 5:
        return YoloxHead(width, height, arrays[0].shape[2] - 5)
    if len(arrays) == 1 and arrays[0].ndim == 4 and arrays[0].shape[1] > 5:
        return FastestDetHead(width, height, arrays[0].shape[1] - 5)
    if len(arrays) == 2 * len(_STRIDES) and all(a.ndim == 3 for a in arrays):
        return _nanodet(outputs, width, height, cells)
    return None


_STRIDES = (8, 16, 32)


def _cells(width: int, height: int, stride: int) -> int:
    return -(-width // stride) * -(-height // stride)


def _grid(width: int, height: int, stride: int) -> FloatArray:
    """Return column and row of each cell, row by row: (cells, 2)."""
    columns, rows = np.meshgrid(np.arange(-(-width // stride)), np.arange(-(-height // stride)))
    return np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32)


def _letterbox(image: Image, width: int, height: int, fill: int, centred: bool) -> tuple[Image, Placement]:
    """Resize into a grey canvas, preserving the aspect ratio; RGB in, BGR out."""
    ratio = min(width / image.shape[1], height / image.shape[0])
    inner_w, inner_h = max(1, int(image.shape[1] * ratio)), max(1, int(image.shape[0] * ratio))
    left, top = ((width - inner_w) // 2, (height - inner_h) // 2) if centred else (0, 0)
    canvas = np.full((height, width, 3), fill, np.uint8)
    canvas[top:top + inner_h, left:left + inner_w] = cv2.resize(image, (inner_w, inner_h))[..., ::-1]
    scale = (inner_w / image.shape[1], inner_h / image.shape[0])
    return canvas, Placement(scale, (float(left), float(top)))


def _to_input(bgr: npt.NDArray[np.generic]) -> FloatArray:
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None], np.float32)


def _sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float32)


def _from_centre(centre: FloatArray, size: FloatArray) -> FloatArray:
    return np.concatenate([centre - size / 2, centre + size / 2], 1)


class YoloxHead:
    """One output (1, N, 5 + classes): offset from the cell, log size, objectness, class scores. Input in 0..255."""

    nms_overlap = 0.45

    def __init__(self, width: int, height: int, class_count: int) -> None:
        self._width, self._height, self.class_count = width, height, class_count
        self._cell = np.concatenate([_grid(width, height, s) for s in _STRIDES])
        self._stride = np.concatenate([np.full((_cells(width, height, s), 1), s, np.float32) for s in _STRIDES])

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        canvas, placement = _letterbox(image, self._width, self._height, 114, centred=False)
        return _to_input(canvas), placement

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        raw = next(iter(outputs.values()))[0]
        centre = (raw[:, :2] + self._cell) * self._stride
        size = np.exp(np.clip(raw[:, 2:4], -20, 20)) * self._stride
        return _from_centre(centre, size), raw[:, 4:5] * raw[:, 5:]


class NanoDetHead:
    """Two outputs per stride: class scores (1, N, classes) and edge distance distributions (1, N, 4 * bins)."""

    nms_overlap = 0.6
    _MEAN = np.array([103.53, 116.28, 123.675], np.float32)
    _STD = np.array([57.375, 57.12, 58.395], np.float32)

    def __init__(self, width: int, height: int, levels: tuple[tuple[int, str, str], ...], class_count: int) -> None:
        """``levels``: stride, name of the score output, name of the distance output."""
        self._width, self._height, self._levels, self.class_count = width, height, levels, class_count

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        canvas, placement = _letterbox(image, self._width, self._height, 0, centred=True)
        return _to_input((canvas - self._MEAN) / self._STD), placement

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        boxes, scores = [], []
        for stride, score_name, distance_name in self._levels:
            centre = _grid(self._width, self._height, stride) * stride + (stride - 1) / 2
            logits = outputs[distance_name][0].reshape(len(centre), 4, -1)
            weight = np.exp(logits - logits.max(2, keepdims=True))
            bins = np.arange(logits.shape[2], dtype=np.float32)
            reach = (weight * bins).sum(2) / weight.sum(2) * stride
            boxes.append(np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], 1))
            scores.append(outputs[score_name][0])
        return np.concatenate(boxes), np.concatenate(scores)


def _nanodet(outputs: Outputs, width: int, height: int, cells: list[int]) -> NanoDetHead | None:
    """Pair the outputs by their cell counts; the distances are those whose last axis is 4 * bins at each stride."""
    levels = []
    class_counts = set()
    for stride, count in zip(_STRIDES, cells, strict=True):
        names = [name for name, array in outputs.items() if array.shape[1] == count]
        if len(names) != 2:
            return None
        scores = [name for name in names if "cls" in name]
        distances = [name for name in names if name not in scores and outputs[name].shape[2] % 4 == 0]
        if len(scores) != 1 or len(distances) != 1:
            return None
        class_counts.add(outputs[scores[0]].shape[2])
        levels.append((stride, scores[0], distances[0]))
    if len(class_counts) != 1:
        return None
    return NanoDetHead(width, height, tuple(levels), class_counts.pop())


class FastestDetHead:
    """One output (1, 5 + classes, rows, columns): objectness, centre offset, size, class scores. Stretched input."""

    nms_overlap = 0.45

    def __init__(self, width: int, height: int, class_count: int) -> None:
        self._width, self._height, self.class_count = width, height, class_count

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        stretched = cv2.resize(image, (self._width, self._height))[..., ::-1]
        scale = (self._width / image.shape[1], self._height / image.shape[0])
        return _to_input(stretched / np.float32(255)), Placement(scale)

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        raw = next(iter(outputs.values()))[0]
        rows, columns = raw.shape[1:]
        raw = raw.reshape(len(raw), -1).T
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        cell = np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)
        extent = np.array([self._width, self._height], np.float32)
        centre = (cell + np.tanh(raw[:, 1:3])) / np.array([columns, rows], np.float32) * extent
        boxes = _from_centre(centre, _sigmoid(raw[:, 3:5]) * extent)
        objectness = np.clip(raw[:, :1], 0, 1) ** 0.6
        return boxes, objectness * np.clip(raw[:, 5:], 0, 1) ** 0.4

"""Preprocessing and output decoding of the network families in ONNX files.

A head turns an image into the network's input, and the raw outputs into boxes in input pixels with one score per
class. `annotator.engine.detectors.onnx.layouts` recognises which one a file needs. Sources: the inference code of the
YOLOX, NanoDet and FastestDet projects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from annotator.engine.detectors.onnx.intake import FloatArray, Placement, letterbox
from annotator.model.frame import Image

Outputs = Mapping[str, npt.NDArray[Any]]


class Head(Protocol):
    """One family of networks."""

    @property
    def nms_overlap(self) -> float:
        """Default of the suppression; 1 if the network suppresses by itself."""

    @property
    def class_count(self) -> int | None:
        """None if the network says only the index of each box's class."""

    @property
    def names(self) -> Sequence[str | None] | None:
        """Class names that the file holds or that belong to the family; None for an index that no class has."""

    @property
    def extra_inputs(self) -> Mapping[str, npt.NDArray[Any]]:
        """Inputs next to the image."""

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        """Return the input and its placement. (H, W, 3) uint8 RGB -> (1, 3, input height, input width) float32."""

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        """Return boxes (N, 4) xyxy in input pixels and scores (N, classes) in 0..1."""


STRIDES = (8, 16, 32)


def cells(width: int, height: int, stride: int) -> int:
    return -(-width // stride) * -(-height // stride)


def grid(width: int, height: int, stride: int) -> FloatArray:
    """Return column and row of each cell, row by row: (cells, 2)."""
    columns, rows = np.meshgrid(np.arange(-(-width // stride)), np.arange(-(-height // stride)))
    return np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32)


def _to_input(bgr: npt.NDArray[np.generic]) -> FloatArray:
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None], np.float32)


def sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float32)


def from_centre(centre: FloatArray, size: FloatArray) -> FloatArray:
    return np.concatenate([centre - size / 2, centre + size / 2], 1)


class YoloxHead:
    """One output (1, N, 5 + classes): offset from the cell, log size, objectness, class scores. Input in 0..255."""

    nms_overlap = 0.45
    names: Sequence[str | None] | None = None
    extra_inputs: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})

    def __init__(self, width: int, height: int, class_count: int) -> None:
        self._width, self._height = width, height
        self.class_count: int | None = class_count
        self._cell = np.concatenate([grid(width, height, s) for s in STRIDES])
        self._stride = np.concatenate([np.full((cells(width, height, s), 1), s, np.float32) for s in STRIDES])

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        canvas, placement = letterbox(image, self._width, self._height, 114, centred=False)
        return _to_input(canvas[..., ::-1]), placement

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        raw = next(iter(outputs.values()))[0]
        centre = (raw[:, :2] + self._cell) * self._stride
        size = np.exp(np.clip(raw[:, 2:4], -20, 20)) * self._stride
        return from_centre(centre, size), raw[:, 4:5] * raw[:, 5:]


class NanoDetHead:
    """Two outputs per stride: class scores (1, N, classes) and edge distance distributions (1, N, 4 * bins)."""

    nms_overlap = 0.6
    names: Sequence[str | None] | None = None
    extra_inputs: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})
    _MEAN = np.array([103.53, 116.28, 123.675], np.float32)
    _STD = np.array([57.375, 57.12, 58.395], np.float32)

    def __init__(self, width: int, height: int, levels: tuple[tuple[int, str, str], ...], class_count: int) -> None:
        """``levels``: stride, name of the score output, name of the distance output."""
        self._width, self._height, self._levels = width, height, levels
        self.class_count: int | None = class_count

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        canvas, placement = letterbox(image, self._width, self._height, 0, centred=True)
        return _to_input((canvas[..., ::-1] - self._MEAN) / self._STD), placement

    def decode(self, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
        boxes, scores = [], []
        for stride, score_name, distance_name in self._levels:
            centre = grid(self._width, self._height, stride) * stride + (stride - 1) / 2
            logits = outputs[distance_name][0].reshape(len(centre), 4, -1)
            weight = np.exp(logits - logits.max(2, keepdims=True))
            bins = np.arange(logits.shape[2], dtype=np.float32)
            reach = (weight * bins).sum(2) / weight.sum(2) * stride
            boxes.append(np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], 1))
            scores.append(outputs[score_name][0])
        return np.concatenate(boxes), np.concatenate(scores)


def nanodet(outputs: Outputs, width: int, height: int, counts: list[int]) -> NanoDetHead | None:
    """Pair the outputs by their cell counts; the distances are those whose last axis is 4 * bins at each stride."""
    levels = []
    class_counts = set()
    for stride, count in zip(STRIDES, counts, strict=True):
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
    names: Sequence[str | None] | None = None
    extra_inputs: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})

    def __init__(self, width: int, height: int, class_count: int) -> None:
        self._width, self._height = width, height
        self.class_count: int | None = class_count

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
        boxes = from_centre(centre, sigmoid(raw[:, 3:5]) * extent)
        objectness = np.clip(raw[:, :1], 0, 1) ** 0.6
        return boxes, objectness * np.clip(raw[:, 5:], 0, 1) ** 0.4

"""Masks of one frame decoded once and drawn over the picture."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from annotator.model.mask import Mask

Crop = npt.NDArray[np.uint8]


class MaskLayer:
    """Decodes masks once per frame and draws them, one after the other, however often the frame is painted.

    A frame costs what its objects are large, not what the picture is: each mask is colored and drawn within the
    processor's cache, which one image for all of them would not fit into.
    """

    def __init__(self) -> None:
        self._masks: list[tuple[Mask, int]] = []
        self._crops: list[Crop] = []
        self._memory: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)

    def set_masks(self, masks: Iterable[tuple[Mask, QColor]], opacity: float) -> None:
        """Masks of another frame, in drawing order. ``opacity``: 0..1."""
        self._masks = [(mask, _premultiplied(color.rgba(), opacity)) for mask, color in masks if not mask.is_empty()]
        self._crops.clear()
        self._memory = np.zeros(max((mask.width * mask.height for mask, _ in self._masks), default=0), np.uint32)

    def draw(self, painter: QPainter) -> None:
        """Draw them, in image pixels."""
        for number, (mask, value) in enumerate(self._masks):
            if number == len(self._crops):
                self._crops.append(_decoded(mask))
            pixels = self._memory[:mask.width * mask.height].reshape(mask.height, mask.width)
            np.multiply(self._crops[number], np.uint32(value), out=pixels, dtype=np.uint32)
            painter.drawImage(QPointF(mask.left, mask.top), QImage(
                pixels.data, mask.width, mask.height, 4 * mask.width, QImage.Format.Format_ARGB32_Premultiplied))


def _decoded(mask: Mask) -> Crop:
    """The mask's crop, row by row. Decoding gives columns, which OpenCV turns several times faster than NumPy.

    (height, width) uint8, 0 or 1.
    """
    return np.asarray(cv2.transpose(mask.crop().view(np.uint8).T), np.uint8)


@lru_cache(maxsize=1024)
def _premultiplied(rgb: int, opacity: float) -> int:
    """0xRRGGBB, whatever stands before it, as 0xAARRGGBB with the opacity multiplied in."""
    alpha = round(255 * opacity)
    red, green, blue = (round((rgb >> shift & 255) * opacity) for shift in (16, 8, 0))
    return alpha << 24 | red << 16 | green << 8 | blue

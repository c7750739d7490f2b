"""The masks of one frame, decoded once and drawn over the image."""

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
    """Decodes masks once per frame and draws them one by one, however often the frame is painted.

    The cost grows with the size of the objects, not of the image: each mask is colored and drawn within the processor's
    cache, which a single image for all masks would exceed.
    """

    def __init__(self) -> None:
        self._masks: list[tuple[Mask, int]] = []
        self._crops: list[Crop] = []
        self._memory: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)

    def set_masks(self, masks: Iterable[tuple[Mask, QColor]], opacity: float) -> None:
        """Set the masks of another frame, in drawing order. ``opacity``: 0..1."""
        self._masks = [(mask, _premultiplied(color.rgba(), opacity)) for mask, color in masks if not mask.is_empty()]
        self._crops.clear()
        self._memory = np.zeros(max((mask.width * mask.height for mask, _ in self._masks), default=0), np.uint32)

    def draw(self, painter: QPainter) -> None:
        """Draw the masks in image pixels."""
        for number, (mask, value) in enumerate(self._masks):
            if number == len(self._crops):
                self._crops.append(_decoded(mask))
            pixels = self._memory[:mask.width * mask.height].reshape(mask.height, mask.width)
            np.multiply(self._crops[number], np.uint32(value), out=pixels, dtype=np.uint32)
            painter.drawImage(QPointF(mask.left, mask.top), QImage(
                pixels.data, mask.width, mask.height, 4 * mask.width, QImage.Format.Format_ARGB32_Premultiplied))


def _decoded(mask: Mask) -> Crop:
    """Return the mask's crop in row-major order, (height, width) uint8, 0 or 1.

    Decoding yields column-major order, which OpenCV transposes several times faster than NumPy.
    """
    return np.asarray(cv2.transpose(mask.crop().view(np.uint8).T), np.uint8)


@lru_cache(maxsize=1024)
def _premultiplied(rgb: int, opacity: float) -> int:
    """Return 0xRRGGBB (higher bits are ignored) as 0xAARRGGBB, premultiplied with the opacity."""
    alpha = round(255 * opacity)
    red, green, blue = (round((rgb >> shift & 255) * opacity) for shift in (16, 8, 0))
    return alpha << 24 | red << 16 | green << 8 | blue

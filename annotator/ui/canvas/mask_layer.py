"""The masks of one frame, decoded once and drawn over the image."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from annotator.model.mask import Mask

Crop = npt.NDArray[np.uint8]

#: Image pixels around an exposed part that are drawn too, so that rounding leaves no seam.
_MARGIN = 4


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

    def draw(self, painter: QPainter, exposed: QRectF | None = None) -> None:
        """Draw the masks, or only what lies in the exposed part of the frame, in image pixels."""
        for number, (mask, value) in enumerate(self._masks):
            if number == len(self._crops):
                self._crops.append(_decoded(mask))
            x0, y0, x1, y1 = 0, 0, mask.width, mask.height
            if exposed is not None:
                x0, x1 = max(int(exposed.left()) - _MARGIN - mask.left, x0), min(
                    int(exposed.right()) + _MARGIN - mask.left, x1)
                y0, y1 = max(int(exposed.top()) - _MARGIN - mask.top, y0), min(
                    int(exposed.bottom()) + _MARGIN - mask.top, y1)
                if x0 >= x1 or y0 >= y1:
                    continue
            width, height = x1 - x0, y1 - y0
            pixels = self._memory[:width * height].reshape(height, width)
            np.multiply(self._crops[number][y0:y1, x0:x1], np.uint32(value), out=pixels, dtype=np.uint32)
            painter.drawImage(QPointF(mask.left + x0, mask.top + y0), QImage(
                pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied))


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

"""Colors of drawn pixels as numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage


def rgb(color: QColor) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return color.red(), color.green(), color.blue()


def pixels(image: QImage) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB of a small image, asked pixel by pixel."""
    return np.array([[rgb(image.pixelColor(x, y)) for x in range(image.width())] for y in range(image.height())],
                    np.uint8)

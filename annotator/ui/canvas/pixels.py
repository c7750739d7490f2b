"""Pictures as Qt draws them fastest: 32 bits a pixel, and the same memory seen as RGB.

Converting a frame of 1080p takes milliseconds, so it is done where it was decoded and not where it is painted.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from annotator.model.frame import Image


def drawable(rgb: Image) -> Image:
    """The same picture laid out for Qt: an (H, W, 3) uint8 RGB view of fresh memory that holds B, G, R, 255."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGRA), np.uint8)[..., 2::-1]


def scaled(image: Image, size: tuple[int, int]) -> Image:
    """What `drawable` laid out, in another size (width, height) and laid out the same."""
    assert image.base is not None
    return np.asarray(cv2.resize(image.base, size, interpolation=cv2.INTER_LINEAR), np.uint8)[..., 2::-1]


def is_drawable(rgb: Image) -> bool:
    """Whether the picture is one that `drawable` laid out."""
    return rgb.base is not None and rgb.strides == (4 * rgb.shape[1], 4, -1)


def qt_image(rgb: Image) -> tuple[QImage, npt.NDArray[np.uint8]]:
    """A picture for QPainter, and the memory that it uses and that must outlive it. (H, W, 3) uint8 RGB.

    What `drawable` laid out is not copied.
    """
    view = rgb if is_drawable(rgb) else drawable(rgb)
    height, width = view.shape[:2]
    memory = view.base
    assert isinstance(memory, np.ndarray)
    return QImage(memory.data, width, height, 4 * width, QImage.Format.Format_RGB32), memory

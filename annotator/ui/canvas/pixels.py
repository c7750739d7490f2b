"""Images in the layout that Qt draws fastest: 32 bits per pixel, with an RGB view of the same memory.

Converting a 1080p frame takes milliseconds, so it is done on the decoding thread and not when painting.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from annotator.model.frame import Image


def drawable(rgb: Image) -> Image:
    """Convert an image to Qt's layout: an (H, W, 3) uint8 RGB view of new memory that contains B, G, R, 255."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGRA), np.uint8)[..., 2::-1]


def scaled(image: Image, size: tuple[int, int]) -> Image:
    """Resize an image from `drawable` to (width, height); the result has the same layout."""
    assert image.base is not None
    return np.asarray(cv2.resize(image.base, size, interpolation=cv2.INTER_LINEAR), np.uint8)[..., 2::-1]


def is_drawable(rgb: Image) -> bool:
    """Return whether the image has the layout of `drawable`."""
    return rgb.base is not None and rgb.strides == (4 * rgb.shape[1], 4, -1)


def qt_image(rgb: Image) -> tuple[QImage, npt.NDArray[np.uint8]]:
    """Return a QImage of an (H, W, 3) uint8 RGB image, and the memory that must outlive the QImage.

    An image from `drawable` is not copied.
    """
    view = rgb if is_drawable(rgb) else drawable(rgb)
    height, width = view.shape[:2]
    memory = view.base
    assert isinstance(memory, np.ndarray)
    return QImage(memory.data, width, height, 4 * width, QImage.Format.Format_RGB32), memory

"""How an image becomes the input of an ONNX network, and where it lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
import numpy.typing as npt

from annotator.model.frame import Image

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the image in the network's input: input = image * scale + offset, per axis (x, y)."""

    scale: tuple[float, float]
    offset: tuple[float, float] = (0.0, 0.0)

    def to_image(self, box_xyxy: FloatArray) -> FloatArray:
        """Convert (N, 4) boxes from input pixels to image pixels."""
        return np.asarray((box_xyxy - np.tile(self.offset, 2)) / np.tile(self.scale, 2), np.float32)


class Fit(Enum):
    """How an image fills the input."""

    STRETCH = "stretch"
    CORNER = "corner"
    """Aspect ratio kept, at the top left."""
    CENTRE = "centre"
    """Aspect ratio kept, in the middle."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The preprocessing of one network."""

    width: int
    height: int
    fit: Fit
    fill: int = 114
    rgb: bool = True
    divisor: float = 255.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        """(H, W, 3) uint8 RGB -> (1, 3, height, width) float32, and the image's place in it."""
        canvas, placement = self._place(image)
        pixels = canvas if self.rgb else canvas[..., ::-1]
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        scaled = (pixels.astype(np.float32) / np.float32(self.divisor) - mean) / std
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32), placement

    def _place(self, image: Image) -> tuple[Image, Placement]:
        if self.fit is Fit.STRETCH:
            scale = (self.width / image.shape[1], self.height / image.shape[0])
            return np.asarray(cv2.resize(image, (self.width, self.height)), np.uint8), Placement(scale)
        return letterbox(image, self.width, self.height, self.fill, self.fit is Fit.CENTRE)


def letterbox(image: Image, width: int, height: int, fill: int, centred: bool) -> tuple[Image, Placement]:
    """Resize into a canvas of one grey level, preserving the aspect ratio."""
    ratio = min(width / image.shape[1], height / image.shape[0])
    inner_w, inner_h = max(1, int(image.shape[1] * ratio)), max(1, int(image.shape[0] * ratio))
    left, top = ((width - inner_w) // 2, (height - inner_h) // 2) if centred else (0, 0)
    canvas = np.full((height, width, 3), fill, np.uint8)
    canvas[top:top + inner_h, left:left + inner_w] = cv2.resize(image, (inner_w, inner_h))
    scale = (inner_w / image.shape[1], inner_h / image.shape[0])
    return canvas, Placement(scale, (float(left), float(top)))

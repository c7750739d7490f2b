"""Images of 12 or 14 bits in 16-bit files: one range of a sequence is spread over the 8 bits of a frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Deep = npt.NDArray[np.uint16]

#: Values from here on use the upper two bits of 16, so that the high byte shows them well.
_FULL_RANGE = 1 << 14


#: Frames that the range of a sequence is taken from.
_LOOK_FRAMES = 64


def some_of(total: int) -> list[int]:
    """Indices of up to 64 of ``total`` frames, spread evenly."""
    return [int(index) for index in np.unique(np.linspace(0, total - 1, _LOOK_FRAMES).round())]


@dataclass(frozen=True, slots=True)
class Spread:
    """Maps values of a sequence to 0..255: ``low`` and below to 0, ``high`` and above to 255."""

    low: int
    high: int

    def apply(self, image: Deep) -> npt.NDArray[np.uint8]:
        """An image of any shape with 8 bits."""
        scaled = (image.astype(np.float32) - self.low) * np.float32(255 / (self.high - self.low))
        return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)

    def note(self, name: str, images: int) -> str:
        """What is done, for the user."""
        return (f"{name}: its 16-bit images have values from {self.low} to {self.high} (in {images} of them); these "
                "are spread over the range of the display and of the models, the same for all frames")


def spread_of(images: Iterable[Deep]) -> Spread | None:
    """The range of these images; None if they use the upper bits, are all of one value, or there are none."""
    low, high = 1 << 16, -1
    for image in images:
        low, high = min(low, int(image.min())), max(high, int(image.max()))
    return Spread(low, high) if low < high < _FULL_RANGE else None

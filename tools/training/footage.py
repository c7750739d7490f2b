"""Pictures in which every object's pixels are known, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.model.frame import Image


@dataclass(frozen=True)
class Footage:
    """A clip and the objects in it."""

    images: Image
    """(T, H, W, 3) uint8, RGB."""
    instances: npt.NDArray[np.uint8]
    """(T, H, W), 0 for background, object n as n + 1."""
    areas: npt.NDArray[np.float64]
    """(T, N) pixels that an object would show unhidden."""

    @property
    def object_count(self) -> int:
        return int(self.areas.shape[1])

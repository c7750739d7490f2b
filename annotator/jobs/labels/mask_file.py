"""Read one mask from an image file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from annotator.errors import FormatError
from annotator.formats.reading.label_images import read_label_image
from annotator.model.mask import Mask
from annotator.model.track import VideoRecord


def read_mask(path: Path, video: VideoRecord, value: int | None = None) -> Mask:
    """Read a PNG of the video's size as a mask: the pixels with this value, or all that are not 0. In an image with
    channels a pixel counts if any channel does; transparency is ignored unless it is the only content.

    Raises:
        FormatError: the file is not a readable PNG, has another size, or has no such pixel.
    """
    pixels = read_label_image(path)
    if pixels.shape[:2] != (video.height, video.width):
        raise FormatError(f"{path} has {pixels.shape[1]} x {pixels.shape[0]} pixels, and {video.name} has "
                          f"{video.width} x {video.height}; write the mask at the video's size")
    chosen = pixels != 0 if value is None else pixels == value
    if chosen.ndim == 3:
        colors = chosen[..., :-1] if chosen.shape[2] in (2, 4) and chosen[..., :-1].any() else chosen
        chosen = colors.any(2)
    mask = Mask.from_bitmap(np.asarray(chosen, bool))
    if mask.is_empty():
        raise FormatError(f"{path} has no pixel " + ("that is not 0" if value is None else f"of value {value}")
                          + "; choose another file or value")
    return mask

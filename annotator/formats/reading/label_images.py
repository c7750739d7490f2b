"""Read and write images whose pixel values are labels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from annotator.errors import FormatError
from annotator.formats.reading.rle import LARGEST_PICTURE
from annotator.model.mask import Mask

#: PNG level, 1 to 9. Labels are mostly zeros, so higher levels take several times as long and save little.
_COMPRESSION = 1


def write_label_image(path: Path, pixels: npt.NDArray[Any]) -> None:
    """Write (H, W) uint16 or (H, W, 4) uint8 pixels as PNG."""
    Image.fromarray(pixels).save(path, compress_level=_COMPRESSION)


def write_palette_image(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write (H, W) uint8 pixels as PNG with the palette of DAVIS, which gives neighbouring values distant colors."""
    image = Image.fromarray(pixels, "P") if pixels.size else Image.new("P", (1, 1))
    image.putpalette(_davis_palette())
    image.save(path, compress_level=_COMPRESSION)


def _davis_palette() -> list[int]:
    """256 colors: bits 0, 1 and 2 of the value are the highest bits of red, green and blue, and so on."""
    return [sum((value >> (3 * place + channel) & 1) << (7 - place) for place in range(3))
            for value in range(256) for channel in range(3)]


def label_masks(pixels: npt.NDArray[Any]) -> Iterator[tuple[int, Mask]]:
    """Yield each nonzero value of an (H, W) integer image, in ascending order, with the mask of its pixels."""
    place = np.flatnonzero(pixels)
    values = pixels.ravel()[place]
    order = np.argsort(values, kind="stable")
    place, values = place[order], values[order]
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else place
    for start, end in zip(first.tolist(), [*first[1:].tolist(), len(values)], strict=False):
        rows, columns = np.divmod(place[start:end], pixels.shape[1])
        top, left = int(rows.min()), int(columns.min())
        bitmap = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), bool)
        bitmap[rows - top, columns - left] = True
        yield int(values[start]), Mask.from_bitmap(bitmap, left, top)


def read_label_image(path: Path) -> npt.NDArray[Any]:
    """Read a PNG as (H, W) or (H, W, channels) integers, as in the file; a palette image gives its indices.

    Raises FormatError if it cannot be read or claims an unreasonable size.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG",)) as image:
                if image.width * image.height > LARGEST_PICTURE:
                    raise FormatError(f"{path} claims {image.width} x {image.height} pixels, which is too large for an "
                                      "image; write the file again")
                return np.asarray(image)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FormatError(f"{path} is not a readable PNG: {error}") from error

"""Pictures whose pixels are labels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from annotator.errors import FormatError
from annotator.formats.rle import LARGEST_PICTURE


def read_picture(path: Path) -> npt.NDArray[Any]:
    """(H, W) or (H, W, channels) integers as they are in the file; a palette's picture gives its indices.

    Raises FormatError if it cannot be read or claims to be larger than any picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG",)) as image:
                if image.width * image.height > LARGEST_PICTURE:
                    raise FormatError(f"{path} claims {image.width} x {image.height} pixels, more than any picture has")
                return np.asarray(image)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FormatError(f"{path} is not a readable PNG: {error}") from error

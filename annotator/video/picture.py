"""Convert a decoded picture, as stored in the file, to an upright RGB image with square pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Interpolation

from annotator.model.frame import Image
from annotator.video.depth import Deep, Spread

#: Formats with 16 bits per channel whose values are those of the camera, and the one to read them in.
_DEEP_FORMATS = {**dict.fromkeys(("gray16le", "gray16be"), "gray16le"),
                 **dict.fromkeys(("rgb48le", "rgb48be", "gbrp16le", "gbrp16be"), "rgb48le")}
#: Pixel aspect ratios outside this range come from a broken header, not from an anamorphic video.
_SANE_ASPECT = (Fraction(1, 8), Fraction(8))


@dataclass(frozen=True, slots=True)
class Geometry:
    """The conversion from a stored picture to the returned image.

    First the width is multiplied by the pixel aspect ratio and rounded to the nearest even number (the height stays),
    then the picture is rotated: transposed if needed, then mirrored.
    """

    scaled_width: int
    scaled_height: int
    rescaled: bool
    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def width(self) -> int:
        return self.scaled_height if self.transpose else self.scaled_width

    @property
    def height(self) -> int:
        return self.scaled_width if self.transpose else self.scaled_height

    @classmethod
    def of(cls, frame: av.VideoFrame, aspect: Fraction | None) -> Geometry:
        """From a video's first picture and its pixel aspect ratio (width / height of a pixel; None or 0: square)."""
        width = frame.width
        if aspect and aspect != 1 and _SANE_ASPECT[0] <= aspect <= _SANE_ASPECT[1]:
            width = max(2, 2 * round(frame.width * aspect / 2))
        transpose, mirror_x, mirror_y = _turn(frame)
        return cls(width, frame.height, width != frame.width, transpose, mirror_x, mirror_y)

    def upright(self, frame: av.VideoFrame) -> Image:
        """(H, W, 3) uint8 RGB, C-contiguous. If the size changes mid-stream, later pictures are scaled to the first."""
        scaling = self.rescaled or (frame.width, frame.height) != (self.scaled_width, self.scaled_height)
        rgb = _pixels(frame.reformat(width=self.scaled_width, height=self.scaled_height, format="rgb24",
                                     interpolation=Interpolation.BICUBIC if scaling else Interpolation.BILINEAR))
        if self.transpose:
            rgb = rgb.transpose(1, 0, 2)
        if self.mirror_x:
            rgb = rgb[:, ::-1]
        if self.mirror_y:
            rgb = rgb[::-1]
        return np.ascontiguousarray(rgb, dtype=np.uint8)


def _pixels(frame: av.VideoFrame) -> Image:
    """A view of an rgb24 frame's memory, which lives as long as the array: a copy would hold the GIL for milliseconds,
    and nothing else uses this frame. (H, W, 3) uint8; rows may be padded."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)
    return np.lib.stride_tricks.as_strided(rows, (frame.height, frame.width, 3), (plane.line_size, 3, 1))


def deep_values(frame: av.VideoFrame) -> Deep | None:
    """The values of a picture of 16 bits per channel, (H, W) grey or (H, W, 3) RGB; None for any other."""
    kind = _DEEP_FORMATS.get(frame.format.name)
    if kind is None:
        return None
    return np.asarray(frame.reformat(format=kind).to_ndarray(), np.uint16)


def spread_picture(frame: av.VideoFrame, spread: Spread) -> av.VideoFrame:
    """A picture of 16 bits per channel reduced to 8 by the range of its video; any other picture as it is."""
    values = deep_values(frame)
    if values is None:
        return frame
    reduced = spread.apply(values)
    rgb = np.repeat(reduced[..., None], 3, axis=2) if reduced.ndim == 2 else reduced
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")


def _turn(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """(transpose, mirror x, mirror y) from the display matrix; all False if there is none.

    The matrix maps a stored pixel (x, y) to (a x + c y, b x + d y), in 16.16 fixed point (ISO/IEC 14496-12, 8.3.2).
    Angles are rounded to the nearest quarter turn.
    """
    attached = cast(Iterable[SideData], frame.side_data)
    matrix = next((bytes(data) for data in attached if data.type is SideDataType.DISPLAYMATRIX), None)
    if matrix is None:
        return False, False, False
    a, b, _, c, d = struct.unpack("=9i", matrix[:36])[:5]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, a < 0, d < 0
    return True, c < 0, b < 0


def checksum(frame: av.VideoFrame) -> int:
    """CRC-32 of the visible part of the stored picture, all planes, before any conversion."""
    result = 0
    for number, plane in enumerate(frame.planes):
        pixel = sum((part.bits + 7) // 8 for part in frame.format.components if part.plane == number)
        stored = np.frombuffer(memoryview(plane), np.uint8)[:plane.height * plane.line_size]
        rows = stored.reshape(plane.height, plane.line_size)[:, :plane.width * pixel]
        result = zlib.crc32(rows.tobytes(), result)
    return result

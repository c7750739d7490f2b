"""Animated PNG and WebP files as videos: each picture is a frame and keeps its time."""

from __future__ import annotations

import io
import struct
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from annotator.errors import VideoError
from annotator.model.bounds import LARGEST_PICTURE
from annotator.model.frame import Image
from annotator.video.animation_chunks import Animation, find_animation
from annotator.video.info import DEFAULT_FPS, VideoInfo
from annotator.video.reader import VideoReader

#: What transparent pixels are shown on, as browsers do.
_BACKGROUND = (255, 255, 255)
_FORMATS = {"apng": "PNG", "webp": "WEBP"}
#: Frames are kept up to this size, because each picture is drawn over the one before it.
_CACHE_BYTES = 128 << 20


class AnimationReader(VideoReader):
    """An animated PNG or WebP file.

    Pictures may change only a part of the one before, so that reading backwards decodes from the start again, except
    for the frames that are kept. Transparent pixels are shown on white.
    """

    def __init__(self, path: Path, animation: Animation, info: VideoInfo, found: list[str]) -> None:
        super().__init__(info, found)
        self._path = path
        self._animation = animation
        self._file = _opened(path, animation)
        self._kept: OrderedDict[int, Image] = OrderedDict()
        self._reached = -1
        """Last frame that was decoded since the file was opened."""

    def duplicate(self) -> AnimationReader:
        return AnimationReader(self._path, self._animation, self.info, list(self.warnings))

    def close(self) -> None:
        super().close()
        self._kept.clear()
        self._file.close()

    def _picture(self, index: int) -> Image:
        if index not in self._kept:
            self._keep(index, self._decoded(index))
        self._kept.move_to_end(index)
        return self._kept[index].copy()

    def _keep(self, index: int, image: Image) -> None:
        self._kept[index] = image
        while len(self._kept) > max(1, _CACHE_BYTES // image.nbytes):
            self._kept.popitem(last=False)

    def _restart(self) -> None:
        """Open the file again: Pillow does not find the way back to an earlier picture of every PNG."""
        self._file.close()
        self._file = _opened(self._path, self._animation)
        self._reached = -1

    def _decoded(self, index: int) -> Image:
        if index <= self._reached:
            self._restart()
        try:
            self._file.seek(index + self._animation.skipped)
            self._file.load()
            image = _on_background(self._file)
        except (OSError, EOFError, SyntaxError, ValueError) as error:
            # What was drawn so far is unknown, so the next read starts again.
            self._restart()
            raise VideoError(f"{self._path} (frame {index}) cannot be decoded ({str(error)[:80]}); copy the file again "
                             "from its source, or work on the frames before") from error
        self._reached = index
        if image.shape[:2] != (self.info.height, self.info.width):
            raise VideoError(f"{self._path} (frame {index}) is {image.shape[1]}x{image.shape[0]}, the animation "
                             f"{self.info.width}x{self.info.height}; convert it to a video")
        return image


def open_animation(path: Path) -> AnimationReader | None:
    """Open an animated PNG or WebP file; None for any other file.

    Raises VideoError if none of its pictures is complete or its pixels are of a kind that cannot be read.
    """
    animation = find_animation(path)
    if animation is None:
        return None
    count = len(animation.durations)
    if not count:
        raise VideoError(f"{path} is an animation without a complete picture; copy it again from its source")
    if animation.deep_grey:
        raise VideoError(f"{path} is an animation of 16-bit grey pictures, which cannot be read; export its pictures "
                         "to a folder of PNG files and open that")
    with _opened(path, animation) as file:
        width, height = file.size
    starts = np.concatenate([[0.0], np.cumsum(animation.durations)])
    timed = bool(starts[-1] > 0)
    rate = count / float(starts[-1]) if timed else DEFAULT_FPS
    info = VideoInfo(
        name=path.stem, path=path, width=width, height=height, frame_count=count, fps=rate,
        fps_source="container" if timed else "default", kind="file", codec=animation.kind,
        times=np.asarray(starts[:-1] if timed else np.arange(count) / rate, np.float64))
    return AnimationReader(path, animation, info, _notes(path, animation))


def _notes(path: Path, animation: Animation) -> list[str]:
    found = []
    count = len(animation.durations)
    if count < animation.claimed:
        found.append(f"{path.name}: {count} of {animation.claimed} frames are complete; the file is cut short after "
                     f"frame {count - 1}")
    if animation.transparent:
        found.append(f"{path.name}: it may have transparent pixels, which are shown on white")
    return found


def _opened(path: Path, animation: Animation) -> Pillow.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            file = Pillow.open(_source(path, animation), formats=(_FORMATS[animation.kind],))
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
        raise VideoError(f"{path} cannot be decoded as an animation ({str(error)[:80]}); copy it again from its source"
                         ) from error
    if file.width * file.height > LARGEST_PICTURE:
        file.close()
        raise VideoError(f"{path} claims {file.width} x {file.height} pixels, which is too large for a frame; write "
                         "the file again")
    return file


def _source(path: Path, animation: Animation) -> Path | io.BytesIO:
    """The file, or its complete pictures as a whole WebP file if it is cut short."""
    if animation.kind != "webp" or len(animation.durations) == animation.claimed:
        return path
    with path.open("rb") as file:
        data = bytearray(file.read(animation.end).ljust(animation.end, b"\0"))
    data[4:8] = struct.pack("<I", len(data) - 8)
    return io.BytesIO(data)


def _on_background(file: Pillow.Image) -> Image:
    """The present picture as (H, W, 3) uint8 RGB, with transparent pixels on the background."""
    picture = file.convert("RGBA")
    flat = Pillow.new("RGBA", picture.size, (*_BACKGROUND, 255))
    flat.alpha_composite(picture)
    return np.asarray(flat.convert("RGB"), np.uint8)

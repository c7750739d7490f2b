"""Write H.264 videos through PyAV: to a temporary file, then moved into place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.video.stream import VideoStream

from annotator.errors import VideoError
from annotator.files.publish import publish
from annotator.files.scratch import Scratch, remove_leftovers
from annotator.model.frame import Image

_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_TICK = Fraction(1, 90000)
_ENCODER: Final = "libx264"
_OPTIONS = {"crf": "20", "preset": "veryfast"}


class VideoWriter:
    """Writes a video file that appears only once it is complete; an error leaves no file behind.

    Frames keep their presentation times, so a video with a variable frame rate stays in sync with its source. H.264
    with 4:2:0 chroma needs even sizes, so an odd last row or column is duplicated.
    """

    def __init__(self, path: Path, fps: float, overwrite: bool = True) -> None:
        """Without ``overwrite`` a file of this name that appears meanwhile is kept, and leaving raises VideoError.

        Raises VideoError for an unknown video suffix, or if PyAV cannot write H.264.
        """
        container = _CONTAINERS.get(path.suffix.lower())
        if container is None:
            raise VideoError(f"{path}: cannot write this type of video; use a name that ends in "
                             f"{', '.join(_CONTAINERS)}")
        if _ENCODER not in av.codecs_available:
            raise VideoError("the installed PyAV cannot write H.264; install the official wheel (pip install av)")
        self._path = path
        self._overwrite = overwrite
        self._scratch: Scratch | None = None
        self._format = container
        self._fps = fps
        self._stream: VideoStream | None = None
        self._last = -1

    def __enter__(self) -> Self:
        flags = {} if self._format == "matroska" else {"movflags": "faststart"}
        try:
            # PyAV opens the file only on the first write; a wrong folder should fail right away.
            prefix = f".{self._path.name}."
            remove_leftovers(self._path.parent, prefix)
            self._scratch = Scratch(self._path.parent, prefix)
            self._temporary = self._scratch.folder / self._path.name
            self._container = av.open(str(self._temporary), "w", format=self._format, options=flags)
        except OSError as error:
            self._remove()
            raise self._failure(error) from error
        return self

    def add(self, image: Image, seconds: float) -> None:
        """Append a frame, (H, W, 3) uint8 RGB, shown from ``seconds`` on; all of one size. Raises VideoError."""
        try:
            if self._stream is None:
                self._stream = self._open_stream(image)
            frame = av.VideoFrame.from_ndarray(_even(image), format="rgb24")
            self._last = max(round(seconds / _TICK), self._last + 1)
            frame.pts, frame.time_base = self._last, _TICK
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise self._failure(error) from error

    def _open_stream(self, image: Image) -> VideoStream:
        rate = Fraction(self._fps).limit_denominator(1001)
        stream: VideoStream = self._container.add_stream(_ENCODER, rate=rate, options=_OPTIONS)
        height, width = _even(image).shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = _TICK
        return stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            if error is None and self._stream is not None:
                self._container.mux(self._stream.encode())
            self._container.close()
            if error is None:
                if self._stream is None:
                    raise VideoError(f"{self._path}: there are no frames to write")
                publish(self._temporary, self._path, self._overwrite)
        except FileExistsError as failure:
            raise VideoError(f"{self._path} was created by another program meanwhile; give another name") from failure
        except OSError as failure:
            if error is None:
                raise self._failure(failure) from failure
        finally:
            self._remove()

    def _remove(self) -> None:
        if self._scratch is not None:
            self._scratch.close()

    def _failure(self, error: OSError) -> VideoError:
        return VideoError(f"{self._path} cannot be written ({error.strerror or error}); check the folder and the free "
                          "disk space")


def _even(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return image

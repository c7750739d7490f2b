"""Makers of small videos whose every frame shows its own number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.stream import VideoStream

from annotator.model.frame import Image

DATA = Path(__file__).parents[2] / "../shared/data"

_BLOCK = 16


def numbered_picture(number: int, width: int = 160, height: int = 96) -> Image:
    """Moving texture, with the number in ten black or white blocks along the top."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 60 * np.sin((x * a + y * b + number * c) / 9.0) for a, b, c in ((1, 2, 5), (2, 1, 3), (1, 1, 7))]
    picture = np.stack(planes, axis=-1).astype(np.uint8)
    for bit in range(10):
        picture[:_BLOCK, bit * _BLOCK:(bit + 1) * _BLOCK] = 255 * (number >> bit & 1)
    return picture


def number_in(image: Image) -> int:
    """The number that :func:`numbered_picture` drew, lossy coding or not."""
    centres = image[_BLOCK // 2, _BLOCK // 2::_BLOCK][:10].mean(axis=-1)
    return int(sum(1 << bit for bit, value in enumerate(centres) if value > 127))


def write_video(path: Path, count: int = 60, codec: str = "libx264", *, options: dict[str, str] | None = None,
                muxer: dict[str, str] | None = None, pts: Sequence[int] | None = None, gop: int | None = None,
                b_frames: int | None = None, rate: int = 25, pixels: str = "yuv420p", aspect: Fraction | None = None,
                turn: tuple[int, bool] | None = None, first_pts: int = 0,
                picture: Callable[[int], npt.NDArray[np.uint8]] = numbered_picture) -> Path:
    """Encode numbered pictures. ``pts`` in frame durations; ``turn`` = (degrees counter-clockwise, mirrored)."""
    with av.open(str(path), "w", options=muxer or {}) as container:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = container.add_stream(codec, rate=rate, options={**quiet, **(options or {})})
        assert isinstance(stream, VideoStream)
        first = picture(0)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pixels
        if gop is not None:
            stream.codec_context.gop_size = gop
        if b_frames is not None:
            stream.codec_context.max_b_frames = b_frames
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn is not None:
            stream.set_display_rotation(turn[0], hflip=turn[1])
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts = (number if pts is None else pts[number]) + first_pts
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """No test may leave a decoding thread behind."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"] == []


@pytest.fixture
def data() -> Path:
    """The folder of real samples that lies beside a developer's checkout."""
    if not DATA.is_dir():
        pytest.skip("the folder of real videos is not there")
    return DATA

"""Write synthetic clips as video files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from testbed.synthetic_clips import Clip

FPS = 25


def write_video(clip: Clip, path: Path) -> None:
    """Write a clip as H.264 in MP4 with B-frames, like cameras and video editors do."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS), options={"crf": "20", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = clip.spec.width, clip.spec.height, "yuv420p"
        for image in clip.images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())

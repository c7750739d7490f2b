"""What is known about a video before any frame is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["file", "images", "mot"]
FpsSource = Literal["container", "seqinfo", "given", "default"]

#: Frames per second of an image folder without a header, if no rate is given.
DEFAULT_FPS = 25.0


@dataclass(frozen=True, slots=True)
class MotPaths:
    """The label files of a MOTChallenge sequence."""

    root: Path
    """The sequence folder, which contains the image folder."""
    det: Path | None
    """``det/det.txt``; None if it does not exist."""
    gt: Path | None
    """``gt/gt.txt``; None if it does not exist."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Size, length and timing of a video, file or folder."""

    name: str
    """File name without suffix, folder name, or the name in ``seqinfo.ini``."""
    path: Path
    """What was opened: the file, the image folder, or the MOT sequence folder."""
    width: int
    """Width of the returned frames, which are upright with square pixels."""
    height: int
    frame_count: int
    """Frames that can be read, never what a header claims. For a folder, its number of images."""
    fps: float
    """Average frames per second."""
    fps_source: FpsSource
    """Where ``fps`` comes from; ``default`` means that it is an assumption."""
    kind: Kind
    codec: str
    """Name of the codec (``h264``), or of the image format (``jpg``)."""
    times: npt.NDArray[np.float64] = field(repr=False, compare=False)
    """(frame_count,) float64 presentation times in seconds from the first frame, never decreasing."""

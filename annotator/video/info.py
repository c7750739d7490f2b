"""What is known of a video before its pictures are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["file", "images", "mot"]
FpsSource = Literal["container", "seqinfo", "given", "default"]

#: Frames per second of an image folder that says nothing of its own and for which nobody gave a rate.
DEFAULT_FPS = 25.0


@dataclass(frozen=True, slots=True)
class MotPaths:
    """The label files of a MOTChallenge sequence."""

    root: Path
    """The sequence's folder, the one that holds the image folder."""
    det: Path | None
    """``det/det.txt``, or None where there is none."""
    gt: Path | None
    """``gt/gt.txt``, or None where there is none."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Size, length and timing of a video, file or folder."""

    name: str
    """File name without suffix, folder name, or the name in ``seqinfo.ini``."""
    path: Path
    """What was opened: the file, the image folder, or the MOT sequence's folder."""
    width: int
    """Pixels of the frames handed out: upright, square pixels."""
    height: int
    frame_count: int
    """Frames that can be read, never what a header claims. For a folder: its images."""
    fps: float
    """Average frames per second."""
    fps_source: FpsSource
    """Where ``fps`` comes from; ``default`` means that it is only assumed."""
    kind: Kind
    codec: str
    """Name of the codec (``h264``), or of the image format (``jpg``)."""
    times: npt.NDArray[np.float64] = field(repr=False, compare=False)
    """(frame_count,) float64 presentation times in seconds from the first frame, never falling."""

"""A labelled video as the format modules read and write it: plain, streamed by frame, no project behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.model.mask import Mask


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """What a format's header says of a video."""

    name: str
    width: int
    height: int
    fps: float
    frame_count: int
    labels: tuple[str, ...] = ("object",)
    image_dir: str = "img1"
    image_ext: str = ".jpg"


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One box of one track (or one detection, then ``number`` is None) in one frame."""

    number: int | None
    """Track number, from 1."""
    label: int
    """Index into ``SequenceInfo.labels``."""
    box_xyxy: tuple[float, float, float, float]
    score: float = 1.0
    mask: Mask | None = None
    visibility: float = 1.0
    ignored: bool = False
    """Ground truth that an evaluator must not count (MOTChallenge flag 0, an ignore region)."""


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """All boxes of one frame. Frames without boxes may be left out of a stream."""

    frame_index: int
    boxes: tuple[LabelledBox, ...] = field(default=())
    time: float | None = None
    """Presentation time in seconds."""

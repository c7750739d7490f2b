"""A labelled video as the format modules read and write it: plain, streamed by frame, no project behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from annotator.model.box import Box
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


NO_ATTRIBUTES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One box of one track (or one detection or ignore region, then ``number`` is None) in one frame."""

    number: int | None
    """Track number, from 1."""
    label: int
    """Index into ``SequenceInfo.labels``."""
    box_xyxy: Box
    score: float = 1.0
    mask: Mask | None = None
    visibility: float = 1.0
    ignored: bool = False
    """Ground truth that an evaluator must not count (MOTChallenge flag 0). Without a number it is an ignore region."""
    occluded: bool = False
    """Marked as hidden, at least in part; the box is where the object is thought to be."""
    interpolated: bool = False
    """Not set by anyone in this frame, but on a straight line between boxes that were."""
    attributes: Mapping[str, object] = field(default_factory=lambda: NO_ATTRIBUTES, hash=False)
    """Of the track, as far as the format has any; the same in each of its boxes."""


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """All boxes of one frame. Frames without boxes may be left out of a stream."""

    frame_index: int
    boxes: tuple[LabelledBox, ...] = field(default=())
    time: float | None = None
    """Presentation time in seconds."""

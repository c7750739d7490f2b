"""A labelled video as the format modules read and write it: plain data, streamed by frame, without a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from annotator.model.attribute import Attribute
from annotator.model.box import Box
from annotator.model.mask import Mask


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """The header data of a video in a label format."""

    name: str
    width: int
    height: int
    fps: float
    frame_count: int
    labels: tuple[str, ...] = ("object",)
    image_dir: str = "img1"
    image_ext: str = ".jpg"
    attributes: tuple[Attribute, ...] = ()
    """Attributes that tracks may have, each with an index into ``labels`` as its label."""


NO_ATTRIBUTES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One box of a track in one frame, or a detection or ignore region, for which ``number`` is None."""

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
    """Marked as occluded, at least in part; the box is the object's assumed position."""
    interpolated: bool = False
    """Interpolated linearly between keyframes, not set in this frame."""
    attributes: Mapping[str, object] = field(default_factory=lambda: NO_ATTRIBUTES, hash=False)
    """Attributes of the track in this frame; None stands for no value."""


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """All boxes of one frame. A stream may omit frames without boxes."""

    frame_index: int
    boxes: tuple[LabelledBox, ...] = field(default=())
    time: float | None = None
    """Presentation time in seconds."""

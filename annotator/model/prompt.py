"""Prompts that a person gives the segmenter: a box, points, or a mask."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.model.box import Box
from annotator.model.mask import Mask


@dataclass(frozen=True, slots=True)
class Point:
    """A click, in float pixels."""

    x: float
    y: float
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """The location of an object in one frame: a box, points or both, or a mask alone."""

    frame_index: int
    box_xyxy: Box | None = None
    points: tuple[Point, ...] = field(default=())
    mask: Mask | None = None

    def __post_init__(self) -> None:
        if self.mask is not None and (self.box_xyxy is not None or self.points):
            raise ValueError("a mask prompt takes neither box nor points")
        if self.mask is None and self.box_xyxy is None and not self.points:
            raise ValueError("a prompt needs a box, points or a mask")

"""How a detector is run, typed and documented. No heavy imports: the command line reads this at start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.errors import SettingsError


class Suppression(StrEnum):
    """Which of several boxes on one object a detector gives."""

    MODEL = "model"
    """As the model itself has it: per class for most, not at all for some."""
    PER_CLASS = "per-class"
    AGNOSTIC = "agnostic"
    """Whatever the class: no two boxes on one object with different labels."""


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How a detector is run."""

    score_floor: float = 0.05
    """Boxes scoring less are not even stored."""
    nms: Suppression = Suppression.MODEL
    nms_overlap: float | None = None
    """Boxes that overlap more (IoU) are one object; None for the detector's own value."""
    batch_size: int = 1
    """Frames that are detected at once. Faster on a GPU; scores then differ in their last digits from one by one."""
    half: bool = False
    """Compute in half precision (bfloat16 on a CPU)."""
    tile: int | None = None
    """Side in pixels of the tiles that larger pictures are searched in, besides the whole: for small objects."""
    tile_overlap: float = 0.2
    """Share of a tile that its neighbour sees too, at least."""

    def __post_init__(self) -> None:
        for name in ("score_floor", "nms_overlap"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise SettingsError(f"detection.{name} is {value}: give a number from 0 to 1")
        if self.batch_size < 1:
            raise SettingsError(f"detection.batch_size is {self.batch_size}: give at least 1")
        if self.tile is not None and self.tile < 32:
            raise SettingsError(f"detection.tile is {self.tile}: give at least 32 pixels")
        if not 0 <= self.tile_overlap <= 0.9:
            raise SettingsError(f"detection.tile_overlap is {self.tile_overlap}: give a number from 0 to 0.9")

"""Settings of detectors. No heavy imports, because the command line imports this module at start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.errors import SettingsError


class Suppression(StrEnum):
    """How overlapping boxes of one object are suppressed."""

    MODEL = "model"
    """Only the model's own suppression: per class for most models, none for some."""
    PER_CLASS = "per-class"
    AGNOSTIC = "agnostic"
    """Across classes, so that an object does not get two boxes with different labels."""


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How to run a detector."""

    score_floor: float = 0.05
    """Minimum score of stored boxes."""
    nms: Suppression = Suppression.MODEL
    """model (only its own), per-class, or agnostic: one box per object, whatever the labels."""
    nms_overlap: float | None = None
    """Boxes that overlap more (IoU) count as one object; None for the detector's default."""
    batch_size: int = 1
    """Frames per batch. Larger batches are faster on a GPU; the last digits of the scores depend on the batch size."""
    half: bool = False
    """Compute in half precision (bfloat16 on a CPU)."""
    tile: int | None = None
    """Side of tiles in pixels. Larger frames are also searched tile by tile, to find small objects."""
    tile_overlap: float = 0.2
    """Minimum fraction of a tile that is shared with its neighbour."""
    class_names: tuple[str, ...] | None = None
    """Names of the detector's classes in their order, for an ONNX model that does not name them or names them wrongly;
    on the command line, --class-names FILE. None for those in the model."""

    def __post_init__(self) -> None:
        if self.class_names is not None and (not self.class_names or not all(map(str.strip, self.class_names))):
            raise SettingsError("detection.class_names has an empty name or none: give one name per class")
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

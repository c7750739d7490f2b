"""How long a job will take on this machine, from what earlier ones took."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QSettings

from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.jobs.tracking.config import ADAPTIVE, PreannotateSettings

_GROUP = "speed/"
#: A run that is shorter says more of its start than of its speed.
LEAST_FRAMES = 10


class Estimates:
    """Frames per second by models, tracker and device, kept with the program's settings."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def remember(self, settings: PreannotateSettings, frames: int, seconds: float) -> None:
        """A job with these settings, as they were asked for, has done so many frames in this time."""
        if frames >= LEAST_FRAMES and seconds > 0:
            self._settings.setValue(_GROUP + _key(settings), frames / seconds)

    def speed(self, settings: PreannotateSettings) -> float | None:
        """Frames per second of the last such job; None if there was none."""
        stored = self._settings.value(_GROUP + _key(settings))
        try:
            speed = float(str(stored))
        except ValueError:
            return None
        return speed if speed > 0 else None

    def seconds(self, settings: PreannotateSettings, frames: int) -> float | None:
        """Time for so many frames of a video; None where nobody knows."""
        speed = self.speed(settings)
        return None if speed is None else frames * passes(settings) / speed


def passes(settings: PreannotateSettings) -> int:
    """How often a job goes through its frames: an adaptive threshold needs the scores of all of them first."""
    return 2 if settings.thresholds == ADAPTIVE and settings.detections is None else 1


def _key(settings: PreannotateSettings) -> str:
    detector = "file" if settings.detections is not None else settings.detector or _best(ModelKind.DETECTOR)
    segmenter = "none" if settings.tracker != "sam2mot" else settings.segmenter or _best(ModelKind.SEGMENTER)
    parts = (Path(detector).name, Path(segmenter).name, settings.tracker, settings.device, str(passes(settings)))
    return re.sub(r"[^\w.+:-]", "_", " ".join(parts))


def _best(kind: ModelKind) -> str:
    """What 'best installed' means today: with other weights installed it may mean another model."""
    return "best-of-" + "-".join(weights.name for weights in checkpoints.installed(kind)[:2])

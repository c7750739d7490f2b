"""Estimates of the duration of a run, from the speed of earlier runs on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QSettings

from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.jobs.tracking.config import ADAPTIVE, PreannotateSettings

_GROUP = "speed/"
#: Shorter runs measure the start-up more than the speed.
LEAST_FRAMES = 10


class Estimates:
    """Stores frames per second by models, tracker and device in the program's settings."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def remember(self, settings: PreannotateSettings, frames: int, seconds: float) -> None:
        """Store the speed of a run with these settings, as requested, from its frames and seconds."""
        if frames >= LEAST_FRAMES and seconds > 0:
            self._settings.setValue(_GROUP + _key(settings), frames / seconds)

    def speed(self, settings: PreannotateSettings) -> float | None:
        """Return the frames per second of the last such run; None if there was none."""
        stored = self._settings.value(_GROUP + _key(settings))
        try:
            speed = float(str(stored))
        except ValueError:
            return None
        return speed if speed > 0 else None

    def seconds(self, settings: PreannotateSettings, frames: int) -> float | None:
        """Return the estimated seconds for this many frames; None if unknown."""
        speed = self.speed(settings)
        return None if speed is None else frames * passes(settings) / speed


def passes(settings: PreannotateSettings) -> int:
    """Return the number of passes over the frames: an adaptive threshold needs all scores first."""
    return 2 if settings.thresholds == ADAPTIVE and settings.detections is None else 1


def _key(settings: PreannotateSettings) -> str:
    detector = "file" if settings.detections is not None else settings.detector or _best(ModelKind.DETECTOR)
    segmenter = "none" if settings.tracker != "sam2mot" else settings.segmenter or _best(ModelKind.SEGMENTER)
    parts = (Path(detector).name, Path(segmenter).name, settings.tracker, settings.device, str(passes(settings)))
    return re.sub(r"[^\w.+:-]", "_", " ".join(parts))


def _best(kind: ModelKind) -> str:
    """Return a key for the best installed model, which changes with the installed weights."""
    return "best-of-" + "-".join(weights.name for weights in checkpoints.installed(kind)[:2])

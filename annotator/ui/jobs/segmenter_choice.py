"""Which segmenter prompts are asked of: the one that was chosen for the last job, kept for the next time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings

from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.jobs.tracking.config import PreannotateSettings

_SEGMENTER, _DEVICE = "jobs/segmenter", "jobs/device"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which segmenter, on what."""

    segmenter: str | None = None
    """Name or path; None: the best one that is installed."""
    device: str = "auto"


def remember(settings: QSettings, job: PreannotateSettings) -> None:
    """A job with a segmenter was begun."""
    if job.tracker == "sam2mot":
        settings.setValue(_SEGMENTER, job.segmenter or "")
        settings.setValue(_DEVICE, job.device)


def remembered(settings: QSettings) -> Choice:
    """The last choice; the best one that is installed where its weights are gone."""
    name = str(settings.value(_SEGMENTER) or "") or None
    there = {weights.name for weights in checkpoints.installed(ModelKind.SEGMENTER)}
    if name is not None and name not in there and not Path(name).is_file():
        name = None
    return Choice(name, str(settings.value(_DEVICE) or "auto"))

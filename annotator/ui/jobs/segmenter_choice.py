"""The segmenter for prompts: the one of the last run, kept in the settings."""

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
    """A segmenter and its device."""

    segmenter: str | None = None
    """Name or path; None for the best installed one."""
    device: str = "auto"


def remember(settings: QSettings, job: PreannotateSettings) -> None:
    """Store the segmenter of a run, if it has one."""
    if job.tracker == "sam2mot":
        settings.setValue(_SEGMENTER, job.segmenter or "")
        settings.setValue(_DEVICE, job.device)


def remembered(settings: QSettings) -> Choice:
    """Return the last choice, or the best installed segmenter if its weights no longer exist."""
    name = str(settings.value(_SEGMENTER) or "") or None
    installed = {weights.name for weights in checkpoints.installed(ModelKind.SEGMENTER)}
    if name is not None and name not in installed and not Path(name).is_file():
        name = None
    return Choice(name, str(settings.value(_DEVICE) or "auto"))

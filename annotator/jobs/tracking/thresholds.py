"""The detection threshold of a run: fixed, from a table by video name, or derived from the scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.engine.otsu import adaptive_threshold
from annotator.errors import SettingsError
from annotator.formats.sam2mot.threshold_table import read_thresholds
from annotator.jobs.tracking.config import ADAPTIVE, PreannotateSettings
from annotator.storage.reader import Reader


def with_table(settings: PreannotateSettings, name: str) -> PreannotateSettings:
    """Return the settings with this video's threshold from their table, if they name one.

    Raises FormatError for an unreadable table, SettingsError if the table lacks the video.
    """
    if settings.thresholds in (None, ADAPTIVE) or settings.det_threshold is not None:
        return settings
    table = read_thresholds(Path(str(settings.thresholds)))
    if name not in table:
        known = ", ".join([*table][:5]) + (" ..." if len(table) > 5 else "")
        raise SettingsError(f"{settings.thresholds} has no threshold for {name}; it has {known}: add a line for it")
    return replace(settings, det_threshold=table[name])


def is_undetermined(settings: PreannotateSettings) -> bool:
    """Whether the threshold must still be derived from the scores."""
    return settings.thresholds == ADAPTIVE and settings.det_threshold is None


def from_file(settings: PreannotateSettings, first: int, last: int) -> PreannotateSettings:
    """Return the settings with a threshold derived from their detection file's scores in frames ``first..last``."""
    from annotator.engine.detectors.file import FileDetector

    assert settings.detections is not None
    detector = FileDetector(Path(settings.detections))
    scores = detector.scores(first, last, [name for name in detector.labels if settings.wants(name)])
    return _adaptive(settings, scores, settings.detections)


def from_run(settings: PreannotateSettings, store: Reader, run_id: int, first: int, last: int) -> PreannotateSettings:
    """Return the settings with a threshold derived from the scores that a run stored for frames ``first..last``."""
    names = store.run(run_id).labels
    wanted = [k for k, name in enumerate(names) if settings.wants(name)]
    parts = [found.score[np.isin(found.label, wanted)] for _, found in store.detections(run_id, first, last)]
    scores = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return _adaptive(settings, scores, f"run {run_id}")


def _adaptive(settings: PreannotateSettings, scores: npt.NDArray[np.float32], source: str) -> PreannotateSettings:
    return replace(settings, det_threshold=adaptive_threshold(scores, settings.adaptive_margin, source))

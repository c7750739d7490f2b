"""Restrict a detector to some of its classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotator.engine.base import Detector
from annotator.errors import SettingsError
from annotator.model.frame import Detections, Frame


class OnlyLabels:
    """Keeps only the detections of some classes, indexed in the given order."""

    def __init__(self, detector: Detector, labels: Sequence[str]) -> None:
        """Raises SettingsError for a class that the detector does not have."""
        unknown = [label for label in labels if label not in detector.labels]
        if unknown:
            raise SettingsError(f"{detector.name} has no class {unknown[0]!r}; its classes: "
                                f"{', '.join(detector.labels)}")
        self._detector = detector
        self.name = detector.name
        self.labels: tuple[str, ...] = tuple(labels)
        self._label_of = np.array([labels.index(n) if n in labels else -1 for n in detector.labels], np.int32)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        return [self._keep(found) for found in self._detector.detect(frames)]

    def _keep(self, found: Detections) -> Detections:
        label = self._label_of[found.label]
        kept = label >= 0
        return Detections(found.box_xyxy[kept], found.score[kept], label[kept])

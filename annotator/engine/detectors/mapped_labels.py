"""Rename or drop the classes of a detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from annotator.engine.base import Detector
from annotator.errors import SettingsError
from annotator.model.frame import Detections, Frame


class MappedLabels:
    """Replaces detector classes by the labels of a mapping; several classes may become one label.

    Detections of dropped classes are removed. With ``keep_places`` they stay with score -1, which is below every
    threshold, so that the other detections keep their indices in the frame.
    """

    def __init__(self, detector: Detector, mapping: Mapping[str, str | None], keep_places: bool = False) -> None:
        """``mapping``: class -> label, or None to drop it; other classes keep their names.

        Raises SettingsError if no class remains.
        """
        names = [mapping.get(name, name) for name in detector.labels]
        self.labels: tuple[str, ...] = tuple(dict.fromkeys(name for name in names if name is not None))
        if not self.labels:
            raise SettingsError(f"every class of {detector.name} is dropped ({', '.join(detector.labels)}): keep at "
                                "least one, or map it to a label")
        self._detector = detector
        self._keep_places = keep_places
        self.name = detector.name
        self._label_of = np.array([-1 if name is None else self.labels.index(name) for name in names], np.int32)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        return [self._mapped(found) for found in self._detector.detect(frames)]

    def _mapped(self, found: Detections) -> Detections:
        label = self._label_of[found.label]
        kept = label >= 0
        if self._keep_places:
            score = np.where(kept, found.score, -1).astype(np.float32)
            return Detections(found.box_xyxy, score, np.maximum(label, 0))
        return Detections(found.box_xyxy[kept], found.score[kept], label[kept])

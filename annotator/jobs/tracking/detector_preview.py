"""Preview a detector in one frame before a job over the whole video starts."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from annotator.engine import registry
from annotator.engine.base import Detector
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.frame import Detections, Frame


@dataclass(frozen=True, slots=True)
class Preview:
    """The detections of one frame, with all scores above the detector's minimum."""

    detections: Detections
    labels: tuple[str, ...]
    """Names that ``detections.label`` indexes."""
    seconds: float | None
    """Detection time; None for the first frame, which takes longer, and for detections from a file."""


class Previewer:
    """Keeps the last detector, so that the next frame needs no loading. Safe to call from several threads."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._detector: Detector | None = None
        self._lock = threading.Lock()

    def detect(self, settings: PreannotateSettings, frame: Frame) -> Preview:
        """Run the detector of these settings on a frame. Raises UserError."""
        with self._lock:
            return self._detect(settings, frame)

    def _detect(self, settings: PreannotateSettings, frame: Frame) -> Preview:
        key = (settings.detector, settings.detector_config, settings.detections, settings.prompt, settings.labels,
               settings.device, settings.detection)
        fresh = self._detector is None or key != self._key
        if fresh:
            self._detector, self._key = None, ()  # free the old model's memory before loading the new model
            self._detector, self._key = _detector(settings), key
        assert self._detector is not None
        began = time.monotonic()
        (found,) = self._detector.detect([frame])
        seconds = time.monotonic() - began
        height, width = frame.image.shape[:2]
        return Preview(found.usable(width, height), self._detector.labels,
                       None if fresh or settings.detections is not None else seconds)


def _detector(settings: PreannotateSettings) -> Detector:
    if settings.detections is not None:
        from annotator.engine.detectors.file import FileDetector
        from annotator.engine.detectors.only_labels import OnlyLabels

        detector = FileDetector(Path(settings.detections))
        return detector if settings.labels is None else OnlyLabels(detector, settings.labels)
    device = registry.resolve_device(settings.device)
    return registry.make_detector(settings.detector or registry.default_detector(), device, settings.labels,
                                  config=settings.detector_config, prompt=settings.prompt,
                                  settings=settings.detection)

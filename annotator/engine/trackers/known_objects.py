"""Tracking around objects that have tracks already, which a run keeps: their detections start no second track."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from annotator.engine.base import State, Tracker
from annotator.model.box import box_iou
from annotator.model.frame import Detections, EndReason, Frame, FrameResult

#: IoU from which on a detection is of a known object. Each known object takes its best detection only, so that a
#: neighbour which it overlaps is still tracked.
_SAME_OBJECT = 0.5

KnownBoxes = Mapping[int, npt.NDArray[np.float32]]
"""Frame index -> (N, 4) float32 boxes of known objects, xyxy in pixels."""


class AroundKnownObjects:
    """An `annotator.engine.base.Tracker` that hides detections of known objects from another tracker.

    Results still have all detections, and the evidence refers to them by their own indices.
    """

    def __init__(self, tracker: Tracker, known: KnownBoxes) -> None:
        self._tracker, self._known = tracker, known
        self.name = tracker.name

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        boxes = self._known.get(frame.index)
        if boxes is None or not len(boxes) or not len(detections):
            return self._tracker.step(frame, detections)
        free = np.setdiff1d(np.arange(len(detections)), known_detections(detections.box_xyxy, boxes))
        result = self._tracker.step(frame, detections[free])
        objects = tuple(
            thing if thing.evidence.detection is None else
            replace(thing, evidence=replace(thing.evidence, detection=int(free[thing.evidence.detection])))
            for thing in result.objects)
        return replace(result, objects=objects, detections=detections)

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """See `annotator.engine.base.Tracker`."""
        return self._tracker.end_shot()

    def snapshot(self) -> State | None:
        """See `annotator.engine.base.Tracker`. The known objects are not part of the state."""
        return self._tracker.snapshot()

    def restore(self, state: State) -> None:
        """See `annotator.engine.base.Tracker`."""
        self._tracker.restore(state)


def known_detections(box_xyxy: npt.NDArray[np.float32], known_xyxy: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the indices of the detections (N, 4) that are of known objects (M, 4): pairs of highest IoU first, each
    detection and each object at most once."""
    finite = np.asarray(np.isfinite(box_xyxy).all(1))[:, None]
    iou = np.where(finite, box_iou(np.where(finite, box_xyxy, 0), known_xyxy), 0)
    taken: list[int] = []
    while iou.size and iou.max() >= _SAME_OBJECT:
        detection, known = np.unravel_index(int(iou.argmax()), iou.shape)
        taken.append(int(detection))
        iou[detection, :] = iou[:, known] = 0
    return np.array(taken, np.intp)

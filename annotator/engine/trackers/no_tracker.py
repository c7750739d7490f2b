"""A tracker that tracks nothing, for runs that only store detections."""

from __future__ import annotations

from annotator.engine.base import State
from annotator.model.frame import Detections, EndReason, Frame, FrameResult


class NoTracker:
    """An `annotator.engine.base.Tracker` that only passes detections on."""

    name = "none"

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        return FrameResult(frame.index, (), detections)

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """See `annotator.engine.base.Tracker`."""
        return ()

    def snapshot(self) -> State:
        """Return an empty state; a run can continue after any frame."""
        return {}

    def restore(self, state: State) -> None:
        """See `annotator.engine.base.Tracker`."""

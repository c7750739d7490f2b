"""No tracker: detections are looked for and stored, and tracked later."""

from __future__ import annotations

from annotator.engine.base import State
from annotator.model.frame import Detections, EndReason, Frame, FrameResult


class NoTracker:
    """Passes detections on, behind the `annotator.engine.base.Tracker` protocol."""

    name = "none"

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        return FrameResult(frame.index, (), detections)

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """See `annotator.engine.base.Tracker`."""
        return ()

    def snapshot(self) -> State:
        """Nothing is remembered, so that a run can go on after any frame."""
        return {}

    def restore(self, state: State) -> None:
        """See `annotator.engine.base.Tracker`."""

"""BoT-SORT and C-BIoU from the `trackers` library (Aharon et al., 2022, arXiv 2206.14651; Yang et al., WACV 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np
from trackers import BoTSORTTracker, CBIoUTracker
from trackers.core.botsort.tracklet import BoTSORTTracklet
from trackers.utils.state_representations import XCYCWHStateEstimator

from annotator.engine.settings import BotSortSettings, CBIoUSettings
from annotator.engine.trackers.box_tracker import BoxTracker

_COUNTERS = (*BoxTracker.counters, "number_of_successful_updates")


def _tracklet() -> BoTSORTTracklet:
    return BoTSORTTracklet(np.array([0.0, 0.0, 1.0, 1.0]), XCYCWHStateEstimator)


class BotSort(BoxTracker[BotSortSettings]):
    """BoT-SORT without appearance as an `annotator.engine.base.Tracker`; see
    `annotator.engine.trackers.box_tracker.BoxTracker`.

    It estimates camera motion from sparse optical flow, so a snapshot also contains the last frame, in grey and at the
    size used for the flow.
    """

    name = "botsort"
    settings_class = BotSortSettings
    library_class = BoTSORTTracker
    counters = _COUNTERS
    inner_counters = (*BoxTracker.inner_counters, "frame_id")

    def __init__(self, settings: BotSortSettings | None = None, *, frame_rate: float = 30.0) -> None:
        """``frame_rate`` is the video's, in frames per second."""
        super().__init__(settings, frame_rate=frame_rate)
        self.needs_images = self.settings.enable_cmc

    def _new_tracklet(self) -> BoTSORTTracklet:
        return _tracklet()

    def _inner_state(self, inner: BoTSORTTracker) -> dict[str, Any]:
        import torch

        motion = inner.cmc
        if motion is None:
            return {}
        kept = {"picture": motion._prev_frame_gray, "points": motion._prev_points}
        return {"motion": {"begun": bool(motion._initialized), **{
            name: None if array is None else torch.from_numpy(array.copy()) for name, array in kept.items()}}}

    def _fill_inner(self, inner: BoTSORTTracker, saved: dict[str, Any]) -> None:
        motion = inner.cmc
        if motion is None:
            return
        kept = saved["motion"]
        motion._initialized = bool(kept["begun"])
        motion._prev_frame_gray = None if kept["picture"] is None else kept["picture"].numpy().copy()
        motion._prev_points = None if kept["points"] is None else kept["points"].numpy().copy()


class CBIoU(BoxTracker[CBIoUSettings]):
    """C-BIoU as a `Tracker`; see `annotator.engine.trackers.box_tracker.BoxTracker`."""

    name = "cbiou"
    settings_class = CBIoUSettings
    library_class = CBIoUTracker
    counters = _COUNTERS
    inner_counters = (*BoxTracker.inner_counters, "frame_id")

    def _new_tracklet(self) -> BoTSORTTracklet:
        return _tracklet()

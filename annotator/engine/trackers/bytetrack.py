"""ByteTrack from the `trackers` library (Zhang et al., ECCV 2022): the baseline with only boxes and motion."""

from __future__ import annotations

import numpy as np
from trackers import ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet
from trackers.utils.state_representations import XYXYStateEstimator

from annotator.engine.settings import ByteTrackSettings
from annotator.engine.trackers.box_tracker import BoxTracker


class ByteTrack(BoxTracker[ByteTrackSettings]):
    """ByteTrack as a `Tracker`; see `annotator.engine.trackers.box_tracker.BoxTracker`."""

    name = "bytetrack"
    settings_class = ByteTrackSettings
    library_class = ByteTrackTracker
    counters = (*BoxTracker.counters, "number_of_successful_consecutive_updates")

    def _new_tracklet(self) -> ByteTrackTracklet:
        return ByteTrackTracklet(np.array([0.0, 0.0, 1.0, 1.0]), XYXYStateEstimator)

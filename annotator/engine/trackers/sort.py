"""SORT and OC-SORT from the `trackers` library (Bewley et al., ICIP 2016; Cao et al., CVPR 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from trackers import OCSORTTracker, SORTTracker
from trackers.core.ocsort.tracklet import OCSORTTracklet
from trackers.core.sort.tracklet import SORTTracklet
from trackers.utils.state_representations import XCYCSRStateEstimator, XYXYStateEstimator

from annotator.engine.settings import OcSortSettings, SortSettings
from annotator.engine.trackers.box_tracker import BoxTracker, filter_arrays, plain_filter

_UNIT_BOX = (0.0, 0.0, 1.0, 1.0)


class Sort(BoxTracker[SortSettings]):
    """SORT as a `Tracker`; see `annotator.engine.trackers.box_tracker.BoxTracker`."""

    name = "sort"
    settings_class = SortSettings
    library_class = SORTTracker
    counters = (*BoxTracker.counters, "number_of_successful_updates")

    def _new_tracklet(self) -> SORTTracklet:
        return SORTTracklet(np.array(_UNIT_BOX), XYXYStateEstimator)


class OcSort(BoxTracker[OcSortSettings]):
    """OC-SORT as a `Tracker`; see `annotator.engine.trackers.box_tracker.BoxTracker`.

    In addition to its filter, a tracklet stores its last boxes, its direction, and the filter from before it was lost.
    """

    name = "ocsort"
    settings_class = OcSortSettings
    library_class = OCSORTTracker
    counters = (*BoxTracker.counters, "number_of_successful_consecutive_updates")
    inner_counters = (*BoxTracker.inner_counters, "frame_count")

    def _new_tracklet(self) -> OCSORTTracklet:
        return OCSORTTracklet(np.array(_UNIT_BOX), XCYCSRStateEstimator, self.settings.delta_t)

    def _tracklet_state(self, track: OCSORTTracklet) -> dict[str, Any]:
        frozen = track._frozen_state
        return {"last": _plain(track.last_observation), "before": _plain(track.previous_to_last_observation),
                "velocity": _plain(track.velocity), "observed": bool(track._observed),
                "observations": [[int(age), _plain(box)] for age, box in track.observations.items()],
                "frozen": None if frozen is None else plain_filter(frozen)}

    def _fill_tracklet(self, track: OCSORTTracklet, saved: dict[str, Any]) -> None:
        before, velocity, frozen = saved["before"], saved["velocity"], saved["frozen"]
        track.last_observation = np.asarray(saved["last"], np.float64)
        track.previous_to_last_observation = None if before is None else np.asarray(before, np.float64)
        track.velocity = None if velocity is None else np.asarray(velocity, np.float64)
        track.observations = {int(age): np.asarray(box, np.float64) for age, box in saved["observations"]}
        track._frozen_state = None if frozen is None else filter_arrays(frozen)
        track._observed = bool(saved["observed"])


def _plain(array: npt.NDArray[np.float64] | None) -> list[float] | None:
    return None if array is None else [float(value) for value in array]

"""ByteTrack, the baseline: boxes and motion only, from the `trackers` library (Zhang et al., ECCV 2022)."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet
from trackers.utils.state_representations import XYXYStateEstimator

from annotator.engine.base import State
from annotator.engine.settings import ByteTrackSettings
from annotator.errors import ModelError, SettingsError
from annotator.model.box import clip_boxes, valid_boxes
from annotator.model.frame import Detections, EndReason, Evidence, Frame, FrameResult, TrackedObject, TrackState

log = logging.getLogger(__name__)

#: What the library keeps per tracklet beside its Kalman filter.
_COUNTERS = ("age", "tracker_id", "time_since_update", "number_of_successful_consecutive_updates")
_SNAPSHOT_VERSION = 1


class ByteTrack:
    """ByteTrack behind the `annotator.engine.base.Tracker` protocol.

    A tracklet's box is its matched detection, cut at the picture's edges. In frames without a match the tracklet is
    LOST and has no box. Numbers count tracklets as they are first shown, from 1, whatever numbers the library uses.
    """

    name: str = "bytetrack"

    def __init__(self, settings: ByteTrackSettings | None = None, *, frame_rate: float = 30.0) -> None:
        """``frame_rate`` is the video's, in frames per second; it scales how long lost tracklets are kept."""
        if not np.isfinite(frame_rate) or frame_rate <= 0:
            raise SettingsError(f"bytetrack: a frame rate of {frame_rate} is not possible; give the video's own")
        self.settings = settings or ByteTrackSettings()
        self._frame_rate = frame_rate
        self._inner: dict[int, ByteTrackTracker] = {}
        self._number: dict[tuple[int, int], int] = {}
        self._label: dict[int, int] = {}
        self._last_number = 0

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        height, width = frame.image.shape[:2]
        usable = valid_boxes(detections.box_xyxy, width, height) & (detections.score >= self.settings.minimum_score)
        indices = np.flatnonzero(usable)
        groups = detections.label[indices] if self.settings.class_aware else np.zeros(len(indices), np.int32)
        for group in sorted({int(g) for g in groups} - self._inner.keys()):
            self._inner[group] = self._make_inner()
        matched: dict[int, int] = {}
        for group in sorted(self._inner):
            matched |= self._step_group(group, detections, indices[groups == group])
        boxes = clip_boxes(detections.box_xyxy, width, height)
        ended = self._drop_ended()
        objects = [self._object(number, matched.get(number), detections, boxes)
                   for number in sorted(self._number.values())]
        return FrameResult(frame.index, tuple(objects), detections, ended)

    def _make_inner(self) -> ByteTrackTracker:
        chosen = asdict(self.settings)
        del chosen["minimum_score"], chosen["class_aware"]
        return ByteTrackTracker(frame_rate=self._frame_rate, **chosen)

    def _step_group(self, group: int, detections: Detections, indices: np.ndarray[Any, np.dtype[np.intp]],
                    ) -> dict[int, int]:
        """Matched detection of each tracklet of this group: tracklet number -> index into the frame's detections."""
        given = sv.Detections(xyxy=detections.box_xyxy[indices].astype(np.float64),
                              confidence=detections.score[indices].astype(np.float64), data={"index": indices})
        shown = self._inner[group].update(given)
        matched: dict[int, int] = {}
        if not len(shown) or shown.tracker_id is None:
            return matched
        returned = np.asarray(shown.data["index"])
        for inner_id, index in sorted(zip(shown.tracker_id.tolist(), returned.tolist(), strict=True)):
            if inner_id < 0:  # the library's sign for a detection without a tracklet
                continue
            if (group, inner_id) not in self._number:
                self._last_number += 1
                self._number[group, inner_id] = self._last_number
            number = self._number[group, inner_id]
            matched[number] = int(index)
            self._label[number] = int(detections.label[index])
        return matched

    def _drop_ended(self) -> tuple[tuple[int, EndReason], ...]:
        alive = {(group, int(track.tracker_id)) for group, inner in self._inner.items() for track in inner.tracks}
        gone = [key for key in self._number if key not in alive]
        numbers = sorted(self._number.pop(key) for key in gone)
        for number in numbers:
            del self._label[number]
        return tuple((number, EndReason.LOST) for number in numbers)

    def _object(self, number: int, detection: int | None, detections: Detections, boxes: np.ndarray[Any, Any],
                ) -> TrackedObject:
        if detection is None:
            return TrackedObject(number, self._label[number], TrackState.LOST, 0.0, None, None,
                                 Evidence(0.0, float("nan")))
        score = float(detections.score[detection])
        left, top, right, bottom = (float(v) for v in boxes[detection])
        state = TrackState.RELIABLE if score >= self.settings.high_conf_det_threshold else TrackState.PENDING
        return TrackedObject(number, self._label[number], state, score, (left, top, right, bottom), None,
                             Evidence(score, float("nan"), detection=detection, detection_iou=1.0))

    def snapshot(self) -> State | None:
        """State to go on from: plain numbers, strings and lists, so that it loads without running code.

        None when another release of the library keeps its state elsewhere; the run is then replayed from its start.
        """
        try:
            return self._state()
        except AttributeError as error:
            log.warning("bytetrack: this release of the trackers library hides its state (%s); no snapshots", error)
            return None

    def _state(self) -> State:
        groups = []
        for group, inner in sorted(self._inner.items()):
            tracks = [{"filter": {name: matrix.tolist() for name, matrix in track.state_estimator.get_state().items()},
                       **{name: int(getattr(track, name)) for name in _COUNTERS}} for track in inner.tracks]
            groups.append({"group": group, "next": int(inner._next_track_id), "tracks": tracks})
        numbers = [[group, inner_id, number, self._label[number]]
                   for (group, inner_id), number in self._number.items()]
        return {"tracker": self.name, "version": _SNAPSHOT_VERSION, "settings": asdict(self.settings),
                "frame_rate": float(self._frame_rate), "last_number": self._last_number, "numbers": numbers,
                "groups": groups}

    def restore(self, state: State) -> None:
        """Go on from that state. Raises ModelError when it belongs to another tracker or other settings."""
        wanted = {"tracker": self.name, "version": _SNAPSHOT_VERSION, "settings": asdict(self.settings),
                  "frame_rate": float(self._frame_rate)}
        different = [name for name, value in wanted.items() if state.get(name) != value]
        if different:
            raise ModelError(f"the saved tracker state differs in {', '.join(different)} from this run's; "
                             "run again from the start")
        self._inner = {int(g["group"]): self._restored(g) for g in state["groups"]}
        self._number = {(int(group), int(inner)): int(number) for group, inner, number, _ in state["numbers"]}
        self._label = {int(number): int(label) for _, _, number, label in state["numbers"]}
        self._last_number = int(state["last_number"])

    def _restored(self, group: dict[str, Any]) -> ByteTrackTracker:
        inner = self._make_inner()
        inner._next_track_id = int(group["next"])
        for saved in group["tracks"]:
            track = ByteTrackTracklet(np.array([0.0, 0.0, 1.0, 1.0]), XYXYStateEstimator)
            filter_state = {name: np.asarray(value, np.float64) for name, value in saved["filter"].items()}
            track.state_estimator.set_state(filter_state)
            for name in _COUNTERS:
                setattr(track, name, int(saved[name]))
            inner.tracks.append(track)
        return inner

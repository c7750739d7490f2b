"""What the box trackers of the `trackers` library share behind the `annotator.engine.base.Tracker` protocol.

A subclass says which tracker of the library it is and what that one remembers; all else (classes apart, numbers from
1, evidence, snapshots, cuts) is the same for all of them.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import supervision as sv

from annotator.engine.base import State
from annotator.engine.settings import BoxTrackerSettings
from annotator.errors import ModelError, SettingsError
from annotator.model.box import clip_boxes, valid_boxes
from annotator.model.frame import (
    Detections,
    EndReason,
    Evidence,
    Frame,
    FrameResult,
    Image,
    TrackedObject,
    TrackState,
)

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound=BoxTrackerSettings)

_SNAPSHOT_VERSION = 1


class BoxTracker(ABC, Generic[SettingsT]):
    """A tracker of boxes and motion only.

    A tracklet's box is its matched detection, cut at the picture's edges. In frames without a match the tracklet is
    LOST and has no box. Numbers count tracklets as they are first shown, from 1, whatever numbers the library uses.
    """

    name: ClassVar[str]
    settings_class: type[SettingsT]
    library_class: ClassVar[type]
    """The library's tracker."""
    counters: ClassVar[tuple[str, ...]] = ("age", "tracker_id", "time_since_update")
    """Whole numbers that the library keeps per tracklet beside its Kalman filter."""
    inner_counters: ClassVar[tuple[str, ...]] = ("_next_track_id",)
    """Whole numbers that the library keeps per tracker."""

    def __init__(self, settings: SettingsT | None = None, *, frame_rate: float = 30.0) -> None:
        """``frame_rate`` is the video's, in frames per second; it scales how long lost tracklets are kept."""
        if not np.isfinite(frame_rate) or frame_rate <= 0:
            raise SettingsError(f"{self.name}: a frame rate of {frame_rate} is not possible; give the video's own")
        self.settings: SettingsT = settings or self.settings_class()
        self.sees_pictures = False
        """Whether the library is given the picture, to estimate the camera's motion."""
        self._frame_rate = frame_rate
        self._inner: dict[int, Any] = {}
        self._number: dict[tuple[int, int], int] = {}
        self._label: dict[int, int] = {}
        self._last_number = 0

    # -- what a subclass says ------------------------------------------------------------------------------------

    @abstractmethod
    def _new_tracklet(self) -> Any:
        """A tracklet of the library, to be filled from a snapshot."""

    def _tracklet_state(self, track: Any) -> dict[str, Any]:
        """What a tracklet keeps beside its filter and its counters, as plain data."""
        return {}

    def _fill_tracklet(self, track: Any, saved: dict[str, Any]) -> None:
        """The reverse of `_tracklet_state`."""

    def _inner_state(self, inner: Any) -> dict[str, Any]:
        """What a tracker keeps beside its tracklets and its counters, as plain data and tensors."""
        return {}

    def _fill_inner(self, inner: Any, saved: dict[str, Any]) -> None:
        """The reverse of `_inner_state`."""

    # -- frames --------------------------------------------------------------------------------------------------

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        height, width = frame.image.shape[:2]
        usable = valid_boxes(detections.box_xyxy, width, height) & (detections.score >= self.settings.minimum_score)
        indices = np.flatnonzero(usable)
        groups = detections.label[indices] if self.settings.class_aware else np.zeros(len(indices), np.int32)
        for group in sorted({int(g) for g in groups} - self._inner.keys()):
            self._inner[group] = self._make_inner()
        picture = np.ascontiguousarray(frame.image[..., ::-1]) if self.sees_pictures else None
        matched: dict[int, int] = {}
        for group in sorted(self._inner):
            matched |= self._step_group(group, detections, indices[groups == group], picture)
        boxes = clip_boxes(detections.box_xyxy, width, height)
        ended = self._drop_ended()
        objects = [self._object(number, matched.get(number), detections, boxes)
                   for number in sorted(self._number.values())]
        return FrameResult(frame.index, tuple(objects), detections, ended)

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """See `annotator.engine.base.Tracker`."""
        ended = tuple((number, EndReason.CUT) for number in sorted(self._number.values()))
        self._inner.clear()
        self._number.clear()
        self._label.clear()
        return ended

    def _make_inner(self) -> Any:
        chosen = asdict(self.settings)
        del chosen["minimum_score"], chosen["class_aware"]
        return self.library_class(frame_rate=self._frame_rate, **chosen)

    def _step_group(self, group: int, detections: Detections, indices: npt.NDArray[np.intp], picture: Image | None,
                    ) -> dict[int, int]:
        """Matched detection of each tracklet of this group: tracklet number -> index into the frame's detections."""
        given = sv.Detections(xyxy=detections.box_xyxy[indices].astype(np.float64),
                              confidence=detections.score[indices].astype(np.float64), data={"index": indices})
        shown = self._inner[group].update(given, frame=picture)
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

    def _object(self, number: int, detection: int | None, detections: Detections, boxes: npt.NDArray[np.floating],
                ) -> TrackedObject:
        if detection is None:
            return TrackedObject(number, self._label[number], TrackState.LOST, 0.0, None, None,
                                 Evidence(0.0, float("nan")))
        score = float(detections.score[detection])
        left, top, right, bottom = (float(v) for v in boxes[detection])
        state = TrackState.RELIABLE if score >= self.settings.reliable_score else TrackState.PENDING
        return TrackedObject(number, self._label[number], state, score, (left, top, right, bottom), None,
                             Evidence(score, float("nan"), detection=detection, detection_iou=1.0))

    # -- snapshots -----------------------------------------------------------------------------------------------

    def snapshot(self) -> State | None:
        """State to go on from: plain numbers, strings, lists and tensors, so that it loads without running code.

        None when another release of the library keeps its state elsewhere; the run is then replayed from its start.
        """
        try:
            return self._state()
        except AttributeError as error:
            log.warning("%s: this release of the trackers library hides its state (%s); no snapshots", self.name,
                        error)
            return None

    def _head(self) -> dict[str, Any]:
        return {"tracker": self.name, "version": _SNAPSHOT_VERSION, "settings": asdict(self.settings),
                "frame_rate": float(self._frame_rate)}

    def _state(self) -> State:
        groups = []
        for group, inner in sorted(self._inner.items()):
            tracks = [{"filter": plain_filter(track.state_estimator.get_state()),
                       **{name: int(getattr(track, name)) for name in self.counters}, **self._tracklet_state(track)}
                      for track in inner.tracks]
            counted = {name: int(getattr(inner, name)) for name in self.inner_counters}
            groups.append({"group": group, "counters": counted, "tracks": tracks, **self._inner_state(inner)})
        numbers = [[group, inner_id, number, self._label[number]]
                   for (group, inner_id), number in self._number.items()]
        return {**self._head(), "last_number": self._last_number, "numbers": numbers, "groups": groups}

    def restore(self, state: State) -> None:
        """Go on from that state. Raises ModelError when it belongs to another tracker or other settings."""
        different = [name for name, value in self._head().items() if state.get(name) != value]
        if different:
            raise ModelError(f"the saved tracker state differs in {', '.join(different)} from this run's; "
                             "run again from the start")
        self._inner = {int(g["group"]): self._restored(g) for g in state["groups"]}
        self._number = {(int(group), int(inner)): int(number) for group, inner, number, _ in state["numbers"]}
        self._label = {int(number): int(label) for _, _, number, label in state["numbers"]}
        self._last_number = int(state["last_number"])

    def _restored(self, group: dict[str, Any]) -> Any:
        inner = self._make_inner()
        for name, value in group["counters"].items():
            setattr(inner, name, int(value))
        self._fill_inner(inner, group)
        for saved in group["tracks"]:
            track = self._new_tracklet()
            track.state_estimator.set_state(filter_arrays(saved["filter"]))
            for name in self.counters:
                setattr(track, name, int(saved[name]))
            self._fill_tracklet(track, saved)
            inner.tracks.append(track)
        return inner


def plain_filter(state: dict[str, Any]) -> dict[str, Any]:
    """A Kalman filter's matrices as lists."""
    return {name: matrix.tolist() for name, matrix in state.items()}


def filter_arrays(saved: dict[str, Any]) -> dict[str, npt.NDArray[np.float64]]:
    """The reverse of `plain_filter`."""
    return {name: np.asarray(value, np.float64) for name, value in saved.items()}

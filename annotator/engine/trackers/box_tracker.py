"""Base class of the box trackers from the `trackers` library, as `annotator.engine.base.Tracker`.

A subclass defines the library's tracker and the state it keeps; everything else (separate classes, numbers from 1,
evidence, snapshots, cuts) is shared.
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
    """A tracker that uses only boxes and motion.

    A tracklet's box is its matched detection, clipped to the frame. In frames without a match the tracklet is LOST and
    has no box. Tracklets are numbered from 1 in the order in which the library first shows them.
    """

    name: ClassVar[str]
    settings_class: type[SettingsT]
    library_class: ClassVar[type]
    """The library's tracker class."""
    counters: ClassVar[tuple[str, ...]] = ("age", "tracker_id", "time_since_update")
    """Integers that the library keeps per tracklet in addition to its Kalman filter."""
    inner_counters: ClassVar[tuple[str, ...]] = ("_next_track_id",)
    """Integers that the library keeps per tracker."""

    def __init__(self, settings: SettingsT | None = None, *, frame_rate: float = 30.0) -> None:
        """``frame_rate`` is the video's, in frames per second; it scales how long lost tracklets are kept."""
        if not np.isfinite(frame_rate) or frame_rate <= 0:
            raise SettingsError(f"{self.name}: a frame rate of {frame_rate} is invalid; give the video's frame rate")
        self.settings: SettingsT = settings or self.settings_class()
        self.needs_images = False
        """Whether the library needs images to estimate camera motion."""
        self._frame_rate = frame_rate
        self._inner: dict[int, Any] = {}
        self._number: dict[tuple[int, int], int] = {}
        self._label: dict[int, int] = {}
        self._last_number = 0

    # -- hooks for subclasses ------------------------------------------------------------------------------------

    @abstractmethod
    def _new_tracklet(self) -> Any:
        """Create a tracklet of the library, to be filled from a snapshot."""

    def _tracklet_state(self, track: Any) -> dict[str, Any]:
        """Return a tracklet's state without its filter and counters, as plain data."""
        return {}

    def _fill_tracklet(self, track: Any, saved: dict[str, Any]) -> None:
        """Restore what `_tracklet_state` returned."""

    def _inner_state(self, inner: Any) -> dict[str, Any]:
        """Return a tracker's state without its tracklets and counters, as plain data and tensors."""
        return {}

    def _fill_inner(self, inner: Any, saved: dict[str, Any]) -> None:
        """Restore what `_inner_state` returned."""

    # -- frames --------------------------------------------------------------------------------------------------

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """See `annotator.engine.base.Tracker`."""
        height, width = frame.image.shape[:2]
        usable = valid_boxes(detections.box_xyxy, width, height) & (detections.score >= self.settings.minimum_score)
        indices = np.flatnonzero(usable)
        groups = detections.label[indices] if self.settings.class_aware else np.zeros(len(indices), np.int32)
        for group in sorted({int(g) for g in groups} - self._inner.keys()):
            self._inner[group] = self._make_inner()
        image = np.ascontiguousarray(frame.image[..., ::-1]) if self.needs_images else None
        matched: dict[int, int] = {}
        for group in sorted(self._inner):
            matched |= self._step_group(group, detections, indices[groups == group], image)
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
        options = asdict(self.settings)
        del options["minimum_score"], options["class_aware"]
        return self.library_class(frame_rate=self._frame_rate, **options)

    def _step_group(self, group: int, detections: Detections, indices: npt.NDArray[np.intp], image: Image | None,
                    ) -> dict[int, int]:
        """Return the matches of this group: tracklet number -> index into the frame's detections."""
        given = sv.Detections(xyxy=detections.box_xyxy[indices].astype(np.float64),
                              confidence=detections.score[indices].astype(np.float64), data={"index": indices})
        shown = self._inner[group].update(given, frame=image)
        matched: dict[int, int] = {}
        if not len(shown) or shown.tracker_id is None:
            return matched
        returned = np.asarray(shown.data["index"])
        for inner_id, index in sorted(zip(shown.tracker_id.tolist(), returned.tolist(), strict=True)):
            if inner_id < 0:  # the library's id for a detection without a tracklet
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
        """Return the state to continue from: plain numbers, strings, lists and tensors, safe to load.

        Returns None if another release of the library keeps its state elsewhere; the run is then replayed from its
        start.
        """
        try:
            return self._state()
        except AttributeError as error:
            log.warning("%s: cannot read the state of this release of the trackers library (%s); taking no snapshots",
                        self.name, error)
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
        """Return to a snapshot's state. Raises ModelError if it belongs to another tracker or other settings."""
        different = [name for name, value in self._head().items() if state.get(name) != value]
        if different:
            raise ModelError(f"the saved tracker state differs in {', '.join(different)} from this run's; "
                             "start a new run")
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
    """Return a Kalman filter's matrices as lists."""
    return {name: matrix.tolist() for name, matrix in state.items()}


def filter_arrays(saved: dict[str, Any]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the matrices that `plain_filter` turned into lists."""
    return {name: np.asarray(value, np.float64) for name, value in saved.items()}

"""The engine's input and output for one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from annotator.model.box import Box, clip_boxes, valid_boxes
from annotator.model.mask import Mask

Image = npt.NDArray[np.uint8]

#: ``Evidence.occluded_by`` for a tracklet of another run; tracklets are numbered from 1.
OUTSIDE_RUN = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame of a video."""

    index: int
    """Frame index from 0, in presentation order."""
    image: Image
    """(H, W, 3) uint8, RGB, upright and with square pixels."""
    time: float
    """Presentation time in seconds from the start of the video."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes that a detector found in one frame."""

    box_xyxy: npt.NDArray[np.float32]
    """(N, 4) float32 pixels, right and bottom exclusive."""
    score: npt.NDArray[np.float32]
    """(N,) float32 confidence in 0..1."""
    label: npt.NDArray[np.int32]
    """(N,) int32 index into the detector's ``labels``."""

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Detections:
        return Detections(self.box_xyxy[index], self.score[index], self.label[index])

    @classmethod
    def empty(cls) -> Detections:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32))

    @classmethod
    def of(cls, boxes: Sequence[Sequence[float]], scores: Sequence[float], labels: Sequence[int] | None = None,
           ) -> Detections:
        """From plain sequences; labels default to 0."""
        count = len(scores)
        return cls(np.asarray(boxes, np.float32).reshape(count, 4), np.asarray(scores, np.float32),
                   np.zeros(count, np.int32) if labels is None else np.asarray(labels, np.int32))

    def usable(self, width: int, height: int) -> Detections:
        """Drop detections with non-finite boxes or scores, and boxes that are inverted or entirely outside the frame;
        clip the rest to the frame."""
        keep = valid_boxes(self.box_xyxy, width, height) & np.isfinite(self.score)
        boxes = clip_boxes(self.box_xyxy[keep], width, height).astype(np.float32)
        return Detections(boxes, self.score[keep], self.label[keep])


class TrackState(IntEnum):
    """How sure the segmenter is of an object in a frame (SAM2MOT, section 3.2 of the paper)."""

    RELIABLE = 0
    PENDING = 1
    SUSPICIOUS = 2
    LOST = 3


class EndReason(IntEnum):
    """Why a tracklet ended."""

    LOST = 0
    """Too many lost frames."""
    DUPLICATE = 1
    """Its mask coincided with the mask of an older tracklet."""
    RUN_ENDED = 2
    """It was alive in the last frame of the run."""
    CUT = 3
    """The video cuts to another view after this frame."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the tracker's decisions about one object in one frame were based on. Input of the review queue."""

    score_logit: float
    """Object score logit of the segmenter; a probability-like score for trackers without one."""
    iou_estimate: float
    """The IoU that the segmenter predicts for its mask, 0..1; NaN where there is none."""
    detection: int | None = None
    """Index of the matched detection among the stored detections of the frame."""
    detection_iou: float = 0.0
    """Box IoU with that detection."""
    prompted: bool = False
    """The tracklet starts in this frame, from a detection."""
    reprompted: bool = False
    """Quality reconstruction prompted the object again with the detection's box."""
    occluded_by: int | None = None
    """Tracklet that occludes this one by cross-object interaction, so this frame was not written to the memory of the
    occluded object. `OUTSIDE_RUN` if it is a track of another run."""


@dataclass(frozen=True, slots=True)
class TrackedObject:
    """One tracklet in one frame."""

    tracklet: int
    """Number of the tracklet within its run, from 1."""
    label: int
    """Index into the run's labels."""
    state: TrackState
    score: float
    """Confidence in 0..1, exported as ``conf``."""
    box_xyxy: Box | None
    """Float pixels; None while lost, or while occluded by another object if the tracker is set to omit those."""
    mask: Mask | None
    """None if there is no box, and for trackers without masks."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FrameResult:
    """The engine's result for one frame."""

    frame_index: int
    objects: tuple[TrackedObject, ...]
    """Live tracklets in order of their numbers, including those that start in this frame."""
    detections: Detections = field(default_factory=Detections.empty)
    """All raw detections of the frame, including those below the threshold; ``Evidence.detection`` indexes them."""
    ended: tuple[tuple[int, EndReason], ...] = ()
    """Tracklets that end with this frame."""
    cut: bool = False
    """Whether the video cuts to another view at this frame; no tracklet crosses the cut."""

"""Protocols of detectors, segmenters and trackers. Backends implement them and are looked up in the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from annotator.model.frame import Detections, EndReason, Frame, FrameResult
from annotator.model.prompt import Prompt

if TYPE_CHECKING:
    import torch

#: Nested dictionaries and lists of tensors, arrays, numbers and strings; no other objects, so that loading it is safe.
State = dict[str, Any]


@runtime_checkable
class Detector(Protocol):
    """Finds objects in single frames."""

    @property
    def name(self) -> str:
        """Registry name or path."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes that ``Detections.label`` indexes."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return each frame's detections after NMS, with all scores above the detector's own minimum.

        Boxes are in the frame's pixels and may extend beyond its edges; scores are finite.
        """


@dataclass(frozen=True, slots=True)
class Predictions:
    """A segmenter's predictions for several objects in one frame. Row i of each field is object ``object_ids[i]``."""

    object_ids: tuple[int, ...]
    logits: torch.Tensor
    """(N, h, w) float32 mask logits at the segmenter's low resolution, on its device."""
    score: npt.NDArray[np.float32]
    """(N,) object score logits."""
    iou: npt.NDArray[np.float32]
    """(N,) the segmenter's estimate of its masks' IoU, 0..1."""
    pointers: torch.Tensor
    """(N, C) object pointers, which `memorise` stores together with the spatial memory."""
    prompted: tuple[bool, ...]
    """(N,) whether the row comes from a prompt in this frame."""
    conditioning: tuple[bool, ...]
    """(N,) whether to keep the row's memory as a conditioning memory."""
    candidates: torch.Tensor | None = None
    """(N, K, h, w) float32 logits of all masks that the segmenter considered, ``logits`` among them; None if it decodes
    only one, or for prompts."""
    candidate_iou: npt.NDArray[np.float32] | None = None
    """(N, K) the segmenter's estimate of each candidate's IoU."""

    def rows(self, rows: Sequence[int], object_ids: tuple[int, ...]) -> Predictions:
        """Return some rows under these ids."""
        index = list(rows)
        return Predictions(object_ids, self.logits[index], self.score[index], self.iou[index], self.pointers[index],
                           tuple(self.prompted[r] for r in index), tuple(self.conditioning[r] for r in index),
                           None if self.candidates is None else self.candidates[index],
                           None if self.candidate_iou is None else self.candidate_iou[index])


@runtime_checkable
class Segmenter(Protocol):
    """Propagates the masks of many objects through a video, one frame at a time, forward or backward.

    Predicting and memorising are separate steps, because cross-object interaction decides between them which objects
    write memory. Memory per object is bounded, independent of the video's length and the number of prompts.
    """

    @property
    def name(self) -> str: ...

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        """Forget all objects and start a video of this frame size. ``frame_count`` only scales temporal positions in
        very short videos; ``reverse`` means that frame indices will decrease."""

    def encode(self, frame: Frame) -> Any:
        """Run the image encoder once. All objects of this frame share the features."""

    def prompt(self, features: Any, prompts: Mapping[int, Prompt]) -> Predictions:
        """Predict objects from prompts alone, without memory. Unknown ids are new objects; known ones are
        re-prompted. Nothing is stored until `memorise`."""

    def predict(self, features: Any, object_ids: Sequence[int]) -> Predictions:
        """Predict known objects from their memories. Objects whose memories have the same shape share a batch."""

    def memorise(self, features: Any, predictions: Predictions, object_ids: Sequence[int] | None = None) -> None:
        """Encode and store the memory of this frame for these objects (default: all predicted ones)."""

    def forget(self, object_id: int) -> None:
        """Remove an object and its memory."""

    def snapshot(self) -> State:
        """Return the state needed to continue later, on any device."""

    def restore(self, state: State) -> None:
        """Return to a snapshot's state, also in a new process."""


class Tracker(Protocol):
    """Turns frames and their detections into tracklets."""

    @property
    def name(self) -> str: ...

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """Process the next frame. Tracklet numbers start at 1 and are never reused."""

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """End and forget every live tracklet, because a scene cut follows the last processed frame. Returns their
        numbers, each with ``EndReason.CUT``. Numbering continues."""

    def snapshot(self) -> State | None:
        """Return the state to continue from, or None if the tracker can only be replayed from the run's start."""

    def restore(self, state: State) -> None:
        """Return to a snapshot's state."""

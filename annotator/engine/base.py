"""What a detector, a segmenter and a tracker must do. Backends implement these and are found through the registry."""

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

#: Nested dictionaries and lists of tensors, arrays, numbers and strings; no other objects, so that it loads safely.
State = dict[str, Any]


@runtime_checkable
class Detector(Protocol):
    """Finds objects in single pictures."""

    @property
    def name(self) -> str:
        """Registry name or path."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes that ``Detections.label`` counts in."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Detections of each frame, every score included down to the detector's own floor, after NMS.

        Boxes are in the frame's pixels and may reach beyond its edges; scores are finite.
        """


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a segmenter says of some objects in one frame. Row i of everything is object ``object_ids[i]``."""

    object_ids: tuple[int, ...]
    logits: torch.Tensor
    """(N, h, w) float32 mask logits at the segmenter's own low resolution, on its device."""
    score: npt.NDArray[np.float32]
    """(N,) object score logits."""
    iou: npt.NDArray[np.float32]
    """(N,) the segmenter's estimate of its masks' IoU, 0..1."""
    pointers: torch.Tensor
    """(N, C) object pointers, what `memorise` keeps beside the spatial memory."""
    prompted: tuple[bool, ...]
    """(N,) whether the row comes from a prompt in this frame."""
    conditioning: tuple[bool, ...]
    """(N,) whether its memory is to be kept as a conditioning memory."""


@runtime_checkable
class Segmenter(Protocol):
    """Carries the masks of many objects through a video, one frame at a time, in either direction.

    Predicting and memorising are separate, because cross-object interaction decides in between who may write its
    memory. Memory per object is bounded: nothing grows with the video's length or the number of prompts.
    """

    @property
    def name(self) -> str: ...

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        """Forget all objects and begin a video of this picture size. ``frame_count`` only scales temporal
        positions in very short videos; ``reverse`` means that frame indices will fall."""

    def encode(self, frame: Frame) -> Any:
        """Run the image encoder once. The features serve every object of this frame."""

    def prompt(self, features: Any, prompts: Mapping[int, Prompt]) -> Predictions:
        """Predict objects from prompts alone, without memory. Unknown ids are new objects; known ones are
        re-prompted. Nothing is stored until `memorise`."""

    def predict(self, features: Any, object_ids: Sequence[int]) -> Predictions:
        """Predict known objects from their memories. Objects whose memories have the same shape share a batch."""

    def memorise(self, features: Any, predictions: Predictions, object_ids: Sequence[int] | None = None) -> None:
        """Encode and keep the memory of this frame for these objects (default: all predicted ones)."""

    def forget(self, object_id: int) -> None:
        """Drop an object and its memory."""

    def snapshot(self) -> State:
        """All that is needed to go on later, on any device."""

    def restore(self, state: State) -> None:
        """Undo everything since that snapshot, also in a fresh process."""


class Tracker(Protocol):
    """Turns frames and their detections into tracklets."""

    @property
    def name(self) -> str: ...

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """Process the next frame. Tracklet numbers start at 1 and are never used twice."""

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """The video cuts after the frame processed last: end and forget every live tracklet. Returns them by number,
        each with ``EndReason.CUT``. Numbers go on."""

    def snapshot(self) -> State | None:
        """State to go on from; None if the tracker can only be replayed from the run's start."""

    def restore(self, state: State) -> None:
        """Go on from that state."""

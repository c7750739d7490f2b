"""From prompts to masks: interpret a segmenter's predictions, and answer prompts in a single frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.engine.base import Predictions, Segmenter
from annotator.engine.mask_resize import MaskResizer, without_specks
from annotator.engine.settings import Sam2MotSettings
from annotator.model.frame import Frame, TrackState
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.prompt import Prompt


@dataclass(slots=True)
class Seen:
    """One object in one frame, as the segmenter predicts it."""

    score: float
    """Object score logit."""
    iou: float
    """The segmenter's estimate of its mask's IoU, 0..1."""
    state: TrackState
    cells: npt.NDArray[np.bool_]
    """(h, w) mask on the segmenter's grid."""
    mask: Mask
    """Mask in video pixels; empty if the object is lost."""


class PredictionReader:
    """Converts predictions for one frame size to masks and states."""

    def __init__(self, width: int, height: int, settings: Sam2MotSettings) -> None:
        self._size = (width, height)
        self._settings = settings
        self._resizer: MaskResizer | None = None

    def read(self, predictions: Predictions, keep_lost: bool = False) -> dict[int, Seen]:
        """Return each object by id. ``keep_lost``: keep the mask of an object with the score of a lost one, because a
        person has prompted it."""
        logits = predictions.logits.cpu().numpy()
        if not len(logits):
            return {}
        if self._resizer is None:
            self._resizer = MaskResizer(logits.shape[-1], *self._size)
        found: dict[int, Seen] = {}
        for row, number in enumerate(predictions.object_ids):
            score = float(predictions.score[row])
            cleaned = without_specks(logits[row], self._settings.speck_share, self._settings.speck_distance)
            state = self._settings.trajectories.state_of(score)
            shown = keep_lost or state is not TrackState.LOST
            mask = self._resizer.mask(cleaned) if shown else EMPTY_MASK
            found[number] = Seen(score, float(predictions.iou[row]), state, cleaned > 0, mask)
        return found


class FramePrompter:
    """Answers prompts in one frame at a time: the frame is encoded once, and each prompt costs one mask decoding.

    It stores nothing in the segmenter, so it may use a job's segmenter between two of the job's frames; it must then
    be created with ``started``.
    """

    def __init__(self, segmenter: Segmenter, width: int, height: int, settings: Sam2MotSettings | None = None,
                 started: bool = False) -> None:
        self._segmenter = segmenter
        self._reader = PredictionReader(width, height, settings or Sam2MotSettings())
        self._frame_index: int | None = None
        self._features: Any = None
        if not started:
            segmenter.start(width, height, 1)

    @property
    def frame_index(self) -> int | None:
        """The encoded frame; None before the first."""
        return self._frame_index

    def look_at(self, frame: Frame) -> None:
        """Encode a frame, unless it is already encoded."""
        if frame.index != self._frame_index:
            self._features = self._segmenter.encode(frame)
            self._frame_index = frame.index

    def ask(self, prompts: Mapping[int, Prompt]) -> dict[int, Seen]:
        """Return the objects of these prompts, by the prompts' keys. All prompts must be for the encoded frame.

        Raises ValueError for prompts of another frame.
        """
        wrong = [prompt.frame_index for prompt in prompts.values() if prompt.frame_index != self._frame_index]
        if wrong:
            raise ValueError(f"a prompt for frame {wrong[0]} while frame {self._frame_index} is encoded")
        return self._reader.read(self._segmenter.prompt(self._features, prompts), keep_lost=True)

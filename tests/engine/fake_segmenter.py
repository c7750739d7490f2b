"""A segmenter that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from annotator.engine.base import Predictions, State
from annotator.model.box import Box
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt

CELLS = 32
#: Pixels per cell: pictures are 64 x 64.
SCALE = 2
SIDE = CELLS * SCALE



@dataclass(frozen=True)
class Say:
    """An answer: score logit, and the box (pixels) that the mask fills; None keeps the one remembered."""

    score: float = 10.0
    box: Box | None = None


@dataclass
class FakeSegmenter:
    """Follows an object where it was last memorised, with a score of 10, unless the script says otherwise.

    A prompt gives a mask that fills its box. Tests script by frame and object, or by frame and prompted box.
    """

    tracked: dict[tuple[int, int], Say] = field(default_factory=dict)
    """(frame, object) -> answer from memory."""
    prompted: dict[tuple[int, Box], Say] = field(default_factory=dict)
    """(frame, box of the prompt) -> answer to the prompt."""
    memorised: list[tuple[int, int, bool]] = field(default_factory=list)
    """(frame, object, whether from a prompt), in order."""
    forgotten: list[int] = field(default_factory=list)
    name: str = "fake"
    _memory: dict[int, Box] = field(default_factory=dict)

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        assert (width, height) == (SIDE, SIDE)
        self._memory.clear()

    def encode(self, frame: Frame) -> int:
        return frame.index

    def prompt(self, features: int, prompts: Mapping[int, Prompt]) -> Predictions:
        answers = []
        for prompt in prompts.values():
            assert prompt.box_xyxy is not None
            assert prompt.frame_index == features
            said = self.prompted.get((features, prompt.box_xyxy), Say())
            answers.append(Say(said.score, said.box or prompt.box_xyxy))
        return _predictions(tuple(prompts), answers, True)

    def predict(self, features: int, object_ids: Sequence[int]) -> Predictions:
        answers = []
        for i in object_ids:
            said = self.tracked.get((features, i), Say())
            answers.append(Say(said.score, said.box or self._memory[i]))
        return _predictions(tuple(object_ids), answers, False)

    def memorise(self, features: int, predictions: Predictions, object_ids: Sequence[int] | None = None) -> None:
        for k, i in enumerate(predictions.object_ids):
            if object_ids is None or i in object_ids:
                self.memorised.append((features, i, predictions.prompted[k]))
                x0, y0, x1, y1 = (float(v) for v in predictions.pointers[k])
                self._memory[i] = (x0, y0, x1, y1)

    def forget(self, object_id: int) -> None:
        self.forgotten.append(object_id)
        del self._memory[object_id]

    def snapshot(self) -> State:
        return {"memory": {str(i): list(box) for i, box in self._memory.items()}}

    def restore(self, state: State) -> None:
        self._memory = {int(i): (b[0], b[1], b[2], b[3]) for i, b in state["memory"].items()}

    def writers(self, frame: int) -> list[int]:
        """Objects that memorised this frame."""
        return [i for t, i, _ in self.memorised if t == frame]


def _predictions(object_ids: tuple[int, ...], answers: Sequence[Say], prompted: bool) -> Predictions:
    """Pointers carry the box, so that a fake memory is whatever was memorised last."""
    logits = torch.full((len(answers), CELLS, CELLS), -10.0)
    for k, said in enumerate(answers):
        assert said.box is not None
        x0, y0, x1, y1 = (round(v / SCALE) for v in said.box)
        if said.score > 0:
            logits[k, y0:y1, x0:x1] = 10.0
    count = len(answers)
    flags: tuple[Any, ...] = (prompted,) * count
    return Predictions(object_ids, logits, np.array([a.score for a in answers], np.float32),
                       np.full(count, 0.75, np.float32),
                       torch.tensor([a.box for a in answers]).reshape(count, 4), flags, flags)

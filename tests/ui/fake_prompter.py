"""A segmenter for windows on the short clip: masks fill their boxes, and stay where they were."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from annotator.engine.base import Predictions, State
from annotator.engine.settings import Sam2Settings
from annotator.model.box import Box
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from tests.patience import PATIENCE_S

SIDE = 64


class FakePrompter:
    """Follows an object where it was last seen. A click alone means a square around it; clicks that are not the object
    cut the box off at their right."""

    name = "fake"

    def __init__(self, gate: threading.Semaphore | None = None) -> None:
        self._gate = gate
        self._memory: dict[int, Box] = {}
        self._scale = (1.0, 1.0)

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        self._memory.clear()
        self._scale = (SIDE / width, SIDE / height)

    def encode(self, frame: Frame) -> int:
        return frame.index

    def prompt(self, features: int, prompts: Mapping[int, Prompt]) -> Predictions:
        return self._predictions(tuple(prompts), [_meant(prompt) for prompt in prompts.values()], True)

    def predict(self, features: int, object_ids: Sequence[int]) -> Predictions:
        if self._gate is not None and object_ids:
            assert self._gate.acquire(timeout=PATIENCE_S)
        return self._predictions(tuple(object_ids), [self._memory[i] for i in object_ids], False)

    def memorise(self, features: int, predictions: Predictions, object_ids: Sequence[int] | None = None) -> None:
        for k, i in enumerate(predictions.object_ids):
            if object_ids is None or i in object_ids:
                x0, y0, x1, y1 = (float(v) for v in predictions.pointers[k])
                self._memory[i] = (x0, y0, x1, y1)

    def forget(self, object_id: int) -> None:
        del self._memory[object_id]

    def snapshot(self) -> State:
        raise NotImplementedError

    def restore(self, state: State) -> None:
        raise NotImplementedError

    def _predictions(self, ids: tuple[int, ...], boxes: Sequence[Box], prompted: bool) -> Predictions:
        logits = torch.full((len(ids), SIDE, SIDE), -10.0)
        for k, (x0, y0, x1, y1) in enumerate(boxes):
            sx, sy = self._scale
            logits[k, round(y0 * sy):round(y1 * sy), round(x0 * sx):round(x1 * sx)] = 10.0
        flags = (prompted,) * len(ids)
        return Predictions(ids, logits, np.full(len(ids), 10, np.float32), np.full(len(ids), 0.8, np.float32),
                           torch.tensor(boxes).reshape(len(ids), 4), flags, flags)


class FakeSegmenters:
    """Makes them; with a gate, following takes one step for each release."""

    def __init__(self) -> None:
        self.gate: threading.Semaphore | None = None
        self.made = 0

    def make(self, name: str, device: str, settings: Sam2Settings | None) -> FakePrompter:
        self.made += 1
        return FakePrompter(self.gate)


def _meant(prompt: Prompt) -> Box:
    box = prompt.box_xyxy if prompt.mask is None else prompt.mask.box_xyxy
    for point in prompt.points:
        if box is None:
            box = (point.x - 10, point.y - 10, point.x + 10, point.y + 10)
        elif not point.positive:
            box = (box[0], box[1], point.x, box[3])
    assert box is not None
    return box

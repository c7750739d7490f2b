"""SAM2MOT: tracking by segmentation, one frame at a time (arXiv 2504.04519).

For each frame: encode it once; predict every live object from its memory; let cross-object interaction decide which
objects are occluded and write no memory; let the trajectory manager match, re-prompt and add objects; memorise; remove
objects. The box of a track is the tight box of its mask unless `Sam2MotSettings.box_from` says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.engine.base import Predictions, Segmenter, State
from annotator.engine.mask_resize import MaskResizer, without_specks
from annotator.engine.settings import BoxFrom, Sam2MotSettings
from annotator.engine.trackers.interaction import occlusions, pairwise_mask_iou
from annotator.engine.trackers.trajectories import Match, TrajectoryManager
from annotator.model.box import Box, box_iou, clip_boxes, valid_boxes
from annotator.model.frame import Detections, EndReason, Evidence, Frame, FrameResult, TrackedObject, TrackState
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.prompt import Prompt

Cells = npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Live:
    """One object in the frame being processed."""

    score: float
    iou: float
    cells: Cells
    """(h, w) mask on the segmenter's grid."""
    mask: Mask
    """Mask in video pixels; empty if the object is not present."""
    detection: int | None = None
    detection_iou: float = 0.0
    prompted: bool = False
    reprompted: bool = False
    occluded_by: int | None = None
    shown: bool = True
    """Whether the frame's result has the mask and its box."""


class Sam2Mot:
    """A `Tracker` on any `Segmenter`."""

    def __init__(self, segmenter: Segmenter, width: int, height: int, frame_count: int,
                 settings: Sam2MotSettings | None = None) -> None:
        self.settings = settings or Sam2MotSettings()
        self._segmenter = segmenter
        self._size = (width, height)
        self._manager = TrajectoryManager(self.settings.trajectories, self.settings.interaction.window)
        self._resizer: MaskResizer | None = None
        segmenter.start(width, height, frame_count)

    @property
    def name(self) -> str:
        return "sam2mot"

    def step(self, frame: Frame, detections: Detections) -> FrameResult:
        """Process the next frame with all its raw detections. This method applies the threshold."""
        features = self._segmenter.encode(frame)
        usable, indices = self._usable(detections)
        tracked = self._segmenter.predict(features, list(self._manager.live))
        live = self._as_live(tracked)
        self._manager.observe({number: item.score for number, item in live.items()})
        if self.settings.interaction.before_reprompts:
            self._interact(live)
        visible = {n: item.mask.box_xyxy for n, item in live.items() if not item.mask.is_empty()}
        matches = self._manager.match(visible, usable)
        for number, match in matches.items():
            live[number].detection, live[number].detection_iou = indices[match.detection], match.iou
        reprompted = self._reprompt(features, frame.index, usable, matches, live)
        born = self._add(features, frame.index, usable, indices, matches, live)
        if not self.settings.interaction.before_reprompts:
            self._interact(live)
        order = list(live)
        # A new object always writes memory, because it cannot be propagated without its first one.
        writers = {n for n in order if live[n].occluded_by is None or live[n].prompted}
        # The new prediction of a re-prompted object replaces the one from memory.
        for predictions in (_without(tracked, reprompted), reprompted, born):
            selected = [n for n in predictions.object_ids if n in writers]
            if selected:
                self._segmenter.memorise(features, predictions, selected)
        labels = {n: self._manager.live[n].label for n in order}
        ended = self._manager.ended(_overlaps(live), order)
        for number in ended:
            self._segmenter.forget(number)
        objects = tuple(self._result(n, labels[n], live[n], detections) for n in sorted(live))
        return FrameResult(frame.index, objects, detections, tuple(sorted(ended.items())))

    def end_shot(self) -> tuple[tuple[int, EndReason], ...]:
        """See `annotator.engine.base.Tracker`."""
        ended = self._manager.end_shot()
        for number in ended:
            self._segmenter.forget(number)
        return tuple(sorted(ended.items()))

    def snapshot(self) -> State:
        return {"manager": self._manager.snapshot(), "segmenter": self._segmenter.snapshot()}

    def restore(self, state: State) -> None:
        self._manager.restore(state["manager"])
        self._segmenter.restore(state["segmenter"])

    # -- parts of a step -----------------------------------------------------------------------------------------

    def _usable(self, detections: Detections) -> tuple[Detections, list[int]]:
        """Return the detections above the threshold with valid boxes, and their indices among the raw ones."""
        strong = np.isfinite(detections.score) & (detections.score >= self.settings.det_threshold)
        indices = np.flatnonzero(strong & valid_boxes(detections.box_xyxy, *self._size))
        return detections[indices].usable(*self._size), indices.tolist()

    def _as_live(self, predictions: Predictions) -> dict[int, _Live]:
        logits = predictions.logits.cpu().numpy()
        if self._resizer is None and len(logits):
            self._resizer = MaskResizer(logits.shape[-1], *self._size)
        live = {}
        for row, number in enumerate(predictions.object_ids):
            score = float(predictions.score[row])
            cleaned = without_specks(logits[row], self.settings.speck_share, self.settings.speck_distance)
            present = self.settings.trajectories.is_present(score) and self._resizer is not None
            mask = self._resizer.mask(cleaned) if present and self._resizer is not None else EMPTY_MASK
            live[number] = _Live(score, float(predictions.iou[row]), cleaned > 0, mask)
        return live

    def _reprompt(self, features: Any, frame_index: int, detections: Detections,
                  matches: Mapping[int, Match], live: dict[int, _Live]) -> Predictions:
        """Quality reconstruction: predict a new mask from the matched detection's box.

        Returns the predictions that replace those from memory. When interaction has run, the history of scores keeps
        the memory's score, because later frames compare the memories.
        """
        scores = {n: item.score for n, item in live.items()}
        selected = self._manager.to_reprompt(matches, scores, detections.label)
        prompts = {n: _box_prompt(frame_index, detections, index) for n, index in selected.items()}
        predictions = self._segmenter.prompt(features, prompts)
        fresh = self._as_live(predictions)
        for number, item in fresh.items():
            item.detection, item.reprompted = live[number].detection, True
            item.detection_iou = _agreement(item.mask, detections.box_xyxy[selected[number]])
        first = self.settings.interaction.before_reprompts
        kept = fresh.keys() - (self._misled(fresh, live) if first else set())
        for number in kept:
            live[number] = fresh[number]
            self._manager.reprompt(number)
            if not first:
                self._manager.revise(number, fresh[number].score)
        return _only(predictions, kept)

    def _misled(self, fresh: Mapping[int, _Live], live: Mapping[int, _Live]) -> set[int]:
        """Return the re-prompted objects whose new mask is nothing, or moves onto another object's mask.

        The others' masks are the new ones where they have them; of two new masks on one object, the one that fits its
        detection worse is misled. A mask that coincided with the other's before says nothing of which of the two is
        wrong.
        """
        settled = {n: item.cells for n, item in live.items() if n not in fresh}
        misled: set[int] = set()
        for number in sorted(fresh, key=lambda n: -fresh[n].detection_iou):
            before, after = live[number].cells, fresh[number].cells
            nothing = self._state(fresh[number]) is TrackState.LOST or fresh[number].mask.is_empty()
            if nothing or self._moves_onto(before, after, list(settled.values())):
                misled.add(number)
            settled[number] = before if number in misled else after
        return misled

    def _moves_onto(self, before: Cells, after: Cells, others: list[Cells]) -> bool:
        """Whether a mask coincides with another one's and did not before."""
        if not self.settings.interaction.enabled or not others:
            return False
        same = pairwise_mask_iou(np.stack([after, before, *others]))[:2, 2:] > self.settings.interaction.mask_iou
        return bool((same[0] & ~same[1]).any())

    def _add(self, features: Any, frame_index: int, detections: Detections, indices: list[int],
             matches: Mapping[int, Match], live: dict[int, _Live]) -> Predictions:
        """Object addition: turn unmatched detections into new objects if no live mask covers their boxes and masks.

        A detection for which the segmenter finds no object even when prompted (score of a lost object, or no mask) is
        not added. It would cover nothing and match nothing, and so be added again in every frame.
        """
        candidates = self._manager.candidates(detections, (match.detection for match in matches.values()))
        if not candidates:
            return self._segmenter.prompt(features, {})
        # Predict all candidates in one batch with temporary numbers; covered ones are dropped afterwards.
        prompts = {-k: _box_prompt(frame_index, detections, index) for k, index in enumerate(candidates, 1)}
        predictions = self._segmenter.prompt(features, prompts)
        masks = self._as_live(predictions)
        covered = _union(live.values(), predictions.logits.shape[-2:])
        numbers: list[int] = []
        rows: list[int] = []
        for row, (temporary, item) in enumerate(masks.items()):
            index = candidates[-temporary - 1]
            if self._state(item) is TrackState.LOST or item.mask.is_empty():
                continue
            assert self._resizer is not None
            if not self._manager.is_free(self._resizer.to_cells(detections.box_xyxy[index]), covered):
                continue
            if not self._manager.is_new(item.cells, covered, [other.cells for other in live.values()]):
                continue
            number = self._manager.add(int(detections.label[index]), item.score)
            item.prompted, item.detection = True, indices[index]
            item.detection_iou = _agreement(item.mask, detections.box_xyxy[index])
            live[number] = item
            covered |= item.cells
            numbers.append(number)
            rows.append(row)
        return predictions.rows(rows, tuple(numbers))

    def _interact(self, live: dict[int, _Live]) -> None:
        order, overlap = list(live), _overlaps(live)
        scores = np.array([live[n].score for n in order])
        recent = [list(self._manager.live[n].scores) for n in order]
        for loser, winner in occlusions(overlap, scores, recent, self.settings.interaction).items():
            live[order[loser]].occluded_by = order[winner]
            self._manager.hide(order[loser])
            live[order[loser]].shown = self.settings.interaction.show_hidden or live[order[loser]].prompted

    def _state(self, item: _Live) -> TrackState:
        return self.settings.trajectories.state_of(item.score)

    def _result(self, number: int, label: int, item: _Live, detections: Detections) -> TrackedObject:
        state = self._state(item)
        gone = state is TrackState.LOST or item.mask.is_empty() or not item.shown
        evidence = Evidence(item.score, item.iou, item.detection, item.detection_iou, item.prompted, item.reprompted,
                            item.occluded_by)
        score = 1 / (1 + math.exp(-max(min(item.score, 60.0), -60.0)))
        return TrackedObject(number, label, state, score, None if gone else self._box(item, detections),
                             None if gone else item.mask, evidence)

    def _box(self, item: _Live, detections: Detections) -> Box:
        """Return an object's box in the result; ``item.detection`` is an index among the raw detections."""
        if item.detection is None or self.settings.box_from is BoxFrom.MASK:
            return item.mask.box_xyxy
        [detected] = detections.box_xyxy[[item.detection]].astype(np.float64)
        detected = clip_boxes(detected[None], *self._size)[0]
        trust = 1.0
        if self.settings.box_from is BoxFrom.FUSED:
            confidence, expected = float(detections.score[item.detection]), min(max(item.iou, 0.0), 1.0)
            trust = confidence / (confidence + expected) if confidence + expected > 0 else 0.5
        x0, y0, x1, y1 = trust * detected + (1 - trust) * np.array(item.mask.box_xyxy)
        return float(x0), float(y0), float(x1), float(y1)


def _overlaps(live: Mapping[int, _Live]) -> npt.NDArray[np.float64]:
    """Return the IoU of every pair of masks, (N, N) in the order of ``live``."""
    return pairwise_mask_iou(np.stack([item.cells for item in live.values()])) if live else np.zeros((0, 0))


def _box_prompt(frame_index: int, detections: Detections, index: int) -> Prompt:
    x0, y0, x1, y1 = (float(v) for v in detections.box_xyxy[index])
    return Prompt(frame_index, (x0, y0, x1, y1))


def _agreement(mask: Mask, box_xyxy: npt.NDArray[np.floating]) -> float:
    """Return the IoU of a mask's tight box and a detection's box."""
    return float(box_iou(np.array([mask.box_xyxy]), box_xyxy[None].astype(np.float64))[0, 0])


def _union(items: Any, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    union = np.zeros(tuple(shape), bool)
    for item in items:
        if not item.mask.is_empty():
            union |= item.cells
    return union


def _without(predictions: Predictions, others: Predictions) -> Predictions:
    return _only(predictions, set(predictions.object_ids) - set(others.object_ids))


def _only(predictions: Predictions, object_ids: Collection[int]) -> Predictions:
    """Return the predictions of these objects."""
    keep = [k for k, i in enumerate(predictions.object_ids) if i in object_ids]
    return predictions.rows(keep, tuple(predictions.object_ids[k] for k in keep))

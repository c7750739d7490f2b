"""Propagate a few objects from a person's prompts, forward and backward, up to each object's limits.

The loop of SAM2MOT (arXiv 2504.04519) with a person instead of the detector: only prompts add objects. Existing tracks
compete with their stored masks, so that cross-object interaction (section 3.3) keeps a prompted object from being
absorbed by its neighbour.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from annotator.engine.base import Predictions, Segmenter
from annotator.engine.prompting import PredictionReader, Seen
from annotator.engine.settings import Sam2MotSettings
from annotator.engine.trackers.interaction import occlusions, pairwise_mask_iou
from annotator.model.box import Box, box_iou
from annotator.model.cancel import CancelToken
from annotator.model.frame import OUTSIDE_RUN, Evidence, Frame, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.prompt import Prompt
from annotator.model.ranges import joined
from annotator.video import VideoReader
from annotator.video.read_ahead import ReadAhead

#: Neighbours whose boxes overlap every prompted object's box less (IoU) are skipped.
_NEAR = 0.3


@dataclass(frozen=True, slots=True)
class PromptedObject:
    """An object to propagate."""

    number: int
    """Number of its tracklet in the results, from 1."""
    label: int
    """Index into the run's labels."""
    prompts: tuple[Prompt, ...]
    """At least one prompt, at most one per frame, sorted by frame."""
    first: int
    """Earliest frame to propagate to; the first prompt's frame for no backward propagation."""
    last: int
    """Latest frame to propagate to."""

    def frames(self, reverse: bool) -> tuple[int, int] | None:
        """Return the first and last frame (inclusive, ascending) of the forward or backward pass; None if there is no
        such pass. Frames between two prompts are covered by one pass only."""
        start, end = self.prompts[0].frame_index, self.prompts[-1].frame_index
        only_back = self.first < start and self.last <= end
        if reverse:
            return (self.first, end if only_back else start) if self.first < start else None
        return None if only_back else (start, self.last)

    def prompts_on(self, reverse: bool) -> dict[int, Prompt]:
        """Return the prompts of the forward or backward pass by frame index."""
        span = self.frames(reverse)
        return {} if span is None else {prompt.frame_index: prompt for prompt in self.prompts
                                        if span[0] <= prompt.frame_index <= span[1]}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An existing track in one frame."""

    key: int
    """The track's key, the same in every frame."""
    box_xyxy: Box
    mask: Mask | None
    """None if the track has only a box, which then serves as its mask."""
    score: float
    """Object score logit."""


Neighbours = Callable[[int], Sequence[Neighbour]]


def directions(objects: Sequence[PromptedObject]) -> list[tuple[bool, list[tuple[int, int]]]]:
    """Return the passes to make: (reverse, frame ranges in ascending order), the backward pass first."""
    passes = []
    for reverse in (True, False):
        ranges = [span for each in objects if (span := each.frames(reverse)) is not None]
        if ranges:
            passes.append((reverse, list(joined(ranges))))
    return passes


def frames_to_do(objects: Sequence[PromptedObject]) -> int:
    """Return the number of frames to encode if no object is lost early."""
    return sum(last - first + 1 for _, ranges in directions(objects) for first, last in ranges)


def repropagate(reader: VideoReader, segmenter: Segmenter, objects: Sequence[PromptedObject], neighbours: Neighbours,
                cancel: CancelToken, settings: Sam2MotSettings | None = None) -> Iterator[FrameResult]:
    """Propagate prompted objects. Yields one result per frame and pass: first the backward pass in descending order.

    An object that is lost for ``settings.trajectories.max_lost`` frames is dropped from the pass. Each object appears
    at most once in each frame; in a prompt's frame, which both passes visit, the first pass returns it. Closing the
    generator or cancelling stops at a frame boundary.
    """
    settings = settings or Sam2MotSettings()
    info = reader.info
    returned: set[tuple[int, int]] = set()
    for reverse, ranges in directions(objects):
        active = [each for each in objects if each.frames(reverse) is not None]
        segmenter.start(info.width, info.height, info.frame_count, reverse)
        sweep = Pass(segmenter, active, neighbours, PredictionReader(info.width, info.height, settings), settings,
                      (info.width, info.height), reverse)
        for first, last in reversed(ranges) if reverse else ranges:
            with ReadAhead(reader, first, last + 1, reverse=reverse, on_error="skip") as frames:
                for frame in frames:
                    if cancel.cancelled:
                        return
                    if sweep.is_over(frame.index, first if reverse else last):
                        break
                    seen = sweep.step(frame)
                    fresh = tuple(thing for thing in seen if (thing.tracklet, frame.index) not in returned)
                    returned |= {(thing.tracklet, frame.index) for thing in fresh if thing.evidence.prompted}
                    yield FrameResult(frame.index, fresh)


@dataclass(slots=True)
class _LiveObject:
    lost: int = 0
    scores: deque[float] = field(default_factory=deque)


class Pass:
    """One pass through the frames, in one direction."""

    def __init__(self, segmenter: Segmenter, objects: Sequence[PromptedObject], neighbours: Neighbours,
                 reader: PredictionReader, settings: Sam2MotSettings, size: tuple[int, int], reverse: bool) -> None:
        self._segmenter = segmenter
        self._objects = {each.number: each for each in objects}
        self._prompts = {each.number: each.prompts_on(reverse) for each in objects}
        self._neighbours = neighbours
        self._reader = reader
        self._settings = settings
        self._size = size
        self._reverse = reverse
        self._live: dict[int, _LiveObject] = {}
        self._neighbour_scores: dict[int, deque[float]] = defaultdict(deque)

    def remember(self, frame: Frame, number: int, prompt: Prompt) -> None:
        """Have the segmenter remember an object in a frame ahead, as its prompt shows it there."""
        features = self._segmenter.encode(frame)
        self._memorise(features, self._segmenter.prompt(features, {number: prompt}), [number])

    def is_over(self, frame: int, end: int) -> bool:
        """Whether no object is live and no prompt follows from this frame to the range's end."""
        low, high = min(frame, end), max(frame, end)
        ahead = any(low <= k <= high for prompts in self._prompts.values() for k in prompts)
        return not ahead and not any(self._within(number, frame) for number in self._live)

    def step(self, frame: Frame) -> list[TrackedObject]:
        """Process the next frame and return its objects."""
        features = self._segmenter.encode(frame)
        entering = {number: prompts[frame.index] for number, prompts in self._prompts.items()
                    if frame.index in prompts}
        for number in [n for n in self._live if not self._within(n, frame.index)]:
            self._forget(number)
        tracked = self._segmenter.predict(features, [n for n in self._live if n not in entering])
        prompted = self._segmenter.prompt(features, entering)
        seen = self._reader.read(tracked) | self._reader.read(prompted, keep_lost=True)
        self._update_live(seen, entering)
        occluded = self._occluded(frame.index, seen)
        # A prompt always writes a memory, because the propagation starts from it.
        for predictions in (tracked, prompted):
            self._memorise(features, predictions, [n for n in predictions.object_ids
                                                   if n in entering or n not in occluded])
        for number in [n for n, each in self._live.items() if each.lost >= self._settings.trajectories.max_lost]:
            self._forget(number)
        return [self._result(number, seen[number], entering.get(number), occluded.get(number))
                for number in sorted(seen)]

    def _within(self, number: int, frame: int) -> bool:
        span = self._objects[number].frames(self._reverse)
        return span is not None and span[0] <= frame <= span[1]

    def _forget(self, number: int) -> None:
        self._segmenter.forget(number)
        del self._live[number]

    def _memorise(self, features: object, predictions: Predictions, writers: list[int]) -> None:
        if writers:
            self._segmenter.memorise(features, predictions, writers)

    def _update_live(self, seen: Mapping[int, Seen], entering: Mapping[int, Prompt]) -> None:
        for number, item in seen.items():
            each = self._live.setdefault(number, _LiveObject())
            _remember(each.scores, item.score, self._settings.interaction.window)
            if number in entering or item.score > self._settings.trajectories.pending:
                each.lost = 0
            elif item.state is TrackState.LOST:
                each.lost += 1

    def _occluded(self, frame: int, seen: Mapping[int, Seen]) -> dict[int, int]:
        """Return each occluded object with the object that occludes it, `OUTSIDE_RUN` for a neighbour."""
        order = [n for n, item in seen.items() if not item.mask.is_empty()]
        if not order or not self._settings.interaction.enabled:
            return {}
        boxes = np.array([seen[n].mask.box_xyxy for n in order], np.float64)
        near = []
        for each in self._neighbours(frame):
            _remember(self._neighbour_scores[each.key], each.score, self._settings.interaction.window)
            if box_iou(boxes, np.array([each.box_xyxy], np.float64)).max() > _NEAR:
                near.append(each)
        side = seen[order[0]].cells.shape[0]
        cells = [seen[n].cells for n in order] + [_neighbour_cells(each, side, self._size) for each in near]
        overlap = pairwise_mask_iou(np.stack(cells))
        overlap[len(order):, len(order):] = 0  # occlusion between neighbours was decided by earlier runs
        scores = np.array([seen[n].score for n in order] + [each.score for each in near])
        recent = ([list(self._live[n].scores) for n in order]
                  + [list(self._neighbour_scores[each.key]) for each in near])
        found = occlusions(overlap, scores, recent, self._settings.interaction)
        return {order[loser]: order[winner] if winner < len(order) else OUTSIDE_RUN
                for loser, winner in found.items() if loser < len(order)}

    def _result(self, number: int, item: Seen, prompt: Prompt | None, occluded_by: int | None) -> TrackedObject:
        box: Box | None = None if item.mask.is_empty() else item.mask.box_xyxy
        state = item.state
        if box is None and prompt is not None:
            box = prompt.box_xyxy  # the segmenter finds no object, but the person has marked one
        if prompt is not None and box is not None and state is TrackState.LOST:
            state = TrackState.SUSPICIOUS
        gone = box is None or state is TrackState.LOST
        evidence = Evidence(item.score, item.iou, prompted=prompt is not None, occluded_by=occluded_by)
        score = 1 / (1 + math.exp(-max(min(item.score, 60.0), -60.0)))
        mask = None if gone or item.mask.is_empty() else item.mask
        return TrackedObject(number, self._objects[number].label, TrackState.LOST if gone else state, score,
                             None if gone else box, mask, evidence)


def _remember(scores: deque[float], score: float, window: int) -> None:
    scores.append(score)
    while len(scores) > window:
        scores.popleft()


def _neighbour_cells(each: Neighbour, side: int, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return (side, side) bool: the cells of the segmenter's grid that are at least half covered by the neighbour's
    mask, or by its box if it has no mask."""
    width, height = size
    if each.mask is None or each.mask.is_empty():
        x0, y0, x1, y1 = each.box_xyxy
        left, top = max(round(x0), 0), max(round(y0), 0)
        rows, columns = (axis.ravel() for axis in np.mgrid[top:min(round(y1), height),
                                                           left:min(round(x1), width)])
    else:
        rows, columns = np.nonzero(each.mask.crop())
        rows, columns = rows + each.mask.top, columns + each.mask.left
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = rows[inside], columns[inside]
    cells = (rows * side // height) * side + columns * side // width
    counts = np.bincount(cells.astype(np.intp), minlength=side * side).reshape(side, side)
    return np.asarray(counts * 2 * side * side >= width * height)

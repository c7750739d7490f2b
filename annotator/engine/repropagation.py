"""A few objects followed from a person's prompts, either way, up to where each must stop.

The loop of SAM2MOT (arXiv 2504.04519) with a person in the detector's place: prompts say where objects are, nothing
else is added. Tracks that are there already take part with their stored masks as competitors, so that cross-object
interaction (section 3.3) keeps a prompted object from being absorbed by its neighbour.
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

#: Neighbours whose boxes overlap less with every prompted object's are not asked for their masks.
_NEAR = 0.3


@dataclass(frozen=True, slots=True)
class PromptedObject:
    """An object to follow."""

    number: int
    """Number of its tracklet in the results, from 1."""
    label: int
    """Index into the run's labels."""
    prompts: tuple[Prompt, ...]
    """At least one, at most one per frame, by frame."""
    first: int
    """Earliest frame to go back to; the first prompt's own frame where it is not to go back."""
    last: int
    """Latest frame to go on to."""

    def frames(self, reverse: bool) -> tuple[int, int] | None:
        """First and last frame, both inclusive and in rising order, in which it is followed on the way forward or
        back; None if it is not. What lies between two prompts is gone through once."""
        start, end = self.prompts[0].frame_index, self.prompts[-1].frame_index
        only_back = self.first < start and self.last <= end
        if reverse:
            return (self.first, end if only_back else start) if self.first < start else None
        return None if only_back else (start, self.last)

    def prompts_on(self, reverse: bool) -> dict[int, Prompt]:
        """Frame index -> prompt, of those on the way forward or back."""
        way = self.frames(reverse)
        return {} if way is None else {prompt.frame_index: prompt for prompt in self.prompts
                                       if way[0] <= prompt.frame_index <= way[1]}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track that is there already, in one frame."""

    key: int
    """The same in every frame."""
    box_xyxy: Box
    mask: Mask | None
    """None for a box without a mask, which then stands for one."""
    score: float
    """Object score logit."""


Neighbours = Callable[[int], Sequence[Neighbour]]


def directions(objects: Sequence[PromptedObject]) -> list[tuple[bool, list[tuple[int, int]]]]:
    """What is to be gone through: (reverse, ranges of frames in rising order). Back first, where any goes back."""
    ways = []
    for reverse in (True, False):
        ranges = [way for each in objects if (way := each.frames(reverse)) is not None]
        if ranges:
            ways.append((reverse, list(joined(ranges))))
    return ways


def frames_to_do(objects: Sequence[PromptedObject]) -> int:
    """Frames that are encoded if no object is lost early."""
    return sum(last - first + 1 for _, ranges in directions(objects) for first, last in ranges)


def repropagate(reader: VideoReader, segmenter: Segmenter, objects: Sequence[PromptedObject], neighbours: Neighbours,
                cancel: CancelToken, settings: Sam2MotSettings | None = None) -> Iterator[FrameResult]:
    """Follow prompted objects; one result per frame and way, of the frames on the way back first, in falling order.

    An object that is lost for ``settings.trajectories.max_lost`` frames is not followed further that way. Each object
    appears at most once in each frame; where ways meet in a prompt's frame, it comes with the first of them. Closing
    the generator or cancelling stops it at a frame boundary.
    """
    settings = settings or Sam2MotSettings()
    info = reader.info
    told: set[tuple[int, int]] = set()
    for reverse, ranges in directions(objects):
        going = [each for each in objects if each.frames(reverse) is not None]
        segmenter.start(info.width, info.height, info.frame_count, reverse)
        way = _Way(segmenter, going, neighbours, PredictionReader(info.width, info.height, settings), settings,
                   (info.width, info.height), reverse)
        for first, last in reversed(ranges) if reverse else ranges:
            with ReadAhead(reader, first, last + 1, reverse=reverse, on_error="skip") as frames:
                for frame in frames:
                    if cancel.cancelled:
                        return
                    if way.is_over(frame.index, first if reverse else last):
                        break
                    seen = way.step(frame)
                    fresh = tuple(thing for thing in seen if (thing.tracklet, frame.index) not in told)
                    told |= {(thing.tracklet, frame.index) for thing in fresh if thing.evidence.prompted}
                    yield FrameResult(frame.index, fresh)


@dataclass(slots=True)
class _Followed:
    lost: int = 0
    scores: deque[float] = field(default_factory=deque)


class _Way:
    """One pass through the frames."""

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
        self._live: dict[int, _Followed] = {}
        self._neighbour_scores: dict[int, deque[float]] = defaultdict(deque)

    def is_over(self, frame: int, end: int) -> bool:
        """Whether nothing is followed any more and no prompt is to come from this frame to the range's end."""
        low, high = min(frame, end), max(frame, end)
        ahead = any(low <= k <= high for prompts in self._prompts.values() for k in prompts)
        return not ahead and not any(self._within(number, frame) for number in self._live)

    def step(self, frame: Frame) -> list[TrackedObject]:
        """The objects in the next frame."""
        features = self._segmenter.encode(frame)
        entering = {number: prompts[frame.index] for number, prompts in self._prompts.items()
                    if frame.index in prompts}
        for number in [n for n in self._live if not self._within(n, frame.index)]:
            self._forget(number)
        tracked = self._segmenter.predict(features, [n for n in self._live if n not in entering])
        prompted = self._segmenter.prompt(features, entering)
        seen = self._reader.read(tracked) | self._reader.read(prompted, however_unsure=True)
        self._count(seen, entering)
        hidden = self._hidden(frame.index, seen)
        # A prompt always leaves a memory: it is what the object is followed by.
        for predictions in (tracked, prompted):
            self._memorise(features, predictions, [n for n in predictions.object_ids
                                                   if n in entering or n not in hidden])
        for number in [n for n, each in self._live.items() if each.lost >= self._settings.trajectories.max_lost]:
            self._forget(number)
        return [self._result(number, seen[number], entering.get(number), hidden.get(number))
                for number in sorted(seen)]

    def _within(self, number: int, frame: int) -> bool:
        way = self._objects[number].frames(self._reverse)
        return way is not None and way[0] <= frame <= way[1]

    def _forget(self, number: int) -> None:
        self._segmenter.forget(number)
        del self._live[number]

    def _memorise(self, features: object, predictions: Predictions, writers: list[int]) -> None:
        if writers:
            self._segmenter.memorise(features, predictions, writers)

    def _count(self, seen: Mapping[int, Seen], entering: Mapping[int, Prompt]) -> None:
        for number, item in seen.items():
            each = self._live.setdefault(number, _Followed())
            _remember(each.scores, item.score, self._settings.interaction.window)
            if number in entering or item.score > self._settings.trajectories.pending:
                each.lost = 0
            elif item.state is TrackState.LOST:
                each.lost += 1

    def _hidden(self, frame: int, seen: Mapping[int, Seen]) -> dict[int, int]:
        """Object -> the object that hides it, `OUTSIDE_RUN` for a neighbour."""
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
        overlap[len(order):, len(order):] = 0  # between neighbours nothing is decided anew
        scores = np.array([seen[n].score for n in order] + [each.score for each in near])
        recent = ([list(self._live[n].scores) for n in order]
                  + [list(self._neighbour_scores[each.key]) for each in near])
        found = occlusions(overlap, scores, recent, self._settings.interaction)
        return {order[loser]: order[winner] if winner < len(order) else OUTSIDE_RUN
                for loser, winner in found.items() if loser < len(order)}

    def _result(self, number: int, item: Seen, prompt: Prompt | None, hidden_by: int | None) -> TrackedObject:
        box: Box | None = None if item.mask.is_empty() else item.mask.box_xyxy
        state = item.state
        if box is None and prompt is not None:
            box = prompt.box_xyxy  # the segmenter sees nothing there, the person does
        if prompt is not None and box is not None and state is TrackState.LOST:
            state = TrackState.SUSPICIOUS
        gone = box is None or state is TrackState.LOST
        evidence = Evidence(item.score, item.iou, prompted=prompt is not None, occluded_by=hidden_by)
        score = 1 / (1 + math.exp(-max(min(item.score, 60.0), -60.0)))
        mask = None if gone or item.mask.is_empty() else item.mask
        return TrackedObject(number, self._objects[number].label, TrackState.LOST if gone else state, score,
                             None if gone else box, mask, evidence)


def _remember(scores: deque[float], score: float, window: int) -> None:
    scores.append(score)
    while len(scores) > window:
        scores.popleft()


def _neighbour_cells(each: Neighbour, side: int, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(side, side) the cells of the segmenter's grid that a stored mask, or a box in its place, covers by half."""
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
    places = (rows * side // height) * side + columns * side // width
    counts = np.bincount(places.astype(np.intp), minlength=side * side).reshape(side, side)
    return np.asarray(counts * 2 * side * side >= width * height)

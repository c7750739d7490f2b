"""Fill the frames between two masks of an object from both ends.

The object is propagated forward from the first mask and backward from the second. They meet where their masks agree
best: up to there the forward result counts, from there on the backward one. How well each direction arrives at the mask
at its far end says how far it can be trusted. Each direction can also remember the mask at its far end; models that
learned to use masks of later frames, as the published ones did, then know where the object goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from annotator.engine.base import Segmenter
from annotator.engine.prompting import PredictionReader
from annotator.engine.repropagation import Neighbours, Pass, PromptedObject
from annotator.engine.settings import Sam2MotSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import FrameResult, TrackedObject
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.painting.mask_algebra import mask_iou
from annotator.model.prompt import Prompt
from annotator.video import VideoReader
from annotator.video.read_ahead import ReadAhead

#: Agreements (IoU) that differ by less are equal; of equal ones the one is taken where both directions are expected to
#: be equally good.
_EQUAL = 0.1


@dataclass(frozen=True, slots=True)
class Gap:
    """The frames between two prompts of one object."""

    number: int
    """Number of its tracklet in the results."""
    label: int
    """Index into the run's labels."""
    first: Prompt
    last: Prompt
    """Of a later frame than ``first``."""

    def __len__(self) -> int:
        return self.last.frame_index - self.first.frame_index - 1


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where the two directions of a gap met."""

    number: int
    frame: int
    """The last frame of the forward direction."""
    agreement: float
    """IoU of both directions' masks in this frame and the next, 0..1; 0 if no frame has both."""


def frames_to_do(gaps: Sequence[Gap]) -> int:
    """Return the number of frames that are processed, both directions together."""
    return sum(2 * len(gap) for gap in gaps)


def fill_gaps(reader: VideoReader, segmenter: Segmenter, gaps: Sequence[Gap], neighbours: Neighbours,
              cancel: CancelToken, settings: Sam2MotSettings | None = None, meetings: list[Meeting] | None = None,
              far_memory: bool = False) -> Iterator[FrameResult]:
    """Fill gaps, one after the other. Yields one result per frame of a gap, in ascending order, when both directions
    are done; what both directions lost is yielded as lost. ``meetings`` receives where they met. ``far_memory``: each
    direction remembers the mask at its far end.

    Cancelling stops at a frame boundary and yields what the forward direction has found of the current gap.
    """
    settings = settings or Sam2MotSettings()
    for gap in gaps:
        forward = _propagate(reader, segmenter, gap, neighbours, cancel, settings, False, far_memory)
        backward = {} if cancel.cancelled else _propagate(reader, segmenter, gap, neighbours, cancel, settings, True,
                                                          far_memory)
        if cancel.cancelled:
            yield from (FrameResult(frame, (thing,)) for frame, thing in sorted(forward.items()))
            return
        meeting = meet(gap, forward, backward)
        if meetings is not None:
            meetings.append(meeting)
        for frame in range(gap.first.frame_index + 1, gap.last.frame_index):
            thing = _chosen(forward.get(frame), backward.get(frame), frame <= meeting.frame)
            if thing is not None:
                yield FrameResult(frame, (thing,))


def meet(gap: Gap, forward: dict[int, TrackedObject], backward: dict[int, TrackedObject]) -> Meeting:
    """Choose the frame after which the backward direction takes over: where both agree best about it and the next one;
    if several are about equally good, the one nearest to where both directions are expected to be equally good."""
    start, end = gap.first.frame_index, gap.last.frame_index
    agreement = {frame: _agreement(forward.get(frame), backward.get(frame)) for frame in range(start + 1, end)}
    middle = _crossing(gap, forward, backward)
    found = {frame: (agreement[frame] + agreement.get(frame + 1, agreement[frame])) / 2 for frame in agreement}
    if not found:
        return Meeting(gap.number, start, 1.0)
    best = max(found.values())
    frame = min((frame for frame, value in found.items() if value >= best - _EQUAL),
                key=lambda frame: (abs(frame - middle), frame))
    return Meeting(gap.number, frame, found[frame])


def _crossing(gap: Gap, forward: dict[int, TrackedObject], backward: dict[int, TrackedObject]) -> float:
    """Where both directions are equally good if each gets worse evenly, from its own mask (IoU 1) to what it shows next
    to the other mask. The middle if the masks are not known."""
    start, end = gap.first.frame_index, gap.last.frame_index
    if gap.first.mask is None or gap.last.mask is None:
        return (start + end - 1) / 2
    arrived = _arrived(forward.get(end - 1), gap.last.mask), _arrived(backward.get(start + 1), gap.first.mask)
    lost = max(2 - sum(arrived), 1e-9)
    return start + (1 - arrived[1]) / lost * (end - start - 1) if lost > 1e-6 else (start + end - 1) / 2


def _arrived(thing: TrackedObject | None, mask: Mask) -> float:
    return 0.0 if thing is None or thing.mask is None else mask_iou(thing.mask, mask)


def _propagate(reader: VideoReader, segmenter: Segmenter, gap: Gap, neighbours: Neighbours, cancel: CancelToken,
               settings: Sam2MotSettings, reverse: bool, far_memory: bool) -> dict[int, TrackedObject]:
    """Propagate over a gap in one direction. Returns the object in each frame between the prompts."""
    near, far = (gap.last, gap.first) if reverse else (gap.first, gap.last)
    first, last = gap.first.frame_index, gap.last.frame_index
    info = reader.info
    segmenter.start(info.width, info.height, info.frame_count, reverse)
    thing = PromptedObject(gap.number, gap.label, (near,), first, last)
    sweep = Pass(segmenter, [thing], neighbours, PredictionReader(info.width, info.height, settings), settings,
                 (info.width, info.height), reverse)
    if far_memory:
        sweep.remember(reader.read(far.frame_index), gap.number, far)
    start, stop = (first + 1, last + 1) if reverse else (first, last)
    found: dict[int, TrackedObject] = {}
    with ReadAhead(reader, start, stop, reverse=reverse, on_error="skip") as frames:
        for frame in frames:
            if cancel.cancelled or sweep.is_over(frame.index, start if reverse else stop - 1):
                break
            for seen in sweep.step(frame):
                if frame.index != near.frame_index:
                    found[frame.index] = seen
    return found


def _agreement(one: TrackedObject | None, other: TrackedObject | None) -> float:
    if one is None or other is None or one.box_xyxy is None or other.box_xyxy is None:
        return 0.0
    return mask_iou(one.mask or EMPTY_MASK, other.mask or EMPTY_MASK)


def _chosen(forward: TrackedObject | None, backward: TrackedObject | None, before: bool) -> TrackedObject | None:
    """The object of the direction that counts in a frame, or of the other one if this one has lost it."""
    one, other = (forward, backward) if before else (backward, forward)
    chosen = other if (one is None or one.box_xyxy is None) and other is not None else one
    return None if chosen is None else replace(chosen, evidence=replace(chosen.evidence, prompted=False))

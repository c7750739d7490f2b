"""What the timeline draws, read from the store a little at a time. No Qt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from annotator.model.evidence import TrackEvent
from annotator.model.frame import TrackState
from annotator.model.track import Track, TrackObservation
from annotator.storage.spans.algebra import OPEN, Span

#: Frames of a conflict so far apart are two.
TOGETHER = 6


class Order(StrEnum):
    """How lanes are sorted."""

    NUMBER = "number"
    START = "start"
    LENGTH = "length"
    LABEL = "label"
    SUSPICION = "suspicion"


@dataclass(frozen=True, slots=True)
class Bar:
    """Frames ``first..last`` of a lane, both inclusive."""

    first: int
    last: int
    human: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One track on the timeline."""

    track: Track
    bars: tuple[Bar, ...]

    @property
    def first(self) -> int:
        return self.bars[0].first if self.bars else 0

    @property
    def last(self) -> int:
        return max((bar.last for bar in self.bars), default=-1)

    @property
    def keyframes(self) -> list[int]:
        """Frames with a person's box, rising."""
        return [frame for bar in self.bars if bar.human for frame in range(bar.first, bar.last + 1)]

    @property
    def length(self) -> int:
        """Frames in which the track exists, gaps left out."""
        covered, reach = 0, -1
        for bar in self.bars:
            covered += max(bar.last - max(bar.first, reach + 1) + 1, 0)
            reach = max(reach, bar.last)
        return covered


def make_lanes(tracks: Iterable[Track], spans: Iterable[Span], frame_count: int, reached: int | None = None,
               ) -> list[Lane]:
    """Lanes by track number. ``reached``: last frame of a running job, where its open spans end for now."""
    end = frame_count - 1 if reached is None else reached
    bars: dict[int, list[Bar]] = defaultdict(list)
    for span in spans:
        last = min(end, frame_count - 1) if span.end == OPEN else span.end
        if last >= span.first:
            bars[span.track].append(Bar(span.first, last, span.human))
    return [Lane(track, _ordered(bars.get(track.id, []))) for track in tracks]


def _ordered(bars: list[Bar]) -> tuple[Bar, ...]:
    return tuple(bars if len(bars) < 2 else sorted(bars, key=lambda bar: (bar.first, bar.last)))


def sort_lanes(lanes: Sequence[Lane], order: Order, group: Callable[[Lane], int] | None = None,
               suspicion: Mapping[int, int] | None = None) -> list[Lane]:
    """Lanes in this order; ties by number. Those with the same ``group`` stay together, the least group first.

    ``suspicion``: track id to number of suspicious frames; most of them first.
    """
    counts = suspicion or {}
    keys: dict[Order, Callable[[Lane], int]] = {
        Order.NUMBER: lambda lane: 0,
        Order.START: lambda lane: lane.first,
        Order.LENGTH: lambda lane: -lane.length,
        Order.LABEL: lambda lane: lane.track.label,
        Order.SUSPICION: lambda lane: -counts.get(lane.track.id, 0),
    }
    key = keys[order]
    return sorted(lanes, key=lambda lane: (0 if group is None else group(lane), key(lane), lane.track.number))


def object_counts(lanes: Iterable[Lane], frame_count: int) -> npt.NDArray[np.int32]:
    """(frame_count,) int32 number of tracks that exist in each frame. Boxes may lie beyond the count that a video's
    header gave; those are not counted."""
    steps = np.zeros(frame_count + 1, np.int32)
    for lane in lanes:
        reach = -1
        for bar in lane.bars:
            first = max(bar.first, reach + 1)
            if first <= min(bar.last, frame_count - 1):
                steps[first] += 1
                steps[min(bar.last, frame_count - 1) + 1] -= 1
                reach = bar.last
    return np.cumsum(steps[:-1], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of one track with the same state, both inclusive."""

    first: int
    last: int
    state: TrackState
    human: bool


def stretches(trajectory: Sequence[TrackObservation]) -> list[Stretch]:
    """Runs of equal state along a track's frames."""
    found: list[Stretch] = []
    for observation in trajectory:
        state = TrackState.LOST if observation.outside else observation.state
        before = found[-1] if found else None
        if before is not None and before.last == observation.frame - 1 and before.state is state \
                and before.human == observation.human:
            found[-1] = Stretch(before.first, observation.frame, state, before.human)
        else:
            found.append(Stretch(observation.frame, observation.frame, state, observation.human))
    return found


class Event(StrEnum):
    """What happened to a track in a frame, by the letter that says so on its lane."""

    PROMPT = "P"
    """It was prompted: by a detection where it began, or by a person."""
    REPROMPT = "R"
    """The tracker prompted it anew with a detection."""
    CONFLICT = "X"
    """Another track hides it; of a stretch of such frames, the first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on a lane."""

    frame: int
    event: Event


def letters(events: Iterable[TrackEvent]) -> list[Letter]:
    """Letters by frame, from the events of a track by frame."""
    found: list[Letter] = []
    hidden = -TOGETHER
    for event in events:
        if event.prompted:
            found.append(Letter(event.frame, Event.PROMPT))
        if event.reprompted:
            found.append(Letter(event.frame, Event.REPROMPT))
        if event.hidden:
            if event.frame - hidden >= TOGETHER:
                found.append(Letter(event.frame, Event.CONFLICT))
            hidden = event.frame
    return found

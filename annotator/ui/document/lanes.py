"""Plain data for the timeline's lanes, read from the store in small portions. No Qt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from annotator.model.evidence import TrackEvent
from annotator.model.frame import TrackState
from annotator.model.track import Mark, MarkKind, Track, TrackObservation
from annotator.storage.spans.algebra import OPEN, Span, subtract
from annotator.storage.spans.algebra import Stretch as Held

#: Conflicts at least this many frames apart are separate conflicts.
CONFLICT_GAP = 6


class Order(StrEnum):
    """Sort order of the lanes."""

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
        """Frames with a manual box, ascending."""
        return [frame for bar in self.bars if bar.human for frame in range(bar.first, bar.last + 1)]

    @property
    def length(self) -> int:
        """Number of frames in which the track exists, without gaps."""
        covered, reach = 0, -1
        for bar in self.bars:
            covered += max(bar.last - max(bar.first, reach + 1) + 1, 0)
            reach = max(reach, bar.last)
        return covered


def make_lanes(tracks: Iterable[Track], spans: Iterable[Span], frame_count: int, reached: int | None = None,
               marks: Iterable[Mark] = ()) -> list[Lane]:
    """Return the lanes in the order of ``tracks``. ``reached``: last frame of a running job, where open spans end.
    ``marks``: of the video; interpolated boxes have bars too."""
    spans = list(spans)
    end = frame_count - 1 if reached is None else reached
    bars: dict[int, list[Bar]] = defaultdict(list)
    for span in spans:
        last = min(end, frame_count - 1) if span.end == OPEN else span.end
        if last >= span.first:
            bars[span.track].append(Bar(span.first, last, span.human))
    for key, bar in _interpolated_bars(spans, marks, frame_count):
        bars[key].append(bar)
    return [Lane(track, _ordered(bars.get(track.id, []))) for track in tracks]


def _interpolated_bars(spans: Iterable[Span], marks: Iterable[Mark], frame_count: int) -> Iterator[tuple[int, Bar]]:
    """Track and frames of interpolated boxes: from the first to the last keyframe of a marked range, and to the end of
    the video if the range has no end. Frames that are marked as outside are left out."""
    drawn: dict[int, list[Span]] = defaultdict(list)
    gone: dict[int, list[tuple[int, int]]] = defaultdict(list)
    ranges: list[tuple[int, Mark]] = []
    for mark in marks:
        if mark.track is not None and mark.kind is MarkKind.OUTSIDE:
            gone[mark.track].append((mark.first, OPEN if mark.last is None else mark.last))
        elif mark.track is not None and mark.kind is MarkKind.INTERPOLATE:
            ranges.append((mark.track, mark))
    for span in spans if ranges else ():
        if span.human:
            drawn[span.track].append(span)
    for key, mark in ranges:
        end = frame_count - 1 if mark.last is None else min(mark.last, frame_count - 1)
        inside = [(max(span.first, mark.first), min(span.end, end)) for span in drawn[key]
                  if span.first <= end and span.end >= mark.first]
        if inside:
            first, last = min(inside)[0], end if mark.last is None else max(last for _, last in inside)
            held = Held(id=None, track=key, first=first, last=last, end=last)
            yield from ((key, Bar(piece.first, piece.end)) for piece in subtract([held], gone[key]))


def _ordered(bars: list[Bar]) -> tuple[Bar, ...]:
    return tuple(bars if len(bars) < 2 else sorted(bars, key=lambda bar: (bar.first, bar.last)))


def sort_lanes(lanes: Sequence[Lane], order: Order, group: Callable[[Lane], int] | None = None,
               suspicion: Mapping[int, int] | None = None) -> list[Lane]:
    """Sort lanes; ties are sorted by number. Lanes with the same ``group`` stay together, groups ascending.

    ``suspicion``: number of suspicious frames by track id; the largest number comes first.
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
    """Return the number of tracks that exist in each frame, (frame_count,) int32.

    Boxes beyond the frame count in the video's header are not counted.
    """
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
    """Split a trajectory into stretches of equal state."""
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
    """An event of a track in a frame; the value is the letter on its lane."""

    PROMPT = "P"
    """It was prompted, by its first detection or by the user."""
    REPROMPT = "R"
    """The tracker prompted it again with a detection."""
    CONFLICT = "X"
    """Another track occludes it; the first of such a sequence of frames."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on a lane."""

    frame: int
    event: Event


def letters(events: Iterable[TrackEvent]) -> list[Letter]:
    """Return the letters for the events of a track; events and letters are sorted by frame."""
    found: list[Letter] = []
    hidden = -CONFLICT_GAP
    for event in events:
        if event.prompted:
            found.append(Letter(event.frame, Event.PROMPT))
        if event.reprompted:
            found.append(Letter(event.frame, Event.REPROMPT))
        if event.hidden:
            if event.frame - hidden >= CONFLICT_GAP:
                found.append(Letter(event.frame, Event.CONFLICT))
            hidden = event.frame
    return found

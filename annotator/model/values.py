"""Values of attributes that change over time: a value holds from a frame until the next change."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from annotator.model.attribute import Value, is_same


@dataclass(frozen=True, slots=True)
class TrackValue:
    """A value of an attribute of a track that holds in frames ``first..last``, both inclusive."""

    track: int
    """Track id."""
    name: str
    first: int
    last: int | None
    """None: to the end of the video."""
    value: Value


@dataclass(frozen=True, slots=True)
class _Changes:
    """The attributes of a track: ``states[k]`` holds before ``starts[k]``, the last one from the last start on."""

    starts: list[int]
    states: list[Mapping[str, object]]


class ValuesOverTime:
    """The attributes of tracks in each frame: the values that hold there, else those of the whole track."""

    def __init__(self, whole: Mapping[int, Mapping[str, object]], values: Iterable[TrackValue]) -> None:
        """``whole``: track id -> values of the whole track. Values of other tracks are ignored."""
        self._whole = whole
        by_track: dict[int, list[TrackValue]] = defaultdict(list)
        for value in values:
            if value.track in whole:
                by_track[value.track].append(value)
        self._changes = {track: _changes(whole[track], each) for track, each in by_track.items()}

    def at(self, track: int, frame: int) -> Mapping[str, object]:
        """The attributes of a track in a frame: name -> value; none for an unknown track. It is the same object
        until the next change."""
        found = self._changes.get(track)
        if found is None:
            return self._whole.get(track, {})
        return found.states[bisect_right(found.starts, frame)]

    def all_of(self, track: int) -> dict[str, list[object]]:
        """The different values of each attribute of a track, in the order in which they first hold."""
        changes = self._changes_of(track)
        found: dict[str, list[object]] = {}
        # The state before the first change holds in no frame if that is the first frame.
        for state in changes.states[1:] if changes.starts[:1] == [0] else changes.states:
            for name, value in state.items():
                known = found.setdefault(name, [])
                if (type(value), value) not in [(type(each), each) for each in known]:
                    known.append(value)
        return found

    def stretches(self, track: int, name: str, frame_count: int) -> list[tuple[int, int, object]]:
        """First and last frame, both inclusive, and value of each stretch in which an attribute of a track has one."""
        changes = self._changes_of(track)
        found: list[tuple[int, int, object]] = []
        starts = [0, *changes.starts]
        for start, end, state in zip(starts, [*starts[1:], frame_count], changes.states, strict=True):
            value, last = state.get(name), min(end, frame_count) - 1
            if value is None or last < start:
                continue
            if found and found[-1][1] == start - 1 and found[-1][2] == value:
                start = found.pop()[0]
            found.append((start, last, value))
        return found

    def _changes_of(self, track: int) -> _Changes:
        return self._changes.get(track) or _Changes([], [self._whole.get(track, {})])

    def changing(self) -> set[int]:
        """Ids of the tracks with values that hold in some frames only."""
        return set(self._changes)


def _changes(whole: Mapping[str, object], values: list[TrackValue]) -> _Changes:
    begun: dict[int, list[TrackValue]] = defaultdict(list)
    ended: dict[int, list[str]] = defaultdict(list)
    for value in values:
        begun[value.first].append(value)
        if value.last is not None:
            ended[value.last + 1].append(value.name)
    starts = sorted({*begun, *ended})
    state = dict(whole)
    states: list[Mapping[str, object]] = [whole]
    for start in starts:
        state = dict(state)
        for name in ended[start]:
            state.pop(name, None)
            if name in whole:
                state[name] = whole[name]
        for value in begun[start]:
            state[value.name] = value.value
        states.append(state)
    return _Changes(starts, states)


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value of an attribute in a range of frames."""

    name: str
    value: object
    first: int
    last: int | None


class TrackAttributes:
    """Tells which values hold for a whole track, and which in some frames only.

    Takes the attributes of the track's boxes, the frames in ascending order.

    A value holds from its frame until the next change. A value that all boxes of the track have is one of the whole
    track.
    """

    def __init__(self) -> None:
        self._seen: Mapping[str, object] | None = None
        self._changes: dict[str, list[tuple[int, object]]] = {}  # None for no value

    def add(self, frame: int, attributes: Mapping[str, object]) -> None:
        """Take the attributes of a box."""
        before, self._seen = self._seen, attributes
        if before is attributes:
            return
        for name in {*attributes, *self._changes}:
            value = attributes.get(name)
            changes = self._changes.get(name)
            if changes is None:
                if value is not None:
                    self._changes[name] = [(frame, value)] if before is None else [(0, None), (frame, value)]
            elif not is_same(changes[-1][1], value):
                changes.append((frame, value))

    def varying(self) -> list[str]:
        """Names of the attributes that change over time."""
        return [name for name, changes in self._changes.items() if len(changes) > 1]

    def values_of(self, name: str) -> set[object]:
        """The values of an attribute in some frame."""
        return {value for _, value in self._changes.get(name, ()) if value is not None}

    def whole(self) -> dict[str, object]:
        """The values of the whole track."""
        return {name: changes[0][1] for name, changes in self._changes.items() if len(changes) == 1}

    def values(self) -> list[ValueRow]:
        """The values that hold in some frames only."""
        found = []
        for name in self.varying():
            changes = self._changes[name]
            ends: list[int | None] = [*(frame - 1 for frame, _ in changes[1:]), None]
            found += [ValueRow(name, value, frame, last) for (frame, value), last in zip(changes, ends, strict=True)
                      if value is not None]
        return found

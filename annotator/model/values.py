"""Values of attributes that change over time: a value holds from a frame until the next change."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from annotator.model.attribute import Value


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
        """The attributes of a track in a frame: name -> value. It is the same object until the next change."""
        found = self._changes.get(track)
        if found is None:
            return self._whole[track]
        return found.states[bisect_right(found.starts, frame)]

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

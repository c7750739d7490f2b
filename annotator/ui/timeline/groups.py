"""Which lanes stand together under one heading. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from annotator.ui.document.lanes import Lane


class Grouping(StrEnum):
    """What lanes of a group have in common."""

    LABEL = "label"
    START = "start"
    LENGTH = "length"
    SUSPICION = "suspicion"


@dataclass(frozen=True, slots=True)
class Heading:
    """A row above the lanes of a group."""

    key: int
    """What its lanes have in common; see `group_key`."""
    text: str
    count: int
    folded: bool = False
    """Its lanes are not shown."""


Row = Lane | Heading

#: Seconds from which on a track is in the group before: the longest first.
LENGTHS = (60, 10, 1)
#: Suspicious frames from which on a track is in the group before: the most first.
SUSPICIONS = (10, 1)
#: Seconds that a group by start may span, and how many such groups there may be.
_SPANS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_GROUPS = 12


def span_seconds(duration: float) -> int:
    """Seconds that one group by start covers in a video of so many."""
    return next((span for span in _SPANS if duration / span <= _MOST_GROUPS), _SPANS[-1])


def group_key(grouping: Grouping, fps: float, frame_count: int, suspicion: Mapping[int, int]) -> Callable[[Lane], int]:
    """What tells groups apart, rising in the order in which they are shown.

    A label's id; the group's number by start; the place in `LENGTHS` or `SUSPICIONS`.
    """
    rate = fps if fps > 0 else 25.0
    span = span_seconds(frame_count / rate)
    keys: dict[Grouping, Callable[[Lane], int]] = {
        Grouping.LABEL: lambda lane: lane.track.label,
        Grouping.START: lambda lane: int(lane.first / rate // span),
        Grouping.LENGTH: lambda lane: _place(lane.length / rate, LENGTHS),
        Grouping.SUSPICION: lambda lane: _place(suspicion.get(lane.track.id, 0), SUSPICIONS),
    }
    return keys[grouping]


def with_headings(lanes: Sequence[Lane], key: Callable[[Lane], int], text: Callable[[int], str],
                  folded: Collection[int] = ()) -> list[Row]:
    """Lanes that are sorted by group, each group below its heading; ``text`` says what a key means. Of ``folded``
    groups the heading alone."""
    rows: list[Row] = []
    for group, members in groupby(lanes, key):
        together = list(members)
        rows.append(Heading(group, text(group), len(together), group in folded))
        if group not in folded:
            rows += together
    return rows


def _place(value: float, limits: Sequence[int]) -> int:
    return next((place for place, limit in enumerate(limits) if value >= limit), len(limits))

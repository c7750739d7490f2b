"""Groups of lanes under a common heading. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from annotator.ui.document.lanes import Lane


class Grouping(StrEnum):
    """The property that the lanes of a group share."""

    LABEL = "label"
    START = "start"
    LENGTH = "length"
    SUSPICION = "suspicion"


@dataclass(frozen=True, slots=True)
class Heading:
    """A row above the lanes of a group."""

    key: int
    """The value that its lanes share; see `group_key`."""
    text: str
    count: int
    folded: bool = False
    """Whether its lanes are collapsed."""


Row = Lane | Heading

#: Lower limits of the groups by length, in seconds, descending; shorter tracks form one more group.
LENGTHS = (60, 10, 1)
#: Lower limits of the groups by number of suspicious frames, descending; tracks without any form one more group.
SUSPICIONS = (10, 1)
#: Possible lengths of a group by start, in seconds, and the maximum number of such groups.
_SPANS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_GROUPS = 12


def span_seconds(duration: float) -> int:
    """Return the length of a group by start for a video of this duration; both in seconds."""
    return next((span for span in _SPANS if duration / span <= _MOST_GROUPS), _SPANS[-1])


def group_key(grouping: Grouping, fps: float, frame_count: int, suspicion: Mapping[int, int]) -> Callable[[Lane], int]:
    """Return a function that maps a lane to its group; groups are shown in ascending order.

    The value is the id of the label, the number of the group by start, or an index into `LENGTHS` or `SUSPICIONS`.
    """
    rate = fps if fps > 0 else 25.0
    span = span_seconds(frame_count / rate)
    keys: dict[Grouping, Callable[[Lane], int]] = {
        Grouping.LABEL: lambda lane: lane.track.label,
        Grouping.START: lambda lane: int(lane.first / rate // span),
        Grouping.LENGTH: lambda lane: _limit_index(lane.length / rate, LENGTHS),
        Grouping.SUSPICION: lambda lane: _limit_index(suspicion.get(lane.track.id, 0), SUSPICIONS),
    }
    return keys[grouping]


def with_headings(lanes: Sequence[Lane], key: Callable[[Lane], int], text: Callable[[int], str],
                  folded: Collection[int] = ()) -> list[Row]:
    """Insert a heading above each group of lanes.

    Args:
        lanes: sorted by group.
        key: maps a lane to its group.
        text: returns the heading of a group.
        folded: groups that are shown as a heading only.
    """
    rows: list[Row] = []
    for group, members in groupby(lanes, key):
        together = list(members)
        rows.append(Heading(group, text(group), len(together), group in folded))
        if group not in folded:
            rows += together
    return rows


def _limit_index(value: float, limits: Sequence[int]) -> int:
    return next((index for index, limit in enumerate(limits) if value >= limit), len(limits))

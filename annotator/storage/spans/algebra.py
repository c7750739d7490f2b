"""Spans: which part of which tracklet belongs to which identity. Pure range algebra, no database.

Within one track, the spans of machine tracklets never share a frame, and neither do those of human ones; that is
what makes "one box per track and frame" true, because a person's box outranks the machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

#: Beyond every frame: the effective end of what has no end yet.
OPEN = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Frames ``first..last`` of a track, both inclusive, kept as one row."""

    id: int | None
    """Row id; None for a piece that has no row yet."""
    track: int
    first: int
    last: int | None
    """None: open; to the end of whatever it is a part of, which may still lie ahead."""
    end: int
    """Last frame that it can really reach; `OPEN` while that is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Stretch):
    """A part of a tracklet as part of a track."""

    tracklet: int
    human: bool


AnyStretch = TypeVar("AnyStretch", bound=Stretch)


def inside(stretch: AnyStretch, first: int, last: int | None = None) -> AnyStretch | None:
    """The part within ``first..last`` (None: open), without a row of its own unless it is the whole."""
    start, end = max(stretch.first, first), min(stretch.end, OPEN if last is None else last)
    if end < start:
        return None
    if start == stretch.first and end == stretch.end:
        return stretch
    return replace(stretch, id=None, first=start, last=stretch.last if end == stretch.end else end, end=end)


def outside(stretch: AnyStretch, first: int, last: int | None = None) -> list[AnyStretch]:
    """What lies before ``first`` and after ``last``; the earlier piece keeps the row."""
    before = inside(stretch, 0, first - 1)
    after = None if last is None else inside(stretch, last + 1)
    pieces = [piece for piece in (before, after) if piece is not None]
    if pieces:
        pieces[0] = replace(pieces[0], id=stretch.id)
    return pieces


def cut(stretches: Iterable[AnyStretch], first: int, last: int | None = None,
        ) -> tuple[list[AnyStretch], list[AnyStretch]]:
    """Split at a range: what lies inside, what lies outside. A row goes with its first piece outside, or with the
    inside if all of it is there."""
    inner: list[AnyStretch] = []
    outer: list[AnyStretch] = []
    for stretch in stretches:
        piece = inside(stretch, first, last)
        if piece is None:
            outer.append(stretch)
            continue
        inner.append(piece)
        if piece is not stretch:
            outer += outside(stretch, first, last)
    return inner, outer


def subtract(stretches: Iterable[AnyStretch], taken: Iterable[tuple[int, int]]) -> list[AnyStretch]:
    """Without the frames of the given ranges (both ends inclusive, `OPEN` for no end)."""
    left = list(stretches)
    for first, end in taken:
        left = cut(left, first, None if end >= OPEN else end)[1]
    return left


def assign(stretches: Iterable[AnyStretch], track: int) -> list[AnyStretch]:
    """The same as part of another track."""
    return [replace(stretch, track=track) for stretch in stretches]


def first_conflict(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Two spans of one track and one kind (machine or human) that share a frame; None if there are none."""
    reaching = [span for span in spans if span.first <= span.end]
    ordered = sorted(reaching, key=lambda span: (span.track, span.human, span.first))
    for one, other in pairwise(ordered):
        if (one.track, one.human) == (other.track, other.human) and other.first <= one.end:
            return one, other
    return None

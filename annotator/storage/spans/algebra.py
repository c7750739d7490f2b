"""Spans, which assign parts of tracklets to identities. Pure range algebra, no database.

Within a track, spans of machine tracklets never share a frame, and neither do spans of human tracklets. As a manual box
overrides the predicted one, this guarantees one box per track and frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

#: Larger than any frame index: the effective end of a range that has no end yet.
OPEN = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Frames ``first..last`` of a track, both inclusive, stored as one row."""

    id: int | None
    """Row id; None for a piece that has no row yet."""
    track: int
    first: int
    last: int | None
    """None: open, up to the end of the tracklet or video, which may not be known yet."""
    end: int
    """Last frame that it can actually reach; `OPEN` while that is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Stretch):
    """A part of a tracklet that belongs to a track."""

    tracklet: int
    human: bool


AnyStretch = TypeVar("AnyStretch", bound=Stretch)


def inside(stretch: AnyStretch, first: int, last: int | None = None) -> AnyStretch | None:
    """The part within ``first..last`` (None: open). It keeps the row only if it is the whole stretch."""
    start, end = max(stretch.first, first), min(stretch.end, OPEN if last is None else last)
    if end < start:
        return None
    if start == stretch.first and end == stretch.end:
        return stretch
    return replace(stretch, id=None, first=start, last=stretch.last if end == stretch.end else end, end=end)


def outside(stretch: AnyStretch, first: int, last: int | None = None) -> list[AnyStretch]:
    """The parts before ``first`` and after ``last``; the earlier one keeps the row."""
    before = inside(stretch, 0, first - 1)
    after = None if last is None else inside(stretch, last + 1)
    pieces = [piece for piece in (before, after) if piece is not None]
    if pieces:
        pieces[0] = replace(pieces[0], id=stretch.id)
    return pieces


def cut(stretches: Iterable[AnyStretch], first: int, last: int | None = None,
        ) -> tuple[list[AnyStretch], list[AnyStretch]]:
    """Split at a range: return the pieces inside and those outside. A row stays with its first outside piece, or with
    the inside one if the whole stretch lies inside."""
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
    """Remove the frames of the given ranges (both ends inclusive, `OPEN` for no end)."""
    left = list(stretches)
    for first, end in taken:
        left = cut(left, first, None if end >= OPEN else end)[1]
    return left


def assign(stretches: Iterable[AnyStretch], track: int) -> list[AnyStretch]:
    """Reassign stretches to another track."""
    return [replace(stretch, track=track) for stretch in stretches]


def first_conflict(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Find two spans of the same track and kind (machine or human) that share a frame; None if there are none."""
    reaching = [span for span in spans if span.first <= span.end]
    ordered = sorted(reaching, key=lambda span: (span.track, span.human, span.first))
    for one, other in pairwise(ordered):
        if (one.track, one.human) == (other.track, other.human) and other.first <= one.end:
            return one, other
    return None

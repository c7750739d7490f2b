"""Spans, which assign parts of tracklets to identities. Pure range algebra, no database.

Within a track, spans of machine tracklets never share a frame, and neither do spans of human tracklets. As a manual box
overrides the predicted one, this guarantees one box per track and frame.

A span of a human tracklet has a manual box in each of its frames, so its frames are keyframes. Boxes in consecutive
frames share a span, so that a dense track of a person costs as little as one of a run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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


def meeting(ranges: Sequence[tuple[int, int]], first: int, end: int) -> Sequence[tuple[int, int]]:
    """Those of some ranges, ordered and disjoint, both ends inclusive, that share a frame with ``first..end``."""
    start = bisect_left(ranges, first, key=lambda each: each[1])
    return ranges[start:bisect_right(ranges, end, key=lambda each: each[0])]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans of human tracklets that continue each other. The joined span keeps the row of the first that has one.
    """
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.tracklet, span.first)):
        before = found[-1] if found else None
        if before is not None and before.human and span.human and before.last is not None and (
                (before.tracklet, before.track, before.last + 1) == (span.tracklet, span.track, span.first)):
            found[-1] = replace(before, id=span.id if before.id is None else before.id, last=span.last, end=span.end)
        else:
            found.append(span)
    return found


def manual_frames(spans: Iterable[Span]) -> list[int]:
    """The frames in which the spans of one track have a manual box, ascending."""
    manual = sorted((span for span in spans if span.human), key=lambda span: span.first)
    return [frame for span in manual for frame in range(span.first, span.end + 1)]


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

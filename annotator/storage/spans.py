"""Spans: which part of which tracklet belongs to which identity. Pure range algebra, no database.

Within one track, the spans of machine tracklets never share a frame, and neither do those of human ones; that is
what makes "one box per track and frame" true, because a person's box outranks the machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

#: Beyond every frame: the effective end of what has no end yet.
OPEN = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """Frames ``first..last`` of a tracklet, both inclusive, as part of a track."""

    id: int | None
    """Row id; None for a piece that has no row yet."""
    tracklet: int
    first: int
    last: int | None
    """None: to the tracklet's end, which may still lie ahead."""
    track: int
    human: bool
    end: int
    """Last frame that the span can really reach: its own or its tracklet's end; `OPEN` while neither is known."""

    @property
    def empty(self) -> bool:
        return self.end < self.first


def inside(span: Span, first: int, last: int | None = None) -> Span | None:
    """The part of a span within ``first..last`` (None: open), without a row of its own unless it is the whole."""
    limit = OPEN if last is None else last
    start, end = max(span.first, first), min(span.end, limit)
    if end < start:
        return None
    if start == span.first and end == span.end:
        return span
    return replace(span, id=None, first=start, last=span.last if end == span.end else end, end=end)


def outside(span: Span, first: int, last: int | None = None) -> list[Span]:
    """What of a span lies before ``first`` and after ``last``; the earlier piece keeps the row."""
    before = inside(span, 0, first - 1) if first > 0 else None
    after = inside(span, last + 1) if last is not None else None
    pieces = [piece for piece in (before, after) if piece is not None]
    if pieces:
        pieces[0] = replace(pieces[0], id=span.id)
    return pieces


def cut(spans: Iterable[Span], first: int, last: int | None = None) -> tuple[list[Span], list[Span]]:
    """Split at a range: what lies inside, what lies outside. A span's row goes with its first piece outside,
    or with the inside if all of it is there."""
    inner: list[Span] = []
    outer: list[Span] = []
    for span in spans:
        piece = inside(span, first, last)
        if piece is None:
            outer.append(span)
            continue
        inner.append(piece)
        if piece is not span:
            outer += outside(span, first, last)
    return inner, outer


def subtract(spans: Iterable[Span], taken: Iterable[tuple[int, int]]) -> list[Span]:
    """Spans without the frames of the given ranges (both ends inclusive, `OPEN` for no end)."""
    left = list(spans)
    for first, end in taken:
        left = cut(left, first, None if end >= OPEN else end)[1]
    return left


def assign(spans: Iterable[Span], track: int) -> list[Span]:
    """The same spans as part of another track."""
    return [replace(span, track=track) for span in spans]


def first_conflict(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Two spans of one track and one kind (machine or human) that share a frame; None if there are none."""
    ordered = sorted(spans, key=lambda span: (span.track, span.human, span.first))
    for one, other in zip(ordered, ordered[1:], strict=False):
        if (one.track, one.human) == (other.track, other.human) and other.first <= one.end:
            return one, other
    return None

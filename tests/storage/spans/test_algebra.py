from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotator.storage.spans.algebra import OPEN, Span, assign, cut, first_conflict, inside, outside, subtract


def span(first: int, last: int | None, track: int = 1, key: int | None = 7, end: int | None = None) -> Span:
    return Span(id=key, track=track, first=first, last=last, end=OPEN if last is None and end is None else end or last
                or 0, tracklet=3, human=False)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(st.integers(0, 30))
    return first, first + draw(st.integers(0, 30))


def frames(*spans: Span) -> list[int]:
    return sorted(frame for one in spans for frame in range(one.first, min(one.end, 100) + 1))


@given(ranges(), ranges())
def test_inside_and_outside_share_a_span_between_them(own: tuple[int, int], other: tuple[int, int]) -> None:
    whole = span(*own)
    part, rest = inside(whole, *other), outside(whole, *other)
    pieces = [*rest, *([] if part is None else [part])]
    assert frames(*pieces) == frames(whole)
    assert all(piece.first <= piece.end for piece in pieces)
    assert [piece.id for piece in pieces].count(7) == 1


@given(ranges(), st.lists(ranges(), max_size=4))
def test_subtract_leaves_what_is_not_taken(own: tuple[int, int], taken: list[tuple[int, int]]) -> None:
    left = subtract([span(*own)], taken)
    gone = {frame for first, last in taken for frame in range(first, last + 1)}
    assert frames(*left) == [frame for frame in frames(span(*own)) if frame not in gone]
    assert first_conflict(left) is None


def test_an_open_span_stays_open_behind_a_cut() -> None:
    inner, outer = cut([span(10, None)], 20)
    assert [(s.first, s.last, s.id) for s in inner] == [(20, None, None)]
    assert [(s.first, s.last, s.id) for s in outer] == [(10, 19, 7)]
    inner, outer = cut([span(10, None)], 20, 29)
    assert [(s.first, s.last) for s in inner] == [(20, 29)]
    assert [(s.first, s.last) for s in outer] == [(10, 19), (30, None)]
    assert subtract([span(10, None)], [(15, OPEN)])[0].last == 14


def test_an_open_span_of_an_ended_tracklet_reaches_to_its_end() -> None:
    ended = span(10, None, end=30)
    assert inside(ended, 31) is None
    assert inside(ended, 5, 40) == ended
    assert first_conflict([ended, span(31, 40)]) is None
    assert first_conflict([ended, span(30, 40)]) is not None


def test_conflicts_are_of_one_track_and_one_kind() -> None:
    assert first_conflict([span(0, 9), span(5, 9, track=2)]) is None
    assert first_conflict(assign([span(0, 9), span(5, 9, track=2)], 1)) is not None
    never_reached = span(95, None, end=90)
    assert first_conflict([span(0, 100), never_reached]) is None

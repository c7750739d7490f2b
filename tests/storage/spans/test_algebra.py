from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotator.storage.spans.algebra import (
    OPEN,
    Span,
    assign,
    cut,
    first_conflict,
    inside,
    joined,
    meeting,
    outside,
    subtract,
)


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


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_joined_manual_spans_cover_the_same_frames_with_the_fewest_rows(stored: set[int], drawn: set[int]) -> None:
    singles = [Span(id=frame if frame in stored else None, track=1, first=frame, last=frame, end=frame, tracklet=3,
                    human=True) for frame in sorted(stored | drawn)]
    found = joined(singles)
    assert frames(*found) == sorted(stored | drawn)
    assert all(b.first > a.end + 1 for a, b in pairwise(found))
    for each in found:
        known = [frame for frame in range(each.first, each.end + 1) if frame in stored]
        assert each.id == (known[0] if known else None)


def test_only_manual_spans_of_one_tracklet_and_track_are_joined() -> None:
    apart = [Span(id=k, track=track, first=frame, last=frame, end=frame, tracklet=tracklet, human=human)
             for k, (frame, track, tracklet, human) in enumerate(
                 [(0, 1, 3, False), (1, 1, 3, False), (4, 1, 5, True), (5, 2, 5, True), (6, 2, 6, True)])]
    assert joined(apart) == apart


@given(st.lists(ranges(), max_size=6), ranges())
def test_meeting_finds_the_ranges_that_share_a_frame(given_ranges: list[tuple[int, int]], own: tuple[int, int]) -> None:
    disjoint: list[tuple[int, int]] = []
    for first, last in sorted(given_ranges):
        if not disjoint or first > disjoint[-1][1]:
            disjoint.append((first, last))
    assert list(meeting(disjoint, *own)) == [each for each in disjoint if each[0] <= own[1] and own[0] <= each[1]]


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

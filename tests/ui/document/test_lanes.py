from __future__ import annotations

import numpy as np

from annotator.model.evidence import TrackEvent
from annotator.model.frame import TrackState
from annotator.model.track import ReviewState, Track, TrackObservation
from annotator.storage.spans.algebra import OPEN, Span
from annotator.ui.document.lanes import Event, Order, letters, make_lanes, object_counts, sort_lanes, stretches


def track(number: int, label: int = 1) -> Track:
    return Track(number, 1, number, label, "", "#000000", ReviewState.UNSEEN)


def span(of: int, first: int, end: int, human: bool = False) -> Span:
    return Span(id=None, track=of, first=first, last=None, end=end, tracklet=of, human=human)


def seen(frame: int, state: TrackState, human: bool = False) -> TrackObservation:
    return TrackObservation(frame, 1, 1, 1, 1, (0, 0, 1, 1), 1.0, state, human)


def test_an_open_span_ends_where_the_running_job_is() -> None:
    lanes = make_lanes([track(1)], [span(1, 3, OPEN)], frame_count=100, reached=40)
    assert (lanes[0].first, lanes[0].last, lanes[0].length) == (3, 40, 38)


def test_a_human_box_over_the_machines_is_not_counted_twice() -> None:
    lanes = make_lanes([track(1)], [span(1, 0, 9), span(1, 4, 4, human=True)], frame_count=20)
    assert lanes[0].length == 10
    assert object_counts(lanes, 20).tolist() == [1] * 10 + [0] * 10


def test_boxes_beyond_the_video_are_not_counted() -> None:
    lanes = make_lanes([track(1), track(2)], [span(1, 15, 30), span(2, 25, 30)], frame_count=20)
    assert object_counts(lanes, 20).tolist() == [0] * 15 + [1] * 5


def test_orders() -> None:
    lanes = make_lanes([track(1, 2), track(2, 1)], [span(1, 5, 30), span(2, 2, 9)], frame_count=40)
    assert [lane.track.number for lane in sort_lanes(lanes, Order.START)] == [2, 1]
    assert [lane.track.number for lane in sort_lanes(lanes, Order.LENGTH)] == [1, 2]
    assert [lane.track.number for lane in sort_lanes(lanes, Order.LABEL)] == [2, 1]


def test_counts_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    spans = [span(n, first := int(rng.integers(0, 50)), first + int(rng.integers(0, 60))) for n in range(1, 30)]
    lanes = make_lanes([track(n) for n in range(1, 30)], spans, frame_count=80)
    plain = [sum(s.first <= frame <= s.end for s in spans) for frame in range(80)]
    assert object_counts(lanes, 80).tolist() == plain


def test_stretches_break_at_a_new_state_a_gap_and_a_human_box() -> None:
    found = stretches([seen(0, TrackState.RELIABLE), seen(1, TrackState.RELIABLE), seen(2, TrackState.LOST),
                       seen(5, TrackState.LOST), seen(6, TrackState.LOST, human=True)])
    assert [(s.first, s.last) for s in found] == [(0, 1), (2, 2), (5, 5), (6, 6)]


def test_a_conflict_has_one_letter_however_long_it_is() -> None:
    hidden = [TrackEvent(frame, False, False, True) for frame in (10, 11, 12, 16, 22)]
    events = [TrackEvent(0, True, False, False), *hidden, TrackEvent(30, False, True, False)]
    assert [(each.frame, each.event) for each in letters(events)] == [
        (0, Event.PROMPT), (10, Event.CONFLICT), (22, Event.CONFLICT), (30, Event.REPROMPT)]

from __future__ import annotations

from annotator.ui.document.lanes import Order, make_lanes, sort_lanes
from annotator.ui.timeline.groups import Grouping, Heading, group_key, span_seconds, with_headings
from tests.ui.document.test_lanes import span, track

FPS = 10.0


def grouped(grouping: Grouping, lengths: list[int], suspicion: dict[int, int] | None = None) -> list[str | int]:
    """Headings as text and count, lanes as numbers; track n has ``lengths[n - 1]`` frames and label n % 2."""
    lanes = make_lanes([track(n, n % 2) for n in range(1, len(lengths) + 1)],
                       [span(n, 0, length - 1) for n, length in enumerate(lengths, 1)], frame_count=2000)
    key = group_key(grouping, FPS, 2000, suspicion or {})
    rows = with_headings(sort_lanes(lanes, Order.NUMBER, key), key, str)
    return [f"{row.text}x{row.count}" if isinstance(row, Heading) else row.track.number for row in rows]


def test_the_longest_and_the_most_suspicious_come_first() -> None:
    assert grouped(Grouping.LENGTH, [5, 700, 50, 650, 9]) == ["0x2", 2, 4, "2x1", 3, "3x2", 1, 5]
    assert grouped(Grouping.SUSPICION, [5] * 4, {2: 30, 4: 1}) == ["0x1", 2, "1x1", 4, "2x2", 1, 3]


def test_classes_have_a_heading_each() -> None:
    assert grouped(Grouping.LABEL, [5] * 3) == ["0x1", 2, "1x2", 1, 3]


def test_starts_are_cut_into_a_dozen_parts_at_most() -> None:
    for duration in (0.0, 1.0, 12.0, 13.0, 59.0, 600.0, 7200.0, 12 * 3600.0):
        assert duration / span_seconds(duration) <= 12
    lanes = make_lanes([track(1), track(2)], [span(1, 0, 9), span(2, 450, 460)], frame_count=600)
    key = group_key(Grouping.START, FPS, 600, {})
    assert [key(lane) for lane in lanes] == [0, 45 // span_seconds(60.0)]


def test_a_video_without_a_rate_has_groups_too() -> None:
    lanes = make_lanes([track(1)], [span(1, 0, 99)], frame_count=100)
    for grouping in Grouping:
        key = group_key(grouping, 0.0, 100, {})
        assert len(with_headings(lanes, key, str)) == 2

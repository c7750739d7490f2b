from __future__ import annotations

from annotator.model.ranges import joined


def test_ranges_that_touch_are_one() -> None:
    assert joined([(8, 9), (0, 3), (4, 5), (2, 2), (9, 12)]) == ((0, 5), (8, 12))
    assert joined([]) == ()

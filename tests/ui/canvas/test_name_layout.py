from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotator.ui.canvas.name_layout import NameLayout, Rect

LIMITS, HEIGHT = (0.0, 0.0, 400.0, 300.0), 15.0


def meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


boxes = st.tuples(st.floats(-100, 450), st.floats(-100, 350), st.floats(1, 200), st.floats(1, 200)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3]))


@given(st.lists(st.tuples(boxes, st.floats(10, 80)), max_size=60))
def test_names_never_meet_and_stay_in_the_picture(wanted: list[tuple[Rect, float]]) -> None:
    places = NameLayout(LIMITS, HEIGHT)
    found = [place for box, width in wanted if (place := places.place(box, width)) is not None]
    for number, place in enumerate(found):
        assert place[0] >= 0
        assert place[1] >= 0
        assert place[2] <= 400
        assert place[3] <= 300
        assert not any(meet(place, other) for other in found[:number])


def test_above_then_below_then_inside_then_nowhere() -> None:
    places = NameLayout(LIMITS, HEIGHT)
    box = (100.0, 100.0, 150.0, 180.0)
    tops = [place[1] if (place := places.place(box, 40)) is not None else None for _ in range(4)]
    assert tops == [85, 180, 100, None]


def test_a_box_out_of_sight_has_no_name() -> None:
    assert NameLayout(LIMITS, HEIGHT).place((401, 10, 450, 50), 40) is None


def test_a_name_at_the_edge_moves_inside() -> None:
    assert NameLayout(LIMITS, HEIGHT).place((380, -20, 420, 40), 40) == (360, 0, 400, 15)

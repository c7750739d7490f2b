from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotator.model.attribute import Value
from annotator.model.values import TrackValue, ValuesOverTime

FRAMES = st.integers(0, 20)
_VALUES: st.SearchStrategy[Value] = st.sampled_from(["a", "b"]) | st.just(1.5) | st.just(True)


@st.composite
def disjoint(draw: st.DrawFn, name: str) -> list[TrackValue]:
    """Values of one attribute of track 7 in ranges that do not overlap, in any order."""
    edges = sorted(draw(st.sets(FRAMES, max_size=6)))
    found = []
    for first, following in zip(edges, [*edges, None][1:], strict=True):
        last = None if following is None else draw(st.integers(first, following - 1))
        if following is None and draw(st.booleans()):
            last = first + 3
        found.append(TrackValue(7, name, first, last, draw(_VALUES)))
    return draw(st.permutations(found))


@given(disjoint("one"), disjoint("two"), st.dictionaries(st.sampled_from(["one", "two", "three"]), st.just("whole")))
def test_each_frame_has_the_value_that_holds_there(one: list[TrackValue], two: list[TrackValue],
                                                   whole: dict[str, object]) -> None:
    values = ValuesOverTime({7: whole, 8: {"x": 1}}, [*one, *two, TrackValue(9, "one", 0, None, "other video")])
    for frame in range(30):
        wanted = whole | {value.name: value.value for value in [*one, *two]
                          if value.first <= frame and (value.last is None or frame <= value.last)}
        assert values.at(7, frame) == wanted
    assert values.at(8, 3) == {"x": 1}
    assert values.changing() == ({7} if one or two else set())

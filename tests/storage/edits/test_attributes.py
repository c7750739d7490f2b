from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import StorageError
from annotator.model.attribute import Attribute, AttributeKind
from annotator.model.changes import ChangeKind
from annotator.model.track import MarkKind, ReviewState
from annotator.storage.edits import attributes, drawn_boxes
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run

KINDS = (AttributeKind.TEXT, AttributeKind.NUMBER, AttributeKind.CHOICE, AttributeKind.FLAG)


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, {1: (0, 60), 2: (10, 99), 3: (70, 99)})
    return [track.id for track in store.tracks(1)]


def said(store: Store, track: int) -> dict[str, object]:
    return store.track(track).attributes


@settings(deadline=None)
@given(kind=st.sampled_from(KINDS), value=st.none() | st.booleans() | st.floats() | st.integers() | st.text())
def test_what_fits_once_fits_as_it_is(kind: AttributeKind, value: object) -> None:
    attribute = Attribute(1, None, "a", kind, ("red", "blue"))
    fitting = attribute.fitting(value)
    assert fitting is None or attribute.fitting(fitting) == fitting
    assert type(fitting) in {AttributeKind.FLAG: (bool, type(None)), AttributeKind.NUMBER: (float, type(None))}.get(
        kind, (str, type(None)))


def test_attributes_of_a_label_and_of_all(store: Store, ids: list[int]) -> None:
    car = store.ensure_label("car")
    team = attributes.add_attribute(store, " team ", AttributeKind.CHOICE, car.id, ("red", " blue", "red", ""), "red")
    late = attributes.add_attribute(store, "late", AttributeKind.FLAG)
    assert store.attributes() == [team, late]
    assert (team.name, team.options, team.default) == ("team", ("red", "blue"), "red")
    assert team.value_of(store.track(ids[0])) == "red"
    assert late.value_of(store.track(ids[0])) is None
    store.undo()
    assert store.attributes() == [team]


@pytest.mark.parametrize(("name", "kind", "options", "default", "message"), [
    ("", AttributeKind.TEXT, (), None, "needs a name"),
    ("team", AttributeKind.TEXT, (), None, "an attribute named team already exists"),
    ("size", AttributeKind.CHOICE, (" ",), None, "size has no options"),
    ("size", AttributeKind.CHOICE, ("S", "L"), "M", "'M' is not a valid value of the attribute size; enter one of S"),
    ("age", AttributeKind.NUMBER, (), "old", "enter a number"),
    ("late", AttributeKind.FLAG, (), "perhaps", "enter yes or no")])
def test_what_is_no_attribute_is_refused(store: Store, name: str, kind: AttributeKind, options: tuple[str, ...],
                                         default: str | None, message: str) -> None:
    car = store.ensure_label("car")
    attributes.add_attribute(store, "team", AttributeKind.TEXT, car.id)
    with pytest.raises(StorageError, match=message):
        attributes.add_attribute(store, name, kind, None, options, default)
    assert len(store.attributes()) == 1


def test_two_labels_may_have_attributes_of_one_name(store: Store) -> None:
    for label in ("car", "person"):
        attributes.add_attribute(store, "age", AttributeKind.NUMBER, store.ensure_label(label).id)
    assert len(store.attributes()) == 2


def test_values_follow_a_renamed_attribute_and_those_that_fit_no_more_go(store: Store, ids: list[int]) -> None:
    age = attributes.add_attribute(store, "age é", AttributeKind.TEXT)
    attributes.describe_tracks(store, ids[:1], attributes={"age é": "12"})
    attributes.describe_tracks(store, ids[1:2], attributes={"age é": "old"})
    before = everything(store)
    attributes.change_attribute(store, replace(age, name="years", kind=AttributeKind.NUMBER, default=1.0))
    assert [said(store, key) for key in ids] == [{"years": 12.0}, {}, {}]
    assert store.attribute(age.id).default == 1.0
    store.undo()
    assert everything(store) == before
    store.redo()
    attributes.remove_attribute(store, age.id)
    assert said(store, ids[0]) == {}
    assert store.attributes() == []
    with pytest.raises(StorageError, match="no attribute with id"):
        attributes.remove_attribute(store, age.id)


def test_many_tracks_are_described_in_one_step(store: Store, ids: list[int]) -> None:
    attributes.add_attribute(store, "team", AttributeKind.CHOICE, options=("red", "blue"))
    attributes.describe_tracks(store, ids[:1], attributes={"note": "kept"})
    before, steps = everything(store), len(store.history())
    changes = attributes.describe_tracks(store, ids, name="Ann", color="#123456", review=ReviewState.REVIEWED,
                                         attributes={"team": "blue"})
    assert (changes.tracks, changes.video) == (frozenset(ids), 1)
    assert changes.kinds & ChangeKind.TRACKS
    assert said(store, ids[0]) == {"note": "kept", "team": "blue"}
    assert {(t.name, t.color, t.review) for t in store.tracks(1)} == {("Ann", "#123456", ReviewState.REVIEWED)}
    assert [step.label for step in store.history()][steps:] == ["Edit 3 tracks"]
    store.undo()
    assert everything(store) == before
    store.redo()
    attributes.describe_tracks(store, ids, attributes={"team": None})
    assert [said(store, key) for key in ids] == [{"note": "kept"}, {}, {}]


def test_what_does_not_fit_is_not_said_of_any(store: Store, ids: list[int]) -> None:
    attributes.add_attribute(store, "team", AttributeKind.CHOICE, options=("red", "blue"))
    before = everything(store)
    with pytest.raises(StorageError, match="'green' is not a valid value of the attribute team; enter one of red"):
        attributes.describe_tracks(store, ids, attributes={"team": "green"})
    with pytest.raises(StorageError, match="'red' is not a colour"):
        attributes.describe_tracks(store, ids, color="red")
    with pytest.raises(StorageError, match="no track is selected"):
        attributes.describe_tracks(store, [], name="x")
    assert everything(store) == before


def test_mean_scores_are_the_machines(store: Store, ids: list[int]) -> None:
    drawn_boxes.set_box(store, ids[0], 70, (1, 2, 3, 4))
    drawn = drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 4, (1, 2, 3, 4))
    scores = store.mean_scores([*ids[:2], drawn])
    assert scores == pytest.approx({ids[0]: 0.9, ids[1]: 0.9})


def test_ignore_regions_are_told_from_other_marks(store: Store, ids: list[int]) -> None:
    drawn_boxes.add_mark(store, 1, MarkKind.OCCLUDED, 0, 5, ids[0])
    late = drawn_boxes.add_mark(store, 1, MarkKind.IGNORE, 7, None, region=[(0, 0), (5, 0), (5, 5)])
    early = drawn_boxes.add_mark(store, 1, MarkKind.IGNORE, 2, 5)
    assert [(region.id, region.last) for region in store.ignore_regions(1)] == [(early, 5), (late, None)]
    assert store.ignore_regions(2) == []

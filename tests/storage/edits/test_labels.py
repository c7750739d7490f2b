from __future__ import annotations

from typing import Any

import pytest

from annotator.errors import StorageError
from annotator.model.attribute import AttributeKind
from annotator.model.changes import ChangeKind
from annotator.model.track import OnExisting
from annotator.storage.edits import attributes, drawn_boxes, identities, labels
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run, picture


def names(store: Store) -> list[str]:
    return [label.name for label in store.labels()]


def there_and_back(store: Store, before: dict[str, list[tuple[Any, ...]]]) -> None:
    """The last step is one that undo takes back to the bit, and redo brings again."""
    after = everything(store)
    assert after != before
    store.undo()
    assert everything(store) == before
    store.redo()
    assert everything(store) == after


def test_a_label_is_added_with_a_colour_of_its_own(store: Store) -> None:
    first = labels.add_label(store, "  traffic   light ")
    other = labels.add_label(store, "bus", "#ABCDEF")
    assert (first.name, other.color) == ("traffic light", "#abcdef")
    assert first.color != other.color
    assert [step.label for step in store.history()][1:] == ["Add class traffic light", "Add class bus"]
    store.undo()
    assert names(store) == ["traffic light"]
    store.redo()
    assert store.labels() == [first, other]


@pytest.mark.parametrize(("name", "color", "message"), [
    ("  ", None, "needs a name"), ("car", None, "a class named car already exists"),
    ("van", "red", "'red' is not a colour")])
def test_what_is_no_label_is_refused(store: Store, name: str, color: str | None, message: str) -> None:
    labels.add_label(store, "car")
    with pytest.raises(StorageError, match=message):
        labels.add_label(store, name, color)
    assert names(store) == ["car"]


def test_renaming_and_recolouring(store: Store) -> None:
    car = labels.add_label(store, "car")
    before = everything(store)
    changes = labels.change_label(store, car.id, "vehicle", "#123456")
    assert changes.kinds & ChangeKind.LABELS
    assert store.label(car.id).name == "vehicle"
    assert store.label(car.id).color == "#123456"
    there_and_back(store, before)
    assert not labels.change_label(store, car.id, "vehicle").kinds
    assert store.class_labels() == {}  # no detector knew it as car


def test_a_renamed_label_still_gets_what_the_detector_finds(store: Store) -> None:
    fake_run(store, {1: (0, 5)}, range(6))
    car = store.ensure_label("car")
    before = everything(store)
    labels.change_label(store, car.id, "vehicle")
    assert store.class_labels() == {"car": "vehicle"}
    there_and_back(store, before)


def test_labels_keep_the_order_that_people_give_them(store: Store) -> None:
    made = [labels.add_label(store, name) for name in "abcd"]
    labels.move_label(store, made[3].id, 0)
    labels.move_label(store, made[0].id, 2)
    assert names(store) == ["d", "b", "a", "c"]
    labels.add_label(store, "e")
    assert names(store)[-1] == "e"
    store.undo()
    store.undo()
    assert names(store) == ["d", "a", "b", "c"]


def test_a_label_in_use_is_not_removed(store: Store) -> None:
    fake_run(store, {1: (0, 5), 2: (0, 5)}, range(6))
    car = store.ensure_label("car")
    assert store.label_uses() == {car.id: 2}
    before = everything(store)
    with pytest.raises(StorageError, match="2 tracks have the class car; change their class, or merge"):
        labels.remove_label(store, car.id)
    assert everything(store) == before


def test_a_removed_label_leaves_its_runs_whole_and_comes_back_in_use(store: Store) -> None:
    car, person = store.ensure_label("car"), store.ensure_label("person")
    run = fake_run(store, {1: (0, 5)}, range(6))
    identities.delete_tracks(store, [store.tracks(1)[0].id])
    attributes.add_attribute(store, "doors", AttributeKind.NUMBER, car.id)
    labels.map_class(store, "auto", car.id)
    before = everything(store)
    labels.remove_label(store, car.id)
    assert (store.labels(), store.attributes(), store.class_labels()) == ([person], [], {})
    assert store.run(run.id).labels == ("car", "person")
    there_and_back(store, before)
    fake_run(store, {1: (0, 5)}, range(6))
    assert names(store) == ["car", "person"]
    assert store.label(car.id) == car
    store.undo()
    assert names(store) == ["person"]
    store.check()


def test_a_removed_label_stays_away_while_nothing_of_it_is_found(store: Store) -> None:
    person = labels.add_label(store, "person")
    labels.remove_label(store, person.id)
    run = fake_run(store, {1: (0, 5)}, range(6))
    assert names(store) == ["car"]
    assert run.labels == ("car", "person")
    key = drawn_boxes.add_track(store, 1, person.id, 3, (1, 2, 3, 4))
    assert names(store) == ["car", "person"] or store.track(key).label == person.id
    assert person.id in {label.id for label in store.labels()}


def test_a_removed_label_comes_back_with_a_proposal_that_is_accepted(store: Store) -> None:
    store.ensure_label("person")
    run = fake_run(store, {1: (0, 5)}, range(6), OnExisting.PROPOSE)
    labels.remove_label(store, store.ensure_label("car").id)
    assert names(store) == ["person"]
    identities.accept_proposal(store, run.id)
    assert "car" in names(store)


def test_a_label_that_tracks_have_is_there_whatever_was_undone(store: Store) -> None:
    labels.remove_label(store, labels.add_label(store, "car").id)
    store.ensure_label("person")
    run = fake_run(store, {1: (0, 5)}, range(1, 6), finish=False)
    labels.add_label(store, "bus")
    identities.relabel(store, [store.tracks(1)[0].id], store.ensure_label("bus").id)
    assert names(store) == ["car", "person", "bus"]
    while store.undo() is not None:
        used = set(store.label_uses())
        assert used <= {label.id for label in store.labels()}
    while store.redo() is not None:
        used = set(store.label_uses())
        assert used <= {label.id for label in store.labels()}
    assert store.run(run.id).labels == ("car", "person")


def test_a_removed_name_can_be_given_again(store: Store) -> None:
    car = labels.add_label(store, "car", "#111111")
    labels.remove_label(store, car.id)
    assert labels.add_label(store, "car").id == car.id
    labels.remove_label(store, car.id)
    auto = labels.add_label(store, "auto")
    before = everything(store)
    labels.change_label(store, auto.id, "car")
    assert names(store) == ["car"]
    there_and_back(store, before)


def test_merging_takes_tracks_attributes_and_classes_along(store: Store) -> None:
    car, person = store.ensure_label("car"), store.ensure_label("person")
    fake_run(store, {1: (0, 5), 2: (0, 5)}, range(6))
    van = labels.add_label(store, "van")
    labels.map_class(store, "truck", car.id)
    attributes.add_attribute(store, "doors", AttributeKind.NUMBER, car.id)
    attributes.add_attribute(store, "colour", AttributeKind.TEXT, car.id)
    attributes.add_attribute(store, "doors", AttributeKind.TEXT, van.id)
    before, shown = everything(store), picture(store)
    changes = labels.merge_labels(store, car.id, van.id)
    assert changes.kinds & ChangeKind.TRACKS
    assert store.labels() == [person, van]
    assert {track.label for track in store.tracks(1)} == {van.id}
    assert store.class_labels() == {"truck": "van", "car": "van"}
    assert [(a.name, a.kind, a.label) for a in store.attributes()] == [
        ("colour", AttributeKind.TEXT, van.id), ("doors", AttributeKind.TEXT, van.id)]
    there_and_back(store, before)
    store.undo()
    assert picture(store) == shown
    with pytest.raises(StorageError, match="into itself"):
        labels.merge_labels(store, car.id, car.id)


def test_classes_of_detectors_are_mapped_and_dropped(store: Store) -> None:
    car = labels.add_label(store, "car")
    labels.map_class(store, "truck", car.id)
    before = everything(store)
    labels.map_class(store, "dog", None)
    assert store.class_labels() == {"dog": None, "truck": "car"}
    there_and_back(store, before)
    labels.map_class(store, "truck", None)
    labels.unmap_class(store, "dog")
    assert store.class_labels() == {"truck": None}
    with pytest.raises(StorageError, match="has no name"):
        labels.map_class(store, " ", None)

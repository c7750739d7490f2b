"""Only the classes that a run finds enter the project, and its undo takes them away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import Detections, FrameResult
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import identities, proposals
from annotator.storage.edits import labels as label_edits
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_object

NAMES = tuple(f"class {number}" for number in range(80))


def run(store: Store, *found: int, mode: OnExisting = OnExisting.ADD, kind: str = "preannotate") -> int:
    """A run of a detector with 80 classes; it finds one object of each of these, and detects one of class 70."""
    begun = store.begin_run(1, kind, {}, {}, NAMES, 0, 9, mode)
    for frame in range(10):
        things = tuple(replace(fake_object(number, frame, 0), label=label) for number, label in enumerate(found, 1))
        store.write_frame(begun.id, FrameResult(frame, things, Detections.of([(0, 0, 9, 9)], [0.1], [70])))
    return store.finish_run(begun.id, RunStatus.FINISHED).id


def shown(store: Store) -> list[str]:
    return [label.name for label in store.labels()]


def test_the_classes_of_a_detector_do_not_enter_only_those_of_tracks(store: Store) -> None:
    key = run(store, 7, 3, 7)
    assert shown(store) == ["class 3", "class 7"]
    assert store.run(key).labels == NAMES
    assert [found.label.tolist() for _, found in store.detections(key)] == [[70]] * 10
    store.undo()
    assert shown(store) == []
    store.redo()
    assert shown(store) == ["class 3", "class 7"]


def test_a_run_that_finds_nothing_leaves_no_class(store: Store) -> None:
    run(store)
    assert shown(store) == []


def test_classes_that_were_there_stay_after_the_undo(store: Store) -> None:
    label_edits.add_label(store, "class 7")
    run(store, 7, 3)
    assert shown(store) == ["class 7", "class 3"] or shown(store) == ["class 3", "class 7"]
    store.undo()
    assert shown(store) == ["class 7"]


def test_a_class_that_another_run_found_too_stays(store: Store) -> None:
    run(store, 7)
    run(store, 7, 3)
    store.undo()
    assert shown(store) == ["class 7"]


def test_a_proposal_brings_its_classes_when_it_is_accepted(store: Store) -> None:
    key = run(store, 5, mode=OnExisting.PROPOSE)
    assert shown(store) == []
    proposals.accept_proposal(store, key)
    assert shown(store) == ["class 5"]
    store.undo()
    assert shown(store) == []


def test_a_class_that_a_person_gave_during_a_run_stays(store: Store) -> None:
    run(store, 7)
    track = store.tracks(1)[0].id
    other = label_edits.add_label(store, "mine")
    identities.relabel(store, [track], other.id)
    assert shown(store) == ["class 7", "mine"]
    store.undo()
    store.undo()
    store.undo()
    assert shown(store) == []
    assert not everything(store)["track"]


@pytest.mark.parametrize("found", [(), (4,)])
def test_listeners_hear_of_new_classes(store: Store, found: tuple[int, ...]) -> None:
    heard: list[Changes] = []
    store.listen(heard.append)
    run(store, *found)
    assert any(change.kinds & ChangeKind.LABELS for change in heard) == bool(found)

"""Which tracks a replacing run keeps, because a person has corrected them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from annotator.model.track import OnExisting, ReviewState, RunStatus
from annotator.storage.edits import drawn_boxes, identities, labels, merging, proposals, track_marks
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_result, fake_run, picture

LIVES = {1: (0, 99), 2: (0, 99), 3: (0, 99), 4: (0, 60)}


@pytest.fixture
def tracked(store: Store) -> Store:
    fake_run(store, LIVES)
    return store


def ids(store: Store) -> dict[int, int]:
    return {track.number: track.id for track in store.tracks(1)}


def corrected(store: Store) -> set[int]:
    """Numbers of the corrected tracks."""
    found = store.corrected_tracks(1, 0, 99)
    return {number for number, key in ids(store).items() if key in found}


def other_label(store: Store) -> int:
    return store.ensure_label("person").id


EDITS: dict[str, tuple[Callable[[Store, dict[int, int]], object], set[int]]] = {
    "nothing": (lambda store, key: None, set()),
    "swap": (lambda store, key: identities.swap_tracks(store, key[1], key[2], 30), {1, 2}),
    "swap of all frames": (lambda store, key: identities.swap_tracks(store, key[1], key[2], 0), {1, 2}),
    "split": (lambda store, key: identities.split_track(store, key[3], 50), {3, 5}),
    "renumber": (lambda store, key: identities.renumber(store, key[3], 23), {23}),
    "rename": (lambda store, key: identities.describe(store, key[2], name="Ann"), {2}),
    "class": (lambda store, key: identities.relabel(store, [key[2]], other_label(store)), {2}),
    "review": (lambda store, key: identities.describe(store, key[4], review=ReviewState.REVIEWED), {4}),
    "delete frames": (lambda store, key: identities.delete_range(store, [key[1]], 10, 20), set()),
    "delete a track": (lambda store, key: identities.delete_tracks(store, [key[1]]), set()),
    "draw": (lambda store, key: drawn_boxes.set_box(store, key[1], 5, (1, 2, 30, 40)), set()),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_counts_as_a_correction_until_it_is_undone(name: str, tracked: Store) -> None:
    edit, wanted = EDITS[name]
    edit(tracked, ids(tracked))
    assert corrected(tracked) == wanted
    if name != "nothing":
        tracked.undo()
        assert corrected(tracked) == set()
        tracked.redo()
        assert corrected(tracked) == wanted


def test_a_merge_corrects_the_track_that_remains(tracked: Store) -> None:
    key = ids(tracked)
    identities.delete_range(tracked, [key[1]], 50, 99)
    identities.delete_range(tracked, [key[2]], 0, 49)
    merging.merge_tracks(tracked, key[1], [key[2]])
    assert corrected(tracked) == {1}


def test_renumbering_all_tracks_and_merging_classes_correct_none(tracked: Store) -> None:
    identities.delete_tracks(tracked, [ids(tracked)[1]])
    identities.renumber_all(tracked, 1)
    assert set(ids(tracked)) == {1, 2, 3}
    car = next(label.id for label in tracked.labels() if label.name == "car")
    labels.merge_labels(tracked, car, other_label(tracked))
    assert corrected(tracked) == set()


def test_a_propagation_that_a_person_accepted_is_theirs(tracked: Store) -> None:
    run = fake_run(tracked, {1: (10, 40)}, range(10, 41), OnExisting.PROPOSE, kind="repropagate")
    assert corrected(tracked) == set()
    before = set(ids(tracked))
    proposals.accept_proposal(tracked, run.id)
    assert corrected(tracked) == set(ids(tracked)) - before != set()


def test_tracks_outside_the_frames_are_not_counted(tracked: Store) -> None:
    identities.renumber(tracked, ids(tracked)[4], 44)
    assert tracked.corrected_tracks(1, 0, 99) == tracked.corrected_tracks(1, 60, 99) != set()
    assert tracked.corrected_tracks(1, 61, 99) == set()


def numbers(store: Store, frame: int) -> list[int]:
    return [number for number, *_ in picture(store).get(frame, [])]


def test_a_replacing_run_keeps_corrected_and_locked_tracks(tracked: Store) -> None:
    key = ids(tracked)
    identities.swap_tracks(tracked, key[1], key[2], 30)
    track_marks.lock_tracks(tracked, [key[3]])
    before, whole = picture(tracked), everything(tracked)
    run = fake_run(tracked, {1: (20, 70)}, range(20, 71))
    after = picture(tracked)
    assert numbers(tracked, 25) == [1, 2, 3, 5]
    assert [row for row in after[40] if row[0] < 4] == [row for row in before[40] if row[0] < 4]
    assert numbers(tracked, 80) == numbers(tracked, 10)[:3]
    assert tracked.kept_tracks(1, run.id) == {key[1], key[2], key[3]}
    tracked.undo()
    assert everything(tracked)["span"] == whole["span"]


def test_all_tracks_go_if_that_is_asked_for(tracked: Store) -> None:
    key = ids(tracked)
    identities.swap_tracks(tracked, key[1], key[2], 30)
    fake_run(tracked, {1: (20, 70)}, range(20, 71), OnExisting.REPLACE_CORRECTED)
    assert numbers(tracked, 40) == [5]


def test_what_is_corrected_during_a_run_is_replaced_as_before_and_a_resume_agrees(tracked: Store) -> None:
    key = ids(tracked)
    identities.swap_tracks(tracked, key[1], key[2], 30)
    run = tracked.begin_run(1, "preannotate", {}, {}, ("car",), 0, 99, OnExisting.REPLACE)
    for frame in range(40):
        tracked.write_frames(run.id, [fake_result({1: (0, 99)}, frame)])
    identities.relabel(tracked, [key[3]], other_label(tracked))
    tracked.finish_run(run.id, RunStatus.CANCELLED)
    assert tracked.kept_tracks(1, run.id) == {key[1], key[2]}
    tracked.rewind_run(run.id, 19)
    for frame in range(20, 100):
        tracked.write_frames(run.id, [fake_result({1: (0, 99)}, frame)])
    tracked.finish_run(run.id, RunStatus.FINISHED)
    for frame in (0, 19, 20, 39, 40, 99):
        assert [number for number in numbers(tracked, frame) if number != 5] == [1, 2]

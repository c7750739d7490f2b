from __future__ import annotations

from collections.abc import Callable

import pytest

from annotator.errors import StorageError
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities, track_marks
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run, picture


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, {1: (0, 60), 2: (10, 99)})
    return [track.id for track in store.tracks(1)]


def marked(store: Store, kind: MarkKind) -> list[tuple[int | None, int, int | None]]:
    return [(mark.track, mark.first, mark.last) for mark in store.marks(1) if mark.kind is kind]


def test_stretches_that_touch_become_one_and_parts_can_be_taken_back(store: Store, ids: list[int]) -> None:
    track_marks.mark_tracks(store, ids, MarkKind.OCCLUDED, 10, 19)
    track_marks.mark_tracks(store, ids[:1], MarkKind.OCCLUDED, 20, 29)
    track_marks.mark_tracks(store, ids[:1], MarkKind.OUTSIDE, 25, None)
    assert marked(store, MarkKind.OCCLUDED) == [(ids[1], 10, 19), (ids[0], 10, 29)]
    track_marks.unmark_tracks(store, ids, MarkKind.OCCLUDED, 15, 17)
    assert sorted(marked(store, MarkKind.OCCLUDED)) == [(ids[0], 10, 14), (ids[0], 18, 29), (ids[1], 10, 14),
                                                        (ids[1], 18, 19)]
    track_marks.unmark_tracks(store, ids, MarkKind.OUTSIDE, 40)
    assert marked(store, MarkKind.OUTSIDE) == [(ids[0], 25, 39)]
    with pytest.raises(StorageError, match="before it starts"):
        track_marks.mark_tracks(store, ids, MarkKind.OUTSIDE, 5, 4)


def test_a_locked_track_refuses_edits_of_boxes_label_and_identity(store: Store, ids: list[int]) -> None:
    one, other = ids
    drawn_boxes.set_box(store, one, 30, (1, 2, 3, 4))
    track_marks.lock_tracks(store, [one])
    before = everything(store)
    refused: list[Callable[[], object]] = [
        lambda: identities.swap_tracks(store, other, one, 30), lambda: identities.merge_tracks(store, other, [one]),
        lambda: identities.split_track(store, one, 30), lambda: identities.split_range(store, one, 30, 40),
        lambda: identities.delete_range(store, ids, 5, 9), lambda: identities.delete_tracks(store, [one]),
        lambda: identities.relabel(store, [one], 1), lambda: drawn_boxes.set_box(store, one, 31, (1, 2, 3, 4)),
        lambda: drawn_boxes.delete_box(store, one, 30),
        lambda: track_marks.mark_tracks(store, [one], MarkKind.OUTSIDE, 5, 9),
    ]
    for edit in refused:
        with pytest.raises(StorageError, match="track 1 is locked; unlock it first"):
            edit()
    assert everything(store) == before
    identities.renumber(store, one, 7)
    identities.describe(store, one, name="Ann")
    track_marks.lock_tracks(store, ids, locked=False)
    identities.swap_tracks(store, other, one, 30)
    assert store.locked(ids) == set()


def test_locking_twice_is_no_second_step(store: Store, ids: list[int]) -> None:
    track_marks.lock_tracks(store, ids)
    steps = len(store.history())
    track_marks.lock_tracks(store, ids)
    assert len(store.history()) == steps
    store.undo()
    assert store.locked(ids) == set()


def test_a_run_that_replaces_leaves_locked_tracks_alone(store: Store, ids: list[int]) -> None:
    track_marks.lock_tracks(store, ids[:1])
    before = picture(store)
    fake_run(store, {5: (0, 99)})
    after = picture(store)
    assert all(before[frame][0] in after[frame] for frame in range(61))
    assert [track.number for track in store.tracks(1)] == [1, 3]
    store.undo()
    assert picture(store) == before

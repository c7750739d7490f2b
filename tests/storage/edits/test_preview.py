from __future__ import annotations

import pytest

from annotator.errors import StorageError
from annotator.model.changes import Changes
from annotator.storage.edits import drawn_boxes, identities, track_marks
from annotator.storage.edits.preview import preview
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, {1: (0, 60), 2: (10, 99)}, lost=frozenset({(1, 59), (1, 60)}))
    return [track.id for track in store.tracks(1)]


def test_a_preview_says_what_a_swap_changes_and_changes_nothing(store: Store, ids: list[int]) -> None:
    drawn_boxes.set_box(store, ids[0], 50, (1, 2, 3, 4))
    before, steps = everything(store), store.history()
    heard: list[Changes] = []
    store.listen(heard.append)
    seen = preview(store, lambda: identities.swap_tracks(store, ids[0], ids[1], 30))
    assert (everything(store), store.history(), heard) == (before, steps, [])
    one, other = seen.tracks
    # Track 1 has a machine box in 30..58 and one drawn box; track 2 a machine box in 30..99.
    assert (one.number, one.gained, one.lost, one.human_lost, one.human_gained) == (1, 70, 30, (50,), ())
    assert (other.number, other.gained, other.lost, other.human_gained) == (2, 30, 70, (50,))
    assert (seen.first_frame, seen.last_frame) == (30, 99)
    assert (seen.human_boxes, seen.human_dropped) == (((1, 50),), 0)
    assert seen.lines() == ["track 1: gains 70 boxes, loses 30 boxes", "track 2: gains 30 boxes, loses 70 boxes",
                            "manual boxes affected: 1, removed: 0"]


def test_a_preview_says_which_hand_drawn_boxes_would_vanish(store: Store, ids: list[int]) -> None:
    drawn_boxes.set_box(store, ids[0], 20, (1, 2, 3, 4))
    drawn_boxes.set_box(store, ids[1], 20, (5, 6, 7, 8))
    with pytest.raises(StorageError, match="manual box in frame 20"):
        preview(store, lambda: identities.merge_tracks(store, ids[0], [ids[1]]))
    seen = preview(store, lambda: identities.merge_tracks(store, ids[0], [ids[1]], drop_human=True))
    assert [(change.number, change.deleted) for change in seen.tracks] == [(1, False), (2, True)]
    assert (seen.human_boxes, seen.human_dropped) == (((2, 20),), 1)
    seen = preview(store, lambda: identities.delete_range(store, [ids[0]], 20, 20))
    assert (seen.tracks[0].lost, seen.human_dropped, seen.first_frame, seen.last_frame) == (2, 1, 20, 20)


def test_a_preview_of_other_edits(store: Store, ids: list[int]) -> None:
    seen = preview(store, lambda: identities.split_track(store, ids[1], 40))
    made = seen.tracks[-1]
    assert (made.made, made.number, made.gained) == (True, 3, 60)
    seen = preview(store, lambda: identities.renumber(store, ids[0], 9))
    assert [(change.number, change.described, change.gained) for change in seen.tracks] == [(9, True, 0)]
    seen = preview(store, lambda: track_marks.lock_tracks(store, ids))
    assert [change.marked for change in seen.tracks] == [True, True]
    assert preview(store, lambda: identities.delete_range(store, ids[:1], 80, 90)).lines() == ["no changes"]

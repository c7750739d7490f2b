"""What an undo says it changed, that rows trade places, and that nothing of it is left on the connection."""

from __future__ import annotations

from sqlalchemy import text

from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.store import Store


def heard(store: Store) -> list[Changes]:
    changes: list[Changes] = []
    store.listen(changes.append)
    return changes


def add(store: Store, frame: int) -> int:
    return drawn_boxes.add_track(store, 1, store.ensure_label("object").id, frame, (10.0, 10.0, 50.0, 50.0))


def test_an_undo_and_a_redo_say_which_tracks_and_frames_they_are_about(store: Store) -> None:
    track = add(store, 7)
    changes = heard(store)
    store.undo()
    store.redo()
    for change in changes:
        assert change.tracks == {track}
        assert (change.first_frame, change.last_frame, change.video) == (7, 7, 1)
        assert change.kinds & (ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.OBSERVATIONS)
        assert not change.kinds & ChangeKind.MASKS
    assert len(changes) == 2


def test_what_has_no_end_has_none_in_the_changes_either(store: Store) -> None:
    drawn_boxes.add_mark(store, 1, MarkKind.IGNORE, 5)
    changes = heard(store)
    store.undo()
    assert (changes[0].first_frame, changes[0].last_frame, changes[0].tracks) == (5, None, frozenset())
    assert changes[0].kinds == ChangeKind.HISTORY | ChangeKind.MARKS


def test_two_tracks_trade_a_number_that_only_one_may_have(store: Store) -> None:
    one, other = add(store, 3), add(store, 3)
    before = {track.id: track.number for track in store.tracks(1)}
    with store.transaction("Trade numbers"):
        identities.renumber(store, one, 99)
        identities.renumber(store, other, before[one])
        identities.renumber(store, one, before[other])
    after = {track.id: track.number for track in store.tracks(1)}
    assert after == {one: before[other], other: before[one]}
    for expected in (before, after, before):
        (store.undo if expected is before else store.redo)()
        assert {track.id: track.number for track in store.tracks(1)} == expected


def test_nothing_is_left_on_the_connection_and_failures_do_not_stop_the_next(store: Store) -> None:
    add(store, 3)
    for step in (store.undo, store.redo, store.undo, store.redo):
        step()
        left = store._connection.execute(text("SELECT name FROM sqlite_temp_master WHERE type = 'table'")).scalars()
        assert set(left) == {"journal"}

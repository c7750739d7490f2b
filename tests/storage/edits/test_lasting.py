from __future__ import annotations

import pytest

from annotator.errors import StorageError
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities, keyframes, lasting, track_marks
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run

BOX, OTHER = (10.0, 10.0, 30.0, 30.0), (110.0, 10.0, 130.0, 30.0)


@pytest.fixture
def drawn(store: Store) -> int:
    """A track that was drawn in frame 20 of a video of 100 frames and lasts."""
    return lasting.draw_track(store, 1, store.ensure_label("car").id, 20, BOX)


@pytest.fixture
def frame_count(store: Store) -> int:
    return store.videos()[0].frame_count


def lefts(store: Store, track: int) -> dict[int, float]:
    """Frame -> left edge; the same by frame and by trajectory."""
    by_track = {seen.frame: seen.box_xyxy[0] for seen in store.trajectory(track) if seen.box_xyxy is not None}
    by_frame = {frame: seen.box_xyxy[0] for frame, shown in store.iter_frames(1) for seen in shown
                if seen.track == track and seen.box_xyxy is not None}
    assert by_track == by_frame
    for frame in (0, 19, 20, 21, 40, 99):
        assert next((seen.box_xyxy[0] for seen in store.observations(1, frame) if seen.track == track
                     and seen.box_xyxy is not None), None) == by_track.get(frame)
    return by_track


def test_a_drawn_box_holds_to_the_end_of_the_video(store: Store, drawn: int, frame_count: int) -> None:
    assert lefts(store, drawn) == dict.fromkeys(range(20, frame_count), 10.0)
    assert keyframes.keyframes(store, drawn) == [20]
    assert store.history()[-1].label == "Add track 1 from frame 20"
    before = everything(store)
    store.undo()
    assert store.tracks(1) == []
    store.redo()
    assert everything(store) == before


def test_a_damaged_frame_count_does_not_make_the_box_endless(store: Store, drawn: int) -> None:
    with store.transaction("Damage") as transaction:
        transaction.connection.exec_driver_sql("UPDATE video SET frame_count = 1000000000000")
    assert [seen.track for seen in store.observations(1, 999_999_999)] == [drawn]
    with pytest.raises(StorageError, match="frame_count"):
        store.trajectory(drawn)


def test_between_two_boxes_the_way_is_straight(store: Store, drawn: int, frame_count: int) -> None:
    lasting.draw_box(store, drawn, 40, OTHER)
    found = lefts(store, drawn)
    assert found == {frame: 10.0 + 5 * min(frame - 20, 20) for frame in range(20, frame_count)}
    lasting.draw_box(store, drawn, 30, BOX)
    assert lefts(store, drawn)[25] == 10.0
    assert lefts(store, drawn)[35] == 60.0
    drawn_boxes.delete_box(store, drawn, 40)
    assert lefts(store, drawn) == dict.fromkeys(range(20, frame_count), 10.0)


def test_it_ends_where_it_is_outside_and_a_new_box_brings_it_back(store: Store, drawn: int, frame_count: int) -> None:
    track_marks.mark_tracks(store, [drawn], MarkKind.OUTSIDE, 50)
    assert list(lefts(store, drawn)) == list(range(20, 50))
    lasting.draw_box(store, drawn, 70, BOX)
    assert list(lefts(store, drawn)) == [*range(20, 50), *range(70, frame_count)]
    lasting.draw_box(store, drawn, 60, BOX, lasting=False)
    assert list(lefts(store, drawn)) == [*range(20, 50), 60, *range(70, frame_count)]


def test_an_earlier_box_reaches_straight_to_the_first_one(store: Store, drawn: int) -> None:
    lasting.draw_box(store, drawn, 0, OTHER)
    assert lefts(store, drawn)[10] == 60.0
    assert lefts(store, drawn)[60] == 10.0


def test_predicted_boxes_are_not_covered(store: Store) -> None:
    fake_run(store, {1: (30, 60)})
    track = store.tracks(1)[0].id
    before = {frame: left for frame, left in lefts(store, track).items() if frame > 30}
    lasting.draw_box(store, track, 20, BOX)
    found = lefts(store, track)
    assert {frame: left for frame, left in found.items() if frame > 30} == before
    assert list(found) == list(range(20, 61))
    lasting.draw_box(store, track, 45, BOX)
    assert lefts(store, track)[46] == before[46]
    lasting.draw_box(store, track, 60, BOX)
    assert list(lefts(store, track))[-1] == store.videos()[0].frame_count - 1


@pytest.mark.parametrize("edit", ["split", "swap", "delete", "merge"])
def test_edits_of_identities_change_no_box_of_it(store: Store, drawn: int, edit: str, frame_count: int) -> None:
    other = lasting.draw_track(store, 1, store.labels()[0].id, 30, OTHER)
    one, two = lefts(store, drawn), lefts(store, other)
    if edit == "split":
        new = identities.split_track(store, drawn, 60)
        assert lefts(store, drawn) | lefts(store, new) == one
        assert list(lefts(store, new)) == list(range(60, frame_count))
    elif edit == "swap":
        identities.swap_tracks(store, drawn, other, 60)
        mixed = {f: x for f, x in one.items() if f < 60} | {f: x for f, x in two.items() if f >= 60}
        assert lefts(store, drawn) == mixed
    elif edit == "delete":
        identities.delete_range(store, [drawn], 50, 59)
        assert lefts(store, drawn) == {f: x for f, x in one.items() if not 50 <= f <= 59}
    else:
        identities.merge_tracks(store, drawn, [other])
        assert lefts(store, drawn)[99] == 110.0

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.edits.merging import MergeRule
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_box, fake_result, fake_run, picture

LIVES = {1: (0, 60), 2: (10, 99), 3: (70, 99)}


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, LIVES)
    return [track.id for track in store.tracks(1)]


def boxes(store: Store, track: int) -> dict[int, object]:
    return {o.frame: o.box_xyxy for o in store.trajectory(track) if o.box_xyxy is not None}


def row(number: int, first: int, last: int) -> dict[int, object]:
    return {frame: fake_box(number, frame) for frame in range(first, last + 1)}


def test_swap_exchanges_all_from_a_frame_on(store: Store, ids: list[int]) -> None:
    drawn_boxes.set_box(store, ids[0], 50, (1, 2, 3, 4))
    drawn_boxes.add_mark(store, 1, MarkKind.OCCLUDED, 20, 40, ids[0])
    changes = identities.swap_tracks(store, ids[0], ids[1], 30)
    assert boxes(store, ids[0]) == row(1, 0, 29) | row(2, 30, 99)
    assert boxes(store, ids[1]) == row(2, 10, 29) | row(1, 30, 60) | {50: (1, 2, 3, 4)}
    marks = [(mark.track, mark.first, mark.last) for mark in store.marks(1)]
    assert marks == [(ids[0], 20, 29), (ids[1], 30, 40)]
    assert changes.kinds & ChangeKind.SPANS
    assert (changes.tracks, changes.first_frame, changes.last_frame) == (frozenset(ids[:2]), 30, None)
    assert [step.label for step in store.history()][-1] == "Swap tracks 1 and 2 at frame 30"


def test_swap_within_a_range(store: Store, ids: list[int]) -> None:
    identities.swap_tracks(store, ids[0], ids[1], 30, 39)
    assert boxes(store, ids[0]) == row(1, 0, 29) | row(2, 30, 39) | row(1, 40, 60)
    assert boxes(store, ids[1]) == row(2, 10, 29) | row(1, 30, 39) | row(2, 40, 99)


def test_a_swap_made_during_a_run_governs_the_frames_to_come(store: Store) -> None:
    run = fake_run(store, {1: (0, 99), 2: (0, 99)}, range(20), finish=False)
    a, b = (track.id for track in store.tracks(1))
    identities.swap_tracks(store, a, b, 10)
    store.write_frames(run.id, [fake_result({1: (0, 99), 2: (0, 99)}, frame) for frame in range(20, 30)])
    assert boxes(store, a) == row(1, 0, 9) | row(2, 10, 29)
    assert boxes(store, b) == row(2, 0, 9) | row(1, 10, 29)


def test_merge_keeps_its_own_boxes_where_both_have_one(store: Store, ids: list[int]) -> None:
    identities.merge_tracks(store, ids[0], ids[1:])
    assert boxes(store, ids[0]) == row(1, 0, 60) | row(2, 61, 99)
    assert [track.id for track in store.tracks(1)] == ids[:1]


def test_merge_lets_a_box_win_over_a_lost_frame(store: Store) -> None:
    fake_run(store, {1: (0, 60), 2: (50, 99)}, lost=frozenset((1, frame) for frame in range(45, 61)))
    a, b = (track.id for track in store.tracks(1))
    identities.merge_tracks(store, a, [b])
    assert boxes(store, a) == row(1, 0, 44) | row(2, 50, 99)


def test_merge_fills_the_frames_in_which_the_track_is_lost_from_the_other(store: Store) -> None:
    fake_run(store, {1: (0, 60), 2: (25, 50)}, lost=frozenset((1, frame) for frame in range(30, 41)))
    a, b = (track.id for track in store.tracks(1))
    identities.merge_tracks(store, a, [b])
    assert boxes(store, a) == row(1, 0, 29) | row(2, 30, 40) | row(1, 41, 60)


@pytest.mark.parametrize(("rule", "first"), [(MergeRule.INTO, 61), (MergeRule.OTHER, 10), (MergeRule.BETTER, 61)])
def test_a_rule_decides_frames_that_both_have(store: Store, ids: list[int], rule: MergeRule, first: int) -> None:
    identities.merge_tracks(store, ids[0], [ids[1]], rule=rule)
    assert boxes(store, ids[0]) == row(1, 0, first - 1) | row(2, first, 99)


def test_the_better_of_two_is_the_one_with_higher_scores(store: Store) -> None:
    video = store.videos()[0].id
    run = store.begin_run(video, "preannotate", {}, {}, ("car",), 0, 29)
    for frame in range(30):
        result = fake_result({1: (0, 29), 2: (10, 19)}, frame)
        better = tuple(replace(o, score=0.95) if o.tracklet == 2 else o for o in result.objects)
        store.write_frame(run.id, replace(result, objects=better))
    store.finish_run(run.id, RunStatus.FINISHED)
    a, b = (track.id for track in store.tracks(1))
    identities.merge_tracks(store, a, [b], rule=MergeRule.BETTER)
    assert boxes(store, a) == row(1, 0, 9) | row(2, 10, 19) | row(1, 20, 29)


def test_merge_may_refuse_tracks_that_are_seen_together(store: Store, ids: list[int]) -> None:
    before = everything(store)
    with pytest.raises(StorageError, match="tracks 1 and 2 both have a box in frame 10"):
        identities.merge_tracks(store, ids[0], [ids[1]], rule=MergeRule.REFUSE)
    assert everything(store) == before
    identities.merge_tracks(store, ids[0], [ids[2]], rule=MergeRule.REFUSE)
    assert boxes(store, ids[0]) == row(1, 0, 60) | row(3, 70, 99)


def test_what_was_said_of_a_merged_track_hides_no_box_of_the_other(store: Store, ids: list[int]) -> None:
    drawn_boxes.add_mark(store, 1, MarkKind.OUTSIDE, 50, 70, ids[1])
    identities.merge_tracks(store, ids[0], [ids[1]])
    assert [(mark.track, mark.first, mark.last) for mark in store.marks(1)] == [(ids[0], 61, 70)]


def test_merge_refuses_to_choose_between_two_drawn_boxes(store: Store, ids: list[int]) -> None:
    drawn_boxes.set_box(store, ids[0], 20, (1, 2, 3, 4))
    drawn_boxes.set_box(store, ids[1], 20, (5, 6, 7, 8))
    before = everything(store)
    with pytest.raises(StorageError, match="tracks 1 and 2 both have a manual box in frame 20"):
        identities.merge_tracks(store, ids[0], [ids[1]])
    assert everything(store) == before
    identities.merge_tracks(store, ids[0], [ids[1]], drop_human=True)
    assert boxes(store, ids[0])[20] == (1, 2, 3, 4)


def test_split_and_split_range(store: Store, ids: list[int]) -> None:
    new = identities.split_track(store, ids[1], 40)
    assert (boxes(store, ids[1]), boxes(store, new)) == (row(2, 10, 39), row(2, 40, 99))
    part = identities.split_range(store, new, 50, 59)
    assert boxes(store, part) == row(2, 50, 59)
    assert boxes(store, new) == row(2, 40, 49) | row(2, 60, 99)
    assert [track.number for track in store.tracks(1)] == [1, 2, 3, 4, 5]
    for frame, lack in ((10, "all its boxes"), (100, "no boxes")):
        with pytest.raises(StorageError, match=lack):
            identities.split_track(store, ids[1], 40 if frame == 100 else frame)


def test_renumbering(store: Store, ids: list[int]) -> None:
    identities.renumber(store, ids[0], 9)
    assert [track.number for track in store.tracks(1)] == [2, 3, 9]
    with pytest.raises(StorageError, match="number 3 is taken"):
        identities.renumber(store, ids[0], 3)
    identities.renumber_all(store, 1)
    assert [store.track(key).number for key in ids] == [1, 2, 3]
    store.undo()
    assert [store.track(key).number for key in ids] == [9, 2, 3]
    store.redo()
    assert [store.track(key).number for key in ids] == [1, 2, 3]


def test_deleting(store: Store, ids: list[int]) -> None:
    identities.delete_range(store, ids[:2], 20, 29)
    assert boxes(store, ids[0]) == row(1, 0, 19) | row(1, 30, 60)
    identities.delete_range(store, [ids[2]], 70)
    assert [track.id for track in store.tracks(1)] == ids[:2]
    identities.delete_tracks(store, ids[:2])
    assert (store.tracks(1), picture(store)) == ([], {})
    for _ in range(3):
        store.undo()
    assert boxes(store, ids[2]) == row(3, 70, 99)
    assert boxes(store, ids[0]) == row(1, 0, 60)


def test_relabel_and_describe(store: Store, ids: list[int]) -> None:
    label = store.ensure_label("person")
    identities.relabel(store, ids[:2], label.id)
    identities.describe(store, ids[0], name="Ann", color="#123456", review=ReviewState.REVIEWED,
                        attributes={"team": "red"})
    track = store.track(ids[0])
    assert (track.label, track.name, track.color, track.review, track.attributes) == (
        label.id, "Ann", "#123456", ReviewState.REVIEWED, {"team": "red"})
    assert store.observations(1, 20)[0].label == label.id


def test_what_cannot_be_edited_is_said(store: Store, ids: list[int]) -> None:
    with pytest.raises(StorageError, match="given twice"):
        identities.swap_tracks(store, ids[0], ids[0], 3)
    with pytest.raises(StorageError, match="no track with id 99"):
        identities.delete_tracks(store, [99])
    with pytest.raises(StorageError, match="before it starts"):
        identities.delete_range(store, ids, 5, 4)
    with pytest.raises(StorageError, match="no track is selected"):
        identities.delete_tracks(store, [])


def test_a_gesture_of_several_edits_is_one_step(store: Store, ids: list[int]) -> None:
    before, steps = everything(store), len(store.history())
    with store.transaction("Tidy"):
        identities.swap_tracks(store, ids[0], ids[1], 30)
        with pytest.raises(StorageError, match="no boxes"):
            identities.split_range(store, ids[2], 0, 5)
        identities.delete_tracks(store, [ids[2]])
    assert [step.label for step in store.history()][steps:] == ["Tidy"]
    store.undo()
    assert everything(store) == before


def test_history_survives_reopening(store: Store, ids: list[int]) -> None:
    before = everything(store)
    identities.swap_tracks(store, ids[0], ids[1], 30)
    identities.delete_tracks(store, [ids[2]])
    after = everything(store)
    store.undo()
    store.close()
    with Store.open(store.path) as opened:
        assert [step.undone for step in opened.history()] == [False, False, False, True]
        opened.redo()
        assert everything(opened) == after
        opened.undo()
        opened.undo()
        assert everything(opened) == before
        identities.relabel(opened, ids[:1], opened.ensure_label("x").id)
        assert [step.undone for step in opened.history()] == [False, False, False]
        assert opened.redo() is None


def test_edits_of_different_videos_do_not_mix(store: Store, ids: list[int]) -> None:
    other = store.add_video("other", "other.mp4", 64, 48, 10, 25.0, "x")
    label = store.ensure_label("car")
    stranger = drawn_boxes.add_track(store, other.id, label.id, 3, (0, 0, 5, 5))
    with pytest.raises(StorageError, match="different videos"):
        identities.merge_tracks(store, ids[0], [stranger])
    assert store.track(stranger).number == 1


def test_an_open_proposal_of_a_running_run_cannot_be_accepted(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), OnExisting.PROPOSE, finish=False)
    with pytest.raises(StorageError, match="still running"):
        identities.accept_proposal(store, run.id)

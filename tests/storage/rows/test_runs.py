from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from annotator.errors import Cancelled, StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import Detections, FrameResult, TrackState
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.history import journal
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_box, fake_result, fake_run, picture

LIVES = {1: (0, 99), 2: (5, 40), 3: (30, 99), 4: (60, 70)}


def same(one: FrameResult, other: FrameResult) -> bool:
    """Equal to the bit, NaN equal to NaN."""
    def bits(detections: Detections) -> list[bytes]:
        return [detections.box_xyxy.tobytes(), detections.score.tobytes(), detections.label.tobytes()]

    return (repr(one.objects) == repr(other.objects) and one.ended == other.ended
            and one.frame_index == other.frame_index and bits(one.detections) == bits(other.detections))


def shown(store: Store, frame: int) -> list[int]:
    return [o.number for o in store.observations(1, frame) if o.box_xyxy is not None]


def test_what_a_run_said_comes_back_to_the_bit(store: Store) -> None:
    lost = frozenset({(1, 20), (1, 21)})
    run = fake_run(store, LIVES, masks=True, lost=lost, finish=False)
    said = [fake_result(LIVES, frame, lost, masks=True) for frame in range(100)]
    assert all(same(*pair) for pair in zip(store.run_results(run.id), said, strict=True))


def test_float32_detections_survive_with_their_oddities(store: Store) -> None:
    run = store.begin_run(1, "detect", {}, {}, ("car",), 0, 3)
    odd = Detections(np.array([[0.1, 1 / 3, math.nan, 1e-40]], np.float32), np.array([0.7], np.float32),
                     np.array([0], np.int32))
    for frame, found in enumerate((odd, Detections.empty())):
        store.write_frame(run.id, FrameResult(frame, (), found))
    stored = dict(store.detections(run.id))
    assert list(stored) == [0, 1]
    assert stored[0].box_xyxy.tobytes() == odd.box_xyxy.tobytes()
    assert stored[0].box_xyxy.dtype == np.float32
    assert len(stored[1]) == 0
    assert [found.id for found in store.detection_runs(1)] == [run.id]
    assert [frame for frame, _ in store.detections(run.id, first=1)] == [1]


def test_a_run_without_a_detector_stores_no_looked_at_frames(store: Store) -> None:
    run = store.begin_run(1, "repropagate", {}, {}, ("car",), 0, 3, OnExisting.PROPOSE)
    store.write_frame(run.id, FrameResult(0, ()))
    assert store.detection_runs(1) == []


def test_a_run_is_described(store: Store) -> None:
    run = fake_run(store, LIVES)
    assert (run.settings, run.models, run.labels) == ({"threshold": 0.5}, {"detector": "fake"}, ("car", "person"))
    assert (run.status, run.finished_frame, run.on_existing) == (RunStatus.FINISHED, 99, OnExisting.REPLACE)
    assert store.runs() == store.runs(1) == [run]
    assert store.runs(2) == []


def test_replace_takes_old_boxes_only_as_far_as_it_got(store: Store) -> None:
    fake_run(store, LIVES)
    before = picture(store)
    run = fake_run(store, {1: (20, 99)}, range(20, 50), finish=False)
    new = store.tracks(1)[-1].number
    assert shown(store, 19) == [1, 2]
    assert shown(store, 20) == shown(store, 49) == [new]
    assert shown(store, 50) == [1, 3]
    store.finish_run(run.id, RunStatus.CANCELLED)
    assert shown(store, 50) == [1, 3]
    store.undo()
    assert picture(store) == before
    store.redo()
    assert shown(store, 49) == [new]
    store.check()


def test_replacing_everything_leaves_no_empty_tracks(store: Store) -> None:
    fake_run(store, LIVES)
    first = everything(store)
    fake_run(store, LIVES)
    assert [track.number for track in store.tracks(1)] == [5, 6, 7, 8]
    store.undo()
    again = everything(store)
    assert again["span"] == first["span"]
    assert again["track"] == first["track"]


def test_human_boxes_stay_when_a_run_replaces(store: Store) -> None:
    fake_run(store, LIVES)
    track = store.tracks(1)[0]
    drawn_boxes.set_box(store, track.id, 10, (1, 2, 3, 4))
    fake_run(store, {1: (0, 99)})
    kept = [o for o in store.observations(1, 10) if o.human]
    assert [(o.track, o.box_xyxy) for o in kept] == [(track.id, (1, 2, 3, 4))]


def test_add_keeps_what_is_there(store: Store) -> None:
    fake_run(store, LIVES)
    fake_run(store, {1: (0, 99)}, on_existing=OnExisting.ADD)
    assert shown(store, 10) == [1, 2, 5]


def test_a_proposal_is_invisible_until_accepted(store: Store) -> None:
    fake_run(store, LIVES)
    target = store.tracks(1)[0]
    drawn_boxes.set_box(store, target.id, 25, (1, 2, 3, 4))
    before = everything(store)
    run = fake_run(store, {1: (20, 30), 2: (22, 24)}, range(20, 31), OnExisting.PROPOSE)
    assert everything(store)["span"] == before["span"]
    assert store.proposals(1) == [run]
    identities.accept_proposal(store, run.id, {1: target.id})
    assert store.proposals(1) == []
    tracklets = {o.frame: o.tracklet for o in store.trajectory(target.id)}
    assert len({tracklets[frame] for frame in (20, 24, 26, 30)} | {tracklets[19], tracklets[31]}) == 2
    assert tracklets[19] == tracklets[31] != tracklets[20]
    assert store.observations(1, 25)[0].human
    assert shown(store, 23) == [1, 2, 5]
    with pytest.raises(StorageError, match="not an open proposal"):
        identities.discard_proposal(store, run.id)
    store.undo()
    assert store.proposals(1) == [run]
    identities.discard_proposal(store, run.id)
    assert store.proposals(1) == []
    store.undo()
    assert everything(store)["span"] == before["span"]


def test_undoing_a_running_job_cancels_it(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    step = store.undo()
    assert step is not None
    assert step.run == run.id
    assert store.run(run.id).status is RunStatus.CANCELLED
    with pytest.raises(Cancelled):
        store.write_frame(run.id, fake_result(LIVES, 10))
    assert store.finish_run(run.id, RunStatus.FINISHED).status is RunStatus.CANCELLED
    assert picture(store) == {}
    with pytest.raises(StorageError, match="redo it before"):
        store.rewind_run(run.id, 5)
    store.redo()
    assert shown(store, 9) == [1, 2]
    store.check()


@pytest.mark.parametrize("taken", [False, True])
def test_a_finished_run_that_deleted_tracks_is_rewound(store: Store, taken: bool) -> None:
    """The tracks come back with the boxes that are no longer replaced, under another number if theirs is taken."""
    fake_run(store, {1: (0, 99), 2: (40, 60)})
    before = everything(store)
    gone = store.tracks(1)[1].id
    run = fake_run(store, {1: (30, 70)}, range(30, 71))
    assert [track.number for track in store.tracks(1)] == [1, 3]
    if taken:
        identities.renumber(store, store.tracks(1)[-1].id, 2)
    store.rewind_run(run.id, 45)
    store.check()
    assert store.track(gone).number == (4 if taken else 2)
    assert [o.track for o in store.observations(1, 50) if o.track == gone] == [gone]
    assert [o.track for o in store.observations(1, 42) if o.track == gone] == []
    for frame in range(46, 71):
        store.write_frame(run.id, fake_result({1: (30, 70)}, frame))
    store.finish_run(run.id, RunStatus.FINISHED)
    store.check()
    assert gone not in [track.id for track in store.tracks(1)]
    while len([step for step in store.history() if not step.undone]) > 2:
        store.undo()
    after = everything(store)
    assert {name: after[name] for name in ("track", "span")} == {name: before[name] for name in ("track", "span")}
    store.check()


def test_edits_made_while_a_run_replaces_undo_to_what_it_would_have_left(store: Store) -> None:
    old = {1: (0, 99), 2: (0, 99), 3: (50, 99)}
    fake_run(store, old)
    before = everything(store)
    a, b, c = (track.id for track in store.tracks(1))
    run = store.begin_run(1, "preannotate", {}, {}, ("car",), 10, 89)
    new = {1: (10, 99), 2: (30, 99)}
    for frame in range(10, 20):
        store.write_frame(run.id, fake_result(new, frame))
    identities.swap_tracks(store, a, b, 40)
    identities.delete_tracks(store, [c])
    for frame in range(20, 60):
        store.write_frame(run.id, fake_result(new, frame))
    store.check()
    assert shown(store, 59) == [4, 5]
    assert shown(store, 60) == [1, 2]
    store.undo()
    assert shown(store, 59) == [4, 5]
    assert shown(store, 60) == [1, 2, 3]
    store.undo()
    assert [o.box_xyxy for o in store.observations(1, 60)][:2] == [fake_box(1, 60), fake_box(2, 60)]
    assert shown(store, 59) == [4, 5]
    store.redo()
    for frame in range(60, 90):
        store.write_frame(run.id, fake_result(new, frame))
    store.finish_run(run.id, RunStatus.FINISHED)
    assert [o.box_xyxy for o in store.observations(1, 95)][:2] == [fake_box(2, 95), fake_box(1, 95)]
    store.redo()
    while store.history()[2].undone is False:
        store.undo()
    after = everything(store)
    assert {key: after[key] for key in ("track", "span")} == {key: before[key] for key in ("track", "span")}
    store.check()


@pytest.mark.parametrize("on_existing", list(OnExisting))
@pytest.mark.parametrize("stop", [0, 29, 45, 80, 99])
def test_rewinding_and_replaying_gives_the_same_rows(store: Store, on_existing: OnExisting, stop: int) -> None:
    fake_run(store, {1: (0, 50), 2: (10, 99)})
    run = fake_run(store, LIVES, finish=False, on_existing=on_existing)
    whole = everything(store), picture(store)
    store.finish_run(run.id, RunStatus.CANCELLED)
    rewound = store.rewind_run(run.id, stop)
    assert rewound.finished_frame == stop
    assert rewound.status is RunStatus.RUNNING
    assert [frame for frame, _ in store.detections(run.id)] == list(range(stop + 1))
    for frame in range(stop + 1, 100):
        store.write_frame(run.id, fake_result(LIVES, frame))
    assert (everything(store), picture(store)) == whole
    store.finish_run(run.id, RunStatus.FINISHED)
    store.check()


def test_rewinding_a_replacement_shows_the_old_boxes_again(store: Store) -> None:
    fake_run(store, {1: (0, 50), 2: (10, 99)})
    run = fake_run(store, {1: (20, 99)}, range(20, 60), finish=False)
    store.rewind_run(run.id, 29)
    assert shown(store, 29) == [3]
    assert shown(store, 30) == [1, 2]
    assert shown(store, 15) == [1, 2]
    store.undo()
    assert [shown(store, frame) for frame in (15, 29, 30, 60)] == [[1, 2], [1, 2], [1, 2], [2]]


def test_edits_of_what_is_replayed_stay(store: Store) -> None:
    run = fake_run(store, LIVES, range(65), finish=False)
    late = store.tracks(1)[3]
    drawn_boxes.set_box(store, late.id, 62, (1, 2, 3, 4))
    identities.describe(store, late.id, name="mine")
    store.rewind_run(run.id, 20)
    for frame in range(21, 70):
        store.write_frame(run.id, fake_result(LIVES, frame))
    named = [track for track in store.tracks(1) if track.name == "mine"]
    assert [track.id for track in named] == [late.id]
    assert {o.frame: o.human for o in store.trajectory(late.id)} == {frame: frame == 62 for frame in range(60, 70)}
    assert shown(store, 65) == [track.number for track in store.tracks(1) if track.number != 2]
    store.check()


def test_a_run_left_running_by_a_dead_program_is_interrupted(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    store.close()
    with Store.open(store.path) as opened:
        assert opened.run(run.id).status is RunStatus.INTERRUPTED
        with pytest.raises(StorageError, match="interrupted; resume it"):
            opened.write_frame(run.id, fake_result(LIVES, 10))
        opened.rewind_run(run.id, 9)
        opened.write_frame(run.id, fake_result(LIVES, 10))
        assert [track.number for track in opened.tracks(1)] == [1, 2]


def test_rewinding_to_where_a_run_never_was_changes_nothing(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    before = everything(store)
    assert store.rewind_run(run.id, 50).finished_frame == 9
    assert everything(store) == before
    assert store.rewind_run(run.id, -1).finished_frame is None
    assert store.tracks(1) == []


def test_a_run_that_finds_nothing_is_no_step(store: Store) -> None:
    steps = store.history()
    fake_run(store, {})
    assert store.history() == steps


def test_a_failed_write_can_be_repeated(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    bad = dataclasses.replace(fake_result({9: (10, 99)}, 10), frame_index=9)
    before = everything(store)
    with pytest.raises(Exception, match="UNIQUE"):
        store.write_frame(run.id, bad)
    assert everything(store) == before
    store.write_frame(run.id, fake_result({**LIVES, 9: (10, 99)}, 10))
    assert shown(store, 10) == [1, 2, 3]


def test_runs_are_listed_while_another_program_begins_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_run(store, LIVES, range(3))
    with Store.open(store.path, read_only=True) as reader:
        def labels_and_then_a_run() -> dict[int, str]:
            found = Store.label_names(reader)
            store.begin_run(1, "preannotate", {}, {}, ("truck",), 0, 99)
            return found

        monkeypatch.setattr(reader, "label_names", labels_and_then_a_run)
        assert [run.id for run in reader.runs()] == [1]
        monkeypatch.undo()
        assert [run.labels for run in reader.runs()] == [("car", "person"), ("truck",)]


def test_cuts_belong_to_the_run_that_saw_them_and_are_forgotten_with_its_frames(store: Store) -> None:
    def result(frame: int) -> FrameResult:
        return dataclasses.replace(fake_result({1: (0, 99)}, frame), cut=frame in (3, 7))

    run = store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 9)
    other = store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 9, OnExisting.PROPOSE)
    for frame in range(10):
        store.write_frame(run.id, result(frame))
    assert (store.scene_cuts(run.id), store.scene_cuts(other.id)) == ([3, 7], [])
    assert [r.frame_index for r in store.run_results(run.id) if r.cut] == [3, 7]
    store.rewind_run(run.id, 6)
    assert store.scene_cuts(run.id) == [3]
    store.write_frames(run.id, [result(7), result(8)])
    assert store.scene_cuts(run.id) == [3, 7]


def test_suspicious_frames_are_counted_per_track_as_spans_have_it(store: Store) -> None:
    run = store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 19)
    for frame in range(20):
        result = fake_result({1: (0, 19), 2: (0, 19)}, frame)
        first = dataclasses.replace(result.objects[0], state=TrackState.SUSPICIOUS if 3 <= frame <= 7
                                    else TrackState.RELIABLE)
        store.write_frame(run.id, dataclasses.replace(result, objects=(first, *result.objects[1:])))
    store.finish_run(run.id, RunStatus.FINISHED)
    one, two = (track.id for track in store.tracks(1))
    assert store.suspicious_frames(1) == {one: 5}
    identities.swap_tracks(store, one, two, 5)
    assert store.suspicious_frames(1) == {one: 2, two: 3}
    identities.delete_range(store, [one], 0, 3)
    assert store.suspicious_frames(1) == {one: 1, two: 3}


def _rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {name: rows for name, rows in everything(store).items() if name in ("track", "span", "tracklet")}


def test_a_run_whose_step_was_dropped_cannot_go_on(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    store.finish_run(run.id, RunStatus.CANCELLED)
    assert store.resumable_runs(1) == store.standing_runs(1) == [store.run(run.id)]
    store.undo()
    assert store.resumable_runs(1) == store.standing_runs(1) == []
    store.redo()
    assert store.resumable_runs(1) == store.standing_runs(1) == [store.run(run.id)]
    store.undo()
    label = store.ensure_label("car").id
    drawn_boxes.add_track(store, 1, label, 50, (1, 2, 3, 4))
    before = _rows(store)
    for attempt in (lambda: store.rewind_run(run.id, 5), lambda: store.check_resumable(run.id),
                    lambda: store.write_frame(run.id, fake_result(LIVES, 10))):
        with pytest.raises((StorageError, Cancelled)):
            attempt()
    with pytest.raises(StorageError, match="was undone and can no longer be redone"):
        store.rewind_run(run.id, 5)
    assert _rows(store) == before
    assert store.resumable_runs(1) == store.standing_runs(1) == []


def test_a_finished_run_that_was_undone_for_good_does_not_count(store: Store) -> None:
    empty = fake_run(store, {})
    run = fake_run(store, LIVES)
    assert store.standing_runs(1) == [empty, run]
    store.undo()
    assert store.standing_runs(1) == [empty]
    drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 50, (1, 2, 3, 4))
    assert store.standing_runs(1) == [empty]


def test_a_run_counts_after_its_history_was_deleted_but_cannot_go_on(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), finish=False)
    store.finish_run(run.id, RunStatus.CANCELLED)
    compact(store, forget_history=True)
    assert [step.run for step in store.history()] == [run.id]
    assert store.rewind_run(run.id, 9).status is RunStatus.RUNNING
    store.finish_run(run.id, RunStatus.CANCELLED)
    with store.writing("as earlier versions did") as transaction:
        journal.drop_steps(transaction.connection, [step.id for step in store.history()])
    assert [found.id for found in store.standing_runs(1)] == [run.id]
    assert store.resumable_runs(1) == []
    with pytest.raises(StorageError, match="its history was deleted"):
        store.rewind_run(run.id, 9)


def test_a_job_that_ends_after_its_step_was_dropped_has_not_finished(store: Store) -> None:
    run = fake_run(store, LIVES, finish=False)
    store.undo()
    drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 50, (1, 2, 3, 4))
    assert store.finish_run(run.id, RunStatus.FINISHED).status is RunStatus.CANCELLED


def test_a_decided_proposal_cannot_go_on(store: Store) -> None:
    run = fake_run(store, LIVES, range(10), OnExisting.PROPOSE, finish=False)
    store.finish_run(run.id, RunStatus.CANCELLED)
    assert store.resumable_runs(1) == [store.run(run.id)]
    identities.discard_proposal(store, run.id)
    assert store.resumable_runs(1) == []
    with pytest.raises(StorageError, match="accepted or discarded"):
        store.rewind_run(run.id, 5)
    store.undo()
    assert store.rewind_run(run.id, 5).status is RunStatus.RUNNING


def test_undo_and_redo_of_a_run_are_announced(store: Store) -> None:
    fake_run(store, LIVES)
    heard: list[Changes] = []
    store.listen(heard.append)
    store.undo()
    store.redo()
    assert all(changes.kinds & ChangeKind.RUNS and changes.video == 1 for changes in heard)
    assert len(heard) == 2

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.errors import StorageError
from annotator.model.frame import TrackState
from annotator.model.track import MarkKind, RunStatus
from annotator.storage.edits import drawn_boxes, keyframes, track_marks
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_box, fake_result, fake_run

LOST = frozenset((1, frame) for frame in range(40, 50))


@pytest.fixture
def track(store: Store) -> int:
    fake_run(store, {1: (0, 99), 2: (0, 99)}, lost=LOST, masks=True)
    return store.tracks(1)[0].id


def boxes(store: Store, track: int) -> dict[int, tuple[float, ...]]:
    return {o.frame: o.box_xyxy for o in store.trajectory(track) if o.box_xyxy is not None}


def test_a_gap_is_filled_on_demand_and_nothing_else_changes(store: Store, track: int) -> None:
    before, saved = boxes(store, track), everything(store)
    assert keyframes.gaps(store, track) == [(40, 49)]
    keyframes.fill_gap(store, track, 45)
    after = boxes(store, track)
    assert keyframes.gaps(store, track) == []
    assert after == before | {frame: pytest.approx(fake_box(1, frame)) for frame in range(40, 50)}
    assert keyframes.keyframes(store, track) == [39, 50]
    with pytest.raises(StorageError, match="no gap at frame 45"):
        keyframes.fill_gap(store, track, 45)
    store.undo()
    assert everything(store) == saved
    keyframes.fill_gaps(store, track, longest=9)
    assert keyframes.gaps(store, track) == [(40, 49)]
    keyframes.fill_gaps(store, track, longest=10)
    assert keyframes.gaps(store, track) == []


def test_a_straight_trajectory_becomes_two_keyframes_per_unbroken_stretch(store: Store, track: int) -> None:
    before, saved = boxes(store, track), everything(store)
    report = keyframes.reduce_to_keyframes(store, track, pixels=0.5)
    assert (report.keyframes, report.boxes) == ((0, 39, 50, 99), 90)
    assert boxes(store, track) == {frame: pytest.approx(box) for frame, box in before.items()}
    assert store.observations(1, 39, masks=True)[0].mask is not None
    x1, y1, x2, y2 = before[70]
    drawn_boxes.set_box(store, track, 70, (x1, y1 + 20, x2, y2 + 20))
    bent = boxes(store, track)
    assert bent[60] == pytest.approx((before[60][0], before[60][1] + 10, before[60][2], before[60][3] + 10))
    assert bent[20] == pytest.approx(before[20])
    for _ in range(2):
        store.undo()
    assert everything(store) == saved


def test_a_bent_trajectory_stays_within_the_tolerance(store: Store) -> None:
    run = store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 59)
    for frame in range(60):
        result = fake_result({1: (0, 59)}, frame)
        x, y = 5.0 * frame, 40.0 * (frame // 10 % 2) + frame % 10
        moved = tuple(replace(o, box_xyxy=(x, y, x + 30, y + 30)) for o in result.objects)
        store.write_frame(run.id, replace(result, objects=moved))
    store.finish_run(run.id, RunStatus.FINISHED)
    [track] = [track.id for track in store.tracks(1)]
    before = boxes(store, track)
    report = keyframes.reduce_to_keyframes(store, track, 5, 50, iou=0.8)
    assert 2 < len(report.keyframes) < 30
    after = boxes(store, track)
    assert {f: b for f, b in after.items() if not 5 <= f <= 50} == {
        f: b for f, b in before.items() if not 5 <= f <= 50}
    assert max(abs(after[f][1] - before[f][1]) for f in before) < 30 * 0.2
    with pytest.raises(StorageError, match="one tolerance"):
        keyframes.reduce_to_keyframes(store, track)
    with pytest.raises(StorageError, match="out of range"):
        keyframes.reduce_to_keyframes(store, track, iou=1.5)


def test_interpolation_ends_where_it_is_told_to_and_other_frames_keep_their_boxes(store: Store, track: int) -> None:
    drawn_boxes.set_box(store, track, 10, (0, 0, 10, 10))
    drawn_boxes.set_box(store, track, 30, (200, 0, 210, 10))
    keyframes.interpolate(store, track, 10, 30)
    before = boxes(store, track)
    keyframes.end_interpolation(store, track, 15, 19)
    after = boxes(store, track)
    machine = {frame: fake_box(1, frame) for frame in range(16, 19)}
    assert {f: b for f, b in after.items() if 16 <= f <= 18} == machine
    assert {f: b for f, b in after.items() if not 16 <= f <= 18} == {
        f: pytest.approx(b) for f, b in before.items() if not 16 <= f <= 18}


def test_interpolating_needs_a_box_at_both_ends(store: Store, track: int) -> None:
    saved = everything(store)
    with pytest.raises(StorageError, match="no box in frame 45"):
        keyframes.interpolate(store, track, 30, 45)
    assert everything(store) == saved
    track_marks.lock_tracks(store, [track])
    with pytest.raises(StorageError, match="locked"):
        keyframes.interpolate(store, track, 30, 35)
    assert store.observations(1, 45)[0].state is TrackState.LOST
    assert [mark.kind for mark in store.marks(1)] == [MarkKind.LOCK]


def test_boxes_become_keyframes_and_cease_to_be_with_all_chosen_tracks_or_none(store: Store, track: int) -> None:
    other = store.tracks(1)[1].id
    before, saved = boxes(store, track), everything(store)
    keyframes.set_keyframes(store, [track, other], 20)
    keyframes.set_keyframes(store, [track], 20)
    assert keyframes.keyframes(store, track) == keyframes.keyframes(store, other) == [20]
    assert boxes(store, track) == before
    seen = next(o for o in store.observations(1, 20, masks=True) if o.track == track)
    assert seen.human
    assert seen.mask is not None
    with pytest.raises(StorageError, match="no box in frame 44"):
        keyframes.set_keyframes(store, [other, track], 44)
    assert keyframes.keyframes(store, other) == [20]
    keyframes.clear_keyframes(store, [track, other], 20)
    assert keyframes.keyframes(store, track) == []
    assert boxes(store, track) == before
    for _ in range(2):  # what changed nothing is no step
        store.undo()
    assert everything(store) == saved


def test_a_tracks_only_box_is_not_cleared_away(store: Store, track: int) -> None:
    only = drawn_boxes.add_track(store, 1, store.labels()[0].id, 3, (1, 2, 30, 40))
    with pytest.raises(StorageError, match="delete the track"):
        keyframes.clear_keyframes(store, [only], 3)
    assert boxes(store, only) == {3: (1, 2, 30, 40)}


@pytest.mark.parametrize("pixels", [0.5, 30.0])
def test_what_a_reduction_would_keep_is_what_it_keeps(store: Store, track: int, pixels: float) -> None:
    saved = everything(store)
    said = keyframes.count_keyframes(store, track, 10, 80, pixels=pixels)
    assert everything(store) == saved
    made = keyframes.reduce_to_keyframes(store, track, 10, 80, pixels=pixels)
    assert said == (len(made.keyframes), made.boxes)

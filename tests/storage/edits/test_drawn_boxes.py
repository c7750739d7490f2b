from __future__ import annotations

import math

import numpy as np
import pytest

from annotator.errors import StorageError
from annotator.model.mask import Mask
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_box, fake_run

LIVES = {1: (0, 99), 2: (0, 99)}


@pytest.fixture
def track(store: Store) -> int:
    fake_run(store, LIVES, masks=True)
    return store.tracks(1)[0].id


def test_a_drawn_box_outranks_the_machines_and_hides_its_mask(store: Store, track: int) -> None:
    machine = store.observations(1, 10, masks=True)[0]
    assert machine.mask is not None
    drawn_boxes.set_box(store, track, 10, (1.5, 2.5, 30, 40))
    drawn = store.observations(1, 10, masks=True)
    assert [o.number for o in drawn] == [1, 2]
    assert (drawn[0].box_xyxy, drawn[0].human, drawn[0].mask) == ((1.5, 2.5, 30, 40), True, None)
    code = Mask.from_bitmap(np.ones((2, 2), bool))
    drawn_boxes.set_box(store, track, 10, (2, 2, 30, 40), code)
    assert store.observations(1, 10, masks=True)[0].mask == code
    drawn_boxes.delete_box(store, track, 10)
    assert store.observations(1, 10, masks=True)[0] == machine
    with pytest.raises(StorageError, match="no manual box in frame 10"):
        drawn_boxes.delete_box(store, track, 10)
    for _ in range(3):
        store.undo()
    assert store.observations(1, 10, masks=True)[0] == machine
    for _ in range(2):
        store.redo()
    assert store.observations(1, 10, masks=True)[0].mask == code


@pytest.mark.parametrize("box", [(1, 2, 1, 5), (5, 5, 1, 1), (0, 0, math.nan, 5), (0, 0, math.inf, 5)])
def test_a_box_without_area_is_refused(store: Store, track: int, box: tuple[float, float, float, float]) -> None:
    with pytest.raises(StorageError, match="has no area"):
        drawn_boxes.set_box(store, track, 10, box)


def test_boxes_interpolate_only_inside_a_declared_stretch(store: Store, track: int) -> None:
    for frame, x in ((10, 0.0), (20, 100.0), (60, 0.0)):
        drawn_boxes.set_box(store, track, frame, (x, 0, x + 10, 10))
    assert store.observations(1, 15)[0].box_xyxy == fake_box(1, 15)
    drawn_boxes.add_mark(store, 1, MarkKind.INTERPOLATE, 5, 30, track)
    middle = store.observations(1, 15)[0]
    assert (middle.box_xyxy, middle.interpolated, middle.human) == ((50, 0, 60, 10), True, True)
    assert store.observations(1, 8)[0].box_xyxy == fake_box(1, 8)
    assert store.observations(1, 25)[0].box_xyxy == fake_box(1, 25)
    assert store.observations(1, 40)[0].box_xyxy == fake_box(1, 40)
    assert [o.interpolated for o in store.trajectory(track)] == [10 < frame < 20 for frame in range(100)]
    streamed = {frame: shown[0] for frame, shown in store.iter_frames(1, 12, 40)}
    assert streamed[15] == middle
    assert streamed[12].box_xyxy == (20, 0, 30, 10)


def test_splitting_an_interpolated_stretch_changes_no_box(store: Store, track: int) -> None:
    drawn_boxes.set_box(store, track, 10, (0, 0, 10, 10))
    drawn_boxes.set_box(store, track, 20, (100, 0, 110, 10))
    drawn_boxes.add_mark(store, 1, MarkKind.INTERPOLATE, 10, 20, track)
    before = {o.frame: o.box_xyxy for o in store.trajectory(track)}
    saved = everything(store)
    new = identities.split_track(store, track, 15)
    after = {o.frame: o.box_xyxy for key in (track, new) for o in store.trajectory(key)}
    assert after == before
    store.undo()
    assert everything(store) == saved


def test_marks_say_hidden_and_outside(store: Store, track: int) -> None:
    drawn_boxes.add_mark(store, 1, MarkKind.OCCLUDED, 10, 20, track)
    outside = drawn_boxes.add_mark(store, 1, MarkKind.OUTSIDE, 15, None, track)
    drawn_boxes.add_mark(store, 1, MarkKind.IGNORE, 0, None, None, [(0, 0), (9, 0), (9, 9)])
    hidden, gone, free = (store.observations(1, frame)[0] for frame in (12, 18, 5))
    assert (hidden.occluded, hidden.outside, hidden.box_xyxy) == (True, False, fake_box(1, 12))
    assert (gone.outside, gone.box_xyxy) == (True, None)
    assert not free.occluded
    assert [mark.kind for mark in store.marks(1)] == [MarkKind.IGNORE, MarkKind.OCCLUDED, MarkKind.OUTSIDE]
    assert store.marks(1)[0].region == ((0, 0), (9, 0), (9, 9))
    drawn_boxes.remove_mark(store, outside)
    assert store.observations(1, 18)[0].box_xyxy == fake_box(1, 18)
    with pytest.raises(StorageError, match="before it starts"):
        drawn_boxes.add_mark(store, 1, MarkKind.OUTSIDE, 5, 4, track)


def test_a_track_drawn_from_nothing(store: Store, track: int) -> None:
    before = everything(store)
    new = drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 30, (0, 0, 5, 5))
    drawn_boxes.set_box(store, new, 40, (5, 0, 10, 5))
    assert [(o.frame, o.box_xyxy) for o in store.trajectory(new)] == [(30, (0, 0, 5, 5)), (40, (5, 0, 10, 5))]
    assert [step.label for step in store.history()][-2:] == ["Add track 3 in frame 30",
                                                              "Set box of track 3 in frame 40"]
    store.undo()
    store.undo()
    assert everything(store) == before


def test_two_tracks_that_traded_drawn_boxes_can_both_be_drawn_again(store: Store, track: int) -> None:
    other = store.tracks(1)[1].id
    drawn_boxes.set_box(store, track, 10, (1, 1, 2, 2))
    drawn_boxes.set_box(store, other, 10, (3, 3, 4, 4))
    identities.swap_tracks(store, track, other, 10)
    identities.swap_tracks(store, track, other, 5, 9)
    drawn_boxes.set_box(store, track, 9, (7, 7, 8, 8))
    drawn_boxes.delete_box(store, track, 10)
    drawn_boxes.set_box(store, track, 10, (5, 5, 6, 6))
    assert [o.box_xyxy for o in store.observations(1, 10)] == [(5, 5, 6, 6), (1, 1, 2, 2)]
    store.check()

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from annotator.errors import StorageError
from annotator.jobs.prompts.limits import Direction, PropagationLimits
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.painting.mask_algebra import common, moved, without
from annotator.model.track import MarkKind, OnExisting, ReviewState, TrackObservation
from annotator.storage.edits import drawn_boxes, identities, masks, track_marks
from annotator.storage.edits.preview import preview
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run

LIVES = {1: (0, 99), 2: (0, 99)}


def block(left: int, top: int, width: int, height: int) -> Mask:
    return Mask.from_bitmap(np.ones((height, width), bool), left, top)


@pytest.fixture
def tracks(store: Store) -> list[int]:
    fake_run(store, LIVES, masks=True)
    return [track.id for track in store.tracks(1)]


def shown(store: Store, track: int, frame: int) -> TrackObservation:
    return next(each for each in store.observations(1, frame, masks=True) if each.track == track)


def test_a_painted_mask_is_a_keyframe_with_a_tight_box(store: Store, tracks: list[int]) -> None:
    before = everything(store)
    mask = block(100, 120, 30, 40)
    masks.set_mask(store, tracks[0], 10, mask)
    seen = shown(store, tracks[0], 10)
    assert (seen.mask, seen.box_xyxy, seen.human) == (mask, (100, 120, 130, 160), True)
    assert store.history()[-1].label == "Set mask of track 1 in frame 10"
    store.undo()
    assert everything(store) == before


def test_a_held_box_stays_and_a_mask_is_cut_at_the_edge(store: Store, tracks: list[int]) -> None:
    video = store.videos()[0]
    drawn_boxes.set_box(store, tracks[0], 10, (1.5, 2.5, 60, 70))
    masks.set_mask(store, tracks[0], 10, block(-5, -5, 20, 20), hold_box=True)
    seen = shown(store, tracks[0], 10)
    assert (seen.box_xyxy, seen.mask) == ((1.5, 2.5, 60, 70), block(0, 0, 15, 15))
    masks.set_mask(store, tracks[0], 10, block(video.width - 5, 5, 50, 4))
    assert shown(store, tracks[0], 10).box_xyxy == (video.width - 5, 5, video.width, 9)
    for mask in (EMPTY_MASK, block(-50, 0, 20, 20)):
        with pytest.raises(StorageError, match="no pixel in the frame"):
            masks.set_mask(store, tracks[0], 10, mask)
    with pytest.raises(StorageError, match="has no frame"):
        masks.set_mask(store, tracks[0], video.frame_count, block(0, 0, 5, 5))


def test_painting_never_takes_pixels_of_locked_or_reviewed_tracks(store: Store, tracks: list[int]) -> None:
    one, other = tracks
    theirs = block(100, 100, 20, 20)
    masks.set_mask(store, other, 10, theirs)
    mine = block(90, 100, 20, 20)
    guards: list[tuple[Callable[[], object], Callable[[], object]]] = [
        (lambda: track_marks.lock_tracks(store, [other]), lambda: track_marks.lock_tracks(store, [other], False)),
        (lambda: identities.describe(store, other, review=ReviewState.REVIEWED),
         lambda: identities.describe(store, other, review=ReviewState.UNSEEN)),
        (lambda: track_marks.mark_tracks(store, [other], MarkKind.REVIEWED, 5, 12),
         lambda: track_marks.unmark_tracks(store, [other], MarkKind.REVIEWED, 5, 12))]
    for protect, release in guards:
        protect()
        masks.set_mask(store, one, 10, mine)
        assert shown(store, one, 10).mask == without(mine, theirs)
        with pytest.raises(StorageError, match="locked or reviewed"):
            masks.set_mask(store, one, 10, block(105, 105, 3, 3))
        masks.set_mask(store, one, 10, mine, protect=False)
        masks.set_mask(store, one, 10, block(90, 100, 20, 19))
        assert shown(store, one, 10).mask == block(90, 100, 20, 19), "pixels that it had already are not lost"
        masks.delete_masks(store, one, 10)
        assert shown(store, other, 10).mask == theirs
        release()
    masks.set_mask(store, one, 10, mine)
    assert shown(store, one, 10).mask == mine
    track_marks.lock_tracks(store, [one])
    with pytest.raises(StorageError, match="locked"):
        masks.set_mask(store, one, 10, mine)


def test_deleting_a_mask_shows_the_prediction_again_or_keeps_a_held_box(store: Store, tracks: list[int]) -> None:
    predicted = shown(store, tracks[0], 10)
    masks.set_mask(store, tracks[0], 10, block(100, 100, 20, 20))
    drawn_boxes.set_box(store, tracks[0], 11, (5, 5, 50, 50))
    masks.set_mask(store, tracks[0], 11, block(10, 10, 20, 20), hold_box=True)
    masks.delete_masks(store, tracks[0], 10, 11)
    assert shown(store, tracks[0], 10) == predicted
    assert (shown(store, tracks[0], 11).box_xyxy, shown(store, tracks[0], 11).mask) == ((5, 5, 50, 50), None)
    with pytest.raises(StorageError, match="no manual mask in frame 10"):
        masks.delete_masks(store, tracks[0], 10, 10)
    label = store.labels()[0].id
    alone = masks.add_masked_track(store, 1, label, 3, block(1, 1, 5, 5))
    with pytest.raises(StorageError, match="delete the track"):
        masks.delete_masks(store, alone, 3)


def test_a_mask_is_copied_moved_and_scaled_over_a_range(store: Store, tracks: list[int]) -> None:
    one, other = tracks
    mask = block(100, 100, 20, 10)
    masks.set_mask(store, one, 10, mask)
    before = everything(store)
    masks.copy_mask(store, one, 10, 11, 14, dx=5, dy=-3, factor=2)
    assert [shown(store, one, frame).mask for frame in (10, 11, 14)] == [mask, *[block(95, 92, 40, 20)] * 2]
    store.undo()
    assert everything(store) == before
    masks.copy_mask(store, one, 10, 10, 10, to_track=other)
    assert shown(store, other, 10).mask == mask
    with pytest.raises(StorageError, match="only frame to copy to"):
        masks.copy_mask(store, one, 10, 10, 10)
    predicted = [shown(store, one, frame).mask for frame in range(20, 25)]
    masks.place_masks(store, one, 20, 24, dx=4, dy=1)
    assert [shown(store, one, frame).mask for frame in range(20, 25)] == [
        moved(each, 4, 1) for each in predicted if each is not None]
    assert store.history()[-1].label == "Move mask of track 1 in frames 20 to 24"
    for wrong, message in ((0.0, "factor"), (1e7, "too large")):
        with pytest.raises(StorageError, match=message):
            masks.place_masks(store, one, 20, 24, factor=wrong)
    with pytest.raises(StorageError, match="would not change"):
        masks.place_masks(store, one, 20, 24)
    with pytest.raises(StorageError, match="has no frame 10000000000"):
        masks.copy_mask(store, one, 10, 11, 10**10)


def test_holes_and_specks_go_over_a_range_and_only_changed_masks_become_manual(store: Store, tracks: list[int]) -> None:
    bitmap = np.ones((20, 20), bool)
    bitmap[4, 4] = False
    bitmap[:, 15] = False
    masks.set_mask(store, tracks[0], 10, Mask.from_bitmap(bitmap, 100, 100))
    masks.fill_mask_holes(store, tracks[0], 8, 12)
    masks.drop_mask_specks(store, tracks[0], 8, 12)
    assert shown(store, tracks[0], 10).mask == block(100, 100, 15, 20)
    assert not shown(store, tracks[0], 9).human
    for edit in (masks.fill_mask_holes, masks.drop_mask_specks):
        with pytest.raises(StorageError, match="of that size"):
            edit(store, tracks[0], 8, 12)


def test_one_key_decides_who_has_shared_pixels(store: Store, tracks: list[int]) -> None:
    one, other = tracks
    mine, theirs = block(100, 100, 20, 20), block(110, 100, 20, 20)
    masks.set_mask(store, one, 10, mine)
    masks.set_mask(store, other, 10, theirs)
    [overlap] = masks.overlaps(store.observations(1, 10, masks=True))
    assert (overlap.track, overlap.other, overlap.pixels) == (one, other, 200)
    masks.bring_to_front(store, one, 10, 10)
    assert [shown(store, track, 10).mask for track in tracks] == [mine, without(theirs, mine)]
    assert store.history()[-1].label == "Bring track 1 to the front in frame 10"
    store.undo()
    masks.send_to_back(store, one, 10, 10)
    assert [shown(store, track, 10).mask for track in tracks] == [without(mine, theirs), theirs]
    with pytest.raises(StorageError, match="shares no pixels"):
        masks.bring_to_front(store, one, 10, 10)
    store.undo()
    track_marks.lock_tracks(store, [other])
    with pytest.raises(StorageError, match=r"except with protected ones \(2\)"):
        masks.bring_to_front(store, one, 10, 10)
    track_marks.lock_tracks(store, [other], False)
    masks.set_mask(store, other, 10, block(105, 105, 3, 3))
    with pytest.raises(StorageError, match="no pixel left"):
        masks.bring_to_front(store, one, 10, 10)


def test_a_dragged_box_takes_its_manual_mask_along(store: Store, tracks: list[int]) -> None:
    mask = block(100, 100, 20, 20)
    masks.set_mask(store, tracks[0], 10, mask)
    masks.place_box(store, tracks[0], 10, (103, 98, 123, 118))
    assert (shown(store, tracks[0], 10).box_xyxy, shown(store, tracks[0], 10).mask) == (
        (103, 98, 123, 118), moved(mask, 3, -2))
    masks.place_box(store, tracks[0], 10, (90, 98, 123, 118))
    held = shown(store, tracks[0], 10)
    assert (held.box_xyxy, held.mask) == ((90, 98, 123, 118), moved(mask, 3, -2)), "a resized box is held"
    masks.place_box(store, tracks[0], 20, (1, 2, 30, 40))
    assert shown(store, tracks[0], 20).mask is None, "a predicted mask does not survive a manual box"


def test_a_manual_mask_is_a_barrier_and_survives_a_new_run(store: Store, tracks: list[int]) -> None:
    mask = block(100, 100, 20, 20)
    masks.set_mask(store, tracks[0], 30, mask)
    limits = PropagationLimits(store, store.videos()[0])
    assert limits.frame_range(tracks[0], [10], Direction.BOTH) == (0, 29)
    fake_run(store, LIVES, on_existing=OnExisting.REPLACE, masks=True)
    assert [each.mask for each in store.observations(1, 30, masks=True) if each.human] == [mask]


def test_a_preview_counts_redrawn_masks(store: Store, tracks: list[int]) -> None:
    masks.set_mask(store, tracks[0], 30, block(100, 100, 20, 20))
    seen = preview(store, lambda: masks.set_mask(store, tracks[0], 30, block(100, 100, 20, 21)))
    assert seen.lines() == ["track 1: 1 manual boxes or masks change"]
    assert common(block(0, 0, 5, 5), block(5, 0, 5, 5)).is_empty()

"""The label of a step names the frames that the edit was made in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities, keyframes, track_marks
from annotator.storage.store import Store
from tests.storage.fakes import fake_run

EDITS: list[tuple[str, Callable[[Store, int], object]]] = [
    ("Delete track 1 in frames 10 to 19", lambda store, track: identities.delete_range(store, [track], 10, 19)),
    ("Delete track 1 from frame 50", lambda store, track: identities.delete_range(store, [track], 50)),
    ("Add keyframe to track 1 in frame 7", lambda store, track: keyframes.set_keyframes(store, [track], 7)),
    ("Interpolate track 1 in frames 5 to 9", lambda store, track: keyframes.interpolate(store, track, 5, 9)),
    ("Reduce track 1 to keyframes in frames 0 to 20",
     lambda store, track: keyframes.reduce_to_keyframes(store, track, 0, 20, pixels=2.0)),
    ("Reduce track 1 to keyframes", lambda store, track: keyframes.reduce_to_keyframes(store, track, pixels=2.0)),
    ("Mark track 1 occluded in frames 3 to 4",
     lambda store, track: track_marks.mark_tracks(store, [track], MarkKind.OCCLUDED, 3, 4)),
    ("Mark track 1 reviewed in frames 1 to 8",
     lambda store, track: track_marks.mark_ranges(store, track, MarkKind.REVIEWED, [(1, 2), (6, 8)])),
    ("Set box of track 1 in frame 12", lambda store, track: drawn_boxes.set_box(store, track, 12, (0, 0, 5, 5))),
    ("Set box of track 1 in frames 12 to 30", lambda store, track: drawn_boxes.set_boxes(
        store, track, {30: ((0, 0, 5, 5), None), 12: ((0, 0, 5, 5), None)})),
    ("Add ignore region in frames 2 to 3", lambda store, _: drawn_boxes.add_mark(
        store, 1, MarkKind.IGNORE, 2, 3, region=((0, 0), (9, 0), (9, 9)))),
    ("Add ignore region", lambda store, _: drawn_boxes.add_mark(
        store, 1, MarkKind.IGNORE, 0, None, region=((0, 0), (9, 0), (9, 9)))),
]


@pytest.mark.parametrize(("label", "edit"), EDITS, ids=[label for label, _ in EDITS])
def test_a_step_names_its_frames(store: Store, label: str, edit: Callable[[Store, int], object]) -> None:
    fake_run(store, {1: (0, 60)})
    edit(store, store.tracks(1)[0].id)
    assert store.history()[-1].label == label


def test_removing_names_the_frames_of_what_was_removed(store: Store) -> None:
    fake_run(store, {1: (0, 60)})
    track = store.tracks(1)[0].id
    drawn_boxes.set_box(store, track, 12, (0, 0, 5, 5))
    keyframes.clear_keyframes(store, [track], 12)
    assert store.history()[-1].label == "Remove keyframe from track 1 in frame 12"
    mark = drawn_boxes.add_mark(store, 1, MarkKind.OCCLUDED, 4, 9, track)
    drawn_boxes.change_mark(store, mark, 5, None)
    assert store.history()[-1].label == "Change frames of mark occluded from frame 5"
    drawn_boxes.remove_mark(store, mark)
    assert store.history()[-1].label == "Remove mark occluded from frame 5"
    track_marks.mark_tracks(store, [track], MarkKind.OUTSIDE, 3, 20)
    track_marks.unmark_tracks(store, [track], MarkKind.OUTSIDE, 6)
    assert store.history()[-1].label == "Unmark track 1 outside from frame 6"

"""Every kind of edit of identities, boxes and marks, for benchmarks on a large project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotator.model.attribute import AttributeKind
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.storage.edits import (
    attributes,
    drawn_boxes,
    identities,
    keyframes,
    masks,
    notes,
    track_marks,
    values,
    videos,
)
from annotator.storage.edits.merging import MergeRule
from annotator.storage.rows.runs import REPROPAGATE
from annotator.storage.store import Store

Edit = Callable[[Store, int, int, int], object]
"""Called with the store, two tracks (ids) that are both visible in a frame, and that frame."""

_BOX = (1.0, 2.0, 30.0, 40.0)
_EVIDENCE = Evidence(8.0, 0.9)
_MASK = Mask.from_bitmap(np.ones((40, 30), bool), 20, 20)


@dataclass(frozen=True, slots=True)
class EditKind:
    """An edit and its preparation; only the edit is timed."""

    edit: Edit
    before: Edit | None = None


def _video(store: Store, track: int) -> int:
    return store.track(track).video


def _propose(store: Store, track: int, _: int, frame: int) -> None:
    """Create a proposal of 20 frames like that of a box prompt."""
    video = store.video().id
    run = store.begin_run(video, REPROPAGATE, {}, {}, ("object",), frame - 10, frame + 9, OnExisting.PROPOSE)
    thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, _BOX, None, _EVIDENCE)
    store.write_frames(run.id, [FrameResult(k, (thing,)) for k in range(frame - 10, frame + 10)])
    store.finish_run(run.id, RunStatus.FINISHED)


def _newest_proposal(store: Store, track: int) -> int:
    return store.proposals(_video(store, track))[-1].id


def _add_note(store: Store, _a: int, _b: int, _frame: int) -> None:
    if not store.attributes():
        attributes.add_attribute(store, "note", AttributeKind.TEXT, varies=True)


#: Edits by name. Their frames are at least 30 frames from either end of the video.
EDIT_KINDS: dict[str, EditKind] = {
    "swap": EditKind(lambda s, a, b, f: identities.swap_tracks(s, a, b, f)),
    "swap_range": EditKind(lambda s, a, b, f: identities.swap_tracks(s, a, b, f, f + 9)),
    "merge": EditKind(lambda s, a, b, f: identities.merge_tracks(s, a, [b])),
    "merge_other": EditKind(lambda s, a, b, f: identities.merge_tracks(s, a, [b], rule=MergeRule.OTHER)),
    "merge_better": EditKind(lambda s, a, b, f: identities.merge_tracks(s, a, [b], rule=MergeRule.BETTER)),
    "split": EditKind(lambda s, a, b, f: identities.split_track(s, a, f)),
    "split_range": EditKind(lambda s, a, b, f: identities.split_range(s, a, f, f + 9)),
    "delete_here": EditKind(lambda s, a, b, f: identities.delete_range(s, [a], f, f)),
    "delete_range": EditKind(lambda s, a, b, f: identities.delete_range(s, [a], f, f + 9)),
    "delete_from": EditKind(lambda s, a, b, f: identities.delete_range(s, [a], f)),
    "delete": EditKind(lambda s, a, b, f: identities.delete_tracks(s, [a])),
    "renumber": EditKind(lambda s, a, b, f: identities.renumber(s, a, 1_000_000)),
    "renumber_all": EditKind(lambda s, a, b, f: identities.renumber_all(s, _video(s, a)),
                             lambda s, a, b, f: identities.renumber(s, a, 1_000_000)),
    "relabel": EditKind(lambda s, a, b, f: identities.relabel(s, [a], s.ensure_label("other").id)),
    "describe": EditKind(lambda s, a, b, f: identities.describe(s, a, "a name", "#102030", ReviewState.REVIEWED)),
    "set_values": EditKind(lambda s, a, b, f: values.set_values(s, [a], {"note": "seen"}, f, f + 9), _add_note),
    "set_values_from": EditKind(lambda s, a, b, f: values.set_values_from(s, [a], {"note": "seen"}, f), _add_note),
    "mark": EditKind(lambda s, a, b, f: track_marks.mark_tracks(s, [a], MarkKind.OCCLUDED, f, f + 9)),
    "unmark": EditKind(lambda s, a, b, f: track_marks.unmark_tracks(s, [a], MarkKind.OCCLUDED, f + 2, f + 5),
                       lambda s, a, b, f: track_marks.mark_tracks(s, [a], MarkKind.OCCLUDED, f, f + 9)),
    "add_note": EditKind(lambda s, a, b, f: notes.add_note(s, _video(s, a), f, "Look here", a)),
    "close_note": EditKind(lambda s, a, b, f: notes.close_notes(s, [s.video_notes(_video(s, a))[-1].id]),
                           lambda s, a, b, f: notes.add_note(s, _video(s, a), f, "Look here", a)),
    "lock": EditKind(lambda s, a, b, f: track_marks.lock_tracks(s, [a])),
    "box": EditKind(lambda s, a, b, f: drawn_boxes.set_box(s, a, f, _BOX)),
    "delete_box": EditKind(lambda s, a, b, f: drawn_boxes.delete_box(s, a, f),
                           lambda s, a, b, f: drawn_boxes.set_box(s, a, f, _BOX)),
    "new_track": EditKind(lambda s, a, b, f: drawn_boxes.add_track(s, _video(s, a), s.track(a).label, f, _BOX)),
    "mask": EditKind(lambda s, a, b, f: masks.set_mask(s, a, f, _MASK)),
    "mask_copy": EditKind(lambda s, a, b, f: masks.copy_mask(s, a, f, f + 1, f + 9, dx=2),
                          lambda s, a, b, f: masks.set_mask(s, a, f, _MASK)),
    "mask_front": EditKind(lambda s, a, b, f: masks.bring_to_front(s, a, f, f), lambda s, a, b, f: (
        masks.set_mask(s, a, f, _MASK), masks.copy_mask(s, a, f, f, f, dx=9, to_track=b))),
    "interpolate": EditKind(lambda s, a, b, f: keyframes.interpolate(s, a, f, f + 5)),
    "end_interpolation": EditKind(lambda s, a, b, f: keyframes.end_interpolation(s, a, f + 2, f + 3),
                                  lambda s, a, b, f: keyframes.interpolate(s, a, f, f + 5)),
    "fill_gap": EditKind(lambda s, a, b, f: keyframes.fill_gap(s, a, f),
                         lambda s, a, b, f: identities.delete_range(s, [a], f, f + 5)),
    "reduce": EditKind(lambda s, a, b, f: keyframes.reduce_to_keyframes(s, a, f, f + 25, pixels=5.0)),
    "remove_video": EditKind(lambda s, a, b, f: videos.remove_video(s, _video(s, a))),
    "accept_proposal": EditKind(
        lambda s, a, b, f: identities.accept_proposal(s, _newest_proposal(s, a), {1: a}), _propose),
    "discard_proposal": EditKind(lambda s, a, b, f: identities.discard_proposal(s, _newest_proposal(s, a)), _propose),
}

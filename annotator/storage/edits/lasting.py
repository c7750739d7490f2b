"""Boxes that last: a drawn box holds from its frame until the track's next box, or to the end, interpolated linearly
between keyframes. Each function is one transaction and one undo step.

The frames are declared as interpolated, without an end where no box follows. Predicted boxes are never covered.
"""

from __future__ import annotations

from annotator.model.box import Box
from annotator.model.changes import Changes
from annotator.model.mask import Mask
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, keyframes, masks
from annotator.storage.edits.editable import in_frames, unlocked_tracks
from annotator.storage.edits.track_marks import mark_tracks, unmark_tracks
from annotator.storage.store import Store


def draw_track(store: Store, video_id: int, label_id: int, frame: int, box_xyxy: Box, lasting: bool = True,
               mask: Mask | None = None) -> int:
    """Add a track with one manual box, which holds from its frame on if it is ``lasting``. Returns the track's id."""
    with store.transaction("Add track") as transaction:
        key = drawn_boxes.add_track(store, video_id, label_id, frame, box_xyxy, mask)
        label = f"Add track {store.track(key).number}"
        transaction.label = label + (in_frames(frame) or " from frame 0" if lasting else in_frames(frame, frame))
        if lasting:
            hold(store, key, frame)
    return key


def draw_box(store: Store, track: int, frame: int, box_xyxy: Box, lasting: bool = True) -> Changes:
    """Draw a track's manual box in a frame, where it is no longer outside. A ``lasting`` box holds from its frame on
    until the track's next box.

    Raises:
        StorageError: the box is not finite or has no area, or the track is locked.
    """
    [record] = unlocked_tracks(store, track)
    where = in_frames(frame) or " from frame 0" if lasting else in_frames(frame, frame)
    with store.transaction(f"Draw box of track {record.number}{where}") as transaction:
        following = _next_box(store, track, frame)
        if _is_outside(store, record.video, track, frame):
            last = frame if not lasting else None if following is None else following - 1
            unmark_tracks(store, [track], MarkKind.OUTSIDE, frame, last)
        masks.place_box(store, track, frame, box_xyxy)
        if lasting:
            hold(store, track, frame)
    return transaction.changes


def hold(store: Store, track: int, frame: int) -> Changes:
    """Make the box that a track shows in a frame hold until its next box: straight to it, or unchanged to the end of
    the video if there is none. Boxes in both frames become keyframes.

    Raises:
        StorageError: the track has no box in the frame, or is locked.
    """
    [record] = unlocked_tracks(store, track)
    with store.transaction(f"Hold box of track {record.number}{in_frames(frame)}") as transaction:
        following = _next_box(store, track, frame)
        if following is not None and following > frame + 1:
            keyframes.interpolate(store, track, frame, following)
        elif following is None:
            keyframes.set_keyframes(store, [track], frame)
            mark_tracks(store, [track], MarkKind.INTERPOLATE, frame)
    return transaction.changes


def _next_box(store: Store, track: int, frame: int) -> int | None:
    """The first later frame in which the track has a box of its own, shown or outside; None if there is none."""
    manual = set(keyframes.keyframes(store, track))
    return next((seen.frame for seen in store.trajectory(track) if seen.frame > frame and (
        seen.frame in manual or (seen.box_xyxy is not None and not seen.interpolated))), None)


def _is_outside(store: Store, video: int, track: int, frame: int) -> bool:
    return any(mark.kind is MarkKind.OUTSIDE and mark.track == track and mark.first <= frame
               and (mark.last is None or frame <= mark.last) for mark in store.marks(video))

"""Edits of manual boxes and marks. Each function is one transaction and one undo step."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select, update

from annotator.errors import StorageError
from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.mask import Mask
from annotator.model.track import MarkKind
from annotator.storage.edits.editable import in_frames, unlocked_tracks
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.rows.manual import manual_spans, put_manual_boxes
from annotator.storage.spans.algebra import cut
from annotator.storage.spans.rows import new_track, save_spans
from annotator.storage.store import Store


def add_track(store: Store, video_id: int, label_id: int, frame: int, box_xyxy: Box, mask: Mask | None = None) -> int:
    """Add a track with one manual box. Returns the track's id."""
    store.check_video(video_id)
    with store.transaction("Add track") as transaction:
        key, number = new_track(transaction.connection, video_id, label_id)
        transaction.label = f"Add track {number}{in_frames(frame, frame)}"
        set_box(store, key, frame, box_xyxy, mask)
        transaction.touch(Changes(ChangeKind.TRACKS, frozenset({key}), frame, frame, video_id))
    return key


def set_box(store: Store, track_id: int, frame: int, box_xyxy: Box, mask: Mask | None = None) -> Changes:
    """Set a track's manual box in a frame (float pixels). It overrides the predicted box and mask in that frame.

    Raises:
        StorageError: the box is not finite or has no area, or the track is locked.
    """
    return set_boxes(store, track_id, {frame: (box_xyxy, mask)})


def set_boxes(store: Store, track_id: int, boxes: Mapping[int, tuple[Box, Mask | None]]) -> Changes:
    """Set a track's manual boxes in several frames: frame -> box and mask. See `set_box`; the number of statements does
    not depend on the number of boxes."""
    [track] = unlocked_tracks(store, track_id)
    for frame, (box_xyxy, _) in boxes.items():
        _check_box(box_xyxy, frame)
    where = in_frames(min(boxes), max(boxes)) if boxes else ""
    with store.transaction(f"Set box of track {track.number}{where}") as transaction:
        if boxes:
            put_manual_boxes(transaction.connection, track, boxes)
            kinds = ChangeKind.OBSERVATIONS | ChangeKind.SPANS | ChangeKind.MASKS
            transaction.touch(Changes(kinds, frozenset({track_id}), min(boxes), max(boxes), track.video))
    return transaction.changes


def delete_box(store: Store, track_id: int, frame: int) -> Changes:
    """Delete a manual box; the predicted box, if there is one, becomes visible again.

    Raises:
        StorageError: the track has no manual box in this frame.
    """
    [track] = unlocked_tracks(store, track_id)
    with store.transaction(f"Delete box of track {track.number}{in_frames(frame, frame)}") as transaction:
        connection = transaction.connection
        spans = manual_spans(connection, track_id, frame, frame)
        if not spans:
            raise StorageError(f"track {track.number} has no manual box in frame {frame}; delete the range instead")
        for table in (schema.mask, schema.observation):
            connection.execute(delete(table).where(table.c.tracklet == spans[0].tracklet, table.c.frame == frame))
        save_spans(connection, spans, cut(spans, frame, frame)[1])
        kinds = ChangeKind.OBSERVATIONS | ChangeKind.SPANS | ChangeKind.MASKS
        transaction.touch(Changes(kinds, frozenset({track_id}), frame, frame, track.video))
    return transaction.changes


def add_mark(store: Store, video_id: int, kind: MarkKind, first: int, last: int | None = None,
             track_id: int | None = None, region: Sequence[tuple[float, float]] = ()) -> int:
    """Mark frames ``first..last`` (None: to the end) of a track or of the whole video. Returns the mark's id.

    Raises:
        StorageError: the range is reversed.
    """
    if last is not None and last < first:
        raise StorageError(f"the mark ends in frame {last}, before it starts in frame {first}; swap the two frames")
    store.check_video(video_id)
    title = "Add ignore region" if region else f"Mark {kind.value}"
    with store.transaction(title + in_frames(first, last)) as transaction:
        key = journal.next_id(transaction.connection, schema.mark)
        corners = json.dumps([[float(x), float(y)] for x, y in region]) if region else None
        transaction.connection.execute(insert(schema.mark).values(
            id=key, video=video_id, track=track_id, first=first, last=last, kind=kind.value, region=corners))
        tracks: frozenset[int] = frozenset() if track_id is None else frozenset({track_id})
        transaction.touch(Changes(ChangeKind.MARKS, tracks, first, last, video_id))
    return key


def remove_mark(store: Store, mark_id: int) -> Changes:
    """Remove a mark."""
    known = store.mark(mark_id)
    with store.transaction(f"Remove {_kind_name(known.kind)}{in_frames(known.first, known.last)}") as transaction:
        row = transaction.connection.execute(select(schema.mark).where(schema.mark.c.id == mark_id)).one()
        transaction.connection.execute(delete(schema.mark).where(schema.mark.c.id == mark_id))
        tracks: frozenset[int] = frozenset() if row.track is None else frozenset({row.track})
        transaction.touch(Changes(ChangeKind.MARKS, tracks, row.first, row.last, row.video))
    return transaction.changes


def change_mark(store: Store, mark_id: int, first: int, last: int | None) -> Changes:
    """Change the range of a mark to frames ``first..last`` (None: to the end).

    Raises:
        StorageError: there is no mark with this id, or the range is reversed.
    """
    if last is not None and last < first:
        raise StorageError(f"the mark ends in frame {last}, before it starts in frame {first}; swap the two frames")
    row = store.mark(mark_id)
    with store.transaction(f"Change frames of {_kind_name(row.kind)}{in_frames(first, last)}") as transaction:
        transaction.connection.execute(
            update(schema.mark).where(schema.mark.c.id == mark_id).values(first=first, last=last))
        tracks: frozenset[int] = frozenset() if row.track is None else frozenset({row.track})
        transaction.touch(Changes(ChangeKind.MARKS, tracks, min(first, row.first),
                                  None if None in (last, row.last) else max(last or 0, row.last or 0), row.video))
    return transaction.changes


def reshape_region(store: Store, mark_id: int, region: Sequence[tuple[float, float]]) -> Changes:
    """Change the outline of an ignore region; corners in pixels.

    Raises:
        StorageError: there is no ignore region with this id, or the outline has fewer than three corners.
    """
    row = store.mark(mark_id)
    if row.kind is not MarkKind.IGNORE or len(region) < 3:
        raise StorageError(f"mark {mark_id} cannot have {len(region)} corners; only ignore regions have an outline, "
                           "with at least three corners")
    with store.transaction(f"Reshape ignore region{in_frames(row.first, row.last)}") as transaction:
        corners = json.dumps([[float(x), float(y)] for x, y in region])
        transaction.connection.execute(update(schema.mark).where(schema.mark.c.id == mark_id).values(region=corners))
        transaction.touch(Changes(ChangeKind.MARKS, frozenset(), row.first, row.last, row.video))
    return transaction.changes


def _kind_name(kind: MarkKind) -> str:
    return "ignore region" if kind is MarkKind.IGNORE else f"mark {kind.value}"


def _check_box(box_xyxy: Box, frame: int) -> None:
    x1, y1, x2, y2 = box_xyxy
    if not all(map(math.isfinite, box_xyxy)) or x2 <= x1 or y2 <= y1:
        raise StorageError(f"the box {box_xyxy} in frame {frame} has no area; draw it again")



"""Edits of manual boxes and marks. Each function is one transaction and one undo step."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from annotator.errors import StorageError
from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import TrackState
from annotator.model.mask import Mask
from annotator.model.track import MarkKind, Track
from annotator.storage.edits.editable import unlocked_tracks
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.spans.rows import new_track
from annotator.storage.store import Store

_span, _tracklet, _observation, _mask = schema.span, schema.tracklet, schema.observation, schema.mask


def add_track(store: Store, video_id: int, label_id: int, frame: int, box_xyxy: Box, mask: Mask | None = None) -> int:
    """Add a track with one manual box. Returns the track's id."""
    with store.transaction("Add track") as transaction:
        key, number = new_track(transaction.connection, video_id, label_id)
        transaction.label = f"Add track {number}"
        set_box(store, key, frame, box_xyxy, mask)
        transaction.touch(Changes(ChangeKind.TRACKS, frozenset({key}), frame, frame, video_id))
    return key


def set_box(store: Store, track_id: int, frame: int, box_xyxy: Box, mask: Mask | None = None) -> Changes:
    """Set a track's manual box in a frame (float pixels). It overrides the predicted box and mask in that frame.

    Raises:
        StorageError: the box is not finite or has no area, or the track is locked.
    """
    [track] = unlocked_tracks(store, track_id)
    _check_box(box_xyxy, frame)
    with store.transaction(f"Set box of track {track.number}") as transaction:
        connection = transaction.connection
        tracklet = _human_tracklet_at(connection, track_id, frame)
        if tracklet is None:
            tracklet = _free_human_tracklet(connection, track, frame)
            connection.execute(insert(_observation).values(
                tracklet=tracklet, frame=frame, video=track.video, **_human_values(box_xyxy)))
            connection.execute(insert(_span).values(
                id=journal.next_id(connection, _span), tracklet=tracklet, first=frame, last=frame, track=track_id))
        else:
            here = (_observation.c.tracklet == tracklet) & (_observation.c.frame == frame)
            connection.execute(update(_observation).where(here).values(**_human_values(box_xyxy)))
            connection.execute(delete(_mask).where(_mask.c.tracklet == tracklet, _mask.c.frame == frame))
        if mask is not None:
            connection.execute(insert(_mask).values(
                tracklet=tracklet, frame=frame, left=mask.left, top=mask.top, width=mask.width, height=mask.height,
                rle=mask.rle))
        kinds = ChangeKind.OBSERVATIONS | ChangeKind.SPANS | ChangeKind.MASKS
        transaction.touch(Changes(kinds, frozenset({track_id}), frame, frame, track.video))
    return transaction.changes


def delete_box(store: Store, track_id: int, frame: int) -> Changes:
    """Delete a manual box; the predicted box, if there is one, becomes visible again.

    Raises:
        StorageError: the track has no manual box in this frame.
    """
    [track] = unlocked_tracks(store, track_id)
    with store.transaction(f"Delete box of track {track.number}") as transaction:
        connection = transaction.connection
        tracklet = _human_tracklet_at(connection, track_id, frame)
        if tracklet is None:
            raise StorageError(f"track {track.number} has no manual box in frame {frame}; delete the range instead")
        for table in (_mask, _observation):
            connection.execute(delete(table).where(table.c.tracklet == tracklet, table.c.frame == frame))
        connection.execute(delete(_span).where(
            _span.c.tracklet == tracklet, _span.c.track == track_id, _span.c.first == frame))
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
    with store.transaction("Add ignore region" if region else f"Mark {kind.value}") as transaction:
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
    with store.transaction(f"Remove {_kind_name(known.kind)}") as transaction:
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
    with store.transaction(f"Change frames of {_kind_name(row.kind)}") as transaction:
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
    with store.transaction("Reshape ignore region") as transaction:
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


def _human_values(box_xyxy: Box) -> dict[str, Any]:
    x1, y1, x2, y2 = map(float, box_xyxy)
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "score": 1.0, "state": int(TrackState.RELIABLE), "flags": 0}


def _human_tracklet_at(connection: Connection, track: int, frame: int) -> int | None:
    query = select(_span.c.tracklet).join(_tracklet, _tracklet.c.id == _span.c.tracklet).where(
        _span.c.track == track, _span.c.first == frame, _tracklet.c.run.is_(None))
    return connection.execute(query).scalar()


def _free_human_tracklet(connection: Connection, track: Track, frame: int) -> int:
    """A human tracklet of the track without a box in this frame (its box there may have moved to another track)."""
    taken = select(_observation.c.tracklet).where(_observation.c.video == track.video, _observation.c.frame == frame)
    query = select(_tracklet.c.id).join(_span, _span.c.tracklet == _tracklet.c.id).where(
        _span.c.track == track.id, _tracklet.c.run.is_(None), _tracklet.c.id.not_in(taken)).limit(1)
    found = connection.execute(query).scalar()
    if found is not None:
        return int(found)
    key = journal.next_id(connection, _tracklet)
    connection.execute(insert(_tracklet).values(
        id=key, video=track.video, run=None, number=key, label=track.label, first_frame=frame))
    return key

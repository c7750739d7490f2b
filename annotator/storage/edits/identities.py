"""Edits of identities, which move spans rather than boxes. Each function is one transaction and one undo step.

A track never gets two boxes in one frame, and no edit changes or drops a manual box unless told to. Frames are
inclusive; an open ``to_frame`` also applies to frames that a running job has not reached yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import update

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import ReviewState, Track
from annotator.storage.edits.carried import carry
from annotator.storage.edits.editable import check_range, in_frames, track_names, unlocked_tracks
from annotator.storage.edits.keyframes import pin
from annotator.storage.edits.merging import MergeRule, merge_tracks
from annotator.storage.edits.proposals import accept_proposal, discard_proposal
from annotator.storage.edits.signed import review_columns
from annotator.storage.file import schema
from annotator.storage.file.database import among
from annotator.storage.rows.transaction import Transaction
from annotator.storage.spans.algebra import OPEN, assign, cut
from annotator.storage.spans.rows import delete_track_rows, new_track, save_spans
from annotator.storage.store import Store

_track = schema.track
_IDENTITY = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.NOTES


def swap_tracks(store: Store, a: int, b: int, from_frame: int, to_frame: int | None = None) -> Changes:
    """Swap two identities from a frame on (or within a range), with their predicted and manual boxes, marks, values
    over time and notes."""
    one, other = unlocked_tracks(store, a, b)
    check_range(from_frame, to_frame)
    with store.transaction(f"Swap tracks {one.number} and {other.number} at frame {from_frame}") as transaction:
        connection = transaction.connection
        pin(store, (one, other), from_frame, to_frame)
        spans = store.spans([a, b])
        moved, kept = cut(spans, from_frame, to_frame)
        save_spans(connection, spans, kept + _exchange(moved, a, b))
        carry(store, connection, (one, other), from_frame, to_frame, lambda moved: _exchange(moved, a, b))
        transaction.touch(Changes(_IDENTITY, frozenset({a, b}), from_frame, to_frame, one.video))
    return transaction.changes


def split_track(store: Store, track: int, frame: int) -> int:
    """Split a track: from a frame on it becomes a new identity. Returns the new track's id.

    Raises:
        StorageError: the track has no boxes on one side of the frame.
    """
    return _split_off(store, track, frame, None)


def split_range(store: Store, track: int, first: int, last: int) -> int:
    """Split a range off a track as a new identity. Returns the new track's id.

    Raises:
        StorageError: the track has no boxes in the range, or none outside it.
    """
    return _split_off(store, track, first, last)


def delete_range(store: Store, tracks: Sequence[int], first: int, last: int | None = None) -> Changes:
    """Delete a range of frames from tracks, including manual boxes; a track that is left empty is deleted."""
    records = unlocked_tracks(store, *tracks)
    check_range(first, last)
    with store.transaction(f"Delete {track_names(records)}{in_frames(first, last)}") as transaction:
        connection = transaction.connection
        pin(store, records, first, last)
        spans = store.spans(tracks)
        kept = cut(spans, first, last)[1]
        save_spans(connection, spans, kept)
        carry(store, connection, records, first, last, lambda _: [])
        delete_track_rows(connection, set(tracks) - {span.track for span in kept})
        transaction.touch(Changes(_IDENTITY, frozenset(tracks), first, last, records[0].video))
    return transaction.changes


def delete_tracks(store: Store, tracks: Sequence[int]) -> Changes:
    """Delete whole tracks. Boxes found by runs stay in the file, invisible, until `compact`."""
    records = unlocked_tracks(store, *tracks)
    with store.transaction(f"Delete {track_names(records)}") as transaction:
        save_spans(transaction.connection, store.spans(tracks), [])
        delete_track_rows(transaction.connection, tracks)
        transaction.touch(Changes(_IDENTITY, frozenset(tracks), None, None, records[0].video))
    return transaction.changes


def renumber(store: Store, track: int, number: int) -> Changes:
    """Give a track another number.

    Raises:
        StorageError: the number is taken or below 1.
    """
    record = store.track(track)
    if number < 1:
        raise StorageError(f"{number} is not a valid track number; numbers start at 1")
    if any(other.number == number and other.id != track for other in store.tracks(record.video)):
        raise StorageError(f"number {number} is taken by another track; swap or merge the two, or choose another")
    with store.transaction(f"Renumber track {record.number} to {number}") as transaction:
        _update(transaction, [record], number=number)
    return transaction.changes


def renumber_all(store: Store, video_id: int) -> Changes:
    """Renumber all tracks of a video from 1, in order of their first frames."""
    tracks = store.tracks(video_id)
    starts: dict[int, int] = {}
    for span in store.spans([track.id for track in tracks]):
        starts[span.track] = min(span.first, starts.get(span.track, OPEN))
    ordered = sorted(tracks, key=lambda track: (starts.get(track.id, OPEN), track.number))
    with store.transaction("Renumber all tracks") as transaction:
        changed = [(index, track) for index, track in enumerate(ordered, 1) if track.number != index]
        for sign in (-1, 1):  # first to unused negative numbers: numbers must be unique at all times
            for number, track in changed:
                transaction.connection.execute(
                    update(_track).where(_track.c.id == track.id).values(number=sign * number))
        touched = frozenset(track.id for _, track in changed)
        if touched:
            transaction.touch(Changes(ChangeKind.TRACKS, touched, None, None, video_id))
    return transaction.changes


def relabel(store: Store, tracks: Sequence[int], label_id: int) -> Changes:
    """Change the label of tracks."""
    records = unlocked_tracks(store, *tracks)
    with store.transaction(f"Relabel {track_names(records)}") as transaction:
        _update(transaction, records, label=label_id)
    return transaction.changes


def describe(store: Store, track: int, name: str | None = None, color: str | None = None,
             review: ReviewState | None = None, attributes: Mapping[str, object] | None = None) -> Changes:
    """Set the name, colour (``#rrggbb``), review state or attributes of a track; None leaves a property unchanged.
    Values that hold in some frames are kept."""
    record = store.track(track)
    values: dict[str, Any] = {"name": name, "color": color, **review_columns(store, review),
                              "attributes": None if attributes is None else json.dumps(dict(attributes))}
    with store.transaction(f"Edit track {record.number}") as transaction:
        _update(transaction, [record], **{key: value for key, value in values.items() if value is not None})
    return transaction.changes


def _exchange(stretches: Iterable[Any], a: int, b: int) -> list[Any]:
    return [assign([stretch], b if stretch.track == a else a)[0] for stretch in stretches]


def _split_off(store: Store, track: int, first: int, last: int | None) -> int:
    [record] = unlocked_tracks(store, track)
    check_range(first, last)
    with store.transaction(f"Split track {record.number} at frame {first}") as transaction:
        connection = transaction.connection
        pin(store, [record], first, last)
        spans = store.spans([track])
        moved, kept = cut(spans, first, last)
        if not moved or not kept:
            where = f"from frame {first} on" if last is None else f"in frames {first} to {last}"
            found = "no boxes" if not moved else "all its boxes"
            raise StorageError(f"track {record.number} has {found} {where}; choose another frame")
        key, _ = new_track(connection, record.video, record.label)
        save_spans(connection, spans, kept + assign(moved, key))
        carry(store, connection, [record], first, last, lambda moved: assign(moved, key))
        transaction.touch(Changes(_IDENTITY, frozenset({track, key}), first, last, record.video))
    return key


def _update(transaction: Transaction, tracks: Sequence[Track], **values: Any) -> None:
    keys = [track.id for track in tracks]
    if values:
        transaction.connection.execute(update(_track).where(among(_track.c.id, keys)).values(**values))
        transaction.touch(Changes(ChangeKind.TRACKS, frozenset(keys), None, None, tracks[0].video))


__all__ = [
    "MergeRule", "accept_proposal", "delete_range", "delete_tracks", "describe", "discard_proposal", "merge_tracks",
    "relabel", "renumber", "renumber_all", "split_range", "split_track", "swap_tracks",
]

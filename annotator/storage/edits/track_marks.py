"""Marks on frame ranges of tracks (occluded, outside, interpolated), and locks on whole tracks.

Each function is one transaction and one undo step. Adjacent ranges of the same kind are joined.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import MarkKind, Track
from annotator.storage.edits.editable import check_range, chosen_tracks, in_frames, track_names, unlocked_tracks
from annotator.storage.spans.algebra import OPEN, cut
from annotator.storage.spans.rows import MarkStretch, mark_stretches, save_marks
from annotator.storage.store import Store


def mark_tracks(store: Store, tracks: Sequence[int], kind: MarkKind, first: int, last: int | None = None) -> Changes:
    """Mark frames ``first..last`` (None: to the end) of tracks.

    Raises:
        StorageError: the range is reversed, or a track is locked.
    """
    records = unlocked_tracks(store, *tracks)
    check_range(first, last)
    with store.transaction(f"Mark {track_names(records)} {kind.value}{in_frames(first, last)}") as transaction:
        for track in records:
            _join(transaction.connection, track, kind, [(first, OPEN if last is None else last)])
        transaction.touch(Changes(ChangeKind.MARKS, frozenset(tracks), first, last, records[0].video))
    return transaction.changes


def mark_ranges(store: Store, track: int, kind: MarkKind, ranges: Sequence[tuple[int, int]]) -> Changes:
    """Mark several ranges of frames, both ends inclusive, of one track. Raises StorageError as `mark_tracks`."""
    [record] = unlocked_tracks(store, track)
    for first, last in ranges:
        check_range(first, last)
    where = in_frames(min(first for first, _ in ranges), max(last for _, last in ranges)) if ranges else ""
    with store.transaction(f"Mark {track_names([record])} {kind.value}{where}") as transaction:
        if ranges:
            _join(transaction.connection, record, kind, ranges)
            transaction.touch(Changes(ChangeKind.MARKS, frozenset({track}), min(first for first, _ in ranges),
                                      max(last for _, last in ranges), record.video))
    return transaction.changes


def unmark_tracks(store: Store, tracks: Sequence[int], kind: MarkKind, first: int = 0, last: int | None = None,
                  ) -> Changes:
    """Remove a mark from frames ``first..last`` (None: to the end) of tracks. Raises StorageError as `mark_tracks`."""
    records = unlocked_tracks(store, *tracks)
    check_range(first, last)
    with store.transaction(f"Unmark {track_names(records)} {kind.value}{in_frames(first, last)}") as transaction:
        before = [mark for mark in mark_stretches(transaction.connection, tracks) if mark.kind == kind.value]
        save_marks(transaction.connection, before, cut(before, first, last)[1])
        transaction.touch(Changes(ChangeKind.MARKS, frozenset(tracks), first, last, records[0].video))
    return transaction.changes


def lock_tracks(store: Store, tracks: Sequence[int], locked: bool = True) -> Changes:
    """Lock or unlock tracks. A lock prevents edits of boxes, label and identity, and replacement by runs.

    Numbers, names and colours may still be changed.
    """
    records = chosen_tracks(store, *tracks)
    with store.transaction(f"{'Lock' if locked else 'Unlock'} {track_names(records)}") as transaction:
        before = [mark for mark in mark_stretches(transaction.connection, tracks)
                  if mark.kind == MarkKind.LOCK.value]
        held = {mark.track for mark in before}
        fresh = [_stretch(track, MarkKind.LOCK, 0, None) for track in records if track.id not in held]
        save_marks(transaction.connection, before, [*before, *fresh] if locked else [])
        if fresh or not locked:
            transaction.touch(Changes(ChangeKind.MARKS, frozenset(tracks), None, None, records[0].video))
    return transaction.changes


def _join(connection: Connection, track: Track, kind: MarkKind, ranges: Sequence[tuple[int, int]]) -> None:
    """Add ranges, both ends inclusive, to a track's marks; marks that they meet are replaced by joined ones."""
    before = [mark for mark in mark_stretches(connection, [track.id]) if mark.kind == kind.value]
    after: list[MarkStretch] = []
    added = [_stretch(track, kind, first, None if last >= OPEN else last) for first, last in ranges]
    for mark in sorted([*before, *added], key=lambda mark: (mark.first, mark.end)):
        if after and mark.first <= after[-1].end + 1 and None in (mark.id, after[-1].id):
            end = max(after[-1].end, mark.end)
            after[-1] = _stretch(track, kind, after[-1].first, None if end >= OPEN else end)
        else:
            after.append(mark)
    save_marks(connection, before, after)


def _stretch(track: Track, kind: MarkKind, first: int, last: int | None) -> MarkStretch:
    return MarkStretch(id=None, track=track.id, first=first, last=last, end=OPEN if last is None else last,
                       kind=kind.value, video=track.video)

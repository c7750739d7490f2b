"""Merge identities, and decide which box is kept in frames in which both have one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Connection, func, select

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import MarkKind, Track
from annotator.storage.edits.carried import merged_values, move_notes, ranges_of_others, settled_values
from annotator.storage.edits.editable import track_names, unlocked_tracks
from annotator.storage.file import schema
from annotator.storage.spans.algebra import Span, assign, meeting, subtract
from annotator.storage.spans.rows import (
    delete_track_rows,
    mark_stretches,
    presence,
    save_marks,
    save_spans,
    save_values,
)
from annotator.storage.store import Store

Ranges = list[tuple[int, int]]

_PRESENCE_MARKS = (MarkKind.OCCLUDED.value, MarkKind.OUTSIDE.value)


class MergeRule(StrEnum):
    """Which predicted box is kept in a frame in which both tracks have one. Manual boxes are always kept."""

    INTO = "into"
    """The target track's."""
    OTHER = "other"
    """The other track's, which is merged into the target."""
    BETTER = "better"
    """In each common range of frames, the one with the higher mean score; the target's if they are equal."""
    REFUSE = "refuse"
    """Neither: tracks with common frames are not merged."""


def merge_tracks(store: Store, into: int, others: Sequence[int], drop_human: bool = False,
                 rule: MergeRule = MergeRule.INTO) -> Changes:
    """Merge tracks into one, as one undo step. ``rule`` decides frames in which two tracks have a box.

    Raises:
        StorageError: two tracks have a manual box in the same frame and ``drop_human`` is off; two tracks have common
            frames and ``rule`` is REFUSE; a track is locked.
    """
    target, *absorbed = unlocked_tracks(store, into, *others)
    if not absorbed:
        raise StorageError(f"only track {target.number} is selected; select a second track to merge")
    with store.transaction(f"Merge {track_names(absorbed)} into {target.number}") as transaction:
        for other in absorbed:
            _absorb(store, transaction.connection, target, other, drop_human, rule)
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.NOTES
        transaction.touch(Changes(kinds, frozenset({into, *others}), None, None, target.video))
    return transaction.changes


def _absorb(store: Store, connection: Connection, target: Track, other: Track, drop_human: bool, rule: MergeRule,
            ) -> None:
    mine, theirs = store.spans([target.id]), store.spans([other.id])
    drawn = sorted((span.first, span.end) for span in mine if span.human)
    offered_drawn = sorted((span for span in theirs if span.human), key=lambda span: span.first)
    clashes = [max(span.first, first) for span in offered_drawn
               for first, _ in meeting(drawn, span.first, span.end)[:1]]
    if clashes and not drop_human:
        raise StorageError(f"tracks {target.number} and {other.number} both have a manual box in frame "
                           f"{clashes[0]}; delete one of them first")
    machine = [span for span in mine if not span.human]
    offered = [span for span in theirs if not span.human]
    taken = _taken(connection, machine, offered, rule, f"tracks {target.number} and {other.number}")
    given = subtract(offered, taken)
    drawn_given = [piece for span in offered_drawn
                   for piece in subtract([span], meeting(drawn, span.first, span.end))]
    left = subtract(machine, [(span.first, span.end) for span in given])
    after = [*left, *(span for span in mine if span.human), *assign(given + drawn_given, target.id)]
    save_spans(connection, [*mine, *theirs], after)
    marks = mark_stretches(connection, [other.id])
    # Occluded and outside marks of the other track must not apply to boxes that the target keeps.
    kept = [mark for mark in marks if mark.kind not in _PRESENCE_MARKS]
    presence_marks = subtract([mark for mark in marks if mark.kind in _PRESENCE_MARKS], taken)
    save_marks(connection, marks, assign(kept + presence_marks, target.id))
    values = settled_values(store, connection, [target, other])
    mine_too = [each for each in values if each.track == target.id]
    got = ranges_of_others([*left, *(span for span in mine if span.human)], [*given, *drawn_given])
    save_values(connection, values, merged_values(
        mine_too, [each for each in values if each.track == other.id], got, target.id))
    move_notes(connection, other.id, target.id)
    delete_track_rows(connection, [other.id])


def _taken(connection: Connection, mine: Sequence[Span], theirs: Sequence[Span], rule: MergeRule, who: str) -> Ranges:
    """Frames in which the target keeps its own boxes. Only frames with a box count: lost frames of its tracklets must
    not hide boxes of the other track."""
    my_frames = [(span, frames) for span in mine for frames in presence(connection, span)]
    everything = [frames for _, frames in my_frames]
    if rule is MergeRule.INTO:
        return everything
    both = [(span, other, _common(frames, other_frames)) for span, frames in my_frames for other in theirs
            for other_frames in presence(connection, other) if _common(frames, other_frames) is not None]
    if rule is MergeRule.REFUSE and both:
        where = min(common[0] for _, _, common in both if common is not None)
        raise StorageError(f"{who} both have a box in frame {where}; choose which boxes to keep, or delete some first")
    lost = [common for span, other, common in both if common is not None
            and (rule is MergeRule.OTHER or _score(connection, other, common) > _score(connection, span, common))]
    return _without(everything, lost)


def _common(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int] | None:
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


def _score(connection: Connection, span: Span, frames: tuple[int, int]) -> float:
    """Mean score of a span's boxes in these frames; -1 without boxes."""
    o = schema.observation
    query = select(func.avg(o.c.score)).where(
        o.c.tracklet == span.tracklet, o.c.frame.between(*frames), o.c.x1.is_not(None))
    found = connection.execute(query).scalar()
    return -1.0 if found is None else float(found)


def _without(ranges: Ranges, gone: Ranges) -> Ranges:
    left = list(ranges)
    for first, last in gone:
        left = [piece for start, end in left
                for piece in ((start, min(end, first - 1)), (max(start, last + 1), end)) if piece[0] <= piece[1]]
    return left

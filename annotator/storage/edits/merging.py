"""Merging identities, and who keeps a frame in which both have a box."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Connection, func, select

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import MarkKind, Track
from annotator.storage.edits.editable import free_tracks
from annotator.storage.file import schema
from annotator.storage.spans.algebra import Span, assign, subtract
from annotator.storage.spans.rows import delete_track_rows, mark_stretches, presence, save_marks, save_spans
from annotator.storage.store import Store

Ranges = list[tuple[int, int]]

_BEING_THERE = (MarkKind.OCCLUDED.value, MarkKind.OUTSIDE.value)


class MergeRule(StrEnum):
    """Whose machine box stays in a frame where both tracks have one. A person's box always stays."""

    INTO = "into"
    """The one that is merged into."""
    OTHER = "other"
    """The one that is merged away."""
    BETTER = "better"
    """In each stretch of frames that both have, the one with the higher mean score; ``into`` where they are equal."""
    REFUSE = "refuse"
    """Neither: tracks that are ever seen together are not merged."""


def merge_tracks(store: Store, into: int, others: Sequence[int], drop_human: bool = False,
                 rule: MergeRule = MergeRule.INTO) -> Changes:
    """Make one identity of several, as one undo step. ``rule`` decides frames in which two have a box.

    Raises:
        StorageError: people drew boxes of both in one frame, and ``drop_human`` is off; two are seen together, and
            ``rule`` is REFUSE; one is locked.
    """
    target, *absorbed = free_tracks(store, into, *others)
    if not absorbed:
        raise StorageError(f"track {target.number} alone cannot be merged; choose a second track")
    names = ", ".join(str(track.number) for track in absorbed)
    with store.transaction(f"Merge {names} into {target.number}") as transaction:
        for other in absorbed:
            _absorb(store, transaction.connection, target, other, drop_human, rule)
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS
        transaction.touch(Changes(kinds, frozenset({into, *others}), None, None, target.video))
    return transaction.changes


def _absorb(store: Store, connection: Connection, target: Track, other: Track, drop_human: bool, rule: MergeRule,
            ) -> None:
    mine, theirs = store.spans([target.id]), store.spans([other.id])
    drawn = {span.first for span in mine if span.human}
    clashes = [span.first for span in theirs if span.human and span.first in drawn]
    if clashes and not drop_human:
        raise StorageError(f"tracks {target.number} and {other.number} both have a hand-drawn box in frame "
                           f"{clashes[0]}; delete one of them first")
    machine = [span for span in mine if not span.human]
    offered = [span for span in theirs if not span.human]
    taken = _taken(connection, machine, offered, rule, f"tracks {target.number} and {other.number}")
    given = subtract(offered, taken)
    drawn_given = [span for span in theirs if span.human and span.first not in drawn]
    left = subtract(machine, [(span.first, span.end) for span in given])
    after = [*left, *(span for span in mine if span.human), *assign(given + drawn_given, target.id)]
    save_spans(connection, [*mine, *theirs], after)
    marks = mark_stretches(connection, [other.id])
    # What was said of the other's boxes must not hide those that the target keeps.
    kept = [mark for mark in marks if mark.kind not in _BEING_THERE]
    said = subtract([mark for mark in marks if mark.kind in _BEING_THERE], taken)
    save_marks(connection, marks, assign(kept + said, target.id))
    delete_track_rows(connection, [other.id])


def _taken(connection: Connection, mine: Sequence[Span], theirs: Sequence[Span], rule: MergeRule, who: str) -> Ranges:
    """Frames that the target keeps for itself. Only frames with a box count: a tracklet's lost frames must not hide
    the other's boxes."""
    my_frames = [(span, frames) for span in mine for frames in presence(connection, span)]
    everything = [frames for _, frames in my_frames]
    if rule is MergeRule.INTO:
        return everything
    both = [(span, other, _common(frames, other_frames)) for span, frames in my_frames for other in theirs
            for other_frames in presence(connection, other) if _common(frames, other_frames) is not None]
    if rule is MergeRule.REFUSE and both:
        where = min(common[0] for _, _, common in both if common is not None)
        raise StorageError(f"{who} are both seen in frame {where}; choose whose boxes stay, or delete some first")
    lost = [common for span, other, common in both if common is not None
            and (rule is MergeRule.OTHER or _score(connection, other, common) > _score(connection, span, common))]
    return _without(everything, lost)


def _common(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int] | None:
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


def _score(connection: Connection, span: Span, frames: tuple[int, int]) -> float:
    """Mean score of a span's boxes in these frames; -1 without any."""
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

"""Preview what an edit would change.

A preview runs the edit itself in a transaction that is rolled back. So it always agrees with the real edit, and every
edit, or several edits in one gesture, can be previewed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.mask import Mask
from annotator.model.track import Mark, Track
from annotator.model.values import TrackValue
from annotator.storage.spans.algebra import OPEN, Span, meeting, subtract
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class TrackChange:
    """The changes to one track."""

    track: int
    """Track id; for a track created by the edit, the id that it would get."""
    number: int
    """Track number after the edit, or before it if the edit deletes the track."""
    made: bool
    """The edit creates the track."""
    deleted: bool
    gained: int
    """Number of boxes that the track gains."""
    lost: int
    """Number of boxes that it loses."""
    human_gained: tuple[int, ...]
    """Frames in which it gains a manual box."""
    human_lost: tuple[int, ...]
    """Frames in which it loses a manual box."""
    described: bool
    """Its number, label, name, colour, review state or attributes change, also in some frames only."""
    marked: bool
    """Its marks change."""
    redrawn: tuple[int, ...] = ()
    """Frames in which it has a manual box before and after, with another box or mask."""


@dataclass(frozen=True, slots=True)
class EditPreview:
    """The changes that an edit would make."""

    tracks: tuple[TrackChange, ...]
    """The changed tracks, ordered by number."""
    first_frame: int | None
    """First frame in which a box moves to another track or is removed; None if no box does."""
    last_frame: int | None
    """Last such frame known so far."""
    human_boxes: tuple[tuple[int, int], ...]
    """Manual boxes that move to another track or are removed: (current track number, frame)."""
    human_dropped: int
    """Number of manual boxes that no track would have any more."""

    @property
    def changes_nothing(self) -> bool:
        return not self.tracks

    def lines(self) -> list[str]:
        """The changes as text: one line per track, and one for manual boxes if any are affected."""
        if self.changes_nothing:
            return ["no changes"]
        lines = [_line(change) for change in self.tracks]
        if self.human_boxes:
            lines.append(f"manual boxes affected: {len(self.human_boxes)}, removed: {self.human_dropped}")
        return lines


class _RolledBack(Exception):
    """Raised to roll back the transaction of a preview."""


@dataclass(frozen=True, slots=True)
class _State:
    """The state of some tracks before or after an edit."""

    tracks: dict[int, Track]
    spans: list[Span]
    marks: set[Mark]
    values: set[TrackValue]
    drawn: dict[tuple[int, int], tuple[Box | None, Mask | None]]
    """Track and frame -> manual box and mask, of the frames in which an edit changed boxes or masks."""


def preview(store: Store, edit: Callable[[], object]) -> EditPreview:
    """Return what ``edit`` (which calls functions of this package on ``store``) would change. Nothing is kept, and no
    listener is called.

    Raises what the edit raises, and StorageError if the project is open read-only.
    """
    after: _State | None = None
    touched: frozenset[int] = frozenset()
    frames: tuple[int, int] | None = None
    try:
        with store.transaction("Preview") as transaction:
            edit()
            touched = transaction.changes.tracks
            frames = _redrawn_frames(transaction.changes)
            after = _state(store, touched, frames)
            raise _RolledBack
    except _RolledBack:
        pass
    assert after is not None
    return _compare(store, _state(store, touched, frames), after)


def _redrawn_frames(changes: Changes) -> tuple[int, int] | None:
    """First and last frame in which boxes or masks may have changed; None if none may."""
    if not changes.kinds & (ChangeKind.OBSERVATIONS | ChangeKind.MASKS):
        return None
    return changes.first_frame or 0, OPEN if changes.last_frame is None else changes.last_frame


def _state(store: Store, keys: Iterable[int], frames: tuple[int, int] | None) -> _State:
    tracks = store.tracks_by_id(keys)
    marks = [mark for video in {track.video for track in tracks} for mark in store.marks(video)]
    return _State({track.id: track for track in tracks}, store.spans(keys),
                  {replace(mark, id=0) for mark in marks if mark.track in set(keys)},
                  {value for video in {track.video for track in tracks} for value in store.values(video)
                   if value.track in set(keys)}, _drawn(store, tracks, frames))


def _drawn(store: Store, tracks: Iterable[Track], frames: tuple[int, int] | None,
           ) -> dict[tuple[int, int], tuple[Box | None, Mask | None]]:
    if frames is None:
        return {}
    return {(track.id, seen.frame): (seen.box_xyxy, seen.mask) for track in tracks
            for seen in store.trajectory(track.id, masks=True)
            if seen.human and not seen.interpolated and frames[0] <= seen.frame <= frames[1]}


def _compare(store: Store, before: _State, after: _State) -> EditPreview:
    frames: list[int] = []
    changes: list[TrackChange] = []
    drawn: list[tuple[int, int]] = []
    dropped = _dropped(before.spans, after.spans)
    for key in sorted(before.tracks.keys() | after.tracks.keys()):
        old, new = before.tracks.get(key), after.tracks.get(key)
        known = new or old
        assert known is not None
        mine = [span for span in before.spans if span.track == key]
        theirs = [span for span in after.spans if span.track == key]
        gained, lost = _moved(store, theirs, mine, frames), _moved(store, mine, theirs, frames)
        change = TrackChange(
            key, known.number, old is None, new is None, gained[0], lost[0], gained[1], lost[1],
            old is not None and new is not None and (old != new or _of(before.values, key) != _of(after.values, key)),
            {mark for mark in before.marks if mark.track == key} != {mark for mark in after.marks if mark.track == key},
            tuple(sorted(frame for (track, frame), was in before.drawn.items() if track == key
                         and after.drawn.get((track, frame), was) != was)))
        drawn += [(known.number, frame) for frame in change.human_lost]
        if (change.made or change.deleted or change.gained or change.lost or change.human_gained or change.human_lost
                or change.described or change.marked or change.redrawn):
            changes.append(change)
    changes.sort(key=lambda change: change.number)
    return EditPreview(tuple(changes), min(frames, default=None), max(frames, default=None), tuple(sorted(drawn)),
                       dropped)


def _of(values: Iterable[TrackValue], track: int) -> set[TrackValue]:
    return {value for value in values if value.track == track}


def _dropped(before: Iterable[Span], after: Iterable[Span]) -> int:
    """Number of manual boxes that are in the first spans but not in the second, whichever track they belong to."""
    left = _ranges_by_tracklet(span for span in after if span.human)
    return sum(piece.end - piece.first + 1 for span in before if span.human
               for piece in subtract([span], meeting(left.get(span.tracklet, []), span.first, span.end)))


def _ranges_by_tracklet(spans: Iterable[Span]) -> dict[int, list[tuple[int, int]]]:
    """Tracklet -> the ranges of its spans, by first frame."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        found[span.tracklet].append((span.first, span.end))
    for ranges in found.values():
        ranges.sort()
    return found


def _moved(store: Store, there: Sequence[Span], not_there: Sequence[Span], frames: list[int],
           ) -> tuple[int, tuple[int, ...]]:
    """Number of boxes that are in the first spans but not in the second, and the frames of the manual ones among them.
    Appends the first and last frames of these boxes to ``frames``."""
    count = 0
    drawn: list[int] = []
    others = _ranges_by_tracklet(not_there)
    for span in there:
        for piece in subtract([span], meeting(others.get(span.tracklet, []), span.first, span.end)):
            if piece.human:
                drawn += range(piece.first, piece.end + 1)
                found = (piece.end - piece.first + 1, piece.first, piece.end)
            else:
                found = store.boxes_between(piece.tracklet, piece.first, piece.end)
            count += found[0]
            frames += found[1:] if found[0] else ()
    return count, tuple(sorted(drawn))


def _line(change: TrackChange) -> str:
    parts = [word for word, holds in (("new", change.made), ("deleted", change.deleted)) if holds]
    parts += [f"{word} {count} boxes" for word, count in (("gains", change.gained), ("loses", change.lost)) if count]
    parts += [text for text, holds in (("properties change", change.described), ("marks change", change.marked))
              if holds]
    parts += [f"{len(change.redrawn)} manual boxes or masks change"] if change.redrawn else []
    return f"track {change.number}: {', '.join(parts)}"

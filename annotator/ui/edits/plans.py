"""Plans of edits for the current selection, range and frame: a title and the change to apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject

from annotator.errors import StorageError
from annotator.model.track import MarkKind, Track
from annotator.storage.edits import identities, keyframes, track_marks
from annotator.storage.edits.merging import MergeRule
from annotator.storage.edits.preview import preview
from annotator.storage.store import Store
from annotator.ui.document.document import Document

#: Default maximum deviation of box edges, in pixels, when a trajectory is reduced to keyframes.
TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One edit: one transaction, one undo step."""

    title: str
    """What the edit does, for display."""
    change: Callable[[Store], object]
    """Applies the edit. A returned list holds the tracks (ids) to select afterwards."""
    drops_drawn: bool = False
    """The edit obviously deletes manual boxes, so it needs no confirmation."""
    deletes: tuple[int, ...] = ()
    """Tracks (ids) that are deleted entirely."""
    words: Callable[[Store], str] | None = None
    """Describes the change, for edits that take too long to preview by applying and rolling back."""


T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Answer(Generic[T]):
    """What a question asks for, with the type of the answer."""

    name: str


TRACK: Answer[int] = Answer("track")
"""The id of another track, clicked or given by number."""
NUMBER: Answer[int] = Answer("number")
RULE: Answer[MergeRule] = Answer("rule")
"""Which box to keep."""
PIXELS: Answer[float] = Answer("pixels")


@dataclass(frozen=True)
class Question(Generic[T]):
    """An edit that lacks one value."""

    title: str
    hint: str
    """What the user should do."""
    answer: Answer[T]
    plan: Callable[[T], Plan | AnyQuestion]
    """Maps the answer (track id, number, rule, pixels) to the edit, or to a further question. Raises StorageError."""
    start: T | None = None
    """Initial value of the answer."""
    track: int | None = None
    """Id of the track that is already selected."""


AnyQuestion = Question[Any]


class Plans(QObject):
    """Plans edits of the selected tracks. Each method raises StorageError if the selection does not allow the edit."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self.tolerance = TOLERANCE
        """The tolerance that was used last, in pixels."""

    # Selection

    @property
    def _store(self) -> Store:
        session = self._document.session
        if session is None or self._document.video is None:
            raise StorageError(self.tr("no video is open; open a project first"))
        return session.store

    def _chosen(self, least: int = 1, most: int | None = None) -> list[Track]:
        """Return the selected tracks, sorted by number."""
        known = self._document.tracks()
        chosen = sorted((known[key] for key in self._document.selection if key in known), key=lambda t: t.number)
        if len(chosen) < least:
            raise StorageError(self.tr("Select a track first: click it on the canvas, on the timeline or in the "
                                       "table") if least == 1 else self.tr("Select two tracks first: click one, then "
                                                                           "Ctrl-click another"))
        if most is not None and len(chosen) > most:
            raise StorageError(self.tr("Select fewer tracks: this edit takes at most {0}, and {1} are selected")
                               .format(most, len(chosen)))
        return chosen

    def _range(self) -> tuple[int, int]:
        chosen = self._document.range
        if chosen is None:
            raise StorageError(self.tr("Select a range first: Shift-drag on the timeline"))
        return chosen

    def names(self, tracks: Sequence[Track]) -> str:
        """Return the numbers of a few tracks, or the count of many."""
        if len(tracks) > 3:
            return self.tr("%n tracks", "", len(tracks))
        return ", ".join(str(track.number) for track in tracks)

    def _where(self, first: int, last: int | None) -> str:
        if last is None:
            return self.tr("from frame {0} on").format(first)
        return self.tr("in frame {0}").format(first) if last == first else \
            self.tr("in frames {0} to {1}").format(first, last)

    # Identities

    def swap(self) -> Plan | AnyQuestion:
        """Swap the two selected tracks from this frame on."""
        return self._swap(self._document.frame, None)

    def swap_range(self) -> Plan | AnyQuestion:
        """Swap the two selected tracks within the selected range."""
        return self._swap(*self._range())

    def _swap(self, first: int, last: int | None) -> Plan | AnyQuestion:
        chosen = self._chosen(most=2)
        if len(chosen) == 2:
            return self.swap_of(chosen[0], chosen[1], first, last)
        [one] = chosen
        return Question(self.tr("Swap {0} {1} with").format(one.number, self._where(first, last)), self._pick_hint(),
                        TRACK, lambda other: self.swap_of(one, self._track(other), first, last), track=one.id)

    def swap_of(self, one: Track, other: Track, first: int, last: int | None = None) -> Plan:
        return Plan(self.tr("Swap {0} and {1} {2}").format(one.number, other.number, self._where(first, last)),
                    lambda store: identities.swap_tracks(store, one.id, other.id, first, last))

    def merge(self) -> Plan | AnyQuestion:
        """Merge the selected tracks; the lowest number stays. Asks which box to keep where both have one."""
        chosen = self._chosen()
        if len(chosen) > 1:
            return self.merge_of(chosen)
        [one] = chosen
        return Question(self.tr("Merge {0} with").format(one.number), self._pick_hint(), TRACK,
                        lambda other: self.merge_of((one, self._track(other))), track=one.id)

    def merge_of(self, tracks: Sequence[Track]) -> Plan | AnyQuestion:
        """Merge tracks into the one with the lowest number."""
        chosen = sorted(tracks, key=lambda track: track.number)
        plan = self._merge_by(chosen, MergeRule.INTO)
        if self._is_possible(self._merge_by(chosen, MergeRule.REFUSE)) or not self._is_possible(plan):
            return plan
        return Question(plan.title, self.tr("where both have a box, keep"), RULE,
                        lambda rule: self._merge_by(chosen, rule), MergeRule.INTO)

    def _merge_by(self, tracks: Sequence[Track], rule: MergeRule) -> Plan:
        into, *others = tracks
        ids = [track.id for track in others]
        return Plan(self.tr("Merge {0} into {1}").format(self.names(others), into.number),
                    lambda store: identities.merge_tracks(store, into.id, ids, rule=rule))

    def _is_possible(self, plan: Plan) -> bool:
        store = self._store
        try:
            preview(store, lambda: plan.change(store))
        except StorageError:
            return False
        return True

    def split(self) -> Plan:
        """Move the rest of each selected track, from this frame on, to a new track."""
        chosen, frame = self._chosen(), self._document.frame
        return Plan(self.tr("Split {0} at frame {1}").format(self.names(chosen), frame),
                    partial(_split, [track.id for track in chosen], frame, None))

    def split_range(self) -> Plan:
        """Move the selected range of each selected track to a new track."""
        chosen, (first, last) = self._chosen(), self._range()
        return Plan(self.tr("Split off frames {1} to {2} of {0}").format(self.names(chosen), first, last),
                    partial(_split, [track.id for track in chosen], first, last))

    def renumber(self) -> Question[int]:
        """Give the selected track another number."""
        [one] = self._chosen(most=1)
        return Question(self.tr("Renumber {0} to").format(one.number), self.tr("an unused number"),
                        NUMBER, lambda number: self._renumber_of(one, number), one.number)

    def _renumber_of(self, track: Track, number: int) -> Plan:
        return Plan(self.tr("Renumber {0} to {1}").format(track.number, number),
                    lambda store: identities.renumber(store, track.id, number))

    def renumber_all(self) -> Plan:
        """Number all tracks from 1 in order of first appearance."""
        video = self._document.video
        store = self._store
        assert video is not None
        return Plan(self.tr("Renumber all tracks by first appearance"),
                    lambda _: identities.renumber_all(store, video.id))

    # Deletion

    def delete(self) -> Plan:
        """Delete the selected tracks entirely."""
        chosen = self._chosen()
        ids = tuple(track.id for track in chosen)
        return Plan(self.tr("Delete {0}").format(self._tracks_in_words(chosen)),
                    lambda store: identities.delete_tracks(store, ids), deletes=ids)

    def delete_from(self) -> Plan:
        return self._delete(self._document.frame, None)

    def delete_before(self) -> Plan:
        if self._document.frame == 0:
            raise StorageError(self.tr("there are no frames before frame 0; go to a later frame"))
        return self._delete(0, self._document.frame - 1)

    def delete_range(self) -> Plan:
        return self._delete(*self._range())

    def delete_here(self) -> Plan:
        """Delete the boxes in this frame. Manual boxes need no confirmation: the user sees them."""
        frame = self._document.frame
        return self._delete(frame, frame, drops_drawn=True)

    def _delete(self, first: int, last: int | None, drops_drawn: bool = False) -> Plan:
        chosen = self._chosen()
        return Plan(self.tr("Delete {0} {1}").format(self._tracks_in_words(chosen), self._where(first, last)),
                    lambda store: identities.delete_range(store, [track.id for track in chosen], first, last),
                    drops_drawn)

    def _tracks_in_words(self, tracks: Sequence[Track]) -> str:
        return self.names(tracks) if len(tracks) > 3 else self.tr("track {0}").format(tracks[0].number) \
            if len(tracks) == 1 else self.tr("tracks {0}").format(self.names(tracks))

    # Marks

    def occluded(self) -> Plan:
        return self._mark(MarkKind.OCCLUDED, self.tr("Mark {0} as occluded {1}"), self.tr("Unmark {0} as occluded {1}"))

    def outside(self) -> Plan:
        return self._mark(MarkKind.OUTSIDE, self.tr("Mark {0} as outside {1}"), self.tr("Unmark {0} as outside {1}"))

    def occluded_on(self) -> Plan:
        """Mark as occluded from this frame on, or unmark."""
        return self._mark(MarkKind.OCCLUDED, self.tr("Mark {0} as occluded {1}"), self.tr("Unmark {0} as occluded {1}"),
                          (self._document.frame, None))

    def outside_on(self) -> Plan:
        """Mark as outside from this frame on, or unmark."""
        return self._mark(MarkKind.OUTSIDE, self.tr("Mark {0} as outside {1}"), self.tr("Unmark {0} as outside {1}"),
                          (self._document.frame, None))

    def _mark(self, kind: MarkKind, on: str, off: str, frames: tuple[int, int | None] | None = None) -> Plan:
        """Mark frames (default: the selected range or this frame); unmark them if all of them are marked already."""
        chosen, frame = self._chosen(), self._document.frame
        first, last = frames or self._document.range or (frame, frame)
        ids, store = [track.id for track in chosen], self._store
        video = self._document.video
        assert video is not None
        held = {mark.track for mark in store.marks(video.id) if mark.kind is kind and mark.first <= first
                and (mark.last is None or (last is not None and mark.last >= last))}
        takes_back = held.issuperset(ids)
        change = track_marks.unmark_tracks if takes_back else track_marks.mark_tracks
        title = (off if takes_back else on).format(self.names(chosen), self._where(first, last))
        return Plan(title, lambda store: change(store, ids, kind, first, last))

    def lock(self) -> Plan:
        """Lock the selected tracks, or unlock them if all are locked."""
        chosen = self._chosen()
        ids = [track.id for track in chosen]
        locked = self._store.locked(ids) != set(ids)
        title = self.tr("Lock {0}") if locked else self.tr("Unlock {0}")
        return Plan(title.format(self._tracks_in_words(chosen)),
                    lambda store: track_marks.lock_tracks(store, ids, locked))

    # Keyframes

    def keyframe(self) -> Plan:
        """Turn the selected tracks' boxes in this frame into keyframes, or back if all are keyframes."""
        chosen, frame = self._chosen(), self._document.frame
        ids = [track.id for track in chosen]
        drawn = {seen.track for seen in self._document.observations(frame, masks=False)
                 if seen.human and not seen.interpolated}
        if drawn.issuperset(ids):
            return Plan(self.tr("Clear the keyframe of {0} in frame {1}").format(self.names(chosen), frame),
                        lambda store: keyframes.clear_keyframes(store, ids, frame), drops_drawn=True)
        return Plan(self.tr("Set a keyframe of {0} in frame {1}").format(self.names(chosen), frame),
                    lambda store: keyframes.set_keyframes(store, ids, frame))

    def interpolate(self) -> Plan:
        """Interpolate in the selected range, or between the surrounding keyframes."""
        [one] = self._chosen(most=1)
        first, last = self._document.range or self._between_keyframes(one)
        return Plan(self.tr("Interpolate {0} {1}").format(one.number, self._where(first, last)),
                    lambda store: keyframes.interpolate(store, one.id, first, last))

    def end_interpolation(self) -> Plan:
        [one] = self._chosen(most=1)
        first, last = self._document.range or self._between_keyframes(one)
        return Plan(self.tr("End the interpolation of {0} {1}").format(one.number, self._where(first, last)),
                    lambda store: keyframes.end_interpolation(store, one.id, first, last))

    def _between_keyframes(self, track: Track) -> tuple[int, int]:
        frame, drawn = self._document.frame, keyframes.keyframes(self._store, track.id)
        before, after = [k for k in drawn if k <= frame], [k for k in drawn if k > frame]
        if not after and before[:-1] and before[-1] == frame:
            return before[-2], frame
        if not before or not after:
            raise StorageError(self.tr("Track {0} needs a keyframe on each side of frame {1}: set them (K), or select "
                                       "a range on the timeline").format(track.number, frame))
        return before[-1], after[0]

    def fill_gap(self) -> Plan:
        """Interpolate across the gap at this frame."""
        [one] = self._chosen(most=1)
        frame = self._document.frame
        return Plan(self.tr("Fill the gap of {0} at frame {1}").format(one.number, frame),
                    lambda store: keyframes.fill_gap(store, one.id, frame))

    def fill_gaps(self) -> Plan:
        [one] = self._chosen(most=1)
        return Plan(self.tr("Fill all gaps of {0}").format(one.number),
                    lambda store: keyframes.fill_gaps(store, one.id))

    def reduce(self) -> Question[float]:
        """Replace the predicted boxes, in the selected range or in all frames, by a few keyframes."""
        [one] = self._chosen(most=1)
        first, last = self._document.range or (0, None)
        return Question(self.tr("Reduce {0} to keyframes").format(one.number),
                        self.tr("maximum deviation of box edges"), PIXELS,
                        lambda pixels: self._reduce_of(one, first, last, pixels), self.tolerance)

    def _reduce_of(self, track: Track, first: int, last: int | None, pixels: float) -> Plan:
        def words(store: Store) -> str:
            kept, boxes = keyframes.count_keyframes(store, track.id, first, last, pixels=pixels)
            return self.tr("{0} of {1} boxes become keyframes; the rest are interpolated").format(kept, boxes)

        def change(store: Store) -> object:
            self.tolerance = pixels
            return keyframes.reduce_to_keyframes(store, track.id, first, last, pixels=pixels)

        return Plan(self.tr("Reduce {0} to keyframes within {1} px").format(track.number, f"{pixels:g}"), change,
                    words=words)

    # Helpers

    def _track(self, key: int) -> Track:
        known = self._document.tracks()
        if not isinstance(key, int) or key not in known:
            raise StorageError(self.tr("that track does not exist; click one or type its number"))
        return known[key]

    def _pick_hint(self) -> str:
        return self.tr("click the other track or type its number")


def _split(tracks: Sequence[int], first: int, last: int | None, store: Store) -> list[int]:
    """Split all tracks as one step. Returns the ids of the new tracks."""
    with store.transaction("Split") as transaction:
        made = [identities.split_track(store, track, first) if last is None
                else identities.split_range(store, track, first, last)
                for track in tracks]
        numbers = ", ".join(str(track.number) for track in store.tracks_by_id(tracks)[:3])
        transaction.label = f"Split {numbers} at frame {first}"
    return made

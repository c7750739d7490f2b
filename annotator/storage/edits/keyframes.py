"""Keyframes: a person's boxes, between which boxes follow straight lines where a stretch is declared so.

Each function is one transaction and one undo step. Outside declared stretches nothing is interpolated: one fix at
frame 100 and another at frame 5000 leave the machine's boxes between them alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.keyframes import choose_keyframes, within_iou, within_pixels
from annotator.model.track import MarkKind, Track, TrackObservation
from annotator.storage.edits import drawn_boxes
from annotator.storage.edits.editable import check_range, free_tracks, in_words
from annotator.storage.edits.track_marks import mark_tracks, unmark_tracks
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class Reduction:
    """What became of a dense trajectory."""

    keyframes: tuple[int, ...]
    """Frames that keep their box, as a person's."""
    boxes: int
    """Boxes that were there; all but the keyframes now follow from these."""
    changes: Changes


def keyframes(store: Store, track: int) -> list[int]:
    """Frames in which a person said where the track is."""
    return sorted(span.first for span in store.spans([track]) if span.human)


def set_keyframes(store: Store, tracks: Sequence[int], frame: int) -> Changes:
    """Make the boxes that tracks show in a frame keyframes; a person's stay as they are, masks stay with their boxes.

    Raises:
        StorageError: one has no box there, or is locked.
    """
    records = free_tracks(store, *tracks)
    with store.transaction(f"Keyframe of {in_words(records)}") as transaction:
        for track in records:
            shown = _shown(store, track, frame)
            if shown is None or shown.box_xyxy is None:
                raise StorageError(f"track {track.number} has no box in frame {frame}; draw one, or fill the gap")
            _make_keyframe(store, shown)
    return transaction.changes


def clear_keyframes(store: Store, tracks: Sequence[int], frame: int) -> Changes:
    """Take a person's boxes of some tracks in a frame away; what the machine found, or a straight line, shows again.

    Raises:
        StorageError: one has no such box there, or no other box at all, or is locked.
    """
    records = free_tracks(store, *tracks)
    with store.transaction(f"Remove keyframe of {in_words(records)}") as transaction:
        for track in records:
            drawn_boxes.delete_box(store, track.id, frame)
            if not store.spans([track.id]):
                raise StorageError(f"the box in frame {frame} is all that track {track.number} has; delete the track")
    return transaction.changes


def interpolate(store: Store, track: int, first: int, last: int) -> Changes:
    """Let boxes follow straight lines between the keyframes of frames ``first..last``.

    The boxes shown in the first and the last frame become keyframes.

    Raises:
        StorageError: the track has no box in one of the two, or is locked.
    """
    [record] = free_tracks(store, track)
    check_range(first, last)
    with store.transaction(f"Interpolate {record.number}") as transaction:
        for frame in (first, last):
            shown = _shown(store, record, frame)
            if shown is None or shown.box_xyxy is None:
                raise StorageError(f"track {record.number} has no box in frame {frame} to interpolate from; draw one")
            _make_keyframe(store, shown)
        mark_tracks(store, [track], MarkKind.INTERPOLATE, first, last)
    return transaction.changes


def end_interpolation(store: Store, track: int, first: int, last: int | None = None) -> Changes:
    """Show the machine's boxes again in frames ``first..last``, keyframes apart. Other frames keep their boxes."""
    [record] = free_tracks(store, track)
    check_range(first, last)
    with store.transaction(f"End interpolation of {record.number}") as transaction:
        pin(store, [record], first, last)
        unmark_tracks(store, [track], MarkKind.INTERPOLATE, first, last)
    return transaction.changes


def gaps(store: Store, track: int) -> list[tuple[int, int]]:
    """Ranges of frames, both ends inclusive, between a track's first and last box in which it has none."""
    frames = [seen.frame for seen in store.trajectory(track) if seen.box_xyxy is not None]
    return [(a + 1, b - 1) for a, b in pairwise(frames) if b > a + 1]


def fill_gap(store: Store, track: int, frame: int) -> Changes:
    """Interpolate over the gap that a frame lies in.

    Raises:
        StorageError: the track has a box there, or none before or after it.
    """
    [record] = free_tracks(store, track)
    for first, last in gaps(store, track):
        if first <= frame <= last:
            return _fill(store, record, [(first, last)])
    raise StorageError(f"track {record.number} has no gap at frame {frame}; gaps lie between two of its boxes")


def fill_gaps(store: Store, track: int, longest: int | None = None) -> Changes:
    """Interpolate over all gaps of a track, or over those of at most ``longest`` frames."""
    [record] = free_tracks(store, track)
    return _fill(store, record, [(first, last) for first, last in gaps(store, track)
                                 if longest is None or last - first < longest])


def reduce_to_keyframes(store: Store, track: int, first: int = 0, last: int | None = None, *,
                        pixels: float | None = None, iou: float | None = None) -> Reduction:
    """Replace a dense trajectory by few keyframes and straight lines, so that one edited box bends the path.

    Give one tolerance: ``pixels``, by how much an edge may be off, or ``iou``, the least overlap of a box with the one
    it replaces. Gaps stay gaps, and a person's boxes stay keyframes. Keyframes keep their masks; boxes on lines have
    none.

    Raises:
        StorageError: the tolerance is missing or out of range, or the track has no box there or is locked.
    """
    [record] = free_tracks(store, track)
    chosen = _choose(store, record, first, last, pixels, iou)
    with store.transaction(f"Reduce {record.number} to keyframes") as transaction:
        for stretch, keep in chosen:
            for k in keep:
                _make_keyframe(store, stretch[k])
            if len(stretch) > 1:
                mark_tracks(store, [track], MarkKind.INTERPOLATE, stretch[0].frame, stretch[-1].frame)
    kept = tuple(stretch[k].frame for stretch, keep in chosen for k in keep)
    return Reduction(kept, sum(len(stretch) for stretch, _ in chosen), transaction.changes)


def count_keyframes(store: Store, track: int, first: int = 0, last: int | None = None, *,
                    pixels: float | None = None, iou: float | None = None) -> tuple[int, int]:
    """How many keyframes `reduce_to_keyframes` would leave, and of how many boxes. Raises StorageError as it does."""
    [record] = free_tracks(store, track)
    chosen = _choose(store, record, first, last, pixels, iou, masks=False)
    return sum(len(keep) for _, keep in chosen), sum(len(stretch) for stretch, _ in chosen)


def _choose(store: Store, track: Track, first: int, last: int | None, pixels: float | None, iou: float | None,
            masks: bool = True) -> list[tuple[list[TrackObservation], list[int]]]:
    """Unbroken stretches of a track, and which boxes of each to keep."""
    check_range(first, last)
    if (pixels is None) == (iou is None):
        raise StorageError("give one tolerance: pixels or IoU")
    if (pixels is not None and pixels < 0) or (iou is not None and not 0 < iou <= 1):
        raise StorageError(f"a tolerance of {pixels if iou is None else iou} is out of range; give pixels from 0 on, "
                           "or an IoU above 0 and up to 1")
    distance = within_iou(iou) if pixels is None and iou is not None else within_pixels(pixels or 0.0)
    shown = [seen for seen in store.trajectory(track.id, masks)
             if seen.box_xyxy is not None and first <= seen.frame and (last is None or seen.frame <= last)]
    if not shown:
        raise StorageError(f"track {track.number} has no box in these frames; choose others")
    chosen = []
    for stretch in _unbroken(shown):
        boxes = np.array([seen.box_xyxy for seen in stretch], np.float64)
        drawn = [k for k, seen in enumerate(stretch) if seen.human and not seen.interpolated]
        chosen.append((stretch, choose_keyframes(boxes, distance, drawn)))
    return chosen


def pin(store: Store, tracks: Sequence[Track], first: int, last: int | None) -> None:
    """Where a border of ``first..last`` cuts an interpolated stretch, write its boxes on both sides as keyframes."""
    stretches = [mark for mark in store.marks(tracks[0].video) if mark.kind is MarkKind.INTERPOLATE]
    for track in tracks:
        mine = [mark for mark in stretches if mark.track == track.id]
        for border in (first,) if last is None else (first, last + 1):
            if not any(mark.first < border and (mark.last is None or mark.last >= border) for mark in mine):
                continue
            both = [_shown(store, track, frame) for frame in (border - 1, border)]
            for shown in both:
                if shown is not None and shown.interpolated:
                    _make_keyframe(store, shown)


def _fill(store: Store, track: Track, ranges: Sequence[tuple[int, int]]) -> Changes:
    with store.transaction(f"Fill gaps of {track.number}") as transaction:
        for first, last in ranges:
            interpolate(store, track.id, first - 1, last + 1)
        if not ranges:
            transaction.touch(Changes(ChangeKind.NONE, frozenset({track.id}), None, None, track.video))
    return transaction.changes


def _shown(store: Store, track: Track, frame: int) -> TrackObservation | None:
    return next((seen for seen in store.observations(track.video, frame, masks=True) if seen.track == track.id), None)


def _make_keyframe(store: Store, shown: TrackObservation) -> None:
    if shown.box_xyxy is not None and (shown.interpolated or not shown.human):
        drawn_boxes.set_box(store, shown.track, shown.frame, shown.box_xyxy, shown.mask)


def _unbroken(shown: Sequence[TrackObservation]) -> Iterator[list[TrackObservation]]:
    """Runs of observations in frames that follow one another."""
    stretch: list[TrackObservation] = []
    for seen in shown:
        if stretch and seen.frame != stretch[-1].frame + 1:
            yield stretch
            stretch = []
        stretch.append(seen)
    if stretch:
        yield stretch

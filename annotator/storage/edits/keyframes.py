"""Keyframes: manual boxes, between which boxes are interpolated linearly in ranges that are marked as interpolated.

Each function is one transaction and one undo step. Outside such ranges nothing is interpolated: manual boxes in frames
100 and 5000 leave the predicted boxes between them unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.keyframes import choose_keyframes, within_iou, within_pixels
from annotator.model.track import MarkKind, Track, TrackObservation
from annotator.storage.edits import drawn_boxes
from annotator.storage.edits.editable import check_range, in_frames, track_names, unlocked_tracks
from annotator.storage.edits.track_marks import mark_ranges, unmark_tracks
from annotator.storage.spans.algebra import manual_frames
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class Reduction:
    """The result of reducing a dense trajectory to keyframes."""

    keyframes: tuple[int, ...]
    """Frames whose boxes were kept as keyframes."""
    boxes: int
    """Number of boxes before; all except the keyframes are now interpolated."""
    changes: Changes


def keyframes(store: Store, track: int) -> list[int]:
    """Frames in which the track has a manual box."""
    return manual_frames(store.spans([track]))


def set_keyframes(store: Store, tracks: Sequence[int], frame: int) -> Changes:
    """Make the visible boxes of tracks in a frame keyframes, with their masks. Manual boxes are left unchanged.

    Raises:
        StorageError: a track has no box in the frame, or is locked.
    """
    records = unlocked_tracks(store, *tracks)
    with store.transaction(f"Add keyframe to {track_names(records)}{in_frames(frame, frame)}") as transaction:
        shown = _shown(store, records[0].video, frame)
        for track in records:
            if track.id not in shown:
                raise StorageError(f"track {track.number} has no box in frame {frame}; draw one, or fill the gap")
            _make_keyframes(store, track, [shown[track.id]])
    return transaction.changes


def clear_keyframes(store: Store, tracks: Sequence[int], frame: int) -> Changes:
    """Remove the manual boxes of tracks in a frame; predicted or interpolated boxes become visible again.

    Raises:
        StorageError: a track has no manual box in the frame, or no other box at all, or is locked.
    """
    records = unlocked_tracks(store, *tracks)
    with store.transaction(f"Remove keyframe from {track_names(records)}{in_frames(frame, frame)}") as transaction:
        for track in records:
            drawn_boxes.delete_box(store, track.id, frame)
            if not store.spans([track.id]):
                raise StorageError(f"track {track.number} has no box except the one in frame {frame}; delete the track "
                                   "instead")
    return transaction.changes


def interpolate(store: Store, track: int, first: int, last: int) -> Changes:
    """Interpolate linearly between the keyframes in frames ``first..last``.

    The visible boxes in the first and the last frame become keyframes.

    Raises:
        StorageError: the track has no box in the first or the last frame, or is locked.
    """
    [record] = unlocked_tracks(store, track)
    check_range(first, last)
    ends = [_shown(store, record.video, frame).get(track) for frame in (first, last)]
    for frame, shown in zip((first, last), ends, strict=True):
        if shown is None:
            raise StorageError(f"track {record.number} has no box in frame {frame} to interpolate from; draw one")
    with store.transaction(f"Interpolate track {record.number}{in_frames(first, last)}") as transaction:
        _make_keyframes(store, record, [shown for shown in ends if shown is not None])
        mark_ranges(store, track, MarkKind.INTERPOLATE, [(first, last)])
    return transaction.changes


def end_interpolation(store: Store, track: int, first: int, last: int | None = None) -> Changes:
    """End interpolation in frames ``first..last``: predicted boxes become visible again, except at keyframes. Boxes in
    other frames are unchanged."""
    [record] = unlocked_tracks(store, track)
    check_range(first, last)
    with store.transaction(f"End interpolation of track {record.number}{in_frames(first, last)}") as transaction:
        pin(store, [record], first, last)
        unmark_tracks(store, [track], MarkKind.INTERPOLATE, first, last)
    return transaction.changes


def gaps(store: Store, track: int) -> list[tuple[int, int]]:
    """Ranges of frames without a box between a track's first and last box, both ends inclusive."""
    frames = [seen.frame for seen in store.trajectory(track) if seen.box_xyxy is not None]
    return [(a + 1, b - 1) for a, b in pairwise(frames) if b > a + 1]


def fill_gap(store: Store, track: int, frame: int) -> Changes:
    """Interpolate over the gap that contains a frame.

    Raises:
        StorageError: the track has a box in the frame, or no box before or after it.
    """
    [record] = unlocked_tracks(store, track)
    for first, last in gaps(store, track):
        if first <= frame <= last:
            return _fill(store, record, [(first, last)])
    raise StorageError(f"track {record.number} has no gap at frame {frame}; go to a frame without a box between two of "
                       "its boxes")


def fill_gaps(store: Store, track: int, longest: int | None = None) -> Changes:
    """Interpolate over all gaps of a track, or only over gaps of at most ``longest`` frames."""
    [record] = unlocked_tracks(store, track)
    return _fill(store, record, [(first, last) for first, last in gaps(store, track)
                                 if longest is None or last - first < longest])


def reduce_to_keyframes(store: Store, track: int, first: int = 0, last: int | None = None, *,
                        pixels: float | None = None, iou: float | None = None) -> Reduction:
    """Replace a dense trajectory by few keyframes and interpolation, so that editing one box bends the path.

    Give one tolerance: ``pixels``, by which an edge may be off, or ``iou``, the least IoU of a box with the one it
    replaces. Gaps are kept, and manual boxes stay keyframes. Keyframes keep their masks; interpolated boxes have none.

    Raises:
        StorageError: the tolerance is missing or out of range, or the track has no box in the range or is locked.
    """
    [record] = unlocked_tracks(store, track)
    chosen = _choose(store, record, first, last, pixels, iou)
    with store.transaction(f"Reduce track {record.number} to keyframes{in_frames(first, last)}") as transaction:
        _make_keyframes(store, record, [stretch[k] for stretch, keep in chosen for k in keep])
        mark_ranges(store, track, MarkKind.INTERPOLATE, [
            (stretch[0].frame, stretch[-1].frame) for stretch, _ in chosen if len(stretch) > 1])
    kept = tuple(stretch[k].frame for stretch, keep in chosen for k in keep)
    return Reduction(kept, sum(len(stretch) for stretch, _ in chosen), transaction.changes)


def count_keyframes(store: Store, track: int, first: int = 0, last: int | None = None, *,
                    pixels: float | None = None, iou: float | None = None) -> tuple[int, int]:
    """How many keyframes `reduce_to_keyframes` would keep, and of how many boxes. Raises StorageError as it does."""
    [record] = unlocked_tracks(store, track)
    chosen = _choose(store, record, first, last, pixels, iou, masks=False)
    return sum(len(keep) for _, keep in chosen), sum(len(stretch) for stretch, _ in chosen)


def _choose(store: Store, track: Track, first: int, last: int | None, pixels: float | None, iou: float | None,
            masks: bool = True) -> list[tuple[list[TrackObservation], list[int]]]:
    """The gapless stretches of a track, and which boxes of each to keep."""
    check_range(first, last)
    if (pixels is None) == (iou is None):
        raise StorageError("give one tolerance, either in pixels or as an IoU")
    if (pixels is not None and pixels < 0) or (iou is not None and not 0 < iou <= 1):
        raise StorageError(f"a tolerance of {pixels if iou is None else iou} is out of range; pixels must be 0 or "
                           "more, an IoU above 0 and at most 1")
    distance = within_iou(iou) if pixels is None and iou is not None else within_pixels(pixels or 0.0)
    shown = [seen for seen in store.trajectory(track.id, masks)
             if seen.box_xyxy is not None and first <= seen.frame and (last is None or seen.frame <= last)]
    if not shown:
        raise StorageError(f"track {track.number} has no box in these frames; choose another range")
    chosen = []
    for stretch in _unbroken(shown):
        boxes = np.array([seen.box_xyxy for seen in stretch], np.float64)
        drawn = [k for k, seen in enumerate(stretch) if seen.human and not seen.interpolated]
        chosen.append((stretch, choose_keyframes(boxes, distance, drawn)))
    return chosen


def pin(store: Store, tracks: Sequence[Track], first: int, last: int | None) -> None:
    """Where an end of ``first..last`` cuts an interpolated range, make the boxes on both sides of the cut keyframes."""
    stretches = [mark for mark in store.marks(tracks[0].video) if mark.kind is MarkKind.INTERPOLATE]
    for track in tracks:
        mine = [mark for mark in stretches if mark.track == track.id]
        for border in (first,) if last is None else (first, last + 1):
            if not any(mark.first < border and (mark.last is None or mark.last >= border) for mark in mine):
                continue
            both = [_shown(store, track.video, frame).get(track.id) for frame in (border - 1, border)]
            _make_keyframes(store, track, [shown for shown in both if shown is not None and shown.interpolated])


def _fill(store: Store, track: Track, ranges: Sequence[tuple[int, int]]) -> Changes:
    ends = {frame for first, last in ranges for frame in (first - 1, last + 1)}
    where = in_frames(ranges[0][0], ranges[-1][1]) if ranges else ""
    with store.transaction(f"Fill gaps of track {track.number}{where}") as transaction:
        if ranges:
            _make_keyframes(store, track, [seen for seen in store.trajectory(track.id, masks=True)
                                           if seen.frame in ends])
            mark_ranges(store, track.id, MarkKind.INTERPOLATE, [(first - 1, last + 1) for first, last in ranges])
        else:
            transaction.touch(Changes(ChangeKind.NONE, frozenset({track.id}), None, None, track.video))
    return transaction.changes


def _shown(store: Store, video: int, frame: int) -> dict[int, TrackObservation]:
    """Track -> what is shown of it in a frame, if it has a box there."""
    return {seen.track: seen for seen in store.observations(video, frame, masks=True) if seen.box_xyxy is not None}


def _make_keyframes(store: Store, track: Track, shown: Iterable[TrackObservation]) -> None:
    """Make boxes of a track manual ones that are not yet."""
    drawn_boxes.set_boxes(store, track.id, {
        seen.frame: (seen.box_xyxy, seen.mask) for seen in shown
        if seen.box_xyxy is not None and (seen.interpolated or not seen.human)})


def _unbroken(shown: Sequence[TrackObservation]) -> Iterator[list[TrackObservation]]:
    """Split observations into runs of consecutive frames."""
    stretch: list[TrackObservation] = []
    for seen in shown:
        if stretch and seen.frame != stretch[-1].frame + 1:
            yield stretch
            stretch = []
        stretch.append(seen)
    if stretch:
        yield stretch

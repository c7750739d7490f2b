"""Edits of manual masks. A manual mask belongs to a manual box of its track, so it is a keyframe as well, and a run or
a propagation keeps it. Each function is one transaction and one undo step.

The box is the tight box of the mask, unless the user holds the box. Masks are cut at the edge of the frame. A mask
never gains pixels of a protected track, which is one that is locked or that a person has reviewed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from annotator.errors import StorageError
from annotator.model.box import Box
from annotator.model.changes import Changes
from annotator.model.mask import Mask
from annotator.model.painting.mask_algebra import (
    clipped,
    common,
    drop_specks,
    fill_holes,
    moved,
    scaled,
    union,
    without,
)
from annotator.model.track import MarkKind, ReviewState, Track, TrackObservation, VideoRecord
from annotator.storage.edits import drawn_boxes
from annotator.storage.edits.editable import check_range, in_frames, unlocked_tracks
from annotator.storage.reader import Reader
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class Overlap:
    """Pixels that two tracks share in a frame."""

    track: int
    """Id of the track with the lower number."""
    other: int
    pixels: int
    mask: Mask
    """The shared pixels."""


def set_mask(store: Store, track: int, frame: int, mask: Mask, hold_box: bool = False, protect: bool = True) -> Changes:
    """Set the manual mask of a track in a frame. See `set_masks`."""
    return set_masks(store, track, {frame: mask}, hold_box, protect)


def set_masks(store: Store, track: int, masks: Mapping[int, Mask], hold_box: bool = False, protect: bool = True,
              title: str = "Set mask") -> Changes:
    """Set the manual masks of a track: frame -> mask. ``hold_box``: keep the box that the track has in a frame, in
    place of the mask's tight box. ``protect``: pixels that a mask gains are not taken from protected tracks.

    Raises:
        StorageError: a mask has no pixel in the frame, or all of them belong to protected tracks; the frame is not in
            the video; the track is locked.
    """
    [record] = unlocked_tracks(store, track)
    if not masks:
        raise StorageError(f"no mask is given for track {record.number}; draw one")
    video = _video(store, record)
    boxes: dict[int, tuple[Box, Mask | None]] = {}
    _check_frames(video, min(masks), max(masks))
    for frame, mask in masks.items():
        inside = clipped(mask, video.width, video.height)
        if inside.is_empty():
            raise StorageError(f"the mask of track {record.number} in frame {frame} has no pixel in the frame of "
                               f"{video.width} x {video.height}; draw it again, or delete the box")
        shown = _shown(store, video.id, frame)
        if protect:
            inside = _unprotected(store, record, frame, inside, shown)
        seen = shown.get(track)
        held = seen.box_xyxy if hold_box and seen is not None else None
        boxes[frame] = (inside.box_xyxy if held is None else held, inside)
    with store.transaction(f"{title} of track {record.number}{in_frames(min(masks), max(masks))}") as transaction:
        drawn_boxes.set_boxes(store, track, boxes)
    return transaction.changes


def add_masked_track(store: Store, video_id: int, label_id: int, frame: int, mask: Mask) -> int:
    """Add a track with one manual mask. Returns the track's id. Raises StorageError as `set_masks`."""
    store.check_video(video_id)
    video = next(each for each in store.videos() if each.id == video_id)
    inside = clipped(mask, video.width, video.height)
    if inside.is_empty():
        raise StorageError(f"the mask in frame {frame} has no pixel in the frame of {video.width} x {video.height}; "
                           "draw it again")
    with store.transaction("Add track") as transaction:
        key = drawn_boxes.add_track(store, video_id, label_id, frame, inside.box_xyxy, inside)
        transaction.label = f"Add track {store.track(key).number} with a mask{in_frames(frame, frame)}"
        set_mask(store, key, frame, inside)
    return key


def delete_masks(store: Store, track: int, first: int, last: int | None = None) -> Changes:
    """Delete the manual masks of a track in frames ``first..last`` (None: to the end). Where the box is the mask's
    tight box it goes too, and the predicted box and mask become visible again; a box that was held stays.

    Raises:
        StorageError: the track has no manual mask there, or no other box at all, or is locked.
    """
    [record] = unlocked_tracks(store, track)
    check_range(first, last)
    drawn = [seen for seen in _manual_masks(store, record)
             if first <= seen.frame and (last is None or seen.frame <= last)]
    if not drawn:
        raise StorageError(f"track {record.number} has no manual mask{in_frames(first, last)}; select another frame")
    with store.transaction(f"Delete mask of track {record.number}{in_frames(first, last)}") as transaction:
        held = {seen.frame: (seen.box_xyxy, None) for seen in drawn
                if seen.box_xyxy is not None and seen.mask is not None and seen.box_xyxy != seen.mask.box_xyxy}
        if held:
            drawn_boxes.set_boxes(store, track, held)
        for seen in drawn:
            if seen.frame not in held:
                drawn_boxes.delete_box(store, track, seen.frame)
        if not store.spans([track]):
            raise StorageError(f"track {record.number} has no box except those of these masks; delete the track")
    return transaction.changes


def copy_mask(store: Store, track: int, frame: int, first: int, last: int, dx: int = 0, dy: int = 0,
              factor: float = 1.0, to_track: int | None = None) -> Changes:
    """Copy the mask that a track shows in a frame to frames ``first..last``, of the same track or of another one, moved
    by whole pixels and scaled about its center. Masks and boxes in those frames are replaced; the frame itself is left
    out if it is the same track's.

    Raises:
        StorageError: the track shows no mask in the frame, or as `set_masks`.
    """
    [source] = unlocked_tracks(store, track) if to_track is None else [store.track(track)]
    check_range(first, last)
    seen = _shown(store, source.video, frame).get(track)
    if seen is None or seen.mask is None:
        raise StorageError(f"track {source.number} has no mask in frame {frame} to copy; draw one first")
    target = track if to_track is None else to_track
    placed = _placed(seen.mask, dx, dy, factor)
    _check_frames(_video(store, source), first, last)
    frames = [each for each in range(first, last + 1) if to_track is not None or each != frame]
    if not frames:
        raise StorageError(f"frame {frame} is the only frame to copy to; choose another frame or a range")
    return set_masks(store, target, dict.fromkeys(frames, placed), title="Copy mask")


def place_masks(store: Store, track: int, first: int, last: int, dx: int = 0, dy: int = 0, factor: float = 1.0,
                ) -> Changes:
    """Move the masks of a track in frames ``first..last`` by whole pixels and scale each about its center; they become
    manual masks.

    Raises:
        StorageError: the track shows no mask there, or as `set_masks`.
    """
    title = "Scale mask" if (dx, dy) == (0, 0) else "Move mask"
    return _change_masks(store, track, first, last, partial(_placed, dx=dx, dy=dy, factor=factor), title,
                         "would not change: give a distance or a factor")


def fill_mask_holes(store: Store, track: int, first: int, last: int, largest: int | None = None) -> Changes:
    """Fill the holes of at most ``largest`` pixels (None: all) of a track's masks in frames ``first..last``. Changed
    masks become manual ones. Raises StorageError if there are none, or as `set_masks`."""
    return _change_masks(store, track, first, last, partial(fill_holes, largest=largest), "Fill holes of mask",
                         "has no hole of that size")


def drop_mask_specks(store: Store, track: int, first: int, last: int, largest: int | None = None) -> Changes:
    """Drop the separate parts of at most ``largest`` pixels (None: all but the largest part) of a track's masks in
    frames ``first..last``. Changed masks become manual ones. Raises StorageError if there are none, or as `set_masks`.
    """
    return _change_masks(store, track, first, last, partial(drop_specks, largest=largest), "Drop specks of mask",
                         "has no separate part of that size")


def bring_to_front(store: Store, track: int, first: int, last: int) -> Changes:
    """Give a track the pixels that it shares with others in frames ``first..last``: they are taken from the masks of
    the others, except from protected tracks.

    Raises:
        StorageError: it shares none with tracks that are not protected, another track would be left without a pixel, or
            a track is locked.
    """
    [record] = unlocked_tracks(store, track)
    return _part(store, record, first, last, front=True)


def send_to_back(store: Store, track: int, first: int, last: int) -> Changes:
    """Take the pixels that a track shares with others in frames ``first..last`` from its own mask. Raises StorageError
    as `bring_to_front`."""
    [record] = unlocked_tracks(store, track)
    return _part(store, record, first, last, front=False)


def place_box(store: Store, track: int, frame: int, box_xyxy: Box) -> Changes:
    """Set a track's manual box in a frame as a user drags it. A manual mask stays: it moves with a box that keeps its
    size, and otherwise the box is held, with the mask as it is. Raises StorageError as `set_box` of `drawn_boxes`."""
    [record] = unlocked_tracks(store, track)
    seen = _shown(store, record.video, frame).get(track)
    if seen is None or seen.mask is None or seen.box_xyxy is None or not seen.human or seen.interpolated:
        return drawn_boxes.set_box(store, track, frame, box_xyxy)
    by = [new - old for new, old in zip(box_xyxy, seen.box_xyxy, strict=True)]
    if abs(by[0] - by[2]) > 1e-6 or abs(by[1] - by[3]) > 1e-6:
        return drawn_boxes.set_box(store, track, frame, box_xyxy, seen.mask)
    video = _video(store, record)
    dx, dy = round(by[0]), round(by[1])
    mask = clipped(moved(seen.mask, dx, dy), video.width, video.height)
    if mask.is_empty():
        raise StorageError(f"the mask of track {record.number} would leave the frame; delete the box instead")
    tight = seen.box_xyxy == seen.mask.box_xyxy
    return drawn_boxes.set_box(store, track, frame, mask.box_xyxy if tight else box_xyxy, mask)


def overlaps(shown: Iterable[TrackObservation]) -> list[Overlap]:
    """The pixels that tracks share, from the observations of one frame with their masks."""
    masked = [(seen.track, seen.mask) for seen in sorted(shown, key=lambda seen: seen.number) if seen.mask is not None]
    found = []
    for index, (track, mask) in enumerate(masked):
        for other, theirs in masked[index + 1:]:
            shared = common(mask, theirs)
            if not shared.is_empty():
                found.append(Overlap(track, other, shared.area(), shared))
    return found


def protected_tracks(reader: Reader, video: int, frame: int) -> set[int]:
    """Tracks whose pixels painting does not take in a frame: locked ones, and those that a person has reviewed, as a
    whole or in this frame."""
    tracks = reader.tracks(video)
    found = {track.id for track in tracks if track.review is ReviewState.REVIEWED} | reader.locked(
        [track.id for track in tracks])
    for mark in reader.marks(video):
        if mark.kind is MarkKind.REVIEWED and mark.first <= frame and (mark.last is None or frame <= mark.last):
            found |= {track.id for track in tracks} if mark.track is None else {mark.track}
    return found


def _part(store: Store, record: Track, first: int, last: int, front: bool) -> Changes:
    """Give the shared pixels of a track to it, or to the others."""
    check_range(first, last)
    _check_frames(_video(store, record), first, last)
    changed: dict[int, dict[int, Mask]] = {}
    kept: set[int] = set()
    for frame, shown in _frames(store, record.video, first, last):
        mine = shown.get(record.id)
        if mine is None or mine.mask is None:
            continue
        protected = protected_tracks(store, record.video, frame)
        others = {seen.track: seen.mask for seen in shown.values() if seen.track != record.id
                  and seen.mask is not None and not common(mine.mask, seen.mask).is_empty()}
        kept |= others.keys() & protected
        if not front and others:
            changed.setdefault(record.id, {})[frame] = without(mine.mask, *others.values())
        elif front:
            for track, mask in others.items():
                if track not in protected:
                    changed.setdefault(track, {})[frame] = without(mask, mine.mask)
    where = in_frames(first, last)
    if not changed:
        numbers = ", ".join(str(store.track(key).number) for key in sorted(kept))
        raise StorageError(f"track {record.number} shares no pixels with another track{where}" + (
            f" except with protected ones ({numbers}); unlock them, or mark them as not reviewed" if kept else
            "; select a frame in which masks overlap"))
    for track, masks in changed.items():
        for frame, mask in masks.items():
            if mask.is_empty():
                raise StorageError(f"track {store.track(track).number} would have no pixel left in frame {frame}; mark "
                                   "it as occluded or outside there instead")
    title = f"{'Bring' if front else 'Send'} track {record.number} to the {'front' if front else 'back'}{where}"
    with store.transaction(title) as transaction:
        for track, masks in changed.items():
            set_masks(store, track, masks, protect=False)
    return transaction.changes


def _change_masks(store: Store, track: int, first: int, last: int, change: Callable[[Mask], Mask], title: str,
                  otherwise: str) -> Changes:
    """Change the masks that a track shows in a range; those that stay the same are left as they are."""
    [record] = unlocked_tracks(store, track)
    check_range(first, last)
    _check_frames(_video(store, record), first, last)
    seen = {frame: mine.mask for frame, shown in _frames(store, record.video, first, last)
            if (mine := shown.get(track)) is not None and mine.mask is not None}
    if not seen:
        raise StorageError(f"track {record.number} has no mask{in_frames(first, last)}; draw one first")
    changed = {frame: after for frame, mask in seen.items() if (after := change(mask)) != mask}
    if not changed:
        raise StorageError(f"the mask of track {record.number}{in_frames(first, last)} {otherwise}")
    return set_masks(store, track, changed, title=title)


def _placed(mask: Mask, dx: int, dy: int, factor: float) -> Mask:
    try:
        return moved(scaled(mask, factor), dx, dy)
    except ValueError as error:
        raise StorageError(f"the mask cannot be scaled: {error}") from error


def _unprotected(store: Store, record: Track, frame: int, mask: Mask, shown: Mapping[int, TrackObservation]) -> Mask:
    """The mask without those pixels that it gains from protected tracks."""
    seen = shown.get(record.id)
    protected = protected_tracks(store, record.video, frame) - {record.id}
    theirs = [other.mask for other in shown.values() if other.track in protected and other.mask is not None]
    if not theirs:
        return mask
    gained = mask if seen is None or seen.mask is None else without(mask, seen.mask)
    left = without(mask, common(gained, union(*theirs)))
    if left.is_empty():
        raise StorageError(f"all pixels of the mask of track {record.number} in frame {frame} belong to tracks that "
                           "are locked or reviewed; unlock them, or mark them as not reviewed")
    return left


def _manual_masks(store: Store, record: Track) -> Sequence[TrackObservation]:
    return [seen for seen in store.trajectory(record.id, masks=True)
            if seen.human and not seen.interpolated and seen.mask is not None]


def _frames(reader: Reader, video: int, first: int, last: int) -> Iterator[tuple[int, dict[int, TrackObservation]]]:
    """Frames ``first..last`` with what `_shown` returns."""
    for frame, shown in reader.iter_frames(video, first, last, masks=True):
        yield frame, {seen.track: seen for seen in shown if seen.box_xyxy is not None}


def _shown(reader: Reader, video: int, frame: int) -> dict[int, TrackObservation]:
    """Track -> what is shown of it in a frame, if it has a box there."""
    return {seen.track: seen for seen in reader.observations(video, frame, masks=True) if seen.box_xyxy is not None}


def _check_frames(video: VideoRecord, first: int, last: int) -> None:
    for frame in (first, last):
        if not 0 <= frame < video.frame_count:
            raise StorageError(f"{video.name} has no frame {frame}; it has frames 0 to {video.frame_count - 1}")


def _video(store: Store, record: Track) -> VideoRecord:
    return next(video for video in store.videos() if video.id == record.video)

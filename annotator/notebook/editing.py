"""Edits of tracks by their numbers; each is one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from annotator.errors import StorageError
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.track import MarkKind, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities, keyframes, masks, merging, track_marks
from annotator.storage.edits.preview import EditPreview, preview

T = TypeVar("T")

#: Marks that a person makes on tracks; the others have methods of their own.
_MARKS = (MarkKind.OCCLUDED, MarkKind.OUTSIDE, MarkKind.REVIEWED)


class Edits:
    """Edits of one video's tracks, which are named by their numbers. Frames count from 0, ranges include both ends.

    Each method returns what the edit changes: ``lines()`` has it as text. With ``only_preview`` nothing is changed.
    All methods raise StorageError, for example for unknown and for locked tracks; the project is then unchanged.
    """

    def __init__(self, session: Session, video: VideoRecord, only_preview: bool = False) -> None:
        self._session, self._video, self._only_preview = session, video, only_preview
        self._store = session.store

    def swap(self, one: int, other: int, from_frame: int = 0, to_frame: int | None = None) -> EditPreview:
        """Exchange two tracks from a frame on, or in a range."""
        a, b = self._ids((one, other))
        return self._do(lambda: identities.swap_tracks(self._store, a, b, from_frame, to_frame))

    def merge(self, into: int, *others: int, rule: str = "into", drop_manual: bool = False) -> EditPreview:
        """Merge tracks into the first, which keeps its number.

        ``rule`` decides where both have a box: ``into`` (the first track's), ``other``, ``better`` (the higher score)
        or ``refuse``. ``drop_manual`` allows the merge to drop manual boxes.
        """
        target, *absorbed = self._ids((into, *others))
        how = _choice({each.value: each for each in merging.MergeRule}, rule, "rule")
        return self._do(lambda: merging.merge_tracks(self._store, target, absorbed, drop_manual, how))

    def split(self, track: int, frame: int, to_frame: int | None = None) -> EditPreview:
        """Move a track's boxes from a frame on, or in a range, to a new track."""
        (one,) = self._ids((track,))
        return self._do(lambda: identities.split_track(self._store, one, frame) if to_frame is None else
                        identities.split_range(self._store, one, frame, to_frame))

    def delete(self, *tracks: int, from_frame: int | None = None, to_frame: int | None = None) -> EditPreview:
        """Delete whole tracks, or their boxes from a frame on, up to a frame, or in a range."""
        ids = self._ids(tracks)
        if from_frame is None and to_frame is None:
            return self._do(lambda: identities.delete_tracks(self._store, ids))
        return self._do(lambda: identities.delete_range(self._store, ids, from_frame or 0, to_frame))

    def renumber(self, track: int, number: int) -> EditPreview:
        """Give a track another number, which must be free."""
        (one,) = self._ids((track,))
        return self._do(lambda: identities.renumber(self._store, one, number))

    def renumber_all(self) -> EditPreview:
        """Number all tracks from 1 by their first frames."""
        return self._do(lambda: identities.renumber_all(self._store, self._video.id))

    def relabel(self, *tracks: int, label: str) -> EditPreview:
        """Give tracks another class, which is created if the project does not have it."""
        ids = self._ids(tracks)

        def relabel() -> object:
            known = {each.name: each.id for each in self._store.labels()}
            return identities.relabel(self._store, ids,
                                      known[label] if label in known else self._store.ensure_label(label).id)

        return self._do(relabel)

    def mark(self, *tracks: int, kind: str, from_frame: int = 0, to_frame: int | None = None,
             remove: bool = False) -> EditPreview:
        """Mark tracks as ``occluded``, ``outside`` or ``reviewed`` in a range, or remove the mark."""
        ids, mark = self._ids(tracks), _choice({each.value: each for each in _MARKS}, kind, "kind")
        change = track_marks.unmark_tracks if remove else track_marks.mark_tracks
        return self._do(lambda: change(self._store, ids, mark, from_frame, to_frame))

    def lock(self, *tracks: int, locked: bool = True) -> EditPreview:
        """Protect tracks from edits and runs, or remove the protection."""
        ids = self._ids(tracks)
        return self._do(lambda: track_marks.lock_tracks(self._store, ids, locked=locked))

    def set_box(self, track: int, frame: int, box_xyxy: Sequence[float]) -> EditPreview:
        """Make a manual box: pixels ``x1, y1, x2, y2``, right and bottom exclusive. No run replaces it."""
        (one,) = self._ids((track,))
        if not 0 <= frame < self._video.frame_count:
            raise StorageError(f"{self._video.name} has no frame {frame}; it has frames 0 to "
                               f"{self._video.frame_count - 1}")
        x1, y1, x2, y2 = (float(edge) for edge in box_xyxy)
        box: Box = (x1, y1, x2, y2)
        return self._do(lambda: drawn_boxes.set_box(self._store, one, frame, box))

    def set_mask(self, track: int, frame: int, mask: npt.NDArray[np.bool_], hold_box: bool = False) -> EditPreview:
        """Set a manual mask: a (height, width) bool array of the whole frame. No run replaces it.

        ``hold_box`` keeps the box instead of fitting it to the mask. Pixels of locked and reviewed tracks stay theirs.
        """
        (one,) = self._ids((track,))
        if mask.shape != (self._video.height, self._video.width) or mask.dtype != bool:
            raise StorageError(f"the mask is an array of {mask.dtype} with shape {mask.shape}; give a bool array with "
                               f"the shape of a frame, {(self._video.height, self._video.width)}")
        made = Mask.from_bitmap(mask)
        return self._do(lambda: masks.set_mask(self._store, one, frame, made, hold_box))

    def fill(self, track: int, frame: int | None = None, longest: int | None = None) -> EditPreview:
        """Interpolate across the gap at a frame, or across all gaps of at most ``longest`` frames."""
        (one,) = self._ids((track,))
        return self._do(lambda: keyframes.fill_gaps(self._store, one, longest) if frame is None else
                        keyframes.fill_gap(self._store, one, frame))

    def _do(self, edit: Callable[[], object]) -> EditPreview:
        seen = preview(self._store, edit)
        if not self._only_preview:
            edit()
        return seen

    def _ids(self, numbers: Sequence[int]) -> list[int]:
        known = {track.number: track.id for track in self._store.tracks(self._video.id)}
        if not numbers:
            raise StorageError("no track is given: give the number of at least one")
        unknown = [str(number) for number in numbers if number not in known]
        if unknown:
            raise StorageError(f"{self._video.name} has no track {', '.join(unknown)}; summary() lists its tracks")
        return [known[number] for number in numbers]


def _choice(kinds: Mapping[str, T], value: str, name: str) -> T:
    if value not in kinds:
        raise StorageError(f"{name} is {value!r}: choose {', '.join(kinds)}")
    return kinds[value]

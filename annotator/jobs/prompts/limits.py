"""Limits of a propagation: verified frames, scene cuts, the track's ends, or a given range."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum

from annotator.errors import SettingsError
from annotator.model.track import MarkKind, VideoRecord
from annotator.storage.store import Store


class Direction(StrEnum):
    """The direction of a propagation."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


class PropagationLimits:
    """The propagation limits of one video, queried per track."""

    def __init__(self, store: Store, video: VideoRecord, verified: bool = True, cuts: bool = True,
                 within_track: bool = False, first: int | None = None, last: int | None = None) -> None:
        """``verified``: stop before frames with a manual box of the track, and before reviewed frames.
        ``within_track``: stay between the track's first and last frame. Raises SettingsError for a range outside the
        video."""
        self._store = store
        self._video = video
        self._verified = verified
        self._within_track = within_track
        self._first = 0 if first is None else first
        self._last = video.frame_count - 1 if last is None else last
        if not 0 <= self._first <= self._last < video.frame_count:
            raise SettingsError(f"frames {self._first} to {self._last} are not in {video.name}, which has frames 0 to "
                                f"{video.frame_count - 1}: choose a range inside the video")
        runs = store.runs(video.id) if cuts else []
        self._cuts = sorted({frame for run in runs for frame in store.scene_cuts(run.id)})

    def frame_range(self, track: int | None, frames: Sequence[int], direction: Direction) -> tuple[int, int]:
        """Return the first and last frame (inclusive) for prompts of a track in these ascending frames; None: a new
        track."""
        first, last = self._allowed_range(track)
        start, end = frames[0], frames[-1]
        first, last = min(first, start), max(last, end)
        for low, high in self._verified_ranges(track):
            if low <= high < start:
                first = max(first, high + 1)
            elif low > end:
                last = min(last, low - 1)
            else:
                # A prompt inside a reviewed range corrects its own frame and no other frame of that range.
                first = start if low < start else first
                last = end if high > end else last
        cut = bisect_right(self._cuts, start)
        if cut:
            first = max(first, self._cuts[cut - 1])
        cut = bisect_left(self._cuts, end + 1)
        if cut < len(self._cuts):
            last = min(last, self._cuts[cut] - 1)
        return (start if direction is Direction.FORWARD else first), (end if direction is Direction.BACKWARD else last)

    def check_no_cut(self, first: int, last: int) -> None:
        """Raise SettingsError if the video cuts to another view between two frames."""
        cut = bisect_right(self._cuts, first)
        if cut < len(self._cuts) and self._cuts[cut] <= last:
            raise SettingsError(f"the video cuts to another view at frame {self._cuts[cut]}, between the masks in "
                                f"frames {first} and {last}; propagate each mask by itself")

    def _allowed_range(self, track: int | None) -> tuple[int, int]:
        if track is None or not self._within_track:
            return self._first, self._last
        spans = self._store.spans([track])
        if not spans:
            return self._first, self._last
        return (max(self._first, min(span.first for span in spans)),
                min(self._last, max(span.end for span in spans)))

    def _verified_ranges(self, track: int | None) -> list[tuple[int, int]]:
        """Return the frame ranges (inclusive) that a person has verified for this track."""
        if not self._verified:
            return []
        reviewed = [(mark.first, self._video.frame_count - 1 if mark.last is None else mark.last)
                    for mark in self._store.marks(self._video.id)
                    if mark.kind is MarkKind.REVIEWED and mark.track in (None, track)]
        drawn = [] if track is None else [(span.first, span.end) for span in self._store.spans([track]) if span.human]
        return reviewed + drawn

"""How far a prompt may be carried: up to what a person has verified, a cut, the track's end, or a chosen range."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum

from annotator.errors import SettingsError
from annotator.model.track import MarkKind, VideoRecord
from annotator.storage.store import Store


class Direction(StrEnum):
    """Which way a prompt is carried."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


class Barriers:
    """The barriers of one video; asked for one track at a time."""

    def __init__(self, store: Store, video: VideoRecord, verified: bool = True, cuts: bool = True,
                 within_track: bool = False, first: int | None = None, last: int | None = None) -> None:
        """``verified``: stop before frames with a person's box of the track, or reviewed by one. ``within_track``: stay
        between the track's first and last frame. Raises SettingsError for a range that is not in the video."""
        self._store = store
        self._video = video
        self._verified = verified
        self._within_track = within_track
        self._first = 0 if first is None else first
        self._last = video.frame_count - 1 if last is None else last
        if not 0 <= self._first <= self._last < video.frame_count:
            raise SettingsError(f"frames {self._first} to {self._last} are not all in {video.name}, which has frames 0 "
                                f"to {video.frame_count - 1}")
        runs = store.runs(video.id) if cuts else []
        self._cuts = sorted({frame for run in runs for frame in store.scene_cuts(run.id)})

    def around(self, track: int | None, frames: Sequence[int], direction: Direction) -> tuple[int, int]:
        """First and last frame, both inclusive, for prompts of a track (None: a new one) in these rising frames."""
        first, last = self._limits(track)
        start, end = frames[0], frames[-1]
        first, last = min(first, start), max(last, end)
        for low, high in self._stretches(track):
            if low <= high < start:
                first = max(first, high + 1)
            elif low > end:
                last = min(last, low - 1)
            else:
                # A prompt inside a reviewed stretch corrects its own frame and no other of that stretch.
                first = start if low < start else first
                last = end if high > end else last
        cut = bisect_right(self._cuts, start)
        if cut:
            first = max(first, self._cuts[cut - 1])
        cut = bisect_left(self._cuts, end + 1)
        if cut < len(self._cuts):
            last = min(last, self._cuts[cut] - 1)
        return (start if direction is Direction.FORWARD else first), (end if direction is Direction.BACKWARD else last)

    def _limits(self, track: int | None) -> tuple[int, int]:
        if track is None or not self._within_track:
            return self._first, self._last
        spans = self._store.spans([track])
        if not spans:
            return self._first, self._last
        return (max(self._first, min(span.first for span in spans)),
                min(self._last, max(span.end for span in spans)))

    def _stretches(self, track: int | None) -> list[tuple[int, int]]:
        """Ranges that a person has verified, for this track."""
        if not self._verified:
            return []
        reviewed = [(mark.first, self._video.frame_count - 1 if mark.last is None else mark.last)
                    for mark in self._store.marks(self._video.id)
                    if mark.kind is MarkKind.REVIEWED and mark.track in (None, track)]
        drawn = [] if track is None else [(span.first, span.first) for span in self._store.spans([track])
                                          if span.human]
        return reviewed + drawn

"""Frames on their way into a file, counted, and stopped between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from annotator.formats.base import SequenceStream
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledFrame

#: Called with frames done and frames in all; one whose picture is written too counts twice. Some options make a format
#: go through the frames more than once.
Progress = Callable[[int, int], None]


class Watch:
    """Counts frames over all videos; asked to stop, it raises Cancelled between two of them."""

    def __init__(self, total: int, progress: Progress | None, cancel: CancelToken | None) -> None:
        self._done, self._total = 0, total
        self._progress, self._cancel = progress, cancel or CancelToken()

    def step(self) -> None:
        """A frame was read."""
        self._cancel.raise_if_cancelled()
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)

    def check(self) -> None:
        """Between two steps that are not frames. Raises Cancelled."""
        self._cancel.raise_if_cancelled()

    def back(self, frames: int) -> None:
        """The same frames are gone through again."""
        self._done -= frames


@dataclass(slots=True)
class WatchedFrames:
    """A stream that is watched, each time that it is gone through."""

    frames: Iterable[LabelledFrame]
    watch: Watch
    _seen: int = 0

    def __iter__(self) -> Iterator[LabelledFrame]:
        self.watch.back(self._seen)
        self._seen = 0
        for frame in self.frames:
            self._seen += 1
            self.watch.step()
            yield frame


def watched(streams: Iterable[SequenceStream], watch: Watch) -> Iterator[SequenceStream]:
    """The same videos, their frames watched."""
    return ((info, WatchedFrames(frames, watch)) for info, frames in streams)

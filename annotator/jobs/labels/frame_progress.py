"""Progress and cancellation while frames are written to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from annotator.formats.base import SequenceStream
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledFrame

#: Called with the frames done and the total; a frame that is also written as an image counts twice. With some options
#: a format iterates over the frames more than once.
Progress = Callable[[int, int], None]


class FrameCounter:
    """Counts frames over all videos; raises Cancelled between two frames if the token is set."""

    def __init__(self, total: int, progress: Progress | None, cancel: CancelToken | None) -> None:
        self._done, self._total = 0, total
        self._progress, self._cancel = progress, cancel or CancelToken()

    def step(self) -> None:
        """Count one frame. Raises Cancelled."""
        self._cancel.raise_if_cancelled()
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)

    def check(self) -> None:
        """Check for cancellation between steps that are not frames. Raises Cancelled."""
        self._cancel.raise_if_cancelled()

    def rewind(self, frames: int) -> None:
        """Uncount frames that are about to be read again."""
        self._done -= frames


@dataclass(slots=True)
class CountedFrames:
    """A stream whose frames are counted on every iteration."""

    frames: Iterable[LabelledFrame]
    counter: FrameCounter
    _seen: int = 0

    def __iter__(self) -> Iterator[LabelledFrame]:
        self.counter.rewind(self._seen)
        self._seen = 0
        for frame in self.frames:
            self._seen += 1
            self.counter.step()
            yield frame


def counted(streams: Iterable[SequenceStream], counter: FrameCounter) -> Iterator[SequenceStream]:
    """Return the same streams with their frames counted."""
    return ((info, CountedFrames(frames, counter)) for info, frames in streams)

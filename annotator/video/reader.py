"""The interface through which the rest of the program reads frames."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from annotator.errors import VideoError
from annotator.model.frame import Frame, Image
from annotator.video.info import MotPaths, VideoInfo

log = logging.getLogger(__name__)

#: The log has every skipped frame; the reader's own list is capped so that it stays readable.
_MOST_WARNINGS = 20


class VideoReader(ABC):
    """Frame-exact access to one video.

    Frame ``k`` is the same image however it is reached. A reader belongs to one thread at a time; another thread gets
    its own from :meth:`duplicate`, which shares the index and needs no second scan. Concurrent reads are a bug and
    raise RuntimeError.

    A reader holds the index (about 25 bytes per frame of a file) and a bounded cache of recent frames; :meth:`close`
    releases the cache and the file. Readers are context managers.
    """

    def __init__(self, info: VideoInfo, warnings: list[str], mot: MotPaths | None = None) -> None:
        self.info = info
        self.warnings = warnings
        """One line for each problem that leaves the video usable."""
        self.mot = mot
        """Label files, if the source is a MOTChallenge sequence."""
        self._guard = threading.Lock()
        self._closed = False

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """(frame_count,) float64 presentation times in seconds from the first frame."""
        return self.info.times

    def __len__(self) -> int:
        return self.info.frame_count

    def __getitem__(self, index: int) -> Frame:
        return self.read(index)

    def read(self, index: int) -> Frame:
        """Frame ``index``, counted from 0.

        Raises
        ------
        VideoError
            The frame is damaged or its file is gone.
        IndexError
            ``index`` is not in ``0 .. frame_count - 1``.
        """
        if not 0 <= index < self.info.frame_count:
            raise IndexError(f"frame {index} of {self.info.name}, which has {self.info.frame_count}")
        if not self._guard.acquire(blocking=False):
            raise RuntimeError("a VideoReader serves one thread at a time; use a duplicate() for each thread")
        try:
            if self._closed:
                raise RuntimeError("the VideoReader is closed")
            return Frame(index, self._picture(index), float(self.info.times[index]))
        finally:
            self._guard.release()

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1, *, reverse: bool = False,
               on_error: Literal["raise", "skip"] = "raise") -> Iterator[Frame]:
        """Yield the frames ``start, start + step, ...`` below ``stop``; with ``reverse`` the same frames, last first.

        A ``stop`` that is None or past the end means the end. With ``on_error="skip"`` an unreadable frame is skipped
        and noted in :attr:`warnings` instead of raising VideoError.
        """
        for index in self.indices(start, stop, step, reverse=reverse):
            try:
                frame = self.read(index)
            except VideoError as error:
                if on_error == "raise":
                    raise
                log.warning("skipped: %s", error)
                if str(error) not in self.warnings and len(self.warnings) < _MOST_WARNINGS:
                    self.warnings.append(str(error))
                continue
            yield frame

    def indices(self, start: int = 0, stop: int | None = None, step: int = 1, *, reverse: bool = False) -> range:
        """The frame indices that :meth:`frames` yields. Raises ValueError for a negative start or a step < 1."""
        if start < 0 or step < 1:
            raise ValueError(f"frames from {start} in steps of {step}: start must be >= 0 and step >= 1")
        end = self.info.frame_count if stop is None else min(stop, self.info.frame_count)
        forward = range(start, end, step)
        return forward[::-1] if reverse else forward

    @abstractmethod
    def duplicate(self) -> VideoReader:
        """Return an independent reader of the same video for another thread. Close it like any other."""

    @abstractmethod
    def _picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB of a frame that exists."""

    def close(self) -> None:
        """Release the file and the cached frames. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
                 ) -> None:
        self.close()

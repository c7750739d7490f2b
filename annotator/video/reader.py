"""The one way in which every other part of the program reads pictures."""

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

#: The log has every skipped frame; the reader's own list stays one that people read.
_MOST_WARNINGS = 20


class VideoReader(ABC):
    """Frame-exact access to one video.

    Frame ``k`` is the same picture however it is reached. A reader belongs to one thread at a time; another thread
    takes its own from :meth:`duplicate`, which shares the index and costs no second scan. Two reads at once are a
    bug and raise RuntimeError.

    Memory is the index (some 25 bytes per frame of a file) and a bounded window of recent pictures; :meth:`close`
    gives both the pictures and the file back. Readers are context managers.
    """

    def __init__(self, info: VideoInfo, warnings: list[str], mot: MotPaths | None = None) -> None:
        self.info = info
        self.warnings = warnings
        """One line for each thing that is wrong with the video and yet leaves it usable."""
        self.mot = mot
        """Label files, where the source is a MOTChallenge sequence."""
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
            The picture is damaged or its file is gone.
        IndexError
            ``index`` is not in ``0 .. frame_count - 1``.
        """
        if not 0 <= index < self.info.frame_count:
            raise IndexError(f"frame {index} of {self.info.name}, which has {self.info.frame_count}")
        if not self._guard.acquire(blocking=False):
            raise RuntimeError("a VideoReader serves one thread at a time; take a duplicate() for each thread")
        try:
            if self._closed:
                raise RuntimeError("the VideoReader is closed")
            return Frame(index, self._picture(index), float(self.info.times[index]))
        finally:
            self._guard.release()

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1, *, reverse: bool = False,
               on_error: Literal["raise", "skip"] = "raise") -> Iterator[Frame]:
        """Frames ``start, start + step, ...`` below ``stop``; with ``reverse`` the same frames, last first.

        ``stop`` None, or past the end, means the end. With ``on_error="skip"`` an unreadable frame is left out and
        noted in :attr:`warnings` instead of raising VideoError.
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
        """The frame indices that :meth:`frames` walks through. Raises ValueError for a negative start or a step < 1."""
        if start < 0 or step < 1:
            raise ValueError(f"frames from {start} in steps of {step}: start must be >= 0 and step >= 1")
        end = self.info.frame_count if stop is None else min(stop, self.info.frame_count)
        forward = range(start, end, step)
        return forward[::-1] if reverse else forward

    @abstractmethod
    def duplicate(self) -> VideoReader:
        """A second, independent reader of the same video for another thread. Close it like any other."""

    @abstractmethod
    def _picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB of a frame that exists."""

    def close(self) -> None:
        """Give back the file and the pictures held. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
                 ) -> None:
        self.close()

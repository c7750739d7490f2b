"""Decode on a separate thread, a bounded number of frames ahead of the consumer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

from annotator.model.frame import Frame
from annotator.video.reader import VideoReader


class _Buffer:
    """State shared by the two threads. The decoding thread references only this, so a ReadAhead can be collected."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.frames: deque[Frame] = deque()
        self.changed = threading.Condition()
        self.finished = False
        self.closed = False
        self.error: BaseException | None = None

    def wait_for_room(self) -> bool:
        """Block until one more frame fits; False once the consumer has gone."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or len(self.frames) < self.capacity)
            return not self.closed

    def put(self, frame: Frame) -> None:
        with self.changed:
            self.frames.append(frame)
            self.changed.notify_all()

    def finish(self, error: BaseException | None) -> None:
        with self.changed:
            self.finished, self.error = True, error
            self.changed.notify_all()

    def take(self) -> Frame:
        with self.changed:
            self.changed.wait_for(lambda: bool(self.frames) or self.finished or self.closed)
            if self.closed:
                raise StopIteration
            if self.frames:
                frame = self.frames.popleft()
                self.changed.notify_all()
                return frame
            error, self.error = self.error, None
            if error is not None:
                raise error
            raise StopIteration

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.frames.clear()
            self.changed.notify_all()


def _decode(buffer: _Buffer, frames: Iterator[Frame]) -> None:
    """The thread's body. Waits for room before it decodes a frame, so that at most ``capacity`` frames exist."""
    error: BaseException | None = None
    try:
        while buffer.wait_for_room():
            frame = next(frames, None)
            if frame is None:
                break
            buffer.put(frame)
    except BaseException as caught:  # noqa: BLE001 - handed to the consumer, which raises it
        error = caught
    finally:
        buffer.finish(error)


class ReadAhead:
    """Iterates over a range of a reader's frames while a thread decodes up to ``capacity`` of them in advance.

    Use it as a context manager: leaving it, early or not, stops and joins the thread. Exceptions from decoding are
    raised by ``next``, after the frames before them. Until it is closed, the reader belongs to its thread and must not
    be used elsewhere; closing it does not close the reader.

    Parameters
    ----------
    reader
        The source of the frames.
    start, stop, step, reverse, on_error
        As in :meth:`VideoReader.frames`.
    capacity
        Maximum number of decoded frames waiting at any time; at least 1.
    """

    def __init__(self, reader: VideoReader, start: int = 0, stop: int | None = None, capacity: int = 8, *,
                 step: int = 1, reverse: bool = False, on_error: Literal["raise", "skip"] = "raise") -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; it must be at least 1")
        reader.indices(start, stop, step)  # refuse a bad range here, in the caller's thread
        self._buffer = _Buffer(capacity)
        frames = reader.frames(start, stop, step, reverse=reverse, on_error=on_error)
        self._thread = threading.Thread(target=_decode, args=(self._buffer, frames), name="read-ahead", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Frames decoded and not yet taken."""
        return len(self._buffer.frames)

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        return self._buffer.take()

    def close(self) -> None:
        """Stop decoding, drop the waiting frames and join the thread. Closing twice is harmless."""
        self._buffer.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
                 ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_thread"):
            self._buffer.close()

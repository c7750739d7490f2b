"""Images for the canvas, decoded around the current frame on a separate thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict

from PySide6.QtCore import QObject, Signal

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.ui.canvas.pixels import drawable, scaled
from annotator.ui.threads.priorities import Niceness, lower_priority
from annotator.ui.threads.relay import Relay
from annotator.video import VideoReader

log = logging.getLogger(__name__)

#: Size of the image cache in bytes: about 30 images of 1080p.
CACHE_BYTES = 256 << 20
#: Number of frames decoded around the current one: in the direction of the last step, and in the other one.
AHEAD, BEHIND = 12, 4


class FrameSource(QObject):
    """A source of decoded frames that never blocks the window.

    Only the last request counts: scrubbing over a thousand frames decodes those at which it pauses. Neighboring frames
    are decoded in advance when no request is open.
    """

    ready = Signal(int)
    """A requested frame is now available from `get`."""
    failed = Signal(int, str)
    """A requested frame cannot be decoded: frame index and message."""

    def __init__(self, reader: VideoReader, cache_bytes: int = CACHE_BYTES, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._reader = reader
        self._count = len(reader)
        self._room = cache_bytes
        self._cache: OrderedDict[int, Image] = OrderedDict()
        self._small: dict[int, Image] = {}
        self._shown_size: tuple[int, int] | None = None
        self._broken: dict[int, str] = {}
        self._wanted: int | None = None
        self._target, self._direction = 0, 1
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._decode, name="frame-source", daemon=True)
        self._thread.start()

    def get(self, frame: int) -> Image | None:
        """Return a decoded frame, (H, W, 3) uint8 RGB in the layout of `pixels.drawable`, or None. Do not modify it."""
        with self._changed:
            image = self._cache.get(frame)
            if image is not None:
                self._cache.move_to_end(frame)
            return image

    def small(self, frame: int) -> Image | None:
        """Return a frame in the size on the screen, if it was decoded after that size was set."""
        with self._changed:
            return self._small.get(frame)

    def set_shown_size(self, size: tuple[int, int]) -> None:
        """Set the width and height on the screen, in screen pixels.

        Frames decoded from now on are also kept in that size, if it is smaller than the image.
        """
        with self._changed:
            if size != self._shown_size:
                self._shown_size = size
                self._small.clear()

    def nearest(self, frame: int) -> tuple[int, Image] | None:
        """Return the nearest decoded frame and its index."""
        with self._changed:
            if not self._cache:
                return None
            index = min(self._cache, key=lambda known: abs(known - frame))
            return index, self._cache[index]

    def request(self, frame: int, direction: int = 1) -> Image | None:
        """Request a frame. Returns it if it is decoded; otherwise `ready` is emitted later."""
        with self._changed:
            image = self._cache.get(frame)
            self._target, self._direction = frame, 1 if direction >= 0 else -1
            self._wanted = None if image is not None else frame
            broken = self._broken.get(frame)
            self._changed.notify_all()
        if broken is not None:
            self.failed.emit(frame, broken)
        return image

    def close(self) -> None:
        """Stop the thread and close the reader. Closing twice is harmless."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._reader.close()

    def _decode(self) -> None:
        lower_priority(Niceness.FRAMES)
        while (frame := self._next()) is not None:
            try:
                image = drawable(self._reader.read(frame).image)
                size = self._shown_size
                small = scaled(image, size) if size is not None and _is_smaller(size, image) else None
            except VideoError as error:
                self._note_broken(frame, str(error))
                continue
            with self._changed:
                self._keep(frame, image)
                if small is not None and size == self._shown_size:
                    self._small[frame] = small
                asked = self._wanted == frame
                if asked:
                    self._wanted = None
                closed = self._closed
            if asked and not closed:
                self._tell_ready(frame)

    def _note_broken(self, frame: int, message: str) -> None:
        log.warning("frame %d cannot be shown: %s", frame, message)
        with self._changed:
            self._broken[frame] = message
            asked, closed = self._wanted == frame, self._closed
            if asked:
                self._wanted = None
        if asked and not closed:
            self._relay.post(lambda: self.failed.emit(frame, message))

    def _tell_ready(self, frame: int) -> None:
        self._relay.post(lambda: self.ready.emit(frame))

    def _next(self) -> int | None:
        """Return the next frame to decode; wait if there is none. None: the source was closed."""
        with self._changed:
            while not self._closed:
                if self._wanted is not None and self._wanted not in self._broken:
                    return self._wanted
                frame = self._missing_neighbor()
                if frame is not None:
                    return frame
                self._changed.wait()
            return None

    def _missing_neighbor(self) -> int | None:
        most = AHEAD + BEHIND + 1
        if self._cache:
            most = min(most, self._room // _size(next(iter(self._cache.values()))))
        ahead = min(AHEAD, max(most - 1, 0))
        behind = min(BEHIND, max(most - 1 - ahead, 0))
        steps = [self._direction * k for k in range(ahead + 1)] + [-self._direction * k for k in range(1, behind + 1)]
        for step in steps:
            frame = self._target + step
            if 0 <= frame < self._count and frame not in self._cache and frame not in self._broken:
                return frame
        return None

    def _keep(self, frame: int, image: Image) -> None:
        self._cache[frame] = image
        most = max(self._room // _size(image), 1)
        while len(self._cache) > most:
            # The frame farthest from the current one will be needed last.
            farthest = max(self._cache, key=lambda known: abs(known - self._target))
            del self._cache[farthest]
            self._small.pop(farthest, None)


def _is_smaller(size: tuple[int, int], image: Image) -> bool:
    height, width = image.shape[:2]
    return bool(0 < size[0] < width and 0 < size[1] < height)


def _size(image: Image) -> int:
    """Return the memory of an image in bytes."""
    return image.nbytes if image.base is None else image.base.nbytes

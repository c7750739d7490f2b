"""Crops of tracks before and after a moment, made on their own thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from annotator.errors import UserError
from annotator.jobs.project import check_video
from annotator.model.box import Box
from annotator.model.frame import Image
from annotator.model.track import VideoRecord
from annotator.review import Entry
from annotator.session import Session
from annotator.storage.reader import Reader
from annotator.ui.document.document import Document
from annotator.ui.threads.priorities import Niceness, lower_priority
from annotator.ui.threads.relay import Relay
from annotator.video import VideoReader, open_video

log = logging.getLogger(__name__)

#: Side of a crop in pixels; margin as a share of the box's longer side; minimum side before scaling, in pixels.
SIDE, _AROUND, _LEAST = 112, 0.25, 24
#: Entries whose crops are cached; entries that wait; tracks shown per entry.
KEPT, _WAITING, SHOWN = 200, 24, 2
#: Maximum distance, in frames, of a substitute frame if a track has no box in the wanted one.
_NEAR = 16

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Crops of one track before and after a moment; None if it has no box nearby."""

    track: int | None
    """Id; None for an object without a track."""
    before: QImage | None
    after: QImage | None


class CropSource(QObject):
    """Makes the crops that were requested last first, and forgets old requests."""

    ready = Signal(object)
    """Key of an entry whose crops are ready."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._relay = Relay(self)
        self._document = document
        self._kept: OrderedDict[Key, tuple[Pair, ...]] = OrderedDict()
        self._wanted: OrderedDict[Key, Entry] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        document.video_changed.connect(self._on_video)

    def get(self, key: Key, entry: Entry) -> tuple[Pair, ...] | None:
        """Return the crops of at most two tracks; None if they are not ready, in which case they are requested."""
        with self._changed:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
            self._wanted[key] = entry
            self._wanted.move_to_end(key)
            while len(self._wanted) > _WAITING:
                self._wanted.popitem(last=False)
            self._changed.notify()
        self._start()
        return None

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._wanted.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _on_video(self) -> None:
        self.close()
        self._kept.clear()
        self._closed = False

    def _start(self) -> None:
        session, video = self._document.session, self._document.video
        if self._thread is not None or session is None or video is None:
            return
        self._thread = threading.Thread(target=self._work, args=(session, video), name="crops", daemon=True)
        self._thread.start()

    # On the thread

    def _work(self, session: Session, video: VideoRecord) -> None:
        lower_priority(Niceness.ENGINE)
        try:
            with open_video(check_video(session, video), fps=video.fps) as source:
                while (wanted := self._next()) is not None:
                    key, entry = wanted
                    with session.store.read_snapshot() as reader:
                        found = tuple(_pairs(reader, video, source, entry))
                    self._keep(key, found)
        except UserError as error:
            log.warning("no crops: %s", error)

    def _next(self) -> tuple[Key, Entry] | None:
        """Wait for a request and return it; None when closed."""
        with self._changed:
            while not self._closed:
                if self._wanted:
                    return self._wanted.popitem()
                self._changed.wait()
            return None

    def _keep(self, key: Key, found: tuple[Pair, ...]) -> None:
        with self._changed:
            if self._closed:
                return
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._relay.post(lambda: self.ready.emit(key))


def _pairs(reader: Reader, video: VideoRecord, source: VideoReader, entry: Entry) -> list[Pair]:
    if not entry.tracks:
        fix = entry.suggestion
        image = None if fix.box_xyxy is None or fix.frame is None else _read(source, fix.frame)
        return [Pair(None, None if image is None or fix.box_xyxy is None else crop(image, fix.box_xyxy), None)]
    tracks = entry.tracks[:SHOWN]
    sides = [_side(reader, video, source, tracks, frame, towards) for frame, towards in
             ((entry.before, 1), (min(entry.after, video.frame_count - 1), -1))]
    return [Pair(track, sides[0].get(track), sides[1].get(track)) for track in tracks]


def _side(reader: Reader, video: VideoRecord, source: VideoReader, tracks: Sequence[int], frame: int, towards: int,
          ) -> dict[int, QImage]:
    """Return crops of tracks in a frame or, if they have no box there, in a frame nearby."""
    found: dict[int, QImage] = {}
    first, last = (frame, frame + _NEAR) if towards > 0 else (frame - _NEAR, frame)
    seen = dict(reader.iter_frames(video.id, max(first, 0), min(last, video.frame_count - 1)))
    for index in sorted(seen, reverse=towards < 0):
        boxes = {each.track: each.box_xyxy for each in seen[index]
                 if each.track in tracks and each.track not in found and each.box_xyxy is not None}
        image = _read(source, index) if boxes else None
        if image is not None:
            found.update({track: crop(image, box) for track, box in boxes.items()})
        if len(found) == len(tracks):
            break
    return found


def _read(source: VideoReader, frame: int) -> Image | None:
    if not 0 <= frame < len(source):
        return None
    try:
        return source.read(frame).image
    except UserError as error:
        log.warning("no crop: %s", error)
        return None


def crop(image: Image, box_xyxy: Box) -> QImage:
    """Return a square of `SIDE` pixels around a box, grey outside the image."""
    x0, y0, x1, y1 = box_xyxy
    half = max(round(max(x1 - x0, y1 - y0) * (0.5 + _AROUND)), _LEAST // 2)
    left, top = round((x0 + x1) / 2) - half, round((y0 + y1) / 2) - half
    square: Image = np.full((2 * half, 2 * half, 3), 64, np.uint8)
    height, width = image.shape[:2]
    rows = slice(max(top, 0), min(top + 2 * half, height))
    columns = slice(max(left, 0), min(left + 2 * half, width))
    if rows.start < rows.stop and columns.start < columns.stop:
        square[rows.start - top:rows.stop - top, columns.start - left:columns.stop - left] = image[rows, columns]
    method = cv2.INTER_AREA if 2 * half > SIDE else cv2.INTER_LINEAR
    pixels = np.ascontiguousarray(cv2.resize(square, (SIDE, SIDE), interpolation=method))
    return QImage(pixels.data, SIDE, SIDE, 3 * SIDE, QImage.Format.Format_RGB888).copy()

"""Video files, frame by frame."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Iterator
from pathlib import Path

import av

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video.decoder import Decoder
from annotator.video.depth import Deep, Spread, some_of, spread_of
from annotator.video.index import FrameIndex, build_index, prove_index
from annotator.video.info import VideoInfo
from annotator.video.picture import Geometry, checksum, deep_values, spread_picture
from annotator.video.reader import VideoReader
from annotator.video.scan import MAX_REORDERING, Progress

log = logging.getLogger(__name__)

#: Cache of recent pictures, before conversion to RGB, so that stepping back does not decode a group of pictures again.
_WINDOW_BYTES = 64 << 20
_WINDOW_PICTURES = (2, 64)
#: Number of earlier keyframes to try if a picture does not decode correctly.
_RETRIES = 2


class FileReader(VideoReader):
    """A video file.

    Frames are the decoder's output in output order, numbered as by ffmpeg and OpenCV. The index gets them from the
    packets or, where the packets leave a doubt, by decoding the file once (``build_index``). A frame that unexpectedly
    cannot be decoded raises VideoError and keeps its number. At the first sign of damage that the packets did not show,
    the whole file is decoded once, so that each frame keeps the same picture.

    Reading the next frame continues decoding; any other read starts at the keyframe at or before the frame. Frames are
    identified by the packet that they came from, never by counting.
    """

    def __init__(self, path: Path, index: FrameIndex, info: VideoInfo, geometry: Geometry, warnings: list[str],
                 decoder: Decoder | None = None, spread: Spread | None = None) -> None:
        """``spread``: the range of values of a video of 16 bits whose high byte does not show them well."""
        super().__init__(info, warnings)
        self._spread = spread
        self._path = path
        self._index = index
        self._geometry = geometry
        self._decoder = decoder or Decoder(path, index.threaded)
        self._window: OrderedDict[int, av.VideoFrame] = OrderedDict()
        self._pending: deque[tuple[int, av.VideoFrame]] = deque()
        self._reached = -1
        """Last frame that the decoder returned since it was started."""
        self._started = False
        self._first = 0
        """First frame that the decoder decodes correctly from where it was started."""
        self._surprised = False
        """Since it was started, the decoder found damage that the index does not know of."""
        self._unsteady: set[int] = set()
        """Frames whose picture differs each time it is decoded."""

    def duplicate(self) -> FileReader:
        return FileReader(self._path, self._index, self.info, self._geometry, list(self.warnings),
                          spread=self._spread)

    def close(self) -> None:
        super().close()
        self._window.clear()
        self._pending.clear()
        self._decoder.close()

    def _picture(self, index: int) -> Image:
        picture = self.stored_picture(index)
        return self._geometry.upright(picture if self._spread is None else spread_picture(picture, self._spread))

    def find_spread(self) -> None:
        """Find the range of values of a video of 16 bits, from some of its frames, and report it."""
        used = 0

        def images() -> Iterator[Deep]:
            nonlocal used
            for index in some_of(self.info.frame_count):
                try:
                    image = deep_values(self.stored_picture(index))
                except VideoError:
                    continue
                if image is None:
                    return
                used += 1
                yield image

        self._spread = spread_of(images())
        if self._spread is not None:
            self.warnings.append(self._spread.note(self._path.name, used))

    def stored_picture(self, index: int) -> av.VideoFrame:
        """The picture as stored, without rotation, scaling or conversion. Raises VideoError if it is damaged."""
        kept = self._window.get(index)
        if kept is not None:
            return kept
        picture = None if index in self._index.absent else self._find(index)
        if picture is None and self._index.proven_from > 0:
            self._prove()
            picture = None if index in self._index.absent else self._find(index)
        if picture is None:
            raise VideoError(f"{self._path}: frame {index} ({self.info.times[index]:.2f} s) cannot be decoded because "
                             "the file is damaged there; work on the frames before and after it, or copy the file "
                             "again from its source")
        return picture

    def _prove(self) -> None:
        """Decode the whole file after unexpected damage, to learn which frames are left. Frame numbers don't change."""
        where = min(self._index.frame_count - 1, self._reached + 1)
        self._surprised = False
        self._index = prove_index(self._path, self._index)
        self._decoder.close()
        self._decoder = Decoder(self._path, self._index.threaded)
        self._started = False
        self._window.clear()
        self._pending.clear()
        absent = sorted(self._index.absent)
        where = min(absent[0], where) if absent else where
        self.warnings.append(
            f"{self._path.name}: the file is damaged at about frame {where} ({self.info.times[where]:.2f} s); "
            f"{len(absent)} of {self._index.frame_count} frames cannot be decoded, others may show artifacts")

    def _find(self, index: int) -> av.VideoFrame | None:
        """Decode a frame: continue from the current position, else start at the keyframe before the frame, else at an
        earlier one. None if the frame cannot be decoded or unexpected damage shows up."""
        entry = self._index.entry_for(index)
        if self._started and index > self._reached and self._index.entry[entry] <= self._decoder.next_ordinal:
            picture = self._advance(index)
            if picture is not None:
                return picture
        for start in range(entry, max(-1, entry - _RETRIES - 1), -1):
            picture = None if self._surprised else self._from_entry(start, index)
            if picture is not None:
                return picture
        if self._surprised or index < self._index.proven_from:
            return None
        # The frame was decoded once when the index was built, so repeat exactly that. If its checksum still differs,
        # accept the new picture: some decoders fill the parts they can't decode with arbitrary data.
        picture = self._as_proven(index)
        if picture is None:
            self._unsteady.add(index)
            picture = self._as_proven(index)
        return picture

    def _as_proven(self, index: int) -> av.VideoFrame | None:
        self._decoder.rewind(self._index.proven_packet)
        self._begin(self._index.proven_from)
        return self._advance(index)

    def _from_entry(self, entry: int, index: int) -> av.VideoFrame | None:
        ordinal = int(self._index.entry[entry])
        first = int(self._index.entry_rank[entry])
        pts, dts = self._index.entry_time[entry].tolist()
        self._decoder.seek(ordinal, (pts, dts), self._index.signature)
        self._begin(first)
        picture = self._advance(index)
        if picture is None and self._decoder.lost:
            log.debug("%s: lost after a seek to packet %d, reading from the start", self._path.name, ordinal)
            self._decoder.rewind(ordinal)
            self._begin(first)
            picture = self._advance(index)
        return picture

    def _begin(self, first: int) -> None:
        self._pending.clear()
        self._started = True
        self._first = first
        self._reached = first - 1
        self._surprised = False

    def _advance(self, index: int) -> av.VideoFrame | None:
        """Continue decoding until a frame is returned; None if it is missing or does not match its checksum."""
        while True:
            while self._pending:
                rank, picture = self._pending.popleft()
                self._reached = max(self._reached, rank)
                if not self._is_right(rank, picture):
                    continue
                self._keep(rank, picture)
                if rank == index:
                    return picture
            if self._reached > index + MAX_REORDERING:
                return None
            pictures = self._decoder.step()
            if pictures is None:
                return None
            self._pending.extend((int(self._index.rank[ordinal]), picture) for ordinal, picture in pictures
                                 if self._counts(ordinal))
            if self._is_surprising(pictures):
                self._surprised = True
                return None

    def _counts(self, ordinal: int) -> bool:
        """Whether a packet holds a frame that must decode correctly from where the decoder was started."""
        return ordinal < len(self._index.rank) and self._index.rank[ordinal] >= self._first

    def _is_surprising(self, pictures: list[tuple[int, av.VideoFrame]]) -> bool:
        marred = [*self._decoder.refused, *(ordinal for ordinal, picture in pictures if picture.is_corrupt)]
        return any(ordinal < self._index.proven_packet and self._counts(ordinal) for ordinal in marred)

    def _is_right(self, rank: int, picture: av.VideoFrame) -> bool:
        expected = self._index.expected_checksum(rank)
        return expected is None or rank in self._unsteady or expected == checksum(picture)

    def _keep(self, rank: int, picture: av.VideoFrame) -> None:
        self._window[rank] = picture
        self._window.move_to_end(rank)
        size = sum(plane.buffer_size for plane in picture.planes)
        least, most = _WINDOW_PICTURES
        while len(self._window) > min(most, max(least, _WINDOW_BYTES // max(1, size))):
            self._window.popitem(last=False)


def open_file(path: Path, verify: bool = False, progress: Progress | None = None) -> FileReader:
    """Open a video file; see :func:`annotator.video.open_video`."""
    index, warnings = build_index(path, verify, progress)
    reader = _with_first_picture(path, index, warnings)
    if reader is None and index.proven_from > 0:
        index, warnings = build_index(path, True, progress)
        reader = _with_first_picture(path, index, warnings)
    if reader is None:
        raise VideoError(f"{path} has no frame that can be decoded; copy it again from its source")
    return reader


def _with_first_picture(path: Path, index: FrameIndex, warnings: list[str]) -> FileReader | None:
    """A reader that takes its size from the first picture; None if that picture can't be decoded."""
    if not index.frame_count:
        return None
    decoder = Decoder(path, index.threaded)
    try:
        picture, pictures = None, decoder.step()
        while picture is None and pictures is not None:
            picture = next((found for ordinal, found in pictures if index.rank[ordinal] == 0), None)
            pictures = decoder.step() if picture is None else None
        if picture is None:
            return None
        geometry = Geometry.of(picture, decoder.stream.sample_aspect_ratio)
    finally:
        decoder.close()
    info = VideoInfo(name=path.stem, path=path, width=geometry.width, height=geometry.height,
                     frame_count=index.frame_count, fps=index.fps, fps_source="container", kind="file",
                     codec=index.codec, times=index.times)
    reader = FileReader(path, index, info, geometry, warnings)
    if deep_values(picture) is not None:
        reader.find_spread()
    return reader

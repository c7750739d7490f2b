"""Colour signatures of all boxes of a video, computed once and independent of edits to identities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from annotator.model.cancel import CancelToken
from annotator.model.evidence import EvidenceTable
from annotator.model.frame import Frame
from annotator.model.track import TrackObservation, VideoRecord
from annotator.review.appearance import Appearances, Signature, signature
from annotator.storage.reader import Reader
from annotator.storage.spans.algebra import Span
from annotator.video import open_video

#: Number of signatures above which frames are skipped, and the maximum step between sampled frames. Steps up to 4 are
#: harmless, because the review compares means over eight frames.
_MAX_SIGNATURES, _MAX_STEP = 200_000, 4
#: Frames without a box to compare that are decoded rather than skipped, because seeking takes as long.
_SEEK = 50


class Colours:
    """Signatures by tracklet and frame, which edits do not change. One thread adds while another may read."""

    def __init__(self) -> None:
        self._known: dict[int, dict[int, Signature]] = defaultdict(dict)
        self._sampled: dict[int, int] = {}
        """Tracklet id to the last frame that has been sampled."""

    def is_complete(self, reader: Reader, video: VideoRecord) -> bool:
        """Whether all predicted boxes of the video's tracks have been sampled. Manual boxes are not compared."""
        return not self._missing(reader, video)

    def look(self, reader: Reader, video: VideoRecord, path: Path, cancel: CancelToken,
             ) -> Generator[tuple[int, int]]:
        """Compute the signatures of boxes that have none yet; yields (frames done, total frames).

        Only frames with such boxes are decoded, apart from short gaps between them. They are recorded as sampled only
        at the end, so a cancelled call starts again. Raises VideoError.
        """
        missing = self._missing(reader, video)
        if not missing:
            return
        parts = _parts([(first, last) for _, first, last in missing], self._step(reader, video))
        total = sum(map(len, parts))
        with open_video(path, fps=video.fps) as source:
            frames = chain.from_iterable(source.frames(part.start, part.stop, part.step, on_error="skip")
                                         for part in parts)
            for done, frame in enumerate(frames, 1):
                if cancel.cancelled:
                    return
                for seen, found in signatures(reader, video, frame):
                    self._known[seen.tracklet][frame.index] = found.astype(np.float16)
                yield min(done, total), total
        for tracklet, _, last in missing:
            self._sampled[tracklet] = max(last, self._sampled.get(tracklet, -1))

    def appearances(self, reader: Reader, video: VideoRecord, table: EvidenceTable) -> Appearances:
        """Return the signatures by track, as the current spans assign tracklets to tracks."""
        by_track: dict[int, list[Span]] = defaultdict(list)
        for span in reader.video_spans(video.id):
            if span.tracklet in self._known and not span.human:
                by_track[span.track].append(span)
        found = Appearances()
        for track, rows in table.by_track():
            frames = rows.frame[rows.shown & ~rows.human]
            for span in by_track.get(track, ()):  # sorted and disjoint
                known = self._known[span.tracklet]
                for frame in frames[(frames >= span.first) & (frames <= span.end)].tolist():
                    if frame in known:
                        found.add(track, frame, known[frame].astype(np.float32))
        return found

    def _missing(self, reader: Reader, video: VideoRecord) -> list[tuple[int, int, int]]:
        """Return (tracklet, first frame, last frame) of the predicted boxes that have not been sampled."""
        return [(tracklet, max(first, self._sampled.get(tracklet, -1) + 1), last)
                for tracklet, first, last in reader.predicted_ranges(video.id)
                if last > self._sampled.get(tracklet, -1)]

    @staticmethod
    def _step(reader: Reader, video: VideoRecord) -> int:
        boxes = reader.count_observations(video.id)
        return min(max(-(-boxes // _MAX_SIGNATURES), 1), _MAX_STEP)


def _parts(ranges: Sequence[tuple[int, int]], step: int) -> list[range]:
    """Every ``step``-th frame of some ranges, both ends inclusive, as ranges that are worth a seek each."""
    first, last = min(start for start, _ in ranges), max(end for _, end in ranges)
    wanted = np.zeros(last - first + 1, bool)
    for start, end in ranges:
        wanted[start - first:end - first + 1] = True
    frames = first + step * np.flatnonzero(wanted[::step])
    cuts = np.flatnonzero(np.diff(frames) > max(_SEEK, step)) + 1
    return [range(int(part[0]), int(part[-1]) + 1, step) for part in np.split(frames, cuts) if len(part)]


def parts_with_tracks(reader: Reader, video: VideoRecord) -> list[range]:
    """The frames of a video from the first to the last box of each track, as ranges that are worth a seek each."""
    ends: dict[int, tuple[int, int]] = {}
    for span in reader.video_spans(video.id):
        first, last = ends.get(span.track, (span.first, span.end))
        ends[span.track] = (min(first, span.first), max(last, span.end))
    end = video.frame_count - 1
    ranges = [(first, min(last, end)) for first, last in ends.values() if first <= end]
    return _parts(ranges, 1) if ranges else []


def signatures(reader: Reader, video: VideoRecord, frame: Frame) -> Iterator[tuple[TrackObservation, Signature]]:
    """Yield the colour signature of each track's box in a frame."""
    for seen in reader.observations(video.id, frame.index, masks=True):
        if seen.box_xyxy is not None:
            found = signature(frame, seen.box_xyxy, seen.mask)
            if found is not None:
                yield seen, found

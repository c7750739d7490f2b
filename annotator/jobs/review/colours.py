"""Colour signatures of all boxes of a video, computed once and independent of edits to identities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator
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


class Colours:
    """Signatures by tracklet and frame, which edits do not change. One thread adds while another may read."""

    def __init__(self) -> None:
        self._known: dict[int, dict[int, Signature]] = defaultdict(dict)
        self._sampled: dict[int, int] = {}
        """Run id to the last frame that has been sampled."""

    def is_complete(self, reader: Reader, video: VideoRecord) -> bool:
        """Whether all frames of the video's runs have been sampled."""
        return not self._missing(reader, video)

    def look(self, reader: Reader, video: VideoRecord, path: Path, cancel: CancelToken,
             ) -> Generator[tuple[int, int]]:
        """Compute the signatures of frames that have none yet; yields (frames done, total frames).

        Frames are recorded as sampled only at the end, so a cancelled call starts again. Raises VideoError.
        """
        missing = self._missing(reader, video)
        if not missing:
            return
        first, last = min(start for _, start, _ in missing), max(end for _, _, end in missing)
        step = self._step(reader, video)
        frames = range(first, last + 1, step)
        with open_video(path, fps=video.fps) as source:
            for done, frame in enumerate(source.frames(first, last + 1, step, on_error="skip"), 1):
                if cancel.cancelled:
                    return
                for seen, found in signatures(reader, video, frame):
                    self._known[seen.tracklet][frame.index] = found.astype(np.float16)
                yield min(done, len(frames)), len(frames)
        self._sampled.update({run: end for run, _, end in missing})

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
        """Return (run, first frame, last frame) of the stored frames that have not been sampled."""
        found = []
        for run in reader.runs(video.id):
            done = self._sampled.get(run.id, run.first_frame - 1)
            if run.finished_frame is not None and run.kind != "detect" and run.finished_frame > done:
                found.append((run.id, done + 1, run.finished_frame))
        return found

    @staticmethod
    def _step(reader: Reader, video: VideoRecord) -> int:
        boxes = reader.count_observations(video.id)
        return min(max(-(-boxes // _MAX_SIGNATURES), 1), _MAX_STEP)


def signatures(reader: Reader, video: VideoRecord, frame: Frame) -> Iterator[tuple[TrackObservation, Signature]]:
    """Yield the colour signature of each track's box in a frame."""
    for seen in reader.observations(video.id, frame.index, masks=True):
        if seen.box_xyxy is not None:
            found = signature(frame, seen.box_xyxy, seen.mask)
            if found is not None:
                yield seen, found

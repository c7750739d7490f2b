"""Export a project's tracks in a label format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.engine.base import CancelToken
from annotator.formats.base import ExportOptions, ExportReport, SequenceStream
from annotator.formats.registry import get_format
from annotator.jobs.watched import Progress, Watch, watched
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import TrackObservation, VideoRecord
from annotator.storage.reader import Reader
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class StoredFrames:
    """A video's labelled frames, streamed from the project; can be gone through again and again."""

    reader: Reader
    video: VideoRecord
    masks: bool
    label_index: dict[int, int]
    """Label id to index into the sequence's labels."""
    times: npt.NDArray[np.float64] | None = field(repr=False, default=None)

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame, observations in self.reader.iter_frames(self.video.id, masks=self.masks):
            boxes = tuple(box for box in map(self._box, observations) if box is not None)
            yield LabelledFrame(frame, boxes, None if self.times is None else float(self.times[frame]))

    def _box(self, seen: TrackObservation) -> LabelledBox | None:
        if seen.box_xyxy is None or seen.outside:
            return None
        return LabelledBox(seen.number, self.label_index[seen.label], seen.box_xyxy, seen.score, seen.mask)


def sequences(reader: Reader, videos: Sequence[VideoRecord], masks: bool) -> Iterable[SequenceStream]:
    """Videos of a project as the format modules take them. Only labels that the project knows are listed."""
    labels = reader.labels()
    names = tuple(label.name for label in labels) or ("object",)
    index = {label.id: k for k, label in enumerate(labels)}
    for video in videos:
        info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count, names)
        yield info, StoredFrames(reader, video, masks, index, reader.video_times(video.id))


def export(store: Store, videos: Sequence[VideoRecord], format_name: str, out_dir: Path, options: ExportOptions,
           progress: Progress | None = None, cancel: CancelToken | None = None) -> ExportReport:
    """Write, read back and put in place. May run on another thread than the store's, which may be written meanwhile.

    Raises:
        FormatError: the format cannot hold this, or files are in the way.
        Cancelled: while frames were read; the folder is as it was.
    """
    label_format = get_format(format_name)
    masks = options.masks and format_name not in ("mot", "mot-results", "mot-det")
    with store.read_snapshot() as reader:
        streams = sequences(reader, videos, masks)
        if progress is not None or cancel is not None:
            streams = watched(streams, Watch(sum(video.frame_count for video in videos), progress, cancel))
        return label_format.write(streams, out_dir, options)

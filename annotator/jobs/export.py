"""Export a project's tracks in a label format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.engine.base import CancelToken
from annotator.formats.base import ExportOptions, ExportReport, SequenceStream
from annotator.formats.registry import get_format
from annotator.jobs.ignore_regions import DISTRACTOR, IgnoredBoxes, ignored_boxes
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
    ignored: tuple[IgnoredBoxes, ...] = ()

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame, observations in self.reader.iter_frames(self.video.id, masks=self.masks):
            boxes = tuple(box for box in map(self._box, observations) if box is not None)
            boxes += tuple(box for region in self.ignored for box in region.at(frame))
            yield LabelledFrame(frame, boxes, None if self.times is None else float(self.times[frame]))

    def _box(self, seen: TrackObservation) -> LabelledBox | None:
        if seen.box_xyxy is None or seen.outside:
            return None
        return LabelledBox(seen.number, self.label_index[seen.label], seen.box_xyxy, seen.score, seen.mask)


def sequences(reader: Reader, videos: Sequence[VideoRecord], masks: bool, format_name: str | None = None,
              ) -> Iterable[SequenceStream]:
    """Videos of a project as the format modules take them. Only labels that the project knows are listed.

    Ignore regions come along for formats that hold them: for ``mot`` as boxes of the label "distractor", which is
    added to the others, for ``coco-video`` as one box for each label that the video's tracks have.
    """
    labels = reader.labels()
    names = tuple(label.name for label in labels) or ("object",)
    index = {label.id: k for k, label in enumerate(labels)}
    if format_name == "mot" and has_regions(reader, videos):
        names = with_distractor(names)
    for video in videos:
        info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count, names)
        wanted: list[int] = []
        if format_name == "mot" and DISTRACTOR in names:
            wanted = [names.index(DISTRACTOR)]
        elif format_name == "coco-video":
            wanted = sorted({index[track.label] for track in reader.tracks(video.id)})
        yield info, StoredFrames(reader, video, masks, index, reader.video_times(video.id),
                                 ignored_boxes(reader, video, wanted, masks))


def has_regions(reader: Reader, videos: Sequence[VideoRecord]) -> bool:
    """Whether anything is to be ignored in these videos."""
    return any(reader.ignore_regions(video.id) for video in videos)


def with_distractor(names: tuple[str, ...]) -> tuple[str, ...]:
    """Label names with "distractor" among them."""
    return names if DISTRACTOR in names else (*names, DISTRACTOR)


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
        if format_name == "mot" and options.labels is not None and has_regions(reader, videos):
            options = replace(options, labels=with_distractor(options.labels))
        streams = sequences(reader, videos, masks, format_name)
        if progress is not None or cancel is not None:
            streams = watched(streams, Watch(sum(video.frame_count for video in videos), progress, cancel))
        return label_format.write(streams, out_dir, options)

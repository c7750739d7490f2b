"""Export a project's tracks in a label format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ExportReport, SequenceStream
from annotator.formats.registry import get_format
from annotator.model.sequence import NO_ATTRIBUTES, LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import Mark, MarkKind, ReviewState, Track, TrackObservation, VideoRecord
from annotator.storage.reader import Reader
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class StoredFrames:
    """A video's labelled frames, streamed from the project; can be gone through again and again.

    A box that a person marked as hidden is occluded with visibility 0. Boxes in a stretch that a person marked to be
    ignored are ignored; regions and whole frames marked so are ignored boxes without number.
    """

    reader: Reader
    video: VideoRecord
    masks: bool
    label_index: Mapping[int, int]
    """Label id to index into the sequence's labels."""
    tracks: Mapping[int, Track]
    """By id; those that are not here are left out."""
    times: npt.NDArray[np.float64] | None = field(repr=False, default=None)

    def __iter__(self) -> Iterator[LabelledFrame]:
        marks = [mark for mark in self.reader.marks(self.video.id) if mark.kind is MarkKind.IGNORE]
        ignored: dict[int, list[Mark]] = {}
        for mark in marks:
            if mark.track is not None:
                ignored.setdefault(mark.track, []).append(mark)
        regions = [mark for mark in marks if mark.track is None]
        for frame, observations in self.reader.iter_frames(self.video.id, masks=self.masks):
            boxes = [box for seen in observations if (box := self._box(seen, ignored.get(seen.track, ()))) is not None]
            boxes += [LabelledBox(None, 0, self._bounds(mark), ignored=True) for mark in regions
                      if _covers(mark, frame)]
            yield LabelledFrame(frame, tuple(boxes), None if self.times is None else float(self.times[frame]))

    def _box(self, seen: TrackObservation, ignored: Sequence[Mark]) -> LabelledBox | None:
        track = self.tracks.get(seen.track)
        if seen.box_xyxy is None or seen.outside or track is None:
            return None
        return LabelledBox(seen.number, self.label_index[seen.label], seen.box_xyxy, seen.score, seen.mask,
                           0.0 if seen.occluded else 1.0, any(_covers(mark, seen.frame) for mark in ignored),
                           seen.occluded, seen.interpolated, track.attributes or NO_ATTRIBUTES)

    def _bounds(self, mark: Mark) -> tuple[float, float, float, float]:
        if not mark.region:
            return (0.0, 0.0, float(self.video.width), float(self.video.height))
        xs, ys = zip(*mark.region, strict=True)
        return (min(xs), min(ys), max(xs), max(ys))


def _covers(mark: Mark, frame: int) -> bool:
    return mark.first <= frame and (mark.last is None or frame <= mark.last)


def sequences(reader: Reader, videos: Sequence[VideoRecord], masks: bool, reviewed_only: bool = False,
              ) -> Iterable[SequenceStream]:
    """Videos of a project as the format modules take them. Only labels that the project knows are listed."""
    labels = reader.labels()
    names = tuple(label.name for label in labels) or ("object",)
    index = {label.id: k for k, label in enumerate(labels)}
    for video in videos:
        info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count, names)
        tracks = {track.id: track for track in reader.tracks(video.id)
                  if not reviewed_only or track.review is ReviewState.REVIEWED}
        yield info, StoredFrames(reader, video, masks, index, tracks, reader.video_times(video.id))


def export(store: Store, videos: Sequence[VideoRecord], format_name: str, out_dir: Path, options: ExportOptions,
           ) -> ExportReport:
    """Write, read back and put in place. Raises FormatError."""
    label_format = get_format(format_name)
    masks = options.masks and label_format.abilities.masks
    with store.read_snapshot() as reader:
        if options.reviewed_only and not any(
                track.review is ReviewState.REVIEWED for video in videos for track in reader.tracks(video.id)):
            raise FormatError("no track is marked as reviewed yet, so there is nothing to export; mark some, or export "
                              "all tracks")
        return label_format.write(sequences(reader, videos, masks, options.reviewed_only), out_dir, options)

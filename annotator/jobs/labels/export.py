"""Export a project's tracks in a label format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.formats.base import (
    ExportOptions,
    ExportReport,
    LabelFormat,
    PictureSource,
    SequenceStream,
    writes_masks,
)
from annotator.formats.registry import get_format
from annotator.jobs.labels.frame_progress import FrameCounter, Progress, counted
from annotator.jobs.labels.ignore_regions import DISTRACTOR, IgnoredBoxes, ignored_boxes
from annotator.jobs.project import check_source
from annotator.model.cancel import CancelToken
from annotator.model.quick import quick
from annotator.model.sequence import NO_ATTRIBUTES, LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import Mark, MarkKind, ReviewState, Track, TrackObservation, VideoRecord
from annotator.model.values import ValuesOverTime
from annotator.storage.reader import Reader
from annotator.storage.store import Store
from annotator.video import open_video

_labelled_box = quick(LabelledBox)

#: Formats that write ignore regions as objects of a distractor class.
_WITH_DISTRACTORS = frozenset({"mot", "mot17"})
#: Formats that write an ignore region as one crowd for each label.
_WITH_CROWDS = frozenset({"coco-video"})


@dataclass(frozen=True, slots=True)
class StoredFrames:
    """A video's labelled frames, streamed from the project; iterable more than once.

    A box that a person marked as occluded has visibility 0. Boxes in a range that a person marked as ignored are
    ignored.
    """

    reader: Reader
    video: VideoRecord
    masks: bool
    label_index: Mapping[int, int]
    """Label id to index into the sequence's labels."""
    tracks: Mapping[int, Track]
    """Tracks to include, by id."""
    times: npt.NDArray[np.float64] | None = field(repr=False, default=None)
    ignored: tuple[IgnoredBoxes, ...] = ()
    """Ignored regions and whole frames."""

    def __iter__(self) -> Iterator[LabelledFrame]:
        ignored: dict[int, list[Mark]] = {}
        for mark in self.reader.marks(self.video.id):
            if mark.kind is MarkKind.IGNORE and mark.track is not None:
                ignored.setdefault(mark.track, []).append(mark)
        values = self.reader.values_over_time(self.video.id, self.tracks.values())
        for frame, observations in self.reader.iter_frames(self.video.id, masks=self.masks):
            found = (self._box(seen, values, ignored.get(seen.track, ())) for seen in observations)
            boxes = [box for box in found if box is not None]
            boxes += [box for region in self.ignored for box in region.at(frame)]
            yield LabelledFrame(frame, tuple(boxes), None if self.times is None else float(self.times[frame]))

    def _box(self, seen: TrackObservation, values: ValuesOverTime, ignored: Sequence[Mark]) -> LabelledBox | None:
        if seen.box_xyxy is None or seen.outside or seen.track not in self.tracks:
            return None
        return _labelled_box(seen.number, self.label_index[seen.label], seen.box_xyxy, seen.score, seen.mask,
                             0.0 if seen.occluded else 1.0,
                             bool(ignored) and any(_covers(mark, seen.frame) for mark in ignored),
                             seen.occluded, seen.interpolated, values.at(seen.track, seen.frame) or NO_ATTRIBUTES)


def _covers(mark: Mark, frame: int) -> bool:
    return mark.first <= frame and (mark.last is None or frame <= mark.last)


def frames_of(videos: Iterable[Path], cancel: CancelToken) -> PictureSource:
    """Return the frames of these videos, by the videos' names, for labels that belong to no project.

    Raises VideoError for a video that cannot be read.
    """
    paths = {}
    for path in videos:
        with open_video(path) as reader:
            paths[reader.info.name] = path
    return PictureSource(paths, cancel.raise_if_cancelled)


def sequences(reader: Reader, videos: Sequence[VideoRecord], masks: bool, format_name: str | None = None,
              reviewed_only: bool = False) -> Iterable[SequenceStream]:
    """Return a project's videos as streams for the format modules, with the project's labels.

    Ignore regions are boxes without number and label. For MOTChallenge they are boxes of the label "distractor", which
    is added to the project's labels; for COCO-VID each region is one box per label that the video's tracks have.
    """
    labels = reader.labels()
    names = tuple(label.name for label in labels) or ("object",)
    index = {label.id: k for k, label in enumerate(labels)}
    attributes = tuple(replace(each, label=None if each.label is None else index[each.label])
                       for each in reader.attributes() if each.label is None or each.label in index)
    if format_name in _WITH_DISTRACTORS and has_ignore_regions(reader, videos):
        names = with_distractor(names)
    for video in videos:
        info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count, names,
                            attributes=attributes)
        tracks = {track.id: track for track in reader.tracks(video.id)
                  if not reviewed_only or track.review is ReviewState.REVIEWED}
        region_labels: list[int] | None = None
        if format_name in _WITH_DISTRACTORS:
            region_labels = [names.index(DISTRACTOR)] if DISTRACTOR in names else []
        elif format_name in _WITH_CROWDS:
            region_labels = sorted({index[track.label] for track in tracks.values()})
        yield info, StoredFrames(reader, video, masks, index, tracks, reader.video_times(video.id),
                                 ignored_boxes(reader, video, region_labels, masks))


def writes_ignore_regions(format_name: str) -> bool:
    """Whether an export in this format contains ignore regions."""
    return format_name in _WITH_DISTRACTORS | _WITH_CROWDS or get_format(format_name).abilities.regions


def has_ignore_regions(reader: Reader, videos: Sequence[VideoRecord]) -> bool:
    """Whether any of these videos has ignore regions."""
    return any(reader.ignore_regions(video.id) for video in videos)


def with_distractor(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the label names with "distractor" added if it is missing."""
    return names if DISTRACTOR in names else (*names, DISTRACTOR)


def export(store: Store, videos: Sequence[VideoRecord], format_name: str, out_dir: Path, options: ExportOptions,
           progress: Progress | None = None, cancel: CancelToken | None = None) -> ExportReport:
    """Write the files, verify them by reading them back, and move them into place.

    May run on any thread, while the store is being written.

    Raises:
        FormatError: the format cannot represent the data, or existing files are in the way.
        VideoError: images are requested, and a video is missing or cannot be decoded.
        Cancelled: the token was set while frames or images were being written; the folder is unchanged.
    """
    label_format = get_format(format_name)
    with store.read_snapshot() as reader:
        streams, options = prepare_streams(reader, videos, label_format, options)
        pictures = None
        total = sum(video.frame_count for video in videos)
        counter = FrameCounter(total + _picture_count(videos, options), progress, cancel)
        if options.pictures != "none":
            pictures = PictureSource({video.name: check_source(store, video) for video in videos}, counter.step)
        return label_format.write(counted(streams, counter), out_dir, options, pictures)


def prepare_streams(reader: Reader, videos: Sequence[VideoRecord], label_format: LabelFormat, options: ExportOptions,
                    ) -> tuple[Iterable[SequenceStream], ExportOptions]:
    """Return the streams to pass to a format and its adjusted options. Raises FormatError if only reviewed tracks are
    requested and there are none."""
    if options.reviewed_only and not any(
            track.review is ReviewState.REVIEWED for video in videos for track in reader.tracks(video.id)):
        raise FormatError("no tracks are marked as reviewed, so there is nothing to export; mark some, or export all "
                          "tracks")
    name = label_format.name
    if name in _WITH_DISTRACTORS and options.labels is not None and has_ignore_regions(reader, videos):
        options = replace(options, labels=with_distractor(options.labels))
    return sequences(reader, videos, writes_masks(label_format, options), name, options.reviewed_only), options


def _picture_count(videos: Sequence[VideoRecord], options: ExportOptions) -> int:
    if options.pictures == "none":
        return 0
    return sum(len(range(options.first_frame, _end(video, options),
                         options.step)) for video in videos)


def _end(video: VideoRecord, options: ExportOptions) -> int:
    return video.frame_count if options.last_frame is None else options.last_frame + 1

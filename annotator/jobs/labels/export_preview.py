"""Preview of an export from its first frames: the paths of its files and their first lines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from annotator.formats.base import ExportOptions, PictureSource, SequenceStream
from annotator.formats.registry import get_format
from annotator.formats.writing.export import short_tracks
from annotator.formats.writing.frame_pictures import FramePictures
from annotator.jobs.labels.export import prepare_streams
from annotator.jobs.labels.frame_progress import FrameCounter, counted
from annotator.jobs.project import check_source
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledFrame, SequenceInfo
from annotator.model.track import VideoRecord
from annotator.storage.store import Store

#: Frames to write after the first box, and the maximum number of frames to search for it.
_FRAMES, _MAX_FRAMES = 10, 400
_MAX_VIDEOS = 20
_LINES, _MAX_LINE_LENGTH = 24, 400
_TEXT = frozenset({".txt", ".json", ".xml", ".csv"})


@dataclass(frozen=True, slots=True)
class ExportPreview:
    """The first part of an export."""

    places: tuple[str, ...]
    """File paths relative to the output folder, as written for the first frames."""
    frames: int
    """Number of previewed frames per video."""
    more_videos: int
    """Number of videos that are not previewed."""
    shown: str
    """The file that ``lines`` comes from; empty if no file is text."""
    lines: tuple[str, ...]
    dropped: Mapping[str, int]
    """What the export skips in these frames: description and count."""


def preview_export(store: Store, videos: Sequence[VideoRecord], format_name: str, options: ExportOptions,
                   cancel: CancelToken | None = None) -> ExportPreview:
    """Export the first frames into a temporary folder and describe the result. May run on any thread.

    Raises:
        FormatError, VideoError: the errors of the export itself, if its first frames cause them.
        Cancelled: the token was set while frames were being read.
    """
    each = get_format(format_name)
    counter = FrameCounter(0, None, cancel)
    later = {video.name for video in videos[_MAX_VIDEOS:]}
    few = replace(options, first_frame=0, last_frame=None, step=1, min_length=1, field_check=False, pictures="none",
                  validation=tuple(name for name in options.validation if name not in later))
    with store.read_snapshot() as reader, tempfile.TemporaryDirectory() as folder:
        streams, few = prepare_streams(reader, videos[:_MAX_VIDEOS], each, few)
        shown = FramePictures(each, options, _source(store, videos, options))
        beginnings = [_beginning(stream, options, shown) for stream in counted(streams, counter)]
        report = each.write(beginnings, Path(folder), few)
        places = [path.relative_to(folder).as_posix() for path in report.files]
        text = _largest_text([path for path in report.files if not path.name.endswith("export.json")])
        name = "" if text is None else text.relative_to(folder).as_posix()
        lines = () if text is None else tuple(_lines(text))
    infos = [info for info, _ in beginnings]
    if options.pictures != "none":
        places += [place for info in infos for index in range(info.frame_count)
                   if (place := each.picture(info, index, options)) is not None]
    return ExportPreview(tuple(sorted(places)), max((info.frame_count for info in infos), default=0),
                         max(len(videos) - _MAX_VIDEOS, 0), name, lines, report.dropped)


def _source(store: Store, videos: Sequence[VideoRecord], options: ExportOptions) -> PictureSource | None:
    if options.pictures == "none":
        return None
    return PictureSource({video.name: check_source(store, video) for video in videos[:_MAX_VIDEOS]})


def _beginning(stream: SequenceStream, options: ExportOptions, shown: FramePictures,
               ) -> tuple[SequenceInfo, tuple[LabelledFrame, ...]]:
    """Return the first frames of the range, numbered as in the export, and a header shortened to them."""
    source, frames = stream
    wanted = options.frame_range(source)
    short = short_tracks(frames, wanted, options)
    found: list[LabelledFrame] = []
    length = _FRAMES
    for frame in frames:
        if frame.frame_index not in wanted:
            continue
        index = wanted.index(frame.frame_index)
        boxes = tuple(box for box in frame.boxes if box.number not in short)
        if not found and boxes:
            length = min(index + _FRAMES, _MAX_FRAMES)
        if index >= (length if found else _MAX_FRAMES):
            break
        if boxes:
            found.append(LabelledFrame(index, boxes, frame.time))
    info = shown.named(replace(source, fps=source.fps / options.step, frame_count=min(length, len(wanted))), source)
    return info, tuple(frame for frame in found if frame.frame_index < info.frame_count)


def _largest_text(paths: Iterable[Path]) -> Path | None:
    """Return the largest text file."""
    readable = [path for path in paths if path.suffix in _TEXT and path.stat().st_size]
    return max(readable, key=lambda path: path.stat().st_size, default=None)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in islice(file, _LINES):
            text = line.rstrip("\n")
            yield text if len(text) <= _MAX_LINE_LENGTH else f"{text[:_MAX_LINE_LENGTH]} …"

"""Boxes and tracks of a project as arrays and tables."""

from __future__ import annotations

import importlib.util
from array import array
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import SettingsError
from annotator.jobs.labels.export import sequences
from annotator.model.track import Mark, MarkKind, VideoRecord
from annotator.storage.reader import Reader

#: Columns of the table of tracks; attributes follow.
_TRACK_COLUMNS = ("video", "track", "label", "name", "first", "last", "boxes", "review", "locked")

Arrays = dict[str, npt.NDArray[Any]]


def box_arrays(reader: Reader, videos: Sequence[VideoRecord]) -> Arrays:
    """Return one entry per box, ordered by video, frame and track; see `Project.arrays`."""
    frames, tracks, labels, video_of = (array("q") for _ in range(4))
    times, boxes, scores, visibilities = (array("d") for _ in range(4))
    flags, names = array("b"), list[str]()
    for index, (info, stream) in enumerate(sequences(reader, videos, masks=False)):
        names = list(info.labels)
        for frame in stream:
            for box in frame.boxes:
                video_of.append(index)
                frames.append(frame.frame_index)
                times.append(np.nan if frame.time is None else frame.time)
                tracks.append(-1 if box.number is None else box.number)
                labels.append(box.label)
                boxes.extend(box.box_xyxy)
                scores.append(box.score)
                visibilities.append(box.visibility)
                flags.append(box.ignored | box.occluded << 1 | box.interpolated << 2)
    flag = np.array(flags, np.int8)
    return {
        "video": _look_up(video_of, [each.name for each in videos]), "frame": np.array(frames, np.int64),
        "time": np.array(times, np.float64), "track": np.array(tracks, np.int64), "label": _look_up(labels, names),
        "box_xyxy": np.array(boxes, np.float64).reshape(-1, 4), "score": np.array(scores, np.float64),
        "visibility": np.array(visibilities, np.float64), "ignored": flag & 1 > 0, "occluded": flag & 2 > 0,
        "interpolated": flag & 4 > 0}


def box_table(arrays: Arrays) -> Any:
    """Return boxes as a DataFrame with the columns ``x1, y1, x2, y2`` instead of ``box_xyxy``."""
    columns = dict(arrays)
    boxes = columns.pop("box_xyxy")
    edges = {name: boxes[:, index] for index, name in enumerate(("x1", "y1", "x2", "y2"))}
    return pandas().DataFrame({**columns, **edges})


def track_table(reader: Reader, videos: Sequence[VideoRecord], arrays: Arrays) -> Any:
    """Return one row per track as a DataFrame; see `Project.summary`. ``arrays``: the boxes of these videos."""
    labels = {label.id: label.name for label in reader.labels()}
    rows = []
    for video in videos:
        of_video = arrays["video"] == video.name
        numbers, frames = arrays["track"][of_video], arrays["frame"][of_video]
        locked = {mark.track for mark in reader.marks(video.id) if _locks(mark)}
        for track in reader.tracks(video.id):
            seen = frames[numbers == track.number]
            rows.append({
                "video": video.name, "track": track.number, "label": labels[track.label], "name": track.name,
                "first": int(seen.min()) if len(seen) else -1, "last": int(seen.max()) if len(seen) else -1,
                "boxes": len(seen), "review": track.review.value, "locked": track.id in locked,
                **{f"attribute {name}" if name in _TRACK_COLUMNS else name: value
                   for name, value in track.attributes.items()}})
    return pandas().DataFrame(rows, columns=None if rows else list(_TRACK_COLUMNS))


def pandas() -> ModuleType:
    """Return pandas. Raises SettingsError if it is not installed."""
    if importlib.util.find_spec("pandas") is None:
        raise SettingsError("pandas is not installed: pip install 'sam2mot-annotator[tables]', or use arrays()")
    return importlib.import_module("pandas")


def _locks(mark: Mark) -> bool:
    return mark.kind is MarkKind.LOCK and mark.track is not None


def _look_up(index: Sequence[int], names: Sequence[str]) -> npt.NDArray[Any]:
    return np.array(names or [""], object)[np.array(index, np.int64)]

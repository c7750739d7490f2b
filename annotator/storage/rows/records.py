"""Convert rows to the plain data of `annotator.model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select

from annotator.model.attribute import Attribute, AttributeKind
from annotator.model.bounds import LARGEST_COORDINATE, LARGEST_PICTURE
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.native import is_rle
from annotator.model.note import MOST_MESSAGES, Note, NoteMessage
from annotator.model.text import LONGEST_MESSAGE, LONGEST_NAME, showable, showable_lines
from annotator.model.track import (
    Label,
    Mark,
    MarkKind,
    OnExisting,
    ReviewState,
    Run,
    RunStatus,
    Track,
    VideoRecord,
)
from annotator.model.values import TrackValue
from annotator.storage.file import schema
from annotator.storage.file.checked_types import parsed, refuse
from annotator.storage.spans.algebra import OPEN, Span

AnyRow = Row[*tuple[Any, ...]]

#: Query for videos, with the size of their times in bytes; pass the rows to `video_record`.
VIDEOS = select(*(schema.video.c[name] for name in (
    "id", "name", "path", "width", "height", "frame_count", "fps", "fingerprint")),
    func.length(schema.video_times.c.seconds)).select_from(schema.video.outerjoin(schema.video_times))
#: Lowest rate in frames per second: one frame in two weeks.
_LOWEST_RATE = 1e-6
#: Most corners of an ignore region.
_MOST_CORNERS = 20_000


def video_record(row: AnyRow) -> VideoRecord:
    """Raises StorageError for a size, rate or frame count that no video has."""
    *values, times = row
    record = VideoRecord(*values)
    if record.width * record.height > LARGEST_PICTURE:
        raise refuse("video.width", f"{record.width} x {record.height}", f"at most {LARGEST_PICTURE} pixels")
    if record.fps < _LOWEST_RATE:
        raise refuse("video.fps", record.fps, "a rate above 0")
    if times is not None and times != 8 * record.frame_count:
        raise refuse("video_times.seconds", f"{times // 8} times", f"one for each of {record.frame_count} frames")
    return record


def label_record(row: AnyRow) -> Label:
    return Label(row.id, row.name, row.color)


def attribute_record(row: AnyRow) -> Attribute:
    options = parsed("attribute.options", row.options, list)
    default = parsed("attribute.default_value", row.default_value, object)
    if not all(isinstance(option, str) for option in options) or isinstance(default, list | dict):
        raise refuse("attribute.options", row.options, "a list of texts, and a text, number or flag as the default")
    return Attribute(row.id, row.label, row.name, AttributeKind(row.kind), tuple(map(showable, options)),
                     showable(default) if isinstance(default, str) else default, row.varies)


def track_record(row: AnyRow) -> Track:
    # Projects have thousands of tracks, and few of them have attributes.
    attributes = {} if row.attributes == "{}" else attribute_values(row.attributes)
    return Track(row.id, row.video, row.number, row.label, row.name, row.color, ReviewState(row.review), attributes,
                 row.review_author, row.review_time)


def attribute_values(text: str) -> dict[str, Any]:
    """The attributes of a track: name -> text, number, flag or None. Raises StorageError if they are anything else."""
    values = parsed("track.attributes", text, dict)
    if any(isinstance(value, list | dict) for value in values.values()):
        raise refuse("track.attributes", text, "a text, number or flag for each name")
    return {showable(name): showable(value) if isinstance(value, str) else value for name, value in values.items()}


def value_record(row: AnyRow) -> TrackValue:
    return TrackValue(row.track, row.name, row.first, row.last, stored_value(row.value))


def stored_value(text: str) -> str | float | bool:
    """A value that holds in some frames. Raises StorageError for anything but a text, number or flag."""
    value = parsed("attribute_value.value", text, object)
    if not isinstance(value, str | float | int):
        raise refuse("attribute_value.value", text, "a text, number or flag")
    return showable(value) if isinstance(value, str) else value


def mark_record(row: AnyRow) -> Mark:
    return Mark(row.id, row.video, row.track, row.first, row.last, MarkKind(row.kind), _region(row.region))


def _region(text: str | None) -> tuple[tuple[float, float], ...]:
    if not text:
        return ()
    corners = parsed("mark.region", text, list)
    if not 3 <= len(corners) <= _MOST_CORNERS:
        raise refuse("mark.region", f"{len(corners)} corners", f"3 to {_MOST_CORNERS}")
    for corner in corners:
        if not (isinstance(corner, list) and len(corner) == 2
                and all(type(x) in (int, float) and abs(x) < LARGEST_COORDINATE for x in corner)):
            raise refuse("mark.region", corner, f"corners [x, y] within ±{LARGEST_COORDINATE:g}")
    return tuple((float(x), float(y)) for x, y in corners)


def note_record(row: AnyRow) -> Note:
    """Raises StorageError for half a place, and for messages that are no texts of limited length."""
    if (row.x is None) != (row.y is None):
        raise refuse("note.x", (row.x, row.y), "both coordinates of a place or none")
    place = None if row.x is None else (float(row.x), float(row.y))
    return Note(row.id, row.video, row.track, row.frame, place, row.done, note_messages(row.messages))


def note_messages(text: str) -> tuple[NoteMessage, ...]:
    """The messages of a note. Raises StorageError unless they are a list of an author, a time and a text each."""
    found = parsed("note.messages", text, list)
    if not 1 <= len(found) <= MOST_MESSAGES:
        raise refuse("note.messages", f"{len(found)} messages", f"1 to {MOST_MESSAGES}")
    return tuple(map(_message, found))


def _message(each: object) -> NoteMessage:
    longest = {"author": LONGEST_NAME, "time": LONGEST_NAME, "text": LONGEST_MESSAGE}
    if not isinstance(each, dict) or each.keys() != longest.keys() or not all(
            isinstance(each[name], str) and len(each[name]) <= most for name, most in longest.items()):
        raise refuse("note.messages", each, f"an author, a time and a text of at most {LONGEST_MESSAGE} characters")
    return NoteMessage(showable(each["author"]), showable(each["time"]), showable_lines(each["text"]))


def run_record(row: AnyRow, label_names: Mapping[int, str]) -> Run:
    labels = run_labels(row.labels)
    if not label_names.keys() >= set(labels):
        raise refuse("run.labels", row.labels, "ids of the project's classes")
    models = parsed("run.models", row.models, dict)
    if not all(isinstance(model, str) for model in models.values()):
        raise refuse("run.models", row.models, "a text for each model")
    return Run(row.id, row.video, row.kind, parsed("run.settings", row.settings, dict), models, row.first_frame,
               row.last_frame, row.finished_frame, RunStatus(row.status), row.started, row.message,
               tuple(label_names[number] for number in labels), OnExisting(row.on_existing))


def run_labels(text: str) -> list[int]:
    """The ids of the labels of a run, in the run's order. Raises StorageError if they are anything else."""
    labels: list[int] = parsed("run.labels", text, list)
    if not all(type(label) is int for label in labels):
        raise refuse("run.labels", text, "a list of whole numbers")
    return labels


def box_of(row: AnyRow) -> Box | None:
    """The row's x1, y1, x2, y2; None if they are NULL. Raises StorageError if only some are."""
    return whole_box(row.x1, row.y1, row.x2, row.y2)


def whole_box(x1: float | None, y1: float | None, x2: float | None, y2: float | None) -> Box | None:
    """The box of these edges; None if all are None. Raises StorageError if only some are."""
    if x1 is None or y1 is None or x2 is None or y2 is None:
        if x1 is y1 is x2 is y2:
            return None
        raise refuse("observation", (x1, y1, x2, y2), "four edges or none")
    return (x1, y1, x2, y2)


def mask_of(row: AnyRow) -> Mask | None:
    """The row's mask columns; None if an outer join found no mask. Raises StorageError if it cannot be one."""
    if row.rle is None:
        return None
    if row.width * row.height > LARGEST_PICTURE or (row.width == 0) != (row.height == 0):
        raise refuse("mask.width", f"{row.width} x {row.height}", f"at most {LARGEST_PICTURE} pixels")
    if not is_rle(row.rle):
        raise refuse("mask.rle", row.rle, "compressed run lengths")
    return Mask(row.left, row.top, row.width, row.height, row.rle)


def _span_end() -> ColumnElement[int]:
    span, tracklet = schema.span, schema.tracklet
    last, ended = func.coalesce(span.c.last, OPEN), func.coalesce(tracklet.c.ended_frame, OPEN)
    return case((last < ended, last), else_=ended)


#: Query for spans with data of their tracklets; filter it and pass the rows to `span_record`.
SPANS = select(
    schema.span.c.id, schema.span.c.tracklet, schema.span.c.first, schema.span.c.last, schema.span.c.track,
    schema.tracklet.c.run.is_(None), _span_end(),
).join(schema.tracklet, schema.tracklet.c.id == schema.span.c.tracklet)


def span_record(row: AnyRow) -> Span:
    """Convert one row of `SPANS`."""
    key, tracklet, first, last, track, human, end = row
    return Span(id=key, track=track, first=first, last=last, end=end, tracklet=tracklet, human=bool(human))

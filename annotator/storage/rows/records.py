"""Convert rows to the plain data of `annotator.model`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select

from annotator.model.attribute import Attribute, AttributeKind
from annotator.model.box import Box
from annotator.model.mask import Mask
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
from annotator.storage.file import schema
from annotator.storage.spans.algebra import OPEN, Span

AnyRow = Row[*tuple[Any, ...]]

VIDEO_COLUMNS = tuple(schema.video.c[name] for name in (
    "id", "name", "path", "width", "height", "frame_count", "fps", "fingerprint"))


def video_record(row: AnyRow) -> VideoRecord:
    return VideoRecord(*row)


def label_record(row: AnyRow) -> Label:
    return Label(row.id, row.name, row.color)


def attribute_record(row: AnyRow) -> Attribute:
    return Attribute(row.id, row.label, row.name, AttributeKind(row.kind), tuple(json.loads(row.options)),
                     json.loads(row.default_value))


def track_record(row: AnyRow) -> Track:
    # Projects have thousands of tracks, and few of them have attributes.
    attributes = {} if row.attributes == "{}" else json.loads(row.attributes)
    return Track(row.id, row.video, row.number, row.label, row.name, row.color, ReviewState(row.review), attributes)


def mark_record(row: AnyRow) -> Mark:
    region = tuple((float(x), float(y)) for x, y in json.loads(row.region)) if row.region else ()
    return Mark(row.id, row.video, row.track, row.first, row.last, MarkKind(row.kind), region)


def run_record(row: AnyRow, label_names: Mapping[int, str]) -> Run:
    labels = tuple(label_names[number] for number in json.loads(row.labels))
    return Run(row.id, row.video, row.kind, json.loads(row.settings), json.loads(row.models), row.first_frame,
               row.last_frame, row.finished_frame, RunStatus(row.status), row.started, row.message, labels,
               OnExisting(row.on_existing))


def box_of(row: AnyRow) -> Box | None:
    """The row's x1, y1, x2, y2; None if they are NULL."""
    return None if row.x1 is None else (row.x1, row.y1, row.x2, row.y2)


def mask_of(row: AnyRow) -> Mask | None:
    """The row's mask columns; None if an outer join found no mask."""
    return None if row.rle is None else Mask(row.left, row.top, row.width, row.height, row.rle)


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

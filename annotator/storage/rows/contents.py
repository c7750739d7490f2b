"""Count what a project holds about a video."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from annotator.model.contents import VideoContents
from annotator.model.track import MarkKind
from annotator.storage.file import schema
from annotator.storage.rows.resolve import IN_SPAN

_run, _track, _tracklet, _span, _mark, _seen = (
    schema.run, schema.track, schema.tracklet, schema.span, schema.mark, schema.observation)


def video_contents(connection: Connection, video: int) -> VideoContents:
    """Count tracks, boxes, regions and runs of a video in a few statements; predicted boxes are read once."""
    spans = _span.join(_tracklet, _tracklet.c.id == _span.c.tracklet)
    own = _tracklet.c.video == video
    manual = _count(connection, select(func.sum(_span.c.last - _span.c.first + 1)).select_from(spans).where(
        own, _tracklet.c.run.is_(None)))
    predicted = _count(connection, select(func.count()).select_from(spans.join(_seen, IN_SPAN)).where(
        own, _tracklet.c.run.is_not(None), _seen.c.x1.is_not(None)))
    return VideoContents(
        tracks=_count(connection, select(func.count()).where(_track.c.video == video)),
        boxes=predicted + manual, keyframes=manual,
        regions=_count(connection, select(func.count()).where(
            _mark.c.video == video, _mark.c.kind == MarkKind.IGNORE.value, _mark.c.track.is_(None))),
        runs=_count(connection, select(func.count()).where(_run.c.video == video)),
        notes=_count(connection, select(func.count()).where(schema.note.c.video == video)))


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar() or 0)

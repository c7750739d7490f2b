"""Count what a project holds about a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from annotator.model.track import MarkKind
from annotator.storage.file import schema
from annotator.storage.rows.resolve import IN_SPAN

_run, _track, _tracklet, _span, _mark, _seen = (
    schema.run, schema.track, schema.tracklet, schema.span, schema.mark, schema.observation)


@dataclass(frozen=True, slots=True)
class VideoContents:
    """What goes with a video when it is removed."""

    tracks: int
    boxes: int
    """Stored boxes of its tracks: predicted and manual ones, without interpolated ones."""
    keyframes: int
    """Manual boxes among them."""
    regions: int
    """Ignore regions."""
    runs: int
    """Runs, also undone ones."""
    notes: int = 0
    """Notes, open and closed ones."""

    def line(self) -> str:
        """What there is, as text; counts of 0 are omitted."""
        boxes = _counted(self.boxes, "box", "boxes")
        if self.keyframes:
            boxes += f" ({self.keyframes} of them manual)"
        parts = [text for count, text in (
            (self.tracks, _counted(self.tracks, "track", "tracks")), (self.boxes, boxes),
            (self.regions, _counted(self.regions, "ignore region", "ignore regions")),
            (self.notes, _counted(self.notes, "note", "notes")),
            (self.runs, _counted(self.runs, "run", "runs"))) if count]
        return ", ".join(parts) or "nothing"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


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

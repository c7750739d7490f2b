"""Manual boxes of a track: stored in tracklets of no run, whose spans have a box in each of their frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from annotator.model.box import Box
from annotator.model.frame import TrackState
from annotator.model.mask import Mask
from annotator.model.track import Track
from annotator.storage.file import schema
from annotator.storage.file.database import among
from annotator.storage.history import journal
from annotator.storage.rows.records import SPANS, span_record
from annotator.storage.rows.runs import insert_many
from annotator.storage.spans.algebra import Span, joined
from annotator.storage.spans.rows import save_spans

_span, _tracklet, _observation, _mask = schema.span, schema.tracklet, schema.observation, schema.mask
_HERE = {table.name: (table.c.tracklet == bindparam("its_tracklet")) & (table.c.frame == bindparam("its_frame"))
         for table in (_observation, _mask)}
_EDGES = ("x1", "y1", "x2", "y2")
#: A redrawn box keeps nothing of an imported one.
_REDRAW = update(_observation).where(_HERE["observation"]).values(
    **{edge: bindparam(f"new_{edge}") for edge in _EDGES}, score=1.0, state=int(TrackState.RELIABLE), flags=0)
_ERASE = delete(_mask).where(_HERE["mask"])

Boxes = Mapping[int, tuple[Box, Mask | None]]
"""Frame -> box and mask."""


def manual_spans(connection: Connection, track: int, first: int, last: int) -> list[Span]:
    """The spans of a track with manual boxes in frames ``first..last``, by first frame."""
    query = SPANS.where(_span.c.track == track, _span.c.first <= last, _span.c.last >= first, _tracklet.c.run.is_(None),
                        ).order_by(_span.c.first)
    return [span_record(row) for row in connection.execute(query)]


def put_manual_boxes(connection: Connection, track: Track, boxes: Boxes) -> None:
    """Store a track's manual boxes; those in frames that already have one are replaced, with their masks."""
    spans = manual_spans(connection, track.id, min(boxes) - 1, max(boxes) + 1)
    place = {frame: span.tracklet for span in spans for frame in range(max(span.first, min(boxes)),
                                                                       min(span.end, max(boxes)) + 1)}
    old, new = [frame for frame in boxes if frame in place], sorted(frame for frame in boxes if frame not in place)
    if old:
        _redraw(connection, boxes, {frame: place[frame] for frame in old})
    if new:
        place |= _places(connection, track, new, spans)
        insert_many(connection, _observation, [
            (place[frame], frame, track.video, *map(float, boxes[frame][0]), 1.0, int(TrackState.RELIABLE),
             None, None, None, None, 0, None) for frame in new])
        fresh = [Span(id=None, track=track.id, first=frame, last=frame, end=frame, tracklet=place[frame], human=True)
                 for frame in new]
        save_spans(connection, spans, joined([*spans, *fresh]))
    insert_many(connection, _mask, [
        (place[frame], frame, mask.left, mask.top, mask.width, mask.height, mask.rle)
        for frame, (_, mask) in boxes.items() if mask is not None])


def _redraw(connection: Connection, boxes: Boxes, place: Mapping[int, int]) -> None:
    keys = [{"its_tracklet": tracklet, "its_frame": frame} for frame, tracklet in place.items()]
    connection.execute(_REDRAW, [{**key, **{f"new_{edge}": float(value) for edge, value in zip(
        _EDGES, boxes[key["its_frame"]][0], strict=True)}} for key in keys])
    connection.execute(_ERASE, keys)


def _places(connection: Connection, track: Track, frames: Sequence[int], near: Iterable[Span]) -> dict[int, int]:
    """Frame -> a manual tracklet of the track without a box in it; preferably one with a box in the next frame."""
    own = select(_span.c.tracklet).distinct().join(_tracklet, _tracklet.c.id == _span.c.tracklet).where(
        _span.c.track == track.id, _tracklet.c.run.is_(None)).order_by(_span.c.tracklet)
    known = list(dict.fromkeys([*(span.tracklet for span in near), *connection.execute(own).scalars()]))
    # A box that the track had here may have moved to another track, or may be deleted but restored by an undo.
    taken = {(frame, tracklet) for frame, tracklet in connection.execute(
        select(_observation.c.frame, _observation.c.tracklet).where(
            among(_observation.c.tracklet, known), among(_observation.c.frame, frames)))}
    found: dict[int, int] = {}
    homeless = []
    for frame in frames:
        free = next((tracklet for tracklet in known if (frame, tracklet) not in taken), None)
        if free is None:
            homeless.append(frame)
        else:
            found[frame] = free
    return found | dict.fromkeys(homeless, _new_tracklet(connection, track, homeless[0]) if homeless else 0)


def _new_tracklet(connection: Connection, track: Track, frame: int) -> int:
    key = journal.next_id(connection, _tracklet)
    connection.execute(insert(_tracklet).values(
        id=key, video=track.video, run=None, number=key, label=track.label, first_frame=frame))
    return key

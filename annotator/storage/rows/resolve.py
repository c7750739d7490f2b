"""Resolve which box each track has, from observations, spans, marks and manual boxes.

In each frame a track has at most one box: the manual one, else an interpolated one inside a range marked as
interpolated, else the predicted one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select

from annotator.model.frame import TrackState
from annotator.model.track import MarkKind, TrackObservation
from annotator.storage.file import schema
from annotator.storage.rows.records import AnyRow, box_of, mask_of
from annotator.storage.spans.algebra import OPEN

_o, _s, _t, _k, _m = schema.observation, schema.span, schema.track, schema.tracklet, schema.mask
_COLUMNS = (_o.c.frame, _s.c.track, _t.c.number, _t.c.label, _o.c.tracklet, _o.c.x1, _o.c.y1, _o.c.x2, _o.c.y2,
            _o.c.score, _o.c.state, _k.c.run.is_(None).label("human"))
_MASK_COLUMNS = (_m.c["left"], _m.c.top, _m.c.width, _m.c.height, _m.c.rle)
#: Condition that a span covers an observation, to join the two tables.
COVERS = and_(_s.c.tracklet == _o.c.tracklet, _s.c.first <= _o.c.frame,
               or_(_s.c.last.is_(None), _s.c.last >= _o.c.frame))


def _query(masks: bool) -> Select[Any]:
    source = _o.join(_s, COVERS).join(_t, _t.c.id == _s.c.track).join(_k, _k.c.id == _o.c.tracklet)
    if not masks:
        return select(*_COLUMNS).select_from(source)
    source = source.outerjoin(_m, and_(_m.c.tracklet == _o.c.tracklet, _m.c.frame == _o.c.frame))
    return select(*_COLUMNS, *_MASK_COLUMNS).select_from(source)


_IN_FRAMES = and_(_o.c.video == bindparam("video"), _o.c.frame.between(bindparam("first"), bindparam("last")))
_FRAMES = {masks: _query(masks).where(_IN_FRAMES) for masks in (False, True)}
_TRACK = {masks: _query(masks).where(_s.c.track == bindparam("track")) for masks in (False, True)}
_MARKS = select(schema.mark.c.track, schema.mark.c.first, schema.mark.c.last, schema.mark.c.kind).where(
    schema.mark.c.track.is_not(None),
    schema.mark.c.kind.in_([MarkKind.INTERPOLATE, MarkKind.OCCLUDED, MarkKind.OUTSIDE]),
    schema.mark.c.first <= bindparam("last"),
    or_(schema.mark.c.last.is_(None), schema.mark.c.last >= bindparam("first")))
_VIDEO_MARKS = _MARKS.where(schema.mark.c.video == bindparam("video"))
_TRACK_MARKS = _MARKS.where(schema.mark.c.track == bindparam("track"))
_KEYFRAMES = select(*_COLUMNS).select_from(
    _s.join(_k, and_(_k.c.id == _s.c.tracklet, _k.c.run.is_(None)))
    .join(_o, and_(_o.c.tracklet == _s.c.tracklet, _o.c.frame == _s.c.first))
    .join(_t, _t.c.id == _s.c.track),
).where(_s.c.track == bindparam("track"),
        _s.c.first.between(bindparam("first"), bindparam("last"))).order_by(_s.c.first)


def frames(connection: Connection, video: int, first: int, last: int, masks: bool,
           ) -> dict[int, list[TrackObservation]]:
    """Frame index -> observations in order of track numbers; frames without observations are omitted."""
    bounds = {"video": video, "first": first, "last": last}
    found = _by_place(connection.execute(_FRAMES[masks], bounds), masks)
    marks = connection.execute(_VIDEO_MARKS, bounds).all()
    _apply_marks(connection, found, marks, first, last)
    by_frame: dict[int, list[TrackObservation]] = defaultdict(list)
    for observation in found.values():
        by_frame[observation.frame].append(observation)
    for row in by_frame.values():
        row.sort(key=lambda observation: observation.number)
    return by_frame


def trajectory(connection: Connection, track: int, masks: bool) -> list[TrackObservation]:
    """All observations of one track, by frame."""
    found = _by_place(connection.execute(_TRACK[masks], {"track": track}), masks)
    marks = connection.execute(_TRACK_MARKS, {"track": track, "first": 0, "last": OPEN}).all()
    _apply_marks(connection, found, marks, 0, OPEN)
    return sorted(found.values(), key=lambda observation: observation.frame)


Place = tuple[int, int]  # track, frame


def _by_place(rows: Iterable[AnyRow], masks: bool) -> dict[Place, TrackObservation]:
    found: dict[Place, TrackObservation] = {}
    for row in rows:
        place = (row[1], row[0])
        held = found.get(place)
        if held is None or (row[11] and not held.human):
            found[place] = _observation(row, masks)
    return found


def _observation(row: AnyRow, masks: bool) -> TrackObservation:
    frame, track, number, label, tracklet, x1, y1, x2, y2, score, state, human = row[:12]
    box = None if x1 is None else (x1, y1, x2, y2)
    return TrackObservation(frame, track, number, label, tracklet, box, score, TrackState(state), bool(human), False,
                            mask_of(row) if masks else None)


def _apply_marks(connection: Connection, found: dict[Place, TrackObservation], marks: Sequence[AnyRow],
                 first: int, last: int) -> None:
    # Interpolate first, because an outside mark also applies to interpolated boxes.
    for mark in marks:
        if mark.kind == MarkKind.INTERPOLATE:
            for observation in _interpolated(connection, mark, first, last):
                held = found.get((observation.track, observation.frame))
                if held is None or not held.human:
                    found[observation.track, observation.frame] = observation
    ranged = [mark for mark in marks if mark.kind != MarkKind.INTERPOLATE]
    if not ranged:
        return
    by_track: dict[int, list[AnyRow]] = defaultdict(list)
    for mark in ranged:
        by_track[mark.track].append(mark)
    for place, observation in found.items():
        for mark in by_track.get(place[0], ()):
            if mark.first <= place[1] and (mark.last is None or place[1] <= mark.last):
                found[place] = observation = _marked(observation, MarkKind(mark.kind))


def _marked(observation: TrackObservation, kind: MarkKind) -> TrackObservation:
    if kind == MarkKind.OUTSIDE:
        return replace(observation, box_xyxy=None, mask=None, outside=True)
    return replace(observation, occluded=True)


def _interpolated(connection: Connection, mark: AnyRow, first: int, last: int) -> Iterable[TrackObservation]:
    """Interpolated boxes between the manual boxes inside one interpolation mark, in frames first..last."""
    stretch = {"track": mark.track, "first": mark.first, "last": OPEN if mark.last is None else mark.last}
    keyframes = connection.execute(_KEYFRAMES, stretch).all()
    for one, other in pairwise(keyframes):
        if other.frame <= first or one.frame >= last:
            continue
        start, end = box_of(one), box_of(other)
        if start is None or end is None:
            continue
        label = _observation(one, masks=False)
        for frame in range(max(one.frame + 1, first), min(other.frame, last + 1)):
            share = (frame - one.frame) / (other.frame - one.frame)
            x1, y1, x2, y2 = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            yield replace(label, frame=frame, box_xyxy=(x1, y1, x2, y2), interpolated=True)

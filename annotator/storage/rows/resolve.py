"""Resolve which box each track has, from observations, spans, marks and manual boxes.

In each frame a track has at most one box: the manual one, else an interpolated one inside a range marked as
interpolated, else the predicted one. A marked range without an end also holds the box of its last keyframe, in frames
in which the track has no other.

Costs grow with what is read and not with what comes before it. A frame of a tracklet belongs to at most one span, the
last one that begins by then, so finding the span of a box is one search of an index (`SPAN_OF`); finding the boxes of a
span is one range of another (`IN_SPAN`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select

from annotator.model.frame import TrackState
from annotator.model.quick import quick
from annotator.model.track import MarkKind, TrackObservation
from annotator.storage.file import schema
from annotator.storage.file.checked_types import refuse
from annotator.storage.rows.records import AnyRow, box_of, mask_of, whole_box
from annotator.storage.spans.algebra import OPEN

_o, _s, _t, _k, _m = schema.observation, schema.span, schema.track, schema.tracklet, schema.mask
_COLUMNS = (_o.c.frame, _s.c.track, _t.c.number, _t.c.label, _o.c.tracklet, _o.c.x1, _o.c.y1, _o.c.x2, _o.c.y2,
            _o.c.score, _o.c.state, _k.c.run.is_(None).label("human"))
_MASK_COLUMNS = (_m.c["left"], _m.c.top, _m.c.width, _m.c.height, _m.c.rle)
#: Condition that an observation lies in a span; joins observations to spans that are read first.
IN_SPAN = and_(_o.c.tracklet == _s.c.tracklet, _o.c.frame.between(_s.c.first, func.coalesce(_s.c.last, OPEN)))


def _span_of() -> ColumnElement[bool]:
    earlier = _s.alias("earlier")
    newest = select(earlier.c.id).where(
        earlier.c.tracklet == _o.c.tracklet, earlier.c.first <= _o.c.frame,
    ).order_by(earlier.c.first.desc()).limit(1).correlate(_o).scalar_subquery()
    return and_(_s.c.id == newest, or_(_s.c.last.is_(None), _s.c.last >= _o.c.frame))


#: The same condition; joins spans to observations that are read first.
SPAN_OF = _span_of()


def _query(masks: bool, source: Any) -> Select[Any]:
    source = source.join(_t, _t.c.id == _s.c.track).join(_k, _k.c.id == _o.c.tracklet)
    if not masks:
        return select(*_COLUMNS).select_from(source)
    source = source.outerjoin(_m, and_(_m.c.tracklet == _o.c.tracklet, _m.c.frame == _o.c.frame))
    return select(*_COLUMNS, *_MASK_COLUMNS).select_from(source)


_IN_FRAMES = and_(_o.c.video == bindparam("video"), _o.c.frame.between(bindparam("first"), bindparam("last")))
_FRAMES = {masks: _query(masks, _o.join(_s, SPAN_OF)).where(_IN_FRAMES) for masks in (False, True)}
_TRACK = {masks: _query(masks, _s.join(_o, IN_SPAN)).where(_s.c.track == bindparam("track"))
          for masks in (False, True)}
_MARKS = select(schema.mark.c.track, schema.mark.c.first, schema.mark.c.last, schema.mark.c.kind,
                schema.video.c.frame_count).join(schema.video, schema.video.c.id == schema.mark.c.video).where(
    schema.mark.c.track.is_not(None),
    schema.mark.c.kind.in_([MarkKind.INTERPOLATE, MarkKind.OCCLUDED, MarkKind.OUTSIDE]),
).order_by(schema.mark.c.first, schema.mark.c.id)
_VIDEO_MARKS = _MARKS.where(
    schema.mark.c.video == bindparam("video"), schema.mark.c.first <= bindparam("last"),
    or_(schema.mark.c.last.is_(None), schema.mark.c.last >= bindparam("first")))
_TRACK_MARKS = _MARKS.where(schema.mark.c.track == bindparam("track"))
_MANUAL = and_(_k.c.id == _s.c.tracklet, _k.c.run.is_(None))
_KEYFRAMES = select(*_COLUMNS).select_from(
    _s.join(_k, _MANUAL).join(_o, IN_SPAN).join(_t, _t.c.id == _s.c.track),
).where(_s.c.track == bindparam("track"), _s.c.first.between(bindparam("from_span"), bindparam("last")),
        _o.c.frame.between(bindparam("first"), bindparam("last"))).order_by(_o.c.frame)
#: The last manual span that begins by a frame, and the first one that begins after it.
_SPAN_BEFORE = select(_s.c.first, _s.c.last).join(_k, _MANUAL).where(
    _s.c.track == bindparam("track"), _s.c.first <= bindparam("frame")).order_by(_s.c.first.desc()).limit(1)
_SPAN_AFTER = select(_s.c.first, _s.c.last).join(_k, _MANUAL).where(
    _s.c.track == bindparam("track"), _s.c.first > bindparam("frame")).order_by(_s.c.first).limit(1)


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A mark that changes what is shown of a track."""

    track: int
    first: int
    last: int
    """Inclusive; `OPEN` for no end."""
    kind: str
    held_to: int = -1
    """Last frame to which the box of the last keyframe is held; -1 if it is not."""


def frames(connection: Connection, video: int, first: int, last: int, masks: bool,
           marks: Sequence[MarkRow] | None = None) -> dict[int, list[TrackObservation]]:
    """Frame index -> observations in order of track numbers; frames without observations are omitted. ``marks``: those
    that concern these frames, if they have been read."""
    bounds = {"video": video, "first": first, "last": last}
    found = _by_place(connection.execute(_FRAMES[masks], bounds).all(), masks)
    if marks is None:
        marks = _mark_rows(connection.execute(_VIDEO_MARKS, bounds))
    _apply_marks(connection, found, marks, first, last)
    by_frame: dict[int, list[TrackObservation]] = defaultdict(list)
    for observation in found.values():
        by_frame[observation.frame].append(observation)
    for row in by_frame.values():
        row.sort(key=lambda observation: observation.number)
    return by_frame


def trajectory(connection: Connection, track: int, masks: bool) -> list[TrackObservation]:
    """All observations of one track, by frame."""
    found = _by_place(connection.execute(_TRACK[masks], {"track": track}).all(), masks)
    _apply_marks(connection, found, _mark_rows(connection.execute(_TRACK_MARKS, {"track": track})), 0, OPEN)
    return sorted(found.values(), key=lambda observation: observation.frame)


class MarkSweep:
    """The marks of a video for ranges of frames that are asked for in ascending order; each mark is read once."""

    def __init__(self, connection: Connection, video: int, first: int, last: int) -> None:
        self._waiting = _mark_rows(connection.execute(_VIDEO_MARKS, {"video": video, "first": first, "last": last}))
        self._waiting.reverse()
        self._active: list[MarkRow] = []

    def between(self, first: int, last: int) -> list[MarkRow]:
        """The marks that share a frame with ``first..last``."""
        while self._waiting and self._waiting[-1].first <= last:
            self._active.append(self._waiting.pop())
        self._active = [mark for mark in self._active if mark.last >= first]
        return self._active


#: Most frames between two keyframes; half a day of video.
_LONGEST_INTERPOLATION = 1_000_000
Place = tuple[int, int]  # track, frame


def _mark_rows(rows: Iterable[AnyRow]) -> list[MarkRow]:
    return [MarkRow(track, first, OPEN if last is None else last, kind,
                    count - 1 if last is None and kind == MarkKind.INTERPOLATE else -1)
            for track, first, last, kind, count in rows]


def _by_place(rows: Iterable[AnyRow], masks: bool) -> dict[Place, TrackObservation]:
    found: dict[Place, TrackObservation] = {}
    for row in rows:
        place = (row[1], row[0])
        held = found.get(place)
        if held is None or (row[11] and not held.human):
            found[place] = _observation(row, masks)
    return found


#: Looking a member up takes a tenth of the time of calling the enumeration.
_STATES = {int(state): state for state in TrackState}
_track_observation = quick(TrackObservation)


def _observation(row: AnyRow, masks: bool) -> TrackObservation:
    frame, track, number, label, tracklet, x1, y1, x2, y2, score, state, human = row[:12]
    # Not a call for the usual case: this runs once per box of the project.
    box = (x1, y1, x2, y2) if x1 is not None and x2 is not None and y1 is not None and y2 is not None else (
        whole_box(x1, y1, x2, y2))
    return _track_observation(frame, track, number, label, tracklet, box, score, _STATES[state], bool(human), False,
                              mask_of(row) if masks else None)


def _apply_marks(connection: Connection, found: dict[Place, TrackObservation], marks: Sequence[MarkRow],
                 first: int, last: int) -> None:
    # Interpolate first, because an outside mark also applies to interpolated boxes.
    for mark in marks:
        if mark.kind == MarkKind.INTERPOLATE:
            keyframes = _keyframes_around(connection, mark, first, last)
            for observation in _interpolated(keyframes, first, last):
                held = found.get((observation.track, observation.frame))
                if held is None or not held.human:
                    found[observation.track, observation.frame] = observation
            for observation in _held(keyframes, mark, first, last):
                held = found.get((observation.track, observation.frame))
                if held is None or held.box_xyxy is None:
                    found[observation.track, observation.frame] = observation
    ranged = [mark for mark in marks if mark.kind != MarkKind.INTERPOLATE]
    if not ranged:
        return
    seen = _frames_of(found, {mark.track for mark in ranged})
    for mark in ranged:
        kind, frames = MarkKind(mark.kind), seen.get(mark.track, [])
        for frame in frames[bisect_left(frames, mark.first):bisect_right(frames, mark.last)]:
            found[mark.track, frame] = _marked(found[mark.track, frame], kind)


def _frames_of(found: Iterable[Place], tracks: set[int]) -> dict[int, list[int]]:
    """Track -> its frames in ascending order."""
    seen: dict[int, list[int]] = defaultdict(list)
    for track, frame in found:
        if track in tracks:
            seen[track].append(frame)
    for frames in seen.values():
        frames.sort()
    return seen


def _marked(observation: TrackObservation, kind: MarkKind) -> TrackObservation:
    if kind == MarkKind.OUTSIDE:
        return replace(observation, box_xyxy=None, mask=None, outside=True)
    return replace(observation, occluded=True)


def _held(keyframes: Sequence[AnyRow], mark: MarkRow, first: int, last: int) -> Iterator[TrackObservation]:
    """The box of the last manual box inside a mark without an end, in the frames of first..last that follow it."""
    if not keyframes or keyframes[-1].frame > last or box_of(keyframes[-1]) is None:
        return
    label = _observation(keyframes[-1], masks=False)
    start, end = max(label.frame + 1, first), min(last, mark.held_to)
    if end - start > _LONGEST_INTERPOLATION:
        raise refuse("video.frame_count", mark.held_to + 1, "a video in which a box can be held to the end")
    for frame in range(start, end + 1):
        yield replace(label, frame=frame, interpolated=True)


def _interpolated(keyframes: Sequence[AnyRow], first: int, last: int) -> Iterator[TrackObservation]:
    """Interpolated boxes between the manual boxes inside one interpolation mark, in frames first..last."""
    for one, other in pairwise(keyframes):
        if other.frame == one.frame + 1 or other.frame <= first or one.frame >= last:
            continue
        if other.frame - one.frame > _LONGEST_INTERPOLATION:
            raise refuse("mark", (one.frame, other.frame), "keyframes of one video")
        before, after = box_of(one), box_of(other)
        if before is None or after is None:
            continue
        label = _observation(one, masks=False)
        for frame in range(max(one.frame + 1, first), min(other.frame, last + 1)):
            share = (frame - one.frame) / (other.frame - one.frame)
            x1, y1, x2, y2 = (a + (b - a) * share for a, b in zip(before, after, strict=True))
            yield replace(label, frame=frame, box_xyxy=(x1, y1, x2, y2), interpolated=True)


def _keyframes_around(connection: Connection, mark: MarkRow, first: int, last: int) -> Sequence[AnyRow]:
    """The manual boxes inside a mark from the last one before ``first..last`` to the first one after it."""
    start, end = max(mark.first, first), min(mark.last, last)
    before = connection.execute(_SPAN_BEFORE, {"track": mark.track, "frame": start}).first()
    after = connection.execute(_SPAN_AFTER, {"track": mark.track, "frame": end}).first()
    if before is not None:
        start = max(mark.first, min(before.last, start))
    if after is not None:
        end = min(mark.last, after.first)
    return connection.execute(_KEYFRAMES, {
        "track": mark.track, "first": start, "last": end,
        "from_span": start if before is None else before.first}).all()

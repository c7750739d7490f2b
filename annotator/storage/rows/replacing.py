"""How a replacing run removes older predicted boxes, frame by frame as it finishes them.

The run's step comes before every edit made while it runs, so all versions of a span matter: the current row and the
rows saved by later steps are trimmed alike, and the run's own step keeps the version from before all of them. So
undoing an edit never restores what the run replaced, and undoing the run restores all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, func, insert, or_, select, update

from annotator.storage.file import schema
from annotator.storage.file.database import among
from annotator.storage.file.schema import history_of
from annotator.storage.history import journal
from annotator.storage.rows.records import SPANS, span_record
from annotator.storage.rows.referring import said_of_tracks
from annotator.storage.spans.algebra import OPEN, Span, inside

_span, _tracklet, _run = schema.span, schema.tracklet, schema.run
_kept = history_of["span"]
Row = dict[str, Any]

_DELETE = delete(_span).where(_span.c.id == bindparam("gone"))
_END = update(_span).where(_span.c.id == bindparam("short")).values(last=bindparam("ending"))
_SHORTEN = update(_span).where(_span.c.id == bindparam("short")).values(first=bindparam("onward"))


def _ended(last: Any) -> Any:
    # Open spans of a stopped run end where the run stopped.
    stopped = select(_run.c.finished_frame).where(
        _run.c.id == _tracklet.c.run, _run.c.status != "running").scalar_subquery()
    return func.min(func.coalesce(last, OPEN), func.coalesce(_tracklet.c.ended_frame, stopped, OPEN)).label("ended")


_CONCERNED = and_(_tracklet.c.video == bindparam("video"), _tracklet.c.run.is_not(None),
                  _tracklet.c.run != bindparam("run"))
_mark = schema.mark
#: No run replaces the boxes of a locked track.
_LOCKED = select(_mark.c.track).where(_mark.c.kind == "lock", _mark.c.track.is_not(None))
#: Nor those of these tracks.
_KEPT = select(func.json_each(bindparam("kept")).table_valued("value").c.value)
_PRESENT = select(_span, _ended(_span.c.last)).join(_tracklet, _tracklet.c.id == _span.c.tracklet).where(
    _CONCERNED, _span.c.track.not_in(_LOCKED), _span.c.track.not_in(_KEPT),
    _span.c.first.between(bindparam("start"), bindparam("stop")))
_LATER = select(_kept, _ended(_kept.c.last)).join(_tracklet, _tracklet.c.id == _kept.c.tracklet).where(
    _CONCERNED,
    or_(_kept.c.track.is_(None), and_(_kept.c.track.not_in(_LOCKED), _kept.c.track.not_in(_KEPT))),
    _kept.c.first.between(bindparam("start"), bindparam("stop")), _kept.c.step > bindparam("step"), _kept.c.present)


def split_at(connection: Connection, video: int, first: int, last: int) -> None:
    """Split the video's machine spans at the ends of ``first..last``, so that trimming needs no new rows later."""
    rows = connection.execute(SPANS.where(_tracklet.c.video == video, _tracklet.c.run.is_not(None))).all()
    key = journal.next_id(connection, _span)
    kept: list[Row] = []
    new: list[Row] = []
    for span in map(span_record, rows):
        pieces = [inside(span, 0, first - 1), inside(span, first, last), inside(span, last + 1)]
        whole = [piece for piece in pieces if piece is not None]
        if len(whole) < 2:
            continue
        kept.append({"short": span.id, "ending": whole[0].last})
        new += [{"id": key + len(new) + number, **_values(piece)} for number, piece in enumerate(whole[1:])]
    if kept:
        connection.execute(_END, kept)
        connection.execute(insert(_span), new)


def trim(connection: Connection, run: int, video: int, first: int, last: int, step: int, kept: Collection[int] = (),
         ) -> set[int]:
    """Remove the frames ``first..last`` from the machine spans of other runs, except of the tracks in ``kept``.

    Returns the affected tracks.
    """
    bounds = {"run": run, "video": video, "start": first, "stop": last, "step": step, "kept": json.dumps(sorted(kept))}
    present = {row["id"]: row for row in connection.execute(_PRESENT, bounds).mappings()}
    later = connection.execute(_LATER, bounds).mappings().all()
    _remember(connection, step, present, later)
    for row in later:
        where = (_kept.c.step == row["step"]) & (_kept.c.id == row["id"])
        values = {"present": False} if row["ended"] <= last else {"first": last + 1}
        connection.execute(update(_kept).where(where).values(**values))
    gone = [{"gone": row["id"]} for row in present.values() if row["ended"] <= last]
    shorter = [{"short": row["id"], "onward": last + 1} for row in present.values() if row["ended"] > last]
    if gone:
        connection.execute(_DELETE, gone)
    if shorter:
        connection.execute(_SHORTEN, shorter)
    return {row["track"] for row in present.values()}


def restore(connection: Connection, run: int, frame: int, step: int) -> None:
    """Restore what the run has trimmed after ``frame``, except for tracklets that later steps changed."""
    first, last = connection.execute(
        select(_run.c.first_frame, _run.c.last_frame).where(_run.c.id == run)).one()
    touched_later = select(_kept.c.tracklet).where(_kept.c.step > step, _kept.c.tracklet.is_not(None))
    query = select(_kept, _ended(_kept.c.last)).join(_tracklet, _tracklet.c.id == _kept.c.tracklet).where(
        _kept.c.step == step, _kept.c.present, _tracklet.c.run != run, _tracklet.c.id.not_in(touched_later))
    originals = [Span(id=row["id"], track=row["track"], first=row["first"], last=row["last"], end=row["ended"],
                      tracklet=row["tracklet"], human=False)
                 for row in connection.execute(query).mappings()]
    mine = select(_kept.c.id).where(_kept.c.step == step)
    connection.execute(delete(_span).where(
        among(_span.c.tracklet, [span.tracklet for span in originals]), _span.c.id.in_(mine)))
    _restore_tracks(connection, {span.track for span in originals}, step)
    for span in originals:
        key = span.id
        for piece in (inside(span, 0, first - 1), inside(span, max(first, frame + 1), last), inside(span, last + 1)):
            if piece is not None:
                row = journal.next_id(connection, _span) if key is None else key
                connection.execute(insert(_span).values(id=row, **_values(piece)))
                key = None


def _restore_tracks(connection: Connection, tracks: Collection[int], step: int) -> None:
    """Bring back those of the tracks that the run deleted when it finished; see `clean_up`."""
    track, kept = schema.track, history_of["track"]
    rows = connection.execute(select(*(kept.c[column.name] for column in track.columns)).where(
        kept.c.step == step, kept.c.present, among(kept.c.id, tracks), kept.c.id.not_in(select(track.c.id)),
    ).order_by(kept.c.number)).mappings().all()
    for row in rows:
        taken = select(track.c.id).where(track.c.video == row["video"], track.c.number == row["number"])
        number = row["number"]
        if connection.execute(taken).first() is not None:  # another track was given the number since
            number = journal.next_track_number(connection, row["video"], step)
        connection.execute(insert(track).values({**row, "number": number}))


def clean_up(connection: Connection, run: int, video: int, step: int) -> set[int]:
    """Delete tracks that the run's trimming left empty and that no later step, mark, value or note refers to."""
    track = schema.track
    touched = select(_kept.c.track).where(_kept.c.step == step, _kept.c.present)
    tracks_later = select(history_of["track"].c.id).where(history_of["track"].c.step > step)
    spans_later = select(_kept.c.track).where(_kept.c.step > step, _kept.c.track.is_not(None))
    query = select(track.c.id).where(
        track.c.video == video, track.c.id.in_(touched),
        track.c.id.not_in(select(_span.c.track)),
        *(track.c.id.not_in(said) for said in said_of_tracks(step)),
        track.c.id.not_in(tracks_later), track.c.id.not_in(spans_later))
    empty = list(connection.execute(query).scalars())
    if empty:
        connection.execute(delete(track).where(among(track.c.id, empty)))
    return set(empty)


def _values(span: Span) -> Row:
    return {"tracklet": span.tracklet, "first": span.first, "last": span.last, "track": span.track}


def _remember(connection: Connection, step: int, present: dict[int, RowMapping], later: Sequence[RowMapping]) -> None:
    """Save each row that is about to be trimmed under the run's step, as it was before all later steps."""
    concerned = set(present) | {row["id"] for row in later}
    if not concerned:
        return
    known = set(connection.execute(select(_kept.c.id).where(_kept.c.step == step)).scalars())
    for key in sorted(concerned - known):
        earlier = connection.execute(
            select(_kept).join(schema.history, schema.history.c.id == _kept.c.step)
            .where(_kept.c.id == key, _kept.c.step > step, ~schema.history.c.undone)
            .order_by(_kept.c.step).limit(1)).mappings().first()
        row = earlier or present.get(key)
        values = {name: None if row is None else row[name] for name in ("tracklet", "first", "last", "track")}
        there = row is not None and (earlier is None or bool(earlier["present"]))
        connection.execute(insert(_kept).values(step=step, id=key, present=there, **values))

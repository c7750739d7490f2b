"""Which tracks a person has corrected: a replacing run keeps them, as it keeps drawn boxes.

A correction is a step of the history, so what counts is what the steps before a run did that are not undone: spans
that went to another track (swap, merge, split), accepted propagations, and changes of the track itself (number, class,
name, review, attributes, also in some frames only). A drawn box alone is no correction of its track: the box is kept,
and the predicted boxes around it are replaced.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, exists, select

from annotator.storage.file import schema
from annotator.storage.file.schema import history, history_of

_span, _tracklet, _run, _track = schema.span, schema.tracklet, schema.run, schema.track
_kept, _kept_track = history_of["span"], history_of["track"]
#: Steps of edits that are done, up to a step.
_EDITS = select(history.c.id).where(history.c.run.is_(None), ~history.c.undone, history.c.id < bindparam("step"))
#: Columns of a track that only a person changes; the number counts where no other track's changes with it.
_OWN = ("label", "name", "review", "attributes")
#: A step later than all others.
_NO_STEP = 2 ** 62


def corrected_tracks(connection: Connection, video: int, before_run: int | None = None) -> set[int]:
    """Return the ids of corrected tracks: by all edits, or by those before a run."""
    step = _NO_STEP
    if before_run is not None:
        found = connection.execute(select(history.c.id).where(history.c.run == before_run)).scalar()
        step = _NO_STEP if found is None else found
    tracks = (_with_moved_spans(connection, video, step) | _changed(connection, video, step)
              | _with_other_values(connection, step))
    here = connection.execute(select(_track.c.id).where(_track.c.video == video)).scalars()
    return tracks.intersection(here)


def _with_moved_spans(connection: Connection, video: int, step: int) -> set[int]:
    """Tracks that gave or got a predicted span, and tracks with an accepted propagation."""
    query = select(_kept.c.step, _kept.c.id, _kept.c.track, _kept.c.present, _kept.c.tracklet).where(
        _kept.c.step.in_(_EDITS)).order_by(_kept.c.step)
    rows = connection.execute(query, {"step": step}).all()
    after = _versions_after(connection, _kept, _span, {row.id for row in rows})
    machine = {row.id: row.kind for row in connection.execute(
        select(_tracklet.c.id, _run.c.kind).join(_run, _run.c.id == _tracklet.c.run)
        .where(_tracklet.c.video == video))}
    owners: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in rows:
        if row.present:
            owners[row.step, row.tracklet].add(row.track)
    found: set[int] = set()
    for row in rows:
        now = after(row.id, row.step)
        if now is None or now["tracklet"] not in machine:
            continue
        before = {row.track} if row.present else owners[row.step, now["tracklet"]]
        if before - {now["track"]}:
            found |= {*before, now["track"]}
        elif not before and machine[now["tracklet"]] == "repropagate":
            found.add(now["track"])
    return found


def _changed(connection: Connection, video: int, step: int) -> set[int]:
    of_classes = select(history_of["label"].c.step)
    query = select(_kept_track).where(_kept_track.c.step.in_(_EDITS), _kept_track.c.step.not_in(of_classes),
                                      _kept_track.c.present, _kept_track.c.video == video)
    rows = connection.execute(query, {"step": step}).mappings().all()
    after = _versions_after(connection, _kept_track, _track, {row["id"] for row in rows})
    found: set[int] = set()
    renumbered: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        now = after(row["id"], row["step"])
        if now is None:
            continue
        if now["number"] != row["number"]:
            renumbered[row["step"]].add(row["id"])
        if any(now[name] != row[name] for name in _OWN):
            found.add(row["id"])
    return found.union(*(tracks for tracks in renumbered.values() if len(tracks) == 1))


def _with_other_values(connection: Connection, step: int) -> set[int]:
    """Tracks whose values in some frames changed: the row of a step has the track before, the current one after it."""
    kept, present = history_of["attribute_value"], schema.attribute_value
    before = select(kept.c.track).where(kept.c.step.in_(_EDITS), kept.c.track.is_not(None))
    touched = select(kept.c.id).where(kept.c.step.in_(_EDITS))
    after = select(present.c.track).where(present.c.id.in_(touched))
    return set(connection.execute(before.union(after), {"step": step}).scalars())


def _versions_after(connection: Connection, kept: Table, current: Table, ids: set[int]) -> Any:
    """Return a function from a row's id and a step to the row as that step left it; None if it deleted the row."""
    touched = exists().where(and_(kept.c.id == current.c.id, kept.c.step.in_(_EDITS)))
    now = {row["id"]: row for row in connection.execute(select(current).where(touched), {"step": _NO_STEP}).mappings()}
    later: dict[int, list[Any]] = defaultdict(list)
    done = select(history.c.id).where(~history.c.undone)  # an undone step keeps the rows to redo instead
    for row in connection.execute(select(kept).where(kept.c.step.in_(done)).order_by(kept.c.step)).mappings():
        if row["id"] in ids:
            later[row["id"]].append(row)

    def after(key: int, step: int) -> Any:
        following = next((row for row in later[key] if row["step"] > step), None)
        if following is None:
            return now.get(key)
        return following if following["present"] else None

    return after

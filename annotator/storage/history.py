"""Persistent undo: every step keeps the rows that it replaced.

Triggers on the writer's connection save, for each row a step touches, the row as it was before the step (or that
there was none). Undo exchanges the saved rows with the present ones, and so does redo: one operation both ways, no
inverse written by hand. Steps are ordered by id, and the undone ones are always the last; a new step drops them.

A job is one step placed at its start. What it goes on writing after later steps were made must not spoil those, so
ids and track numbers are never given out twice while a step refers to them (`next_id`, `next_track_number`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, tuple_, update

from annotator.model.changes import ChangeKind, Changes
from annotator.storage import schema
from annotator.storage.schema import JOURNALED, history, history_of

_KINDS = {
    "label": ChangeKind.LABELS, "attribute": ChangeKind.LABELS, "detector_class": ChangeKind.LABELS,
    "proposal": ChangeKind.RUNS, "tracklet": ChangeKind.OBSERVATIONS,
    "observation": ChangeKind.OBSERVATIONS, "mask": ChangeKind.MASKS, "track": ChangeKind.TRACKS,
    "span": ChangeKind.SPANS, "mark": ChangeKind.MARKS,
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One undoable step."""

    id: int
    label: str
    """What was done, in the user's words."""
    created: str
    """UTC, ISO 8601."""
    run: int | None
    """The run whose step it is, if it is a job's."""
    undone: bool


def install(connection: Connection) -> None:
    """Create the journal's triggers on this connection; with no step set they save nothing."""
    connection.exec_driver_sql("CREATE TEMP TABLE journal (step INTEGER)")
    connection.exec_driver_sql("INSERT INTO journal VALUES (NULL)")
    for table in JOURNALED:
        if table is not schema.label:
            connection.exec_driver_sql(_trigger(table, "INSERT"))
        connection.exec_driver_sql(_trigger(table, "UPDATE"))
        connection.exec_driver_sql(_trigger(table, "DELETE"))


def _trigger(table: Table, event: str) -> str:
    keys = [f'"{column.name}"' for column in table.primary_key]
    columns = [f'"{column.name}"' for column in table.columns]
    source = "NEW" if event == "INSERT" else "OLD"
    saved = keys if event == "INSERT" else columns
    values = ", ".join(f"{source}.{name}" for name in saved)
    same_key = " AND ".join(f"h.{name} = {source}.{name}" for name in keys)
    return (
        f'CREATE TEMP TRIGGER "journal_{table.name}_{event}" AFTER {event} ON main."{table.name}" '
        f"WHEN (SELECT step FROM journal) IS NOT NULL BEGIN "
        f'INSERT INTO "{table.name}_history" (step, {", ".join(saved)}, present) '
        f"SELECT step, {values}, {int(event != 'INSERT')} FROM journal WHERE NOT EXISTS "
        f'(SELECT 1 FROM "{table.name}_history" h WHERE h.step = (SELECT step FROM journal) AND {same_key}); END'
    )


def record(connection: Connection, step: int | None) -> None:
    """Save replaced rows under this step from now on; None saves nothing."""
    connection.exec_driver_sql("UPDATE journal SET step = ?", (step,))


def open_step(connection: Connection, label: str, run: int | None = None) -> int:
    """Add a step at the end of the history. Returns its id."""
    step = next_id(connection, history)
    created = datetime.now(UTC).isoformat("T", "milliseconds")
    connection.execute(insert(history).values(id=step, label=label, created=created, run=run, undone=False))
    return step


def is_empty(connection: Connection, step: int) -> bool:
    """Whether a step saved no row."""
    return not any(
        connection.execute(select(table.c.step).where(table.c.step == step).limit(1)).first()
        for table in history_of.values()
    )


def close_step(connection: Connection, step: int) -> bool:
    """End a step: one that touched nothing vanishes, any other drops what was undone. Returns whether it stays."""
    if is_empty(connection, step):
        drop_steps(connection, [step])
        return False
    drop_undone(connection)
    return True


def drop_undone(connection: Connection) -> None:
    """Forget the steps that could be redone."""
    drop_steps(connection, connection.execute(select(history.c.id).where(history.c.undone)).scalars().all())


def drop_steps(connection: Connection, steps: Iterable[int]) -> None:
    """Forget steps and the rows they saved."""
    for step in steps:
        for table in history_of.values():
            connection.execute(delete(table).where(table.c.step == step))
        connection.execute(delete(history).where(history.c.id == step))


def steps(connection: Connection) -> list[HistoryStep]:
    """All steps, oldest first."""
    return [HistoryStep(*row) for row in connection.execute(_STEPS.order_by(history.c.id))]


def step_to_undo(connection: Connection) -> HistoryStep | None:
    """The newest step that is not undone."""
    row = connection.execute(_STEPS.where(~history.c.undone).order_by(history.c.id.desc()).limit(1)).first()
    return None if row is None else HistoryStep(*row)


def step_to_redo(connection: Connection) -> HistoryStep | None:
    """The oldest step that is undone."""
    row = connection.execute(_STEPS.where(history.c.undone).order_by(history.c.id).limit(1)).first()
    return None if row is None else HistoryStep(*row)


def step_of_run(connection: Connection, run: int) -> HistoryStep | None:
    """The step of a run; None if it left none or was dropped."""
    row = connection.execute(_STEPS.where(history.c.run == run)).first()
    return None if row is None else HistoryStep(*row)


_STEPS = select(history.c.id, history.c.label, history.c.created, history.c.run, history.c.undone)


def exchange(connection: Connection, step: int, undone: bool) -> Changes:
    """Put a step's saved rows in place of the present ones and save those instead."""
    saved = {table.name: _saved_rows(connection, table, step) for table in JOURNALED}
    touched = [table for table in JOURNALED if saved[table.name]]
    present = {table.name: _present_rows(connection, table, step) for table in touched}
    # All rows go before any comes back, so that two tracks can trade a unique number.
    for table in touched:
        _delete_touched(connection, table, step)
    for table in touched:
        rows = [{c.name: row[c.name] for c in table.columns} for row in saved[table.name] if row["present"]]
        if rows:
            connection.execute(insert(table), rows)
        _save(connection, table, step, saved[table.name], present[table.name])
    connection.execute(update(history).where(history.c.id == step).values(undone=undone))
    return _changes(connection, saved, present)


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _saved_rows(connection: Connection, table: Table, step: int) -> list[Row]:
    kept = history_of[table.name]
    return [dict(row) for row in connection.execute(select(kept).where(kept.c.step == step)).mappings()]


def _touched(table: Table, step: int) -> Any:
    kept = history_of[table.name]
    keys = [column.name for column in table.primary_key]
    chosen = select(*[kept.c[name] for name in keys]).where(kept.c.step == step)
    return tuple_(*[table.c[name] for name in keys]).in_(chosen)


def _present_rows(connection: Connection, table: Table, step: int) -> list[Row]:
    return [dict(row) for row in connection.execute(select(table).where(_touched(table, step))).mappings()]


def _delete_touched(connection: Connection, table: Table, step: int) -> None:
    connection.execute(delete(table).where(_touched(table, step)))


def _save(connection: Connection, table: Table, step: int, saved: list[Row], present: list[Row]) -> None:
    kept = history_of[table.name]
    connection.execute(delete(kept).where(kept.c.step == step))
    found = {_key(table, row): row for row in present}
    blank: Row = {column.name: None for column in table.columns}
    rows = []
    for row in saved:
        keys = {column.name: row[column.name] for column in table.primary_key}
        now = found.get(_key(table, row))
        rows.append({**blank, **keys, **(now or {}), "step": step, "present": now is not None})
    connection.execute(insert(kept), rows)


def _changes(connection: Connection, saved: dict[str, list[Row]], present: dict[str, list[Row]]) -> Changes:
    kinds = ChangeKind.HISTORY
    tracks: set[int] = set()
    videos: set[int] = set()
    frames: list[tuple[int, int | None]] = []
    for name, kind in _KINDS.items():
        if not saved[name]:
            continue
        kinds |= kind
        rows = [row for row in saved[name] if row["present"]] + present[name]
        for row in rows:
            if name == "track":
                tracks.add(row["id"])
            elif name in ("span", "mark") and row["track"] is not None:
                tracks.add(row["track"])
            if name in ("span", "mark"):
                frames.append((row["first"], row["last"]))
            elif name == "observation":
                frames.append((row["frame"], row["frame"]))
            if row.get("video") is not None:
                videos.add(row["video"])
    if tracks and not videos:
        videos |= set(connection.execute(
            select(schema.track.c.video).where(schema.track.c.id.in_(tracks)).distinct()).scalars())
    open_ended = any(last is None for _, last in frames)
    return Changes(
        kinds, frozenset(tracks),
        min((first for first, _ in frames), default=None),
        None if open_ended else max((last for _, last in frames if last is not None), default=None),
        videos.pop() if len(videos) == 1 else None,
    )


def next_id(connection: Connection, table: Table) -> int:
    """An id that no row has and that no step of the history refers to."""
    found = connection.execute(select(func.max(table.c.id))).scalar() or 0
    kept = history_of.get(table.name)
    if kept is not None:
        found = max(found, connection.execute(select(func.max(kept.c.id))).scalar() or 0)
    return int(found) + 1


def next_track_number(connection: Connection, video: int, step: int | None = None) -> int:
    """A track number of this video that no track has, nor any that a step after ``step`` can bring back."""
    track, kept = schema.track, history_of["track"]
    found = connection.execute(select(func.max(track.c.number)).where(track.c.video == video)).scalar() or 0
    if step is not None:
        later = select(func.max(kept.c.number)).where(kept.c.video == video, kept.c.step > step)
        found = max(found, connection.execute(later).scalar() or 0)
    return int(found) + 1

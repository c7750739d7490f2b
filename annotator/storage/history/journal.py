"""Persistent undo: every step keeps the rows that it replaced.

For each row that a step touches, triggers on the writer's connection save the row as it was before the step, or the
fact that it did not exist. Undo exchanges the saved rows with the current ones (`exchange.py`), and so does redo: both
are the same operation, and no edit needs a hand-written inverse. Steps are ordered by id, and undone steps are always
last; a new step drops them.

A job is one step, placed at its start. Rows that it writes after later steps must not break those, so ids and track
numbers are never reused while a step refers to them (`next_id`, `next_track_number`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, delete, func, insert, select

from annotator.storage.file import schema
from annotator.storage.file.schema import JOURNALED, history, history_of


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One undoable step."""

    id: int
    label: str
    """What was done, as shown to the user."""
    created: str
    """UTC, ISO 8601."""
    run: int | None
    """The run, if a job made the step."""
    undone: bool


def install(connection: Connection) -> None:
    """Create the journal's triggers on this connection. They save nothing while no step is set."""
    connection.exec_driver_sql("CREATE TEMP TABLE journal (step INTEGER)")
    connection.exec_driver_sql("INSERT INTO journal VALUES (NULL)")
    for table in JOURNALED:
        if table not in (schema.video, schema.label):
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
    """Save replaced rows under this step from now on; None stops saving."""
    connection.exec_driver_sql("UPDATE journal SET step = ?", (step,))


@contextmanager
def silenced(connection: Connection, *tables: Table) -> Iterator[None]:
    """Insert many rows without a look at the journal for each, within a transaction in which no step is set. If the
    transaction is rolled back, so is this."""
    for table in tables:
        connection.exec_driver_sql(f'DROP TRIGGER temp."journal_{table.name}_INSERT"')
    yield
    for table in tables:
        connection.exec_driver_sql(_trigger(table, "INSERT"))


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
    """End a step. Removes it if it changed no row, else drops the undone steps. Returns whether it is kept."""
    if is_empty(connection, step):
        drop_steps(connection, [step])
        return False
    drop_undone(connection)
    return True


def drop_undone(connection: Connection) -> None:
    """Drop the steps that could be redone."""
    drop_steps(connection, connection.execute(select(history.c.id).where(history.c.undone)).scalars().all())


def drop_steps(connection: Connection, steps: Iterable[int]) -> None:
    """Drop steps and the rows that they saved."""
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
    """The step of a run; None if it made none or the step was dropped."""
    row = connection.execute(_STEPS.where(history.c.run == run)).first()
    return None if row is None else HistoryStep(*row)


_STEPS = select(history.c.id, history.c.label, history.c.created, history.c.run, history.c.undone)


def next_id(connection: Connection, table: Table) -> int:
    """Return an id that no row has and that no history step refers to."""
    found = connection.execute(select(func.max(table.c.id))).scalar() or 0
    kept = history_of.get(table.name)
    if kept is not None:
        found = max(found, connection.execute(select(func.max(kept.c.id))).scalar() or 0)
    return int(found) + 1


def next_track_number(connection: Connection, video: int, step: int | None = None) -> int:
    """Return a track number of this video that no track has, and none that a step after ``step`` can restore."""
    track, kept = schema.track, history_of["track"]
    found = connection.execute(select(func.max(track.c.number)).where(track.c.video == video)).scalar() or 0
    if step is not None:
        later = select(func.max(kept.c.number)).where(kept.c.video == video, kept.c.step > step)
        found = max(found, connection.execute(later).scalar() or 0)
    return int(found) + 1

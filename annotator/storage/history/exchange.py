"""Undo and redo as one operation: the saved rows of a step are exchanged with the current ones.

SQLite does this table by table rather than row by row, because an edit may touch very many boxes and spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, update

from annotator.model.changes import ChangeKind, Changes
from annotator.storage.file.checked_types import refuse
from annotator.storage.file.schema import JOURNALED, history, history_of

_KINDS = {
    "video": ChangeKind.VIDEOS, "label": ChangeKind.LABELS, "attribute": ChangeKind.LABELS,
    "detector_class": ChangeKind.LABELS, "proposal": ChangeKind.RUNS, "tracklet": ChangeKind.OBSERVATIONS,
    "observation": ChangeKind.OBSERVATIONS, "mask": ChangeKind.MASKS, "track": ChangeKind.TRACKS,
    "span": ChangeKind.SPANS, "mark": ChangeKind.MARKS, "attribute_value": ChangeKind.TRACKS,
    "note": ChangeKind.NOTES,
}

#: Columns of the first and last frame of a row.
_ENDS = {"span": ("first", "last"), "mark": ("first", "last"), "attribute_value": ("first", "last"),
         "observation": ("frame", "frame"), "note": ("frame", "frame")}


def exchange(connection: Connection, step: int, undone: bool) -> Changes:
    """Replace the current rows by the saved rows of a step, and save the current ones in their place.

    Args:
        connection: the writer's connection, within a transaction.
        step: id of the history step.
        undone: whether the step counts as undone from now on.
    """
    touched = [table for table in JOURNALED if _has_rows(connection, history_of[table.name], step)]
    for table in touched:
        _copy_rows(connection, table, step)
    # All rows are deleted before any is inserted, so that two tracks can swap a unique number.
    for table in touched:
        connection.exec_driver_sql(f"DELETE FROM {_main(table)} WHERE {_key(table)} IN "
                                   f"(SELECT {_names(_keys(table))} FROM {_saved(table)})")
    for table in touched:
        columns = _names([column.name for column in table.columns])
        connection.exec_driver_sql(
            f"INSERT INTO {_main(table)} ({columns}) SELECT {columns} FROM {_saved(table)} WHERE present")
        _save(connection, table, step)
    connection.execute(update(history).where(history.c.id == step).values(undone=undone))
    changes = _changes(connection, touched)
    for table in touched:
        connection.exec_driver_sql(f"DROP TABLE {_saved(table)}")
        connection.exec_driver_sql(f"DROP TABLE {_present(table)}")
    return changes


def _has_rows(connection: Connection, kept: Table, step: int) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM main."{kept.name}" WHERE step = ? LIMIT 1',
                                      (step,)).first() is not None


def _copy_rows(connection: Connection, table: Table, step: int) -> None:
    """Copy the rows that the step saved, and the current rows with the same keys, to temporary tables."""
    kept = history_of[table.name]
    for name in (_saved(table), _present(table)):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    connection.exec_driver_sql(
        f'CREATE TEMP TABLE {_saved(table).removeprefix("temp.")} AS SELECT * FROM main."{kept.name}" WHERE step = ?',
        (step,))
    connection.exec_driver_sql(
        f'CREATE TEMP TABLE {_present(table).removeprefix("temp.")} AS SELECT t.* FROM {_saved(table)} s '
        f"JOIN {_main(table)} t ON {_same_key(table, 't')}")


def _save(connection: Connection, table: Table, step: int) -> None:
    """Save the replaced rows under the step, or the fact that a row did not exist."""
    kept, keys = history_of[table.name], _keys(table)
    others = [column.name for column in table.columns if column.name not in keys]
    connection.exec_driver_sql(f'DELETE FROM main."{kept.name}" WHERE step = ?', (step,))
    values = [*(f's."{name}"' for name in keys), *(f't."{name}"' for name in others)]
    connection.exec_driver_sql(
        f'INSERT INTO main."{kept.name}" (step, {_names([*keys, *others])}, present) '
        f'SELECT ?, {", ".join(values)}, t."{keys[0]}" IS NOT NULL FROM {_saved(table)} s '
        f"LEFT JOIN {_present(table)} t ON {_same_key(table, 't')}", (step,))


def _changes(connection: Connection, touched: Sequence[Table]) -> Changes:
    """The kinds, tracks, frames and video that the rows before and after the exchange concern."""
    kinds = ChangeKind.HISTORY
    tracks: set[int] = set()
    videos: set[int] = set()
    first: int | None = None
    last: int | None = None
    open_ended = False
    for table in touched:
        if table.name not in _KINDS:
            continue
        kinds |= _KINDS[table.name]
        track = {"track": "id", "span": "track", "mark": "track", "attribute_value": "track",
                 "note": "track"}.get(table.name)
        tracks |= set() if track is None else _distinct(connection, table, track)
        video = "id" if table.name == "video" else "video" if "video" in table.c else None
        videos |= set() if video is None else _distinct(connection, table, video)
        ends = _ENDS.get(table.name)
        if ends is None:
            continue
        low, high, without_end = connection.exec_driver_sql(
            f'SELECT min("{ends[0]}"), max("{ends[1]}"), coalesce(max("{ends[1]}" IS NULL), 0) '
            f"FROM ({_both(table)})").one()
        _check_whole(f"{table.name}.{ends[0]}", (low, high))
        first = low if first is None else first if low is None else min(first, low)
        last = high if last is None else last if high is None else max(last, high)
        open_ended = open_ended or bool(without_end)
    if tracks and not videos:
        videos = _videos_of(connection, tracks)
    return Changes(kinds, frozenset(tracks), first, None if open_ended else last,
                   videos.pop() if len(videos) == 1 else None)


def _distinct(connection: Connection, table: Table, column: str) -> set[int]:
    rows = connection.exec_driver_sql(
        f'SELECT DISTINCT "{column}" FROM ({_both(table)}) WHERE "{column}" IS NOT NULL')
    found = set(rows.scalars())
    _check_whole(f"{table.name}.{column}", found)
    return found


def _check_whole(where: str, values: Iterable[object]) -> None:
    """Raise StorageError if a saved row holds anything but whole numbers here."""
    for value in values:
        if value is not None and type(value) is not int:
            raise refuse(where, value, "a whole number")


def _videos_of(connection: Connection, tracks: set[int]) -> set[int]:
    rows = connection.exec_driver_sql("SELECT DISTINCT video FROM main.track WHERE id IN "
                                      f"({', '.join(str(int(track)) for track in tracks)})")
    return set(rows.scalars())


def _both(table: Table) -> str:
    """Query for the rows before and after the exchange, with the columns of the table."""
    columns = _names([column.name for column in table.columns])
    return f"SELECT {columns} FROM {_saved(table)} WHERE present UNION ALL SELECT {columns} FROM {_present(table)}"


def _main(table: Table) -> str:
    return f'main."{table.name}"'


def _saved(table: Table) -> str:
    return f'temp."saved_{table.name}"'


def _present(table: Table) -> str:
    return f'temp."present_{table.name}"'


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _key(table: Table) -> str:
    keys = _keys(table)
    return _names(keys) if len(keys) == 1 else f"({_names(keys)})"


def _same_key(table: Table, other: str) -> str:
    return " AND ".join(f'{other}."{name}" = s."{name}"' for name in _keys(table))


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)

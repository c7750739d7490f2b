"""Whether a project file still holds what was stored: SQLite's own check, references, spans, and checksums.

SQLite notices a damaged structure, but not a changed value: one flipped bit in a box is another box. So each frame of a
run has a checksum of its boxes, masks and detections, written in the transaction that stores them. Manual and imported
boxes, tracks and history have none; of these only structure and references are checked.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from annotator.errors import Cancelled
from annotator.model.cancel import CancelToken
from annotator.storage.file.database import driver_connection

Values = tuple[Any, ...]
Progress = Callable[[int, int], object]
"""Called with what is done and the total; an exception that it raises stops the work."""

#: Version 2 has neither references nor interned strings, so equal values have equal bytes. A test holds the bytes.
_MARSHAL = 2
_MOST_PROBLEMS = 10
#: Steps of SQLite's virtual machine between two looks at the cancel token, and frames between two reports of progress.
_STEPS, _REPORTED = 100_000, 50

# Boxes, masks and detections of a run by frame, in the order of their keys, as `checksum` gets them.
_STORED = {
    "observation": 'SELECT o.frame, o.* FROM observation o JOIN tracklet k ON k.id = o.tracklet WHERE k.run = ? '
                   "ORDER BY o.frame, o.tracklet",
    "mask": 'SELECT m.frame, m.* FROM mask m JOIN tracklet k ON k.id = m.tracklet WHERE k.run = ? '
            "ORDER BY m.frame, m.tracklet",
    "detection": "SELECT frame, d.* FROM detection d WHERE run = ? ORDER BY frame, number",
}
# A track has at most one predicted and one manual box per frame. An open span ends with its tracklet.
_OVERLAPS = """
    SELECT track, first FROM (
        SELECT s.track, s.first, max(min(coalesce(s.last, 4611686018427387904), coalesce(k.ended_frame,
            4611686018427387904))) OVER (PARTITION BY s.track, k.run IS NULL ORDER BY s.first
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM span s JOIN tracklet k ON k.id = s.tracklet
        WHERE k.ended_frame IS NULL OR s.first <= k.ended_frame)
    WHERE reached >= first LIMIT ?"""


@dataclass(slots=True)
class Examination:
    """What was checked, and what was found."""

    problems: list[str] = field(default_factory=list)
    """One sentence each, without a full stop; empty if nothing was found."""
    frames: int = 0
    """Frames of runs that have a checksum."""
    damaged: dict[int, list[int]] = field(default_factory=dict)
    """Run -> frames whose values differ from what was stored."""
    runs: int = 0
    """Runs with checksums."""

    @property
    def whole(self) -> str:
        """What is whole, in one sentence."""
        bad = sum(map(len, self.damaged.values()))
        return (f"{self.frames - bad} of {self.frames} frames with checksums and {self.runs - len(self.damaged)} of "
                f"{self.runs} runs are as they were stored")


def checksum(observations: Sequence[Values], masks: Sequence[Values], detections: Sequence[Values]) -> int:
    """CRC-32 of the rows of one frame of a run, all columns, as plain Python values and ordered by key. Floats must not
    be NaN or -0.0, which SQLite stores as NULL and 0.0."""
    rows: Any = (observations, masks, detections)
    return zlib.crc32(marshal.dumps(rows, _MARSHAL))


def record(connection: Connection, run: int) -> None:
    """Compute the checksums of all frames of a run from what is stored."""
    rows = [(run, frame, crc) for frame, crc in _computed(connection, run)]
    connection.exec_driver_sql("DELETE FROM checksum WHERE run = ?", (run,))
    if rows:
        connection.exec_driver_sql("INSERT INTO checksum (run, frame, crc) VALUES (?, ?, ?)", rows)


def _further(progress: Progress, before: int, total: int, done: int) -> None:
    progress(min(before + done, total), total)


def damaged_frames(connection: Connection, run: int, done: Callable[[int], object] | None = None) -> list[int]:
    """Frames of a run whose values differ from what was stored; empty for a run without checksums. ``done`` is called
    with the number of frames so far."""
    known, empty = dict(_known(connection, run)), checksum([], [], [])
    if not known:
        return []
    computed = {}
    for frame, crc in _computed(connection, run):
        computed[frame] = crc
        if done is not None and len(computed) % _REPORTED == 0:
            done(len(computed))
    return sorted({frame for frame, crc in known.items() if computed.get(frame, empty) != crc}
                  | (computed.keys() - known.keys()))


def examine(connection: Connection, progress: Progress | None = None, cancel: CancelToken | None = None,
            ) -> Examination:
    """Check a whole file. Takes some seconds per million boxes.

    Raises:
        Cancelled: ``cancel`` was called; it takes effect also within a statement.
    """
    found, token = Examination(), cancel or CancelToken()
    driver = driver_connection(connection)
    driver.set_progress_handler(lambda: token.cancelled, _STEPS)
    try:
        for part in (_structure, _references, _spans, partial(_checksums, progress=progress)):
            _examine_part(part, connection, found)
            token.raise_if_cancelled()
    finally:
        driver.set_progress_handler(None, 0)
    return found


def _examine_part(part: Callable[[Connection, Examination], None], connection: Connection, found: Examination) -> None:
    try:
        part(connection, found)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        name = getattr(part, "__name__", "checksums").strip("_")
        found.problems.append(f"the {name} cannot be read: {reason}")


def _structure(connection: Connection, found: Examination) -> None:
    rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_PROBLEMS})").scalars().all()
    found.problems += [" ".join(str(row).split()) for row in rows if row != "ok"]


def _references(connection: Connection, found: Examination) -> None:
    for table, _, target, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MOST_PROBLEMS):
        found.problems.append(f"a row of {table} refers to a missing {target}")


def _spans(connection: Connection, found: Examination) -> None:
    for track, frame in connection.exec_driver_sql(_OVERLAPS, (_MOST_PROBLEMS,)):
        found.problems.append(f"track {track} has two boxes in frame {frame}")


def _checksums(connection: Connection, found: Examination, progress: Progress | None) -> None:
    counts = connection.exec_driver_sql("SELECT run, count(*) FROM checksum GROUP BY run ORDER BY run").all()
    total = sum(frames for _, frames in counts)
    for run, frames in counts:
        wrong = damaged_frames(connection, run, progress and partial(_further, progress, found.frames, total))
        found.runs += 1
        found.frames += frames
        if wrong:
            found.damaged[run] = wrong
            more = f" and {len(wrong) - 1} more frames" if len(wrong) > 1 else ""
            found.problems.append(f"frame {wrong[0]}{more} of run {run} differ from what was stored")


def _known(connection: Connection, run: int) -> list[tuple[int, int]]:
    rows = connection.exec_driver_sql("SELECT frame, crc FROM checksum WHERE run = ?", (run,))
    return [(int(frame), int(crc)) for frame, crc in rows]


def _computed(connection: Connection, run: int) -> Iterator[tuple[int, int]]:
    """(frame, checksum) of the stored rows of a run, by frame, in little memory."""
    parts = [_grouped(connection, query, run) for query in _STORED.values()]
    heads = [next(part, None) for part in parts]
    while any(head is not None for head in heads):
        frame = min(head[0] for head in heads if head is not None)
        rows: list[list[Values]] = []
        for index, head in enumerate(heads):
            if head is not None and head[0] == frame:
                rows.append(head[1])
                heads[index] = next(parts[index], None)
            else:
                rows.append([])
        yield frame, checksum(*rows)


def _grouped(connection: Connection, query: str, run: int) -> Iterator[tuple[int, list[Values]]]:
    rows = connection.exec_driver_sql(query, (run,))
    for frame, group in groupby(rows, key=itemgetter(0)):
        yield frame, [tuple(row)[1:] for row in group]

"""Recognize a write-ahead log that belongs to another state of its project, such as one next to a restored backup.

SQLite applies whatever log lies next to a file, and a log of other contents damages it. So each writer notes in the
file itself with which number its log begins (the first salt of the log's header, which grows by one whenever the log
starts again). The note is in the main file before anything else is in the log; if a reader delays that, the log still
holds the whole session, and its first page is the note, which also names the note before it.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from annotator.errors import StorageError

_HEADER, _FRAME = 32, 24
#: A log starts again at most this often while a project is open.
_RESTARTS = 1 << 20


def check_log(place: Path, project: Path) -> bool:
    """Check that the log next to a project belongs to it. Returns whether there is a log that is not empty.

    Raises:
        StorageError: it belongs to another state of the project; nothing is changed.
    """
    log = log_path(place)
    try:
        if not log.is_file() or log.stat().st_size <= _HEADER:
            return False
        salt, page_size = _salt(log)
    except OSError as error:
        raise StorageError(f"{log} cannot be read ({error.strerror}); check its permissions") from error
    noted = _noted(place)
    if noted is None or (salt - noted[0]) % (1 << 32) < _RESTARTS:
        return True
    page, content = _first_frame(log, page_size)
    if page == noted[1] and _before(noted[0]).encode() in content:
        return True
    raise StorageError(f"{log} belongs to another state of {project}, as if a backup was restored next to it or "
                       f"another program wrote to it, and could damage it; move {log.name} away to open this file, "
                       "or restore the file that it belongs to")


def note_log(connection: Connection, place: Path) -> None:
    """Record in the main file the number with which the current log begins. The first write after opening."""
    log = log_path(place)
    last = connection.exec_driver_sql("SELECT salt FROM log_note").scalar()
    for _ in range(2):  # the log exists once something is in it
        salt = _salt(log)[0] if log.is_file() and log.stat().st_size > _HEADER else 0
        connection.exec_driver_sql("INSERT OR REPLACE INTO log_note (id, salt, earlier) VALUES (1, ?, ?)",
                                   (salt, _before(last)))
    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


def log_path(place: Path) -> Path:
    """The write-ahead log of a project."""
    return place.with_name(place.name + "-wal")


def _salt(log: Path) -> tuple[int, int]:
    """First salt and page size of a log."""
    with log.open("rb") as file:
        head = file.read(_HEADER)
    return struct.unpack(">I", head[16:20])[0], struct.unpack(">I", head[8:12])[0]


def _noted(place: Path) -> tuple[int, int] | None:
    """The number in the main file, read without the log, and the page that holds it; None if it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{quote(place.as_posix())}?mode=ro&immutable=1", uri=True)) as main:
            [page] = main.execute("SELECT rootpage FROM sqlite_master WHERE name = 'log_note'").fetchone()
            [salt] = main.execute("SELECT salt FROM log_note").fetchone()
    except (sqlite3.Error, TypeError):
        return None  # an older format, never written to, or a checkpoint that was killed half-way
    return int(salt), int(page)


def _first_frame(log: Path, page_size: int) -> tuple[int, bytes]:
    """Number and content of the first page in a log."""
    with log.open("rb") as file:
        file.seek(_HEADER)
        head = file.read(_FRAME)
        return struct.unpack(">I", head[:4])[0], file.read(page_size)


def _before(salt: int | None) -> str:
    return "after none" if salt is None else f"after {salt:08x}"

"""Connections: open a project file, and translate SQLite errors for the user."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool

from annotator.errors import StorageError

log = logging.getLogger(__name__)

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "fuse.sshfs", "fuse.rclone",
                         "lustre", "beegfs", "glusterfs", "fuse.glusterfs", "ceph", "gpfs"}
_DRIVE_REMOTE = 4
#: Most bytes of one value or row: more than the times of the longest video have.
_LARGEST_VALUE = 1 << 29


def connect(path: Path, read_only: bool = False) -> Connection:
    """Open a connection in autocommit mode; transactions are begun and ended explicitly.

    Raises:
        StorageError: the file cannot be opened or is not a database.
    """
    connection = _engine(path, read_only, immutable=False).connect()
    try:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    except StorageError:
        connection.close()
        if not read_only or _wal_path(path).exists():
            raise
        # A file in WAL mode cannot be read in a read-only folder unless SQLite may assume that nobody writes to it.
        # Without a write-ahead log next to the file, nobody does.
        connection = _engine(path, read_only, immutable=True).connect()
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    _distrust(connection)
    connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    connection.exec_driver_sql("PRAGMA cache_size=-65536")
    connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
    return connection


def _distrust(connection: Connection) -> None:
    """Read the file as one that a stranger may have made: no function or table of it has side effects, damaged pages
    are noticed, no value is larger than any of ours, and a text that is not UTF-8 is read with surrogates, which the
    types of the columns refuse or replace."""
    connection.exec_driver_sql("PRAGMA trusted_schema=OFF")
    connection.exec_driver_sql("PRAGMA cell_size_check=ON")
    connection.exec_driver_sql("PRAGMA mmap_size=0")
    driver = driver_connection(connection)
    driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    driver.text_factory = _decoded


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def use_journal(connection: Connection, path: Path) -> None:
    """Use a write-ahead log, or a rollback journal on network drives, where the log's shared memory does not work."""
    if on_network_drive(path):
        mode = "delete"
        log.info("%s is on a network drive: using a rollback journal", path)
    else:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode=WAL").scalar())
    if mode == "wal":
        # Commits survive the death of the process; a power failure may lose the last ones but never damages the file.
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        return
    connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    connection.exec_driver_sql("PRAGMA synchronous=FULL")


def begin(connection: Connection) -> None:
    """Begin a write transaction immediately, so that it cannot fail half-way because the lock is not available."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def commit(connection: Connection) -> None:
    """Commit the transaction."""
    connection.exec_driver_sql("COMMIT")


def rollback(connection: Connection) -> None:
    """Roll back the transaction, unless SQLite has already done so itself."""
    if driver_connection(connection).in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def among(column: ColumnElement[Any], keys: Iterable[int]) -> ColumnElement[bool]:
    """Condition that a column has one of these values. One parameter, however many there are: SQLite limits their
    number, and a track may have more spans than that."""
    values = func.json_each(json.dumps(list(keys))).table_valued("value")
    return column.in_(select(values.c.value))


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """The underlying sqlite3 connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def on_network_drive(path: Path) -> bool:
    """Whether the file is on a file system where SQLite's write-ahead log is not safe."""
    folder = path.resolve().parent
    if sys.platform == "win32":
        # psutil queries more than the type of every drive, and an offline drive takes many seconds to answer.
        root = folder.anchor
        return root.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
    return _file_system(folder) in _NETWORK_FILE_SYSTEMS


def _file_system(folder: Path) -> str:
    """Type of the file system of a folder; empty if unknown."""
    try:
        mounted = psutil.disk_partitions(all=True)
    except OSError:
        return ""
    above = [each for each in mounted if folder.is_relative_to(each.mountpoint)]
    # If two are mounted at the same place, the later one hides the earlier one.
    return max(reversed(above), key=lambda each: len(each.mountpoint)).fstype if above else ""


def _wal_path(path: Path) -> Path:
    place = path.resolve()
    return place.with_name(place.name + "-wal")


def _engine(path: Path, read_only: bool, immutable: bool) -> Engine:
    mode = "ro" if read_only else "rw"
    uri = f"file:{quote(str(path.resolve()).replace(os.sep, '/'))}?mode={mode}" + ("&immutable=1" if immutable else "")

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)

    engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    event.listen(engine, "handle_error", _translator(path))
    return engine


def _translator(path: Path) -> Any:
    def translate(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, StorageError):  # a column's type refused a value
            raise context.original_exception
        error = user_error(path, context.original_exception)
        if error is not None:
            raise error from context.original_exception

    return translate


def user_error(path: Path, error: BaseException | None) -> StorageError | None:
    """The user's message for an SQLite error; None if the error is a bug of this program."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    advice = {
        sqlite3.SQLITE_FULL: "the disk is full; free some space and try again (nothing that was saved is lost)",
        sqlite3.SQLITE_READONLY: "the file or its folder is read-only; change its permissions or open it read-only",
        sqlite3.SQLITE_PERM: "no permission to write to the file; change its permissions or open it read-only",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the file exists and that its folder is writable",
        sqlite3.SQLITE_BUSY: "another program is writing to the file; close it and try again",
        sqlite3.SQLITE_LOCKED: "another program is writing to the file; close it and try again",
        sqlite3.SQLITE_NOTADB: "is not an annotator project; choose an .annot file",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup copy",
        sqlite3.SQLITE_TOOBIG: "contains a value that is too large for a project; restore a backup copy",
        sqlite3.SQLITE_IOERR: "the disk failed while reading or writing; check the drive and its free space",
    }.get(code & 0xFF)
    return None if advice is None else StorageError(f"{path}: {advice}")

"""Ordered steps from older project layouts to the present one.

A migration is a decorated function. It runs once, in one transaction with the version number that records it, and
returns what it could not carry over, in sentences for the user.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from annotator.errors import StorageError
from annotator.storage.file.database import begin, commit, driver_connection, rollback

log = logging.getLogger(__name__)

Step = Callable[[Connection], list[str]]


@dataclass(frozen=True, slots=True)
class Migration:
    """Leads from layout ``version - 1`` to ``version``."""

    version: int
    name: str
    apply: Step


MIGRATIONS: list[Migration] = []


def migration(version: int, registry: list[Migration] = MIGRATIONS) -> Callable[[Step], Step]:
    """Register a function as the migration to this version; versions are registered in order."""

    def register(step: Step) -> Step:
        if registry and registry[-1].version + 1 != version:
            raise ValueError(f"migration {version} follows {registry[-1].version}")
        registry.append(Migration(version, step.__name__, step))
        return step

    return register


def stored_version(connection: Connection) -> int:
    """Layout version that the file says it has."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def migrate(connection: Connection, path: Path, target: int, migrations: Sequence[Migration]) -> list[str]:
    """Bring an older file up to ``target``, after a backup copy beside it. Returns what was not carried over.

    Raises:
        StorageError: the file is too old or the disk is full; the file is then as before.
    """
    found = stored_version(connection)
    if found == target:
        return []
    pending = [step for step in migrations if found < step.version <= target]
    if [step.version for step in pending] != list(range(found + 1, target + 1)):
        raise StorageError(f"{path}: its format {found} is too old for this program; "
                           "open it once with an older release")
    backup = back_up(connection, path, found)
    log.info("%s: format %d is brought to %d; the old file is kept as %s", path, found, target, backup.name)
    notes: list[str] = []
    for step in pending:
        begin(connection)
        try:
            notes += step.apply(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={step.version}")
            commit(connection)
        except BaseException:
            rollback(connection)
            raise
    for note in notes:
        log.warning("%s: %s", path, note)
    return notes


def back_up(connection: Connection, path: Path, version: int) -> Path:
    """A consistent copy named after the version; an earlier copy is never overwritten."""
    target = path.with_name(f"{path.name}.v{version}.bak")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}.v{version}-{count}.bak")
    try:
        with closing(sqlite3.connect(target)) as copy:
            driver_connection(connection).backup(copy)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise StorageError(f"{path}: no backup copy could be written ({error}); free some space first") from error
    return target


@migration(2)
def _scene_cuts(connection: Connection) -> list[str]:
    """A place for the cuts that runs see. Runs of before did not look for any."""
    connection.exec_driver_sql("""
        CREATE TABLE scene_cut (
            run INTEGER NOT NULL,
            frame INTEGER NOT NULL,
            PRIMARY KEY (run, frame),
            FOREIGN KEY(run) REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""")
    return []


@migration(3)
def _attributes(connection: Connection) -> list[str]:
    """Order and retirement of labels, attributes, and what detectors' classes are called here."""
    for statement in (
        "ALTER TABLE label ADD COLUMN position INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE label ADD COLUMN retired BOOLEAN DEFAULT 0 NOT NULL",
        "UPDATE label SET position = id",
        "ALTER TABLE label_history ADD COLUMN position INTEGER",
        "ALTER TABLE label_history ADD COLUMN retired BOOLEAN",
        "UPDATE label_history SET position = id, retired = 0 WHERE present",
        """CREATE TABLE attribute (
            id INTEGER NOT NULL,
            label INTEGER,
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            options TEXT NOT NULL,
            default_value TEXT NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(label) REFERENCES label (id) DEFERRABLE INITIALLY DEFERRED
        )""",
        """CREATE TABLE attribute_history (
            step INTEGER NOT NULL,
            id INTEGER NOT NULL,
            label INTEGER,
            name TEXT,
            kind TEXT,
            options TEXT,
            default_value TEXT,
            position INTEGER,
            present BOOLEAN NOT NULL,
            PRIMARY KEY (step, id),
            FOREIGN KEY(step) REFERENCES history (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        "CREATE INDEX attribute_history_key ON attribute_history (id)",
        """CREATE TABLE detector_class (
            name TEXT NOT NULL,
            label INTEGER,
            PRIMARY KEY (name),
            FOREIGN KEY(label) REFERENCES label (id) DEFERRABLE INITIALLY DEFERRED
        )""",
        """CREATE TABLE detector_class_history (
            step INTEGER NOT NULL,
            name TEXT NOT NULL,
            label INTEGER,
            present BOOLEAN NOT NULL,
            PRIMARY KEY (step, name),
            FOREIGN KEY(step) REFERENCES history (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        "CREATE INDEX detector_class_history_key ON detector_class_history (name)",
    ):
        connection.exec_driver_sql(statement)
    return []

"""Ordered steps from older project layouts to the current one.

A migration is a decorated function. It runs once, in the transaction that also writes the new version number, and
returns what it could not migrate, as sentences for the user.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from annotator.errors import StorageError
from annotator.files.publish import publish_new
from annotator.files.scratch import Scratch, remove_leftovers
from annotator.storage.file.database import begin, commit, driver_connection, rollback

log = logging.getLogger(__name__)

Step = Callable[[Connection], list[str]]


@dataclass(frozen=True, slots=True)
class Migration:
    """Upgrades a file from layout ``version - 1`` to ``version``."""

    version: int
    name: str
    apply: Step


MIGRATIONS: list[Migration] = []


def migration(version: int, registry: list[Migration] = MIGRATIONS) -> Callable[[Step], Step]:
    """Register a function as the migration to this version. Versions must be registered in order."""

    def register(step: Step) -> Step:
        if registry and registry[-1].version + 1 != version:
            raise ValueError(f"migration {version} follows {registry[-1].version}")
        registry.append(Migration(version, step.__name__, step))
        return step

    return register


def stored_version(connection: Connection) -> int:
    """The layout version stored in the file."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def migrate(connection: Connection, path: Path, target: int, migrations: Sequence[Migration]) -> list[str]:
    """Upgrade an older file to version ``target``, after making a backup copy next to it. Returns what could not be
    migrated.

    Raises:
        StorageError: the file is too old or the disk is full; the file is then unchanged.
    """
    found = stored_version(connection)
    if found == target:
        return []
    pending = [step for step in migrations if found < step.version <= target]
    if [step.version for step in pending] != list(range(found + 1, target + 1)):
        raise StorageError(f"{path} has format {found}, which is too old for this program; "
                           "open it once with an older release")
    backup = back_up(connection, path, found)
    log.info("%s: upgrading from format %d to %d; the old file is kept as %s", path, found, target, backup.name)
    notes: list[str] = []
    for step in pending:
        begin(connection)
        try:
            notes += step.apply(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={step.version}")
            commit(connection)
        except OperationalError as error:
            rollback(connection)
            raise StorageError(f"{path} says that it has format {found}, but cannot be upgraded from it "
                               f"({error.orig}); the file is unchanged: restore a backup copy") from error
        except BaseException:
            rollback(connection)
            raise
    for note in notes:
        log.warning("%s: %s", path, note)
    return notes


def back_up(connection: Connection, path: Path, version: int) -> Path:
    """Write a consistent copy named after the version. Never overwrites an earlier copy."""
    scratch: Scratch | None = None
    try:
        remove_leftovers(path.parent, f".{path.name}.")
        scratch = Scratch(path.parent, f".{path.name}.")
        built = scratch.folder / "backup"
        with closing(sqlite3.connect(built)) as copy:
            driver_connection(connection).backup(copy)
        return _publish_backup(built, path, version)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{path}: the backup copy cannot be written ({error}); free some space first") from error
    finally:
        if scratch is not None:
            scratch.close()


def _publish_backup(built: Path, path: Path, version: int) -> Path:
    """Give a complete copy the first free name. Raises OSError."""
    for number in count(1):
        target = path.with_name(f"{path.name}.v{version}{'' if number == 1 else f'-{number}'}.bak")
        with suppress(FileExistsError):
            publish_new(built, target)
            return target
    raise AssertionError


@migration(2)
def _scene_cuts(connection: Connection) -> list[str]:
    """Add a table for the scene cuts that runs find. Older runs did not look for any."""
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
    """Add the order and retirement of labels, attributes, and the mapping of detector classes."""
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


@migration(4)
def _checksums(connection: Connection) -> list[str]:
    """Add tables for checksums of what runs store, and for the number of the log. Earlier runs have no checksums."""
    for statement in (
        """CREATE TABLE checksum (
            run INTEGER NOT NULL,
            frame INTEGER NOT NULL,
            crc INTEGER NOT NULL,
            PRIMARY KEY (run, frame),
            FOREIGN KEY(run) REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        """CREATE TABLE log_note (
            id INTEGER NOT NULL,
            salt INTEGER NOT NULL,
            earlier TEXT NOT NULL,
            PRIMARY KEY (id)
        )""",
    ):
        connection.exec_driver_sql(statement)
    return []


@migration(5)
def _manual_stretches(connection: Connection) -> list[str]:
    """Join the spans of manual boxes in consecutive frames, of which older programs stored one per box.

    Spans are joined only if all their versions, the current one and those that undo steps keep, agree in everything but
    the frame. Then every state that undo and redo can reach is the same as before.
    """
    for statement in (
        """CREATE TEMP TABLE manual_version AS
            SELECT id, 0 AS step, 1 AS present, tracklet, first, last, track FROM main.span
            UNION ALL SELECT id, step, present, tracklet, first, last, track FROM main.span_history""",
        """CREATE TEMP TABLE manual_span AS
            SELECT id, min(first) AS frame, min(story) AS story FROM (
                SELECT *, group_concat(
                    step || ' ' || present || ' ' || ifnull(tracklet, '') || ' ' || ifnull(track, '')
                ) OVER (PARTITION BY id ORDER BY step
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS story
                FROM temp.manual_version)
            GROUP BY id
            HAVING min(first) = max(last) AND count(first) = count(last) AND max(tracklet) IN (
                SELECT id FROM main.tracklet WHERE run IS NULL)""",
        """CREATE TEMP TABLE manual_stretch AS
            SELECT id, first_value(id) OVER stretch AS kept, max(frame) OVER stretch AS last FROM (
                SELECT *, frame - row_number() OVER (PARTITION BY story ORDER BY frame) AS island FROM temp.manual_span)
            WINDOW stretch AS (PARTITION BY story, island ORDER BY frame
                               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)""",
        """DELETE FROM temp.manual_stretch WHERE kept IN (
            SELECT kept FROM temp.manual_stretch GROUP BY kept HAVING count(*) = 1)""",
        "CREATE UNIQUE INDEX temp.manual_stretch_key ON manual_stretch (id)",
        *(f"DELETE FROM main.{table} WHERE id IN (SELECT id FROM temp.manual_stretch WHERE id != kept)"
          for table in ("span", "span_history")),
        *(f"UPDATE main.{table} SET last = (SELECT last FROM temp.manual_stretch s WHERE s.id = main.{table}.id) "
          "WHERE last IS NOT NULL AND id IN (SELECT id FROM temp.manual_stretch)"
          for table in ("span", "span_history")),
        "DROP TABLE temp.manual_version",
        "DROP TABLE temp.manual_span",
        "DROP TABLE temp.manual_stretch",
    ):
        connection.exec_driver_sql(statement)
    return []


@migration(6)
def _removed_videos(connection: Connection) -> list[str]:
    """Let videos be removed and added as steps of the history: a flag, and names that are unique among the others.

    SQLite cannot drop a constraint, so the table is made again. References to it are checked at the end only.
    """
    for statement in (
        "CREATE TEMP TABLE earlier_video AS SELECT * FROM main.video",
        "DROP TABLE main.video",
        """CREATE TABLE main.video (
            id INTEGER NOT NULL,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            frame_count INTEGER NOT NULL,
            fps FLOAT NOT NULL,
            size_bytes INTEGER,
            fingerprint TEXT NOT NULL,
            removed BOOLEAN DEFAULT 0 NOT NULL,
            PRIMARY KEY (id)
        )""",
        """INSERT INTO main.video
            SELECT id, name, path, width, height, frame_count, fps, size_bytes, fingerprint, 0 FROM temp.earlier_video
            ORDER BY id""",
        "CREATE UNIQUE INDEX main.video_name ON video (name) WHERE NOT removed",
        """CREATE TABLE video_history (
            step INTEGER NOT NULL,
            id INTEGER NOT NULL,
            name TEXT,
            path TEXT,
            width INTEGER,
            height INTEGER,
            frame_count INTEGER,
            fps FLOAT,
            size_bytes INTEGER,
            fingerprint TEXT,
            removed BOOLEAN,
            present BOOLEAN NOT NULL,
            PRIMARY KEY (step, id),
            FOREIGN KEY(step) REFERENCES history (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        "CREATE INDEX video_history_key ON video_history (id)",
        "DROP TABLE temp.earlier_video",
    ):
        connection.exec_driver_sql(statement)
    return []


@migration(7)
def _values_over_time(connection: Connection) -> list[str]:
    """Add a table for values of attributes that change over time. The values of older projects hold for whole tracks.
    """
    for statement in (
        "ALTER TABLE attribute ADD COLUMN varies BOOLEAN DEFAULT 0 NOT NULL",
        "ALTER TABLE attribute_history ADD COLUMN varies BOOLEAN",
        "UPDATE attribute_history SET varies = 0 WHERE present",
        """CREATE TABLE attribute_value (
            id INTEGER NOT NULL,
            video INTEGER NOT NULL,
            track INTEGER NOT NULL,
            name TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER,
            value TEXT NOT NULL,
            PRIMARY KEY (id),
            CHECK (last IS NULL OR last >= first),
            FOREIGN KEY(video) REFERENCES video (id) DEFERRABLE INITIALLY DEFERRED,
            FOREIGN KEY(track) REFERENCES track (id) DEFERRABLE INITIALLY DEFERRED
        )""",
        "CREATE INDEX attribute_value_video ON attribute_value (video, first)",
        "CREATE INDEX attribute_value_track ON attribute_value (track)",
        """CREATE TABLE attribute_value_history (
            step INTEGER NOT NULL,
            id INTEGER NOT NULL,
            video INTEGER,
            track INTEGER,
            name TEXT,
            first INTEGER,
            last INTEGER,
            value TEXT,
            present BOOLEAN NOT NULL,
            PRIMARY KEY (step, id),
            FOREIGN KEY(step) REFERENCES history (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        "CREATE INDEX attribute_value_history_key ON attribute_value_history (id)",
    ):
        connection.exec_driver_sql(statement)
    return []


@migration(8)
def _notes(connection: Connection) -> list[str]:
    """Add a table for notes, and who gave a review state and when, which older programs did not store."""
    for statement in (
        *(f"ALTER TABLE track ADD COLUMN {name} TEXT DEFAULT '' NOT NULL" for name in ("review_author", "review_time")),
        *(f"ALTER TABLE track_history ADD COLUMN {name} TEXT" for name in ("review_author", "review_time")),
        "UPDATE track_history SET review_author = '', review_time = '' WHERE present",
        """CREATE TABLE note (
            id INTEGER NOT NULL,
            video INTEGER NOT NULL,
            track INTEGER,
            frame INTEGER NOT NULL,
            x FLOAT,
            y FLOAT,
            done BOOLEAN NOT NULL,
            messages TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(video) REFERENCES video (id) DEFERRABLE INITIALLY DEFERRED,
            FOREIGN KEY(track) REFERENCES track (id) DEFERRABLE INITIALLY DEFERRED
        )""",
        "CREATE INDEX note_video ON note (video, frame)",
        "CREATE INDEX note_track ON note (track)",
        """CREATE TABLE note_history (
            step INTEGER NOT NULL,
            id INTEGER NOT NULL,
            video INTEGER,
            track INTEGER,
            frame INTEGER,
            x FLOAT,
            y FLOAT,
            done BOOLEAN,
            messages TEXT,
            present BOOLEAN NOT NULL,
            PRIMARY KEY (step, id),
            FOREIGN KEY(step) REFERENCES history (id) DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID""",
        "CREATE INDEX note_history_key ON note_history (id)",
    ):
        connection.exec_driver_sql(statement)
    return []

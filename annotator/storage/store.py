"""The project file: open it, query it, and write to it through one entry point."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from annotator.errors import ProjectBusyError, ProjectExistsError, StorageError
from annotator.files.publish import publish_new
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import FrameResult
from annotator.model.track import Label, OnExisting, Run, RunStatus, VideoRecord
from annotator.storage.file import database, schema
from annotator.storage.file.layout import check_layout, check_references
from annotator.storage.file.locks import WriterLock, check_only_name, resolved
from annotator.storage.file.stale_log import check_log, note_log
from annotator.storage.history import journal
from annotator.storage.history.exchange import exchange
from annotator.storage.history.journal import HistoryStep
from annotator.storage.migrations import MIGRATIONS, migrate, stored_version
from annotator.storage.reader import Reader
from annotator.storage.rows import runs
from annotator.storage.rows.ownership import check_not_removed
from annotator.storage.rows.runs import RunWriter
from annotator.storage.rows.transaction import Transaction, merge
from annotator.storage.spans.palette import default_color
from annotator.storage.spans.rows import label_to_use_later, unretire_labels

log = logging.getLogger(__name__)

Listener = Callable[[Changes], None]

_CHECKPOINT_PAGES = 8000  # 32 MB of write-ahead log


class Store(Reader):
    """An open project. Belongs to the thread that opened it; other threads read through `read_snapshot`.

    All reading methods are inherited from `Reader`. Each write is one transaction: it is committed, journaled and
    announced to the listeners, or it changes nothing.
    """

    def __init__(self, connection: Connection, path: Path, lock: WriterLock | None) -> None:
        super().__init__(connection, path)
        self._lock = lock
        self._listeners: list[Listener] = []
        self._writers: dict[int, RunWriter] = {}
        self._transaction: Transaction | None = None
        self.notes: list[str] = []
        """What could not be migrated when the file was opened."""
        self.author = ""
        """Name of the user, kept with notes and review states that are made through this store; may be empty."""
        self.unchecked = False
        """Whether the project, open for writing, was not closed properly and has not been checked since. While that is
        so, closing it leaves a record, and the next opening checks it. `Reader.examine` checks, and `confirm_whole`
        ends this state."""

    # Lifecycle

    @classmethod
    def create(cls, path: str | os.PathLike[str], program: str = "annotator") -> Store:
        """Create a project file and open it.

        Raises:
            ProjectExistsError: the name is in use.
            ProjectBusyError: another program is creating it.
            StorageError: the folder cannot be written.
        """
        target = Path(path)
        place = resolved(target)
        if not place.parent.is_dir():
            raise StorageError(f"{target}: the folder {place.parent} does not exist; create it first")
        if place.exists():  # also if another program has it open
            raise _in_use(target)
        try:
            lock = WriterLock(target, program)
        except ProjectBusyError:
            raise
        except StorageError as error:
            raise StorageError(f"{target} cannot be created; choose another folder ({error})") from error
        try:
            _publish(place, target)
        except BaseException:
            lock.release()
            raise
        return cls._open_locked(target, lock)

    @classmethod
    def open(cls, path: str | os.PathLike[str], read_only: bool = False, program: str = "annotator",
             auto_checkpoint: bool = True, check: bool = True) -> Store:
        """Open a project. If ``auto_checkpoint`` is off, call `checkpoint` from another thread from time to time.

        A project that was not closed properly is checked, which takes about 10 s per million boxes. With ``check`` off
        the caller does it later: see `unchecked`.

        Raises:
            ProjectBusyError: another program has it open for writing.
            StorageError: the file is missing, damaged, newer than this program, or not a project.
        """
        target = Path(path)
        if not target.is_file():
            raise StorageError(f"{target}: the project file does not exist; check the name or create the project")
        _check_header(target)
        if read_only:
            return cls._open_locked(target, None)
        lock = WriterLock(target, program)
        return cls._open_locked(target, lock, auto_checkpoint, check)

    @classmethod
    def _open_locked(cls, target: Path, lock: WriterLock | None, auto_checkpoint: bool = True, check: bool = True,
                     ) -> Store:
        """Open a project whose lock is held, or without a lock read-only. Releases the lock if that fails."""
        connection: Connection | None = None
        unclean = False
        try:
            if lock is not None:
                _check_names(lock.place, target)
            unclean = bool(check_log(resolved(target), target) or (lock is not None and lock.taken_over))
            connection = database.connect(target, lock is None)
            _check_layout(connection, target)
            store = cls(connection, target, lock)
            if lock is None:
                _check_version(connection, target)
                check_layout(connection, target, complete=True)
            else:
                store.unchecked = unclean and lock is not None  # a reader may find the log of a program that is writing
                store._prepare(auto_checkpoint, check)
            return store
        except BaseException:
            if connection is not None:
                _close(connection)
            if lock is not None:
                lock.release(leave_record=unclean)  # the next opening checks it too
            raise

    def _prepare(self, auto_checkpoint: bool, check: bool) -> None:
        upgraded = stored_version(self._connection) != schema.SCHEMA_VERSION
        check_layout(self._connection, self._path, complete=not upgraded)
        database.use_journal(self._connection, self._path)
        # Boxes are stored by tracklet, so each frame changes the same pages again; rare checkpoints write them once.
        pages = _CHECKPOINT_PAGES if auto_checkpoint else 0
        self._connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}")
        if upgraded:
            self.notes = migrate(self._connection, self._path, schema.SCHEMA_VERSION, MIGRATIONS)
            check_layout(self._connection, self._path, complete=True)
        if self.unchecked and check:
            log.info("%s was not closed properly: checking it", self._path)
            self.check()
            self.confirm_whole()
        self._note_log()
        journal.install(self._connection)
        with self._write(None, "interrupt"):
            runs.interrupt_orphans(self._connection)

    def check_references(self) -> None:
        """Check that tracks, runs, marks and spans refer to rows that exist, which jobs and views rely on. Quick,
        however many boxes there are; `check` finds more.

        Raises:
            StorageError: a row refers to a missing one.
        """
        check_references(self._connection, self._path)

    def close(self) -> None:
        """Close the file and release its lock. A second call does nothing."""
        if not self._connection.closed:
            _close(self._connection)
        if self._lock is not None:
            self._lock.release(leave_record=self.unchecked)

    def discard(self) -> None:
        """Close the file and delete it, before another program can open it for writing."""
        if self._lock is None or self._connection.closed:
            raise StorageError(f"{self._path} is not open for writing, so it cannot be deleted")
        _close(self._connection)
        _remove(self._lock.place)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def read_only(self) -> bool:
        """Whether the project is open read-only."""
        return self._lock is None

    def confirm_whole(self) -> None:
        """Record that the project was checked and that nothing is damaged."""
        self.unchecked = False

    def check(self) -> None:
        """Check the integrity of the whole file. Takes a while for large files.

        Raises:
            StorageError: with the first problem found.
        """
        found = self.examine()
        if found.problems:
            raise StorageError(f"{self._path} is damaged ({found.problems[0]}); {found.whole}; restore a backup copy, "
                               "or open it read-only to export what is whole")

    def _note_log(self) -> None:
        if self._lock is not None and self._connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            note_log(self._connection, self._lock.place)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, as far as readers allow. May be called from any thread."""
        connection = database.connect(self._path)
        try:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            _close(connection)

    @contextmanager
    def read_snapshot(self) -> Iterator[Reader]:
        """A reader of the current state of the project, unaffected by later writes. May be called in any thread, and
        used in that thread."""
        connection = database.connect(self._path, read_only=True)
        try:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT count(*) FROM video")  # the first read takes the snapshot
            yield Reader(connection, self._path, self.network)
        finally:
            _close(connection)

    # Writing

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Call ``callback`` after each commit, in the writing thread. Returns a function that removes it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    @contextmanager
    def transaction(self, label: str) -> Iterator[Transaction]:
        """A transaction that is one undoable step: all of it is committed at the end, or nothing.

        Inside another transaction it joins the outer one and keeps its label; if it fails, only its own part is rolled
        back.
        """
        if self._transaction is not None:
            with self._savepoint(self._transaction) as outer:
                yield outer
            return
        with self._write(label, label) as transaction:
            yield transaction

    @contextmanager
    def _write(self, title: str | None, label: str) -> Iterator[Transaction]:
        """A transaction; with a title, it is a history step."""
        if self.read_only:
            raise StorageError(f"{self._path} is open read-only; open it for writing to make changes")
        if self._transaction is not None:
            raise RuntimeError(f"{label!r} cannot run inside {self._transaction.label!r}")
        transaction = Transaction(self._connection, label)
        database.begin(self._connection)
        self._transaction = transaction
        try:
            step = None if title is None else journal.open_step(self._connection, title)
            journal.record(self._connection, step)
            yield transaction
            journal.record(self._connection, None)
            if step is not None:
                self._end_step(step, transaction)
            database.commit(self._connection)
        except BaseException:
            database.rollback(self._connection)
            self._writers.clear()
            raise
        finally:
            self._transaction = None
        self._announce(transaction.changes)

    @contextmanager
    def writing(self, label: str) -> Iterator[Transaction]:
        """A transaction that is no history step: for maintenance, not for edits."""
        with self._write(None, label) as transaction:
            yield transaction

    def vacuum(self) -> None:
        """Rewrite the file without unused space. Needs as much free disk space as the size of the file."""
        self._connection.exec_driver_sql("VACUUM")
        self._connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _end_step(self, step: int, transaction: Transaction) -> None:
        if journal.close_step(self._connection, step):
            self._connection.execute(
                update(schema.history).where(schema.history.c.id == step).values(label=transaction.label))
            transaction.touch(Changes(ChangeKind.HISTORY, transaction.changes.tracks, transaction.changes.first_frame,
                                      transaction.changes.last_frame, transaction.changes.video))

    @contextmanager
    def _savepoint(self, transaction: Transaction) -> Iterator[Transaction]:
        self._connection.exec_driver_sql("SAVEPOINT inner_edit")
        try:
            yield transaction
        except BaseException:
            if database.driver_connection(self._connection).in_transaction:
                self._connection.exec_driver_sql("ROLLBACK TO inner_edit")
                self._connection.exec_driver_sql("RELEASE inner_edit")
            raise
        self._connection.exec_driver_sql("RELEASE inner_edit")

    def _announce(self, changes: Changes) -> None:
        if changes.kinds:
            for listener in list(self._listeners):
                listener(changes)

    # History

    def undo(self) -> HistoryStep | None:
        """Undo the newest step, which cancels its job if it is still running. None if there is nothing to undo."""
        return self._exchange(journal.step_to_undo(self._connection), undone=True)

    def redo(self) -> HistoryStep | None:
        """Redo the step that was undone last. None if there is nothing to redo."""
        return self._exchange(journal.step_to_redo(self._connection), undone=False)

    def _exchange(self, step: HistoryStep | None, undone: bool) -> HistoryStep | None:
        if step is None:
            return None
        name = "undo" if undone else "redo"
        try:
            with self._write(None, name) as transaction:
                transaction.touch(exchange(self._connection, step.id, undone))
                runs.cancel_of_removed(self._connection)
                if step.run is not None:  # it counts, and may be resumed, only while its step is done
                    transaction.touch(Changes(ChangeKind.RUNS, video=self.run(step.run).video))
                if undone and step.run is not None:
                    running = (schema.run.c.id == step.run) & (schema.run.c.status == RunStatus.RUNNING.value)
                    self._connection.execute(
                        update(schema.run).where(running).values(status=RunStatus.CANCELLED.value, message="undone"))
        except IntegrityError as error:
            raise StorageError(f"{self._path}: cannot {name} {step.label!r}, because the saved rows contradict the "
                               f"others ({error.orig}); nothing was changed: restore a backup copy to get them back",
                               ) from error
        return step

    # Videos and labels

    def add_video(self, name: str, path: str | os.PathLike[str], width: int, height: int, frame_count: int, fps: float,
                  fingerprint: str, times: npt.NDArray[np.float64] | None = None) -> VideoRecord:
        """Add a video as one step; its path is stored relative to the project if possible. Undo removes it as
        `annotator.storage.edits.videos.remove_video` does. A path on another computer was selected by the user, who
        thereby agrees to connect to it.

        ``times``: (frame_count,) presentation times in seconds.

        Raises:
            StorageError: the project already has a video with this name.
        """
        if any(video.name == name for video in self.videos()):
            raise StorageError(f"{self._path} already has a video named {name!r}; give this one another name")
        source = Path(path)
        with self.transaction(f"Add video {name}") as transaction:
            key = journal.next_id(self._connection, schema.video)
            # Added as a removed one, which is not journaled, and then brought in, so that undo deletes no row.
            self._connection.execute(insert(schema.video).values(
                id=key, name=name, path=self.relative_path(source), width=int(width), height=int(height),
                frame_count=int(frame_count), fps=float(fps), fingerprint=fingerprint,
                size_bytes=source.stat().st_size if source.is_file() else None, removed=True))
            if times is not None:
                self._connection.execute(insert(schema.video_times).values(
                    video=key, seconds=np.asarray(times, "<f8").tobytes()))
            self._connection.execute(update(schema.video).where(schema.video.c.id == key).values(removed=False))
            transaction.touch(Changes(ChangeKind.VIDEOS, video=key))
        self._agree(source)
        return self.video(name)

    def move_videos(self, paths: Mapping[int, Path]) -> None:
        """Store new paths of videos: video id -> path. On other computers, as for `add_video`."""
        with self._write(None, "move videos") as transaction:
            for key, path in paths.items():
                self._connection.execute(
                    update(schema.video).where(schema.video.c.id == key).values(path=self.relative_path(path)))
                transaction.touch(Changes(ChangeKind.VIDEOS, video=key))
        self._agree(*paths.values())

    def _agree(self, *paths: Path) -> None:
        """Allow the shares of paths that the user selected."""
        places = (self._place(self.relative_path(path)) for path in paths)
        self.network.agree(place for place in places if place is not None)

    def trust_network(self) -> None:
        """Allow the shares of all videos, because the user trusts the project."""
        self.network.agree(self.refused_places())

    def relative_path(self, path: Path) -> str:
        """A path as the project stores it: relative to its folder, with forward slashes; absolute on another drive."""
        full = path.resolve()
        try:
            return Path(os.path.relpath(full, self._path.resolve().parent)).as_posix()
        except ValueError:
            return full.as_posix()

    def ensure_label(self, name: str) -> Label:
        """The label with this name; added with a distinct colour, or restored if it was removed."""
        row = self._connection.execute(select(schema.label).where(schema.label.c.name == name)).first()
        if row is not None and not row.retired:
            return Label(row.id, row.name, row.color)
        if self._transaction is None:
            with self._write(None, "add label") as transaction:
                return self._add_label(name, transaction)
        return self._add_label(name, self._transaction)

    def _add_label(self, name: str, transaction: Transaction) -> Label:
        row = self._connection.execute(select(schema.label).where(schema.label.c.name == name)).first()
        transaction.touch(Changes(ChangeKind.LABELS))
        if row is not None:
            unretire_labels(self._connection, [row.id])
            return Label(row.id, row.name, row.color)
        key = journal.next_id(self._connection, schema.label)
        label = Label(key, name, default_color(key - 1))
        self._connection.execute(insert(schema.label).values(id=key, name=name, color=label.color, position=key))
        return label

    # Runs

    def begin_run(self, video_id: int, kind: str, settings: Mapping[str, object], models: Mapping[str, str],
                  labels: Sequence[str], first_frame: int, last_frame: int,
                  on_existing: OnExisting = OnExisting.REPLACE, history_label: str = "Pre-annotate") -> Run:
        """Start a run over frames ``first_frame..last_frame``; it is one history step, placed at this point.

        ``labels`` are the names that the label indices of the results refer to. A new one enters the project with the
        first track that has it, and leaves it when the run is undone.
        """
        with self._write(None, "begin run") as transaction:
            check_not_removed(self._connection, video_id)
            ids = [label_to_use_later(self._connection, name)[0] for name in labels]
            run = runs.begin(self._connection, video_id, kind, settings, models, ids, first_frame, last_frame,
                             on_existing, history_label)
            transaction.touch(Changes(ChangeKind.RUNS | ChangeKind.HISTORY, video=video_id))
        return self.run(run)

    def write_frame(self, run_id: int, result: FrameResult) -> Changes:
        """Store the result of one frame; see `write_frames`."""
        return self.write_frames(run_id, [result])

    def write_frames(self, run_id: int, results: Sequence[FrameResult]) -> Changes:
        """Store the results of frames in one short transaction; frames of a run must be in ascending order.

        Raises:
            Cancelled: the run has been undone or cancelled.
            StorageError: the run has ended, or the disk is full; the file is then unchanged.
        """
        with self._write(None, "write frames") as transaction:
            writer = self._writers.get(run_id)
            if writer is None:
                writer = self._writers[run_id] = RunWriter(self._connection, run_id)
            transaction.touch(writer.write(results))
        return transaction.changes

    def finish_run(self, run_id: int, status: RunStatus, message: str = "") -> Run:
        """Close a run. Only FINISHED ends its live tracklets; other runs may be resumed after `rewind_run`."""
        with self._write(None, "finish run") as transaction:
            runs.finish(self._connection, run_id, status, message)
            kinds = ChangeKind.RUNS | ChangeKind.TRACKS | ChangeKind.HISTORY
            transaction.touch(Changes(kinds, video=self.run(run_id).video))
        self._writers.pop(run_id, None)
        return self.run(run_id)

    def rewind_run(self, run_id: int, frame: int) -> Run:
        """Delete the results of a run after ``frame`` so that it can continue from there; a replay gives the same ids.
        """
        self._writers.pop(run_id, None)
        with self._write(None, "rewind run") as transaction:
            runs.rewind(self._connection, run_id, frame)
            kinds = (ChangeKind.RUNS | ChangeKind.OBSERVATIONS | ChangeKind.MASKS | ChangeKind.TRACKS | ChangeKind.SPANS
                     | ChangeKind.DETECTIONS)
            transaction.touch(Changes(kinds, frozenset(), frame + 1, None, self.run(run_id).video))
        return self.run(run_id)


def _publish(place: Path, target: Path) -> None:
    """Build an empty project in a temporary file and give it its name, so that no incomplete project is ever visible
    and no file is replaced. The caller holds the lock."""
    _remove_half_built(place)
    building = place.with_name(f".{place.name}.new")
    try:
        building.touch()
        _build(building)
        publish_new(building, place)
    except FileExistsError as error:
        raise _in_use(target) from error
    except StorageError as error:
        raise StorageError(str(error).replace(str(building), str(target))) from error
    except OSError as error:
        raise StorageError(f"{target} cannot be created ({error.strerror}); choose another folder") from error
    finally:
        _remove(building)


def _remove_half_built(place: Path) -> None:
    """Remove what killed programs left of the same project. The caller holds the lock, so nobody is building it."""
    name = glob.escape(place.name)
    for pattern in (f".{name}.new", f".{name}.*.new"):  # the process id was part of the name once
        for leftover in list(place.parent.glob(pattern)):
            _remove(leftover)


def _check_names(place: Path, target: Path) -> None:
    """Refuse a file with hard links; a program that was killed while it created the project may have left one."""
    if place.stat().st_nlink > 1:
        _remove_half_built(place)
    check_only_name(place, target)


def _in_use(target: Path) -> ProjectExistsError:
    return ProjectExistsError(f"{target} already exists; open it, or choose another name")


def _build(path: Path) -> None:
    connection = database.connect(path)
    try:
        database.begin(connection)
        schema.metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={schema.APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={schema.SCHEMA_VERSION}")
        database.commit(connection)
    finally:
        _close(connection)


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if start != b"SQLite format 3\0":
        raise StorageError(f"{path} is not an annotator project; choose an .annot file")


def _check_layout(connection: Connection, path: Path) -> None:
    if connection.exec_driver_sql("PRAGMA application_id").scalar() != schema.APPLICATION_ID:
        raise StorageError(f"{path} is a database of another program; choose an .annot file")
    version = stored_version(connection)
    if version > schema.SCHEMA_VERSION:
        raise StorageError(f"{path} was made by a newer version of this program (format {version}; this version reads "
                           f"formats up to {schema.SCHEMA_VERSION}); update the program to open it")


def _check_version(connection: Connection, path: Path) -> None:
    if stored_version(connection) != schema.SCHEMA_VERSION:
        raise StorageError(f"{path} has an older format; open it once for writing to upgrade it")


def _close(connection: Connection) -> None:
    connection.close()
    connection.engine.dispose()


def _remove(path: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


__all__ = ["Listener", "Store", "Transaction", "merge"]

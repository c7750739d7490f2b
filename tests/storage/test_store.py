from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from annotator.errors import ProjectBusyError, StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.storage.file import database, locks, schema
from annotator.storage.file.locks import LockHolder, read_holder
from annotator.storage.migrations import Migration, migrate, migration
from annotator.storage.store import Store
from tests.patience import PATIENCE_S
from tests.required import required
from tests.storage.fakes import fake_result, fake_run, picture

ROOT = Path(__file__).parents[2]


def test_videos_are_kept_with_their_times_relative_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    times = np.array([0.0, 0.04, 0.1, 1 / 3])
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("a", tmp_path / "films" / "a b.mp4", 640, 480, 4, 29.97, "abc", times)
        assert video.path == "films/a b.mp4"
        assert store.video() == video
        assert store.video_path(video) == tmp_path / "films" / "a b.mp4"
        store.add_video("b", tmp_path.parent / "b.mp4", 64, 48, 10, 25.0, "def")
    with Store.open(tmp_path / "p.annot") as store:
        assert [v.path for v in store.videos()] == ["films/a b.mp4", "../b.mp4"]
        np.testing.assert_array_equal(store.video_times(video.id), times)
        assert store.video_times(store.video("b").id) is None
        with pytest.raises(StorageError, match="2 videos; choose one by name: a, b"):
            store.video()
        with pytest.raises(StorageError, match="no video named 'c'; it has: a, b"):
            store.video("c")
        with pytest.raises(StorageError, match="already has a video named 'a'"):
            store.add_video("a", "a.mp4", 1, 1, 1, 1.0, "")


def test_labels_are_made_once_with_distinct_colours(store: Store) -> None:
    names = [f"label {index}" for index in range(40)]
    made = [store.ensure_label(name) for name in names]
    assert [store.ensure_label(name) for name in names] == made == store.labels()
    assert len({label.color for label in made}) == 40


def test_a_second_writer_is_told_who_holds_the_project_and_may_read(store: Store) -> None:
    with pytest.raises(ProjectBusyError, match=rf"is open in annotator \(process {os.getpid()} on .*since 20"):
        Store.open(store.path)
    fake_run(store, {1: (0, 99)})
    with Store.open(store.path, read_only=True) as reader:
        assert reader.read_only
        assert len(reader.tracks(1)) == 1
        with pytest.raises(StorageError, match="open read-only"), reader.transaction("x"):
            pass


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    Store.create(path).close()
    code = ("import os; from annotator.storage.store import Store; "
            f"store = Store.open({str(path)!r}); os.kill(os.getpid(), 9)")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert read_holder(Path(f"{path}.lock")) is not None
    with Store.open(path) as store:
        assert required(read_holder(Path(f"{path}.lock"))).pid == os.getpid()
        assert not store.read_only
    assert not Path(f"{path}.lock").exists()


def test_the_lock_of_another_host_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    Store.create(path).close()
    holder = {"program": "annotator", "pid": 7, "host": "elsewhere", "since": "then"}
    Path(f"{path}.lock").write_text(json.dumps(holder))
    assert read_holder(Path(f"{path}.lock")) == LockHolder("annotator", 7, "elsewhere", "then")
    with pytest.raises(ProjectBusyError, match=r"process 7 on elsewhere.*delete p\.annot\.lock"):
        Store.open(path)


def test_the_holders_name_begins_behind_the_byte_that_windows_locks(tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.annot"
    with Store.create(path):
        holder = read_holder(Path(f"{path}.lock"))
        monkeypatch.setattr(locks, "_WINDOWS", True)
        assert holder is not None
        assert read_holder(Path(f"{path}.lock")) == holder
        monkeypatch.undo()


def test_a_folder_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.annot"
    Store.create(path).close()

    def refuse(fd: int, blocking: bool) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "lock_descriptor", refuse)
    with pytest.raises(StorageError, match="its folder knows no locks"):
        Store.open(path)


@pytest.mark.parametrize(("content", "message"), [
    (b"just text", "not an annotator project"),
    (b"", "not an annotator project"),
    (b"SQLite format 3\0" + b"\x10\0\x01\x01" + b"\0" * 200, "not an annotator project|damaged"),
])
def test_what_is_no_project_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "p.annot"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=message) as caught:
        Store.open(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.annot"]


def test_a_missing_file_and_another_programs_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="project file does not exist"):
        Store.open(tmp_path / "none.annot")
    with pytest.raises(StorageError, match="does not exist; create it first"):
        Store.create(tmp_path / "nowhere" / "p.annot")
    with sqlite3.connect(tmp_path / "other.annot") as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(StorageError, match="database of another program"):
        Store.open(tmp_path / "other.annot")


def test_a_truncated_project_is_reported_as_damaged(store: Store, tmp_path: Path) -> None:
    fake_run(store, dict.fromkeys(range(1, 9), (0, 99)))
    store.close()
    size = store.path.stat().st_size
    os.truncate(store.path, size // 2)
    with pytest.raises(StorageError, match="damaged"):
        _open_and_check(store.path)


def _open_and_check(path: Path) -> None:
    with Store.open(path) as opened:
        opened.check()


def test_create_never_overwrites(store: Store) -> None:
    with pytest.raises(StorageError, match="already exists"):
        Store.create(store.path)


def test_a_newer_project_is_refused_by_name(store: Store) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    newer = rf"project\.annot was made by a newer version.*format {schema.SCHEMA_VERSION + 1};"
    with pytest.raises(StorageError, match=newer):
        Store.open(store.path)


def test_a_full_disk_loses_nothing(store: Store) -> None:
    run = fake_run(store, {1: (0, 99)}, range(10), finish=False)
    before = picture(store)
    pages = store._connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    many = [fake_result(dict.fromkeys(range(1, 60), (10, 99)), frame, masks=True) for frame in range(10, 40)]
    with pytest.raises(StorageError, match="the disk is full") as caught:
        store.write_frames(run.id, many)
    assert "\n" not in str(caught.value)
    assert picture(store) == before
    store._connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    store.write_frame(run.id, fake_result({1: (0, 99)}, 10))
    store.check()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(store: Store, tmp_path: Path) -> None:
    store.close()
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(StorageError, match="folder cannot be written"):
            Store.open(store.path)
        with Store.open(store.path, read_only=True) as reader:
            assert reader.video().name == "clip"
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_that_cannot_hold_files_is_named() -> None:
    folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("needs /proc")
    with pytest.raises(StorageError, match="cannot be created"):
        Store.create(folder / "p.annot")


def _add_a_label_and_fail(store: Store) -> None:
    with store.transaction("Add") as transaction:
        store.ensure_label("car")
        transaction.touch(Changes(ChangeKind.LABELS))
        raise ZeroDivisionError


def test_a_failed_transaction_leaves_nothing_and_tells_nobody(store: Store) -> None:
    heard: list[Changes] = []
    store.listen(heard.append)
    before = store.history()
    with pytest.raises(ZeroDivisionError):
        _add_a_label_and_fail(store)
    assert (store.labels(), store.history(), heard) == ([], before, [])


def test_listeners_hear_what_changed_until_they_stop(store: Store) -> None:
    heard: list[Changes] = []
    stop = store.listen(heard.append)
    run = fake_run(store, {1: (0, 99)}, range(3), finish=False)
    assert heard[-1].kinds & ChangeKind.OBSERVATIONS
    assert heard[-1].kinds & ChangeKind.SPANS
    assert (heard[-1].first_frame, heard[-1].last_frame, heard[-1].video) == (0, 2, 1)
    store.write_frame(run.id, fake_result({1: (0, 99)}, 3))
    assert not heard[-1].kinds & ChangeKind.SPANS
    stop()
    count = len(heard)
    store.write_frame(run.id, fake_result({1: (0, 99)}, 4))
    assert len(heard) == count


def test_a_snapshot_in_another_thread_does_not_see_later_writes(store: Store) -> None:
    run = fake_run(store, {1: (0, 99)}, range(5), finish=False)
    seen: list[int] = []
    opened, written = threading.Event(), threading.Event()

    def read() -> None:
        with store.read_snapshot() as view:
            opened.set()
            assert written.wait(PATIENCE_S)
            seen.append(sum(len(shown) for _, shown in view.iter_frames(1)))

    thread = threading.Thread(target=read)
    thread.start()
    assert opened.wait(PATIENCE_S)
    store.write_frame(run.id, fake_result({1: (0, 99)}, 5))
    written.set()
    thread.join()
    assert seen == [5]
    assert sum(len(shown) for _, shown in store.iter_frames(1)) == 6


def test_a_project_moves_with_its_folder(store: Store, tmp_path: Path) -> None:
    store.close()
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    with Store.open(tmp_path.parent / f"{tmp_path.name}-moved" / "project.annot") as moved:
        assert moved.video_path(moved.video()).parent == moved.path.parent


def test_network_drives_get_a_rollback_journal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store._connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.close()
    monkeypatch.setattr(database, "on_network_drive", lambda path: True)
    with Store.open(store.path) as remote:
        assert remote._connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        fake_run(remote, {1: (0, 99)}, range(3))


def test_the_innermost_and_latest_file_system_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounted = [SimpleNamespace(mountpoint=point, fstype=kind) for point, kind in
               [("/", "ext4"), ("/mnt/data", "ext4"), ("/mnt/data", "nfs4"), ("/mnt/data more", "xfs")]]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: mounted)
    assert database._file_system(Path("/mnt/data/deep")) == "nfs4"
    assert database._file_system(Path("/mnt/data more")) == "xfs"
    assert database._file_system(Path("/mnt/other")) == "ext4"


def test_migrations_run_in_order_after_a_backup(store: Store) -> None:
    steps: list[Migration] = []
    present = schema.SCHEMA_VERSION

    @migration(present + 1, steps)
    def add_column(connection: object) -> list[str]:
        store._connection.exec_driver_sql("ALTER TABLE video ADD COLUMN camera TEXT")
        return ["old cameras are unknown"]

    @migration(present + 2, steps)
    def fail(connection: object) -> list[str]:
        store._connection.exec_driver_sql("ALTER TABLE video ADD COLUMN broken TEXT")
        raise StorageError("cannot")

    register = migration(present + 6, steps)
    with pytest.raises(ValueError, match="follows"):
        register(fail)
    with pytest.raises(StorageError, match="cannot"):
        migrate(store._connection, store.path, present + 2, steps)
    columns = [row[1] for row in store._connection.exec_driver_sql("PRAGMA table_info(video)")]
    assert "camera" in columns
    assert "broken" not in columns
    assert store._connection.exec_driver_sql("PRAGMA user_version").scalar() == present + 1
    with Store.open(Path(f"{store.path}.v{present}.bak"), read_only=True) as backup:
        assert backup.video().name == "clip"
    store._connection.exec_driver_sql(f"PRAGMA user_version={present}")
    with pytest.raises(StorageError, match="too old"):
        migrate(store._connection, store.path, present + 2, steps[1:])


def downgrade(path: Path, version: int) -> None:
    """Make a closed file what a program of an earlier layout left behind."""
    statements = [f"PRAGMA user_version={version}"]
    # Layout 5 differs from 4 in the spans of manual boxes only; see tests/storage/migrations.
    if version < 8:
        statements += ["DROP TABLE note", "DROP TABLE note_history"]
        statements += [f"ALTER TABLE {table} DROP COLUMN {column}" for table in ("track", "track_history")
                       for column in ("review_author", "review_time")]
    if version < 7:
        statements += ["DROP TABLE attribute_value", "DROP TABLE attribute_value_history"]
        statements += [f"ALTER TABLE {table} DROP COLUMN varies" for table in ("attribute", "attribute_history")]
    if version < 6:
        statements += [
            "DROP TABLE video_history", "DROP INDEX video_name", "CREATE TABLE earlier AS SELECT * FROM video",
            "DROP TABLE video",
            """CREATE TABLE video (id INTEGER NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, width INTEGER NOT NULL,
                height INTEGER NOT NULL, frame_count INTEGER NOT NULL, fps FLOAT NOT NULL, size_bytes INTEGER,
                fingerprint TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (name))""",
            "ALTER TABLE earlier DROP COLUMN removed", "INSERT INTO video SELECT * FROM earlier",
            "DROP TABLE earlier"]
    if version < 3:
        for table in ("attribute", "detector_class"):
            statements += [f"DROP TABLE {table}", f"DROP TABLE {table}_history"]
        for table in ("label", "label_history"):
            statements += [f"ALTER TABLE {table} DROP COLUMN position", f"ALTER TABLE {table} DROP COLUMN retired"]
    if version < 4:
        statements += ["DROP TABLE checksum", "DROP TABLE log_note"]
    if version < 2:
        statements.append("DROP TABLE scene_cut")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(";\n".join(statements))


def layout(store: Store) -> dict[str, object]:
    """Tables with their columns (of history tables in any order), references and indices."""
    run = store._connection.exec_driver_sql
    names = [row[0] for row in run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: (sorted(tuple(row[1:]) for row in run(f"PRAGMA table_info({name})")),
                   sorted(tuple(row[1:]) for row in run(f"PRAGMA foreign_key_list({name})")),
                   sorted(row[1] for row in run(f"PRAGMA index_list({name})"))) for name in names}


@pytest.mark.parametrize("version", range(1, schema.SCHEMA_VERSION))
def test_a_project_of_an_older_layout_becomes_one_of_the_present_one(store: Store, version: int) -> None:
    for name in ("car", "person"):
        store.ensure_label(name)
    run = fake_run(store, {1: (0, 99)}, range(3))
    labels, wanted, steps, videos = store.labels(), layout(store), store.history(), store.videos()
    store.close()
    downgrade(store.path, version)
    with pytest.raises(StorageError, match="open it once for writing"):
        Store.open(store.path, read_only=True)
    with Store.open(store.path) as opened:
        assert layout(opened) == wanted
        assert opened.labels() == labels
        assert opened.videos() == videos
        assert opened.history() == steps
        assert opened.runs() == [run]
        assert opened.scene_cuts(run.id) == []
        assert opened.attributes() == []
        assert opened.class_labels() == {}
        assert opened.video_notes(1) == []
        assert {(track.review_author, track.review_time) for track in opened.tracks(1)} == {("", "")}
        assert Path(f"{store.path}.v{version}.bak").is_file()
        opened.undo()
        assert opened.tracks(1) == []
        opened.redo()
        assert {(track.review_author, track.review_time) for track in opened.tracks(1)} == {("", "")}
        opened.check()

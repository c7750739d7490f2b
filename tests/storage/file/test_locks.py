"""One writer, by whatever name the project is opened; one creator, however many try."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from annotator.errors import ProjectBusyError, ProjectExistsError, StorageError, UserError
from annotator.jobs.project import open_or_create
from annotator.model.track import RunStatus
from annotator.storage import store as store_module
from annotator.storage.file.locks import WriterLock
from annotator.storage.store import Store
from tests.storage.fakes import fake_run
from tools.stress.create_projects import race

links = pytest.mark.skipif(sys.platform == "win32", reason="links need special rights")


def test_a_project_that_appears_while_it_is_created_is_not_replaced(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.annot"
    build = store_module._build

    def build_slowly(building: Path) -> None:
        build(building)
        path.write_text("of another program that knows no locks")

    monkeypatch.setattr(store_module, "_build", build_slowly)
    with pytest.raises(ProjectExistsError, match=r"p\.annot already exists"):
        Store.create(path)
    assert path.read_text() == "of another program that knows no locks"
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.annot"]


def test_whoever_creates_a_project_has_it_alone_from_the_start(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, refused = tmp_path / "p.annot", list[str]()
    build = store_module._build

    def build_while_another_tries(building: Path) -> None:
        build(building)
        for attempt in (Store.create, Store.open):
            try:
                attempt(path).close()
            except StorageError as error:
                refused.append(type(error).__name__)

    monkeypatch.setattr(store_module, "_build", build_while_another_tries)
    with Store.create(path) as created:
        assert refused == ["ProjectBusyError", "StorageError"]
        with pytest.raises(ProjectBusyError):
            Store.open(path)
        assert created.videos() == []


def test_a_project_made_by_another_meanwhile_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.annot"

    original = Store.create

    def create(wanted: Path) -> Store:
        with original(wanted) as other:
            other.add_video("theirs", "clip.mp4", 640, 480, 10, 25.0, "x")
        return original(wanted)

    monkeypatch.setattr(Store, "create", create)
    with pytest.raises(UserError, match="later"), open_or_create(path):
        raise UserError("later")
    with Store.open(path) as opened:  # not removed, because another program created it
        assert [video.name for video in opened.videos()] == ["theirs"]


def test_a_new_project_without_a_video_is_removed_while_it_is_still_locked(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "p.annot", list[bool]()
    release = WriterLock.release

    def look_and_release(lock: WriterLock, leave_record: bool = False) -> None:
        seen.append(path.exists())
        release(lock, leave_record)

    monkeypatch.setattr(WriterLock, "release", look_and_release)
    with open_or_create(tmp_path / "kept.annot"):
        pass
    seen.clear()
    with pytest.raises(UserError, match="no such video"), open_or_create(path):
        raise UserError("no such video")
    assert seen[0] is False
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.annot"]


@links
def test_a_second_writer_does_not_get_in_through_a_link(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    (tmp_path / "elsewhere").mkdir()
    names = [tmp_path / "link.annot", tmp_path / "elsewhere" / "p.annot", tmp_path / "folder" / "p.annot"]
    with Store.create(path) as store:
        store.add_video("clip", "clip.mp4", 640, 480, 100, 25.0, "x")
        run = fake_run(store, {1: (0, 99)}, range(3), finish=False)
        names[0].symlink_to(path)
        names[1].symlink_to(names[0])
        names[2].parent.symlink_to(tmp_path)
        for name in names:
            with pytest.raises(ProjectBusyError):
                Store.open(name)
            with pytest.raises(ProjectExistsError):
                Store.create(name)
        assert store.run(run.id).status is RunStatus.RUNNING
    for name in names:
        with Store.open(name) as opened:
            assert opened.path == name
            with pytest.raises(ProjectBusyError):
                Store.open(path)


@links
def test_a_project_created_through_a_link_lies_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "p.annot").symlink_to(tmp_path / "disk" / "p.annot")
    with Store.create(tmp_path / "p.annot"), pytest.raises(ProjectBusyError):
        Store.open(tmp_path / "disk" / "p.annot")
    assert (tmp_path / "p.annot").is_symlink()
    (tmp_path / "q.annot").symlink_to(tmp_path / "q.annot")
    for attempt in (Store.create, Store.open):
        with pytest.raises(StorageError):
            attempt(tmp_path / "q.annot")


@links
def test_a_file_with_two_names_is_not_opened_for_writing(tmp_path: Path) -> None:
    path, other = tmp_path / "p.annot", tmp_path / "other.annot"
    Store.create(path).close()
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(StorageError, match="one file with 2 names .hard links"):
            Store.open(name)
        with Store.open(name, read_only=True) as reader:
            assert reader.videos() == []
    other.unlink()
    Store.open(path).close()


@links
def test_what_a_killed_creation_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    for name in (".p.annot.new", ".p.annot.new-journal", ".p.annot.4711.new", ".p.annot.4711.new-journal"):
        (tmp_path / name).write_text("half")
    (tmp_path / ".pp.annot.new").write_text("of another project")
    Store.create(path).close()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".pp.annot.new", "p.annot"]
    os.link(path, tmp_path / ".p.annot.new")  # killed between the two steps of publishing
    Store.open(path).close()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".pp.annot.new", "p.annot"]


@links
def test_a_lock_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    path, lock, precious = tmp_path / "p.annot", tmp_path / "p.annot.lock", tmp_path / "precious.txt"
    Store.create(path).close()
    precious.write_text("mine")
    lock.symlink_to(precious)
    with pytest.raises(StorageError, match="no lock file of this program"):
        Store.open(path)
    lock.unlink()
    lock.write_text("notes about locks")
    with pytest.raises(StorageError, match="no lock file of this program"):
        Store.open(path)
    assert (lock.read_text(), precious.read_text()) == ("notes about locks", "mine")
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(StorageError, match="no lock file of this program"):
        Store.open(path)
    lock.unlink()
    for rest in (b"", b"\0" * 80, b'\n{"program": "annot'):  # after a crash or a power failure
        lock.write_bytes(rest)
        Store.open(path).close()


def test_two_processes_that_create_the_same_project_lose_nothing(tmp_path: Path) -> None:
    report = race(tmp_path, 20)
    assert report.rounds == 20
    assert report.lost == []
    assert report.added >= 20


def test_threads_that_create_the_same_project_get_one(tmp_path: Path) -> None:
    path, outcomes = tmp_path / "p.annot", list[str]()
    barrier = threading.Barrier(4)

    def create() -> None:
        barrier.wait()
        try:
            with Store.create(path):
                outcomes.append("created")
                barrier.wait()
        except StorageError as error:
            outcomes.append(type(error).__name__)
            barrier.wait()

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("created") == 1
    assert set(outcomes) <= {"created", "ProjectBusyError", "ProjectExistsError"}

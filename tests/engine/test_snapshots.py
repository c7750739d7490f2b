"""Snapshots on disk: always one to go on from, whatever happens while one is written."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from annotator.engine.snapshots import SnapshotFiles
from annotator.errors import StorageError
from tests.required import required


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    return SnapshotFiles(tmp_path / "my.project.annot", 3)


def names(files: SnapshotFiles) -> list[str]:
    return sorted(path.name for path in files.project.parent.iterdir())


def state(frame: int) -> dict[str, Any]:
    return {"memories": {"1": {"spatial": [torch.full((2, 3), float(frame), dtype=torch.bfloat16), None]}},
            "scores": [1.5, -2.0], "name": "x", "count": frame, "flag": True}


def test_the_state_comes_back_as_it_was(files: SnapshotFiles) -> None:
    files.save(7, state(7))
    found = files.load(7)
    assert found is not None
    frame, loaded = found
    tensor = loaded["memories"]["1"]["spatial"][0]
    assert frame == 7
    assert tensor.dtype == torch.bfloat16
    assert torch.equal(tensor, state(7)["memories"]["1"]["spatial"][0])
    assert {**loaded, "memories": 0} == {**state(7), "memories": 0}


def test_two_are_kept_beside_the_project(files: SnapshotFiles) -> None:
    for frame in (9, 19, 29):
        files.save(frame, state(frame))
    assert names(files) == ["my.project.annot.run-3.snapshot", "my.project.annot.run-3.snapshot-1"]
    assert SnapshotFiles(files.project, 4).load(99) is None, "another run's are its own"


@pytest.mark.parametrize(("finished", "frame"), [(50, 29), (29, 29), (28, 19), (19, 19), (18, None), (None, None)])
def test_the_newest_that_the_stored_frames_cover(files: SnapshotFiles, finished: int | None, frame: int | None) -> None:
    for saved in (9, 19, 29):
        files.save(saved, state(saved))
    found = files.load(finished)
    assert (None if found is None else found[0]) == frame


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(3, 253)) * 8)


def with_code(path: Path) -> None:
    torch.save({"version": 1, "frame": 29, "state": Path}, path)


def other_content(path: Path) -> None:
    torch.save([1, 2, 3], path)


def other_version(path: Path) -> None:
    torch.save({"version": 99, "frame": 29, "state": {}}, path)


@pytest.mark.parametrize("damage", [cut, empty, noise, with_code, other_content, other_version])
def test_a_damaged_one_only_costs_time(files: SnapshotFiles, damage: Callable[[Path], None],
                                       caplog: pytest.LogCaptureFixture) -> None:
    files.save(19, state(19))
    files.save(29, state(29))
    damage(files.newest)
    with caplog.at_level(logging.WARNING):
        found = files.load(99)
    assert found is not None
    assert found[0] == 19
    assert files.newest.name in caplog.text
    damage(files.previous)
    assert files.load(99) is None


def test_a_snapshot_of_an_earlier_version_is_refused_in_one_sentence(files: SnapshotFiles,
                                                                    caplog: pytest.LogCaptureFixture) -> None:
    torch.save({"version": 1, "frame": 29, "state": state(29)}, files.newest)
    with caplog.at_level(logging.WARNING):
        assert files.load(99) is None
    assert files.newest.name in caplog.text
    assert "another version" in caplog.text
    assert "tracked again" in caplog.text


class FakeKill(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["write", "sync", "first replace", "second replace"])
def test_a_kill_at_any_moment_leaves_one_to_go_on_from(files: SnapshotFiles, moment: str,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    files.save(19, state(19))
    files.save(29, state(29))
    replaced: list[Path] = []
    replace = Path.replace

    def fake_replace(self: Path, target: Path) -> Path:
        if len(replaced) == ["first replace", "second replace"].index(moment):
            raise FakeKill
        replaced.append(self)
        return replace(self, target)

    def fake_save(content: object, file: Any) -> None:
        file.write(b"half of it")
        raise FakeKill

    def fake_fsync(number: int) -> None:
        raise FakeKill

    with monkeypatch.context() as patched:
        if moment == "write":
            patched.setattr(torch, "save", fake_save)
        elif moment == "sync":
            patched.setattr(os, "fsync", fake_fsync)
        else:
            patched.setattr(Path, "replace", fake_replace)
        with pytest.raises(FakeKill):
            files.save(39, state(39))
    found = files.load(99)
    assert found is not None
    assert found[0] == 29
    files.save(49, state(49))
    assert [required(files.load(limit))[0] for limit in (99, 48)] == [49, 29]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"),
                                   RuntimeError("unexpected pos 64 vs 0\nat inline_container.cc:1")])
def test_a_full_disk_is_told_in_one_line_and_loses_nothing(files: SnapshotFiles, error: Exception,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    files.save(19, state(19))

    def fake_save(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", fake_save)
        with pytest.raises(StorageError) as caught:
            files.save(29, state(29))
    assert "\n" not in str(caught.value)
    assert str(files.newest.parent) in str(caught.value)
    assert names(files) == [files.newest.name]
    assert files.load(99) is not None


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        SnapshotFiles(tmp_path / "gone" / "p.annot", 1).save(1, state(1))


def test_nothing_is_left_after_a_finished_run(files: SnapshotFiles) -> None:
    for frame in (9, 19):
        files.save(frame, state(frame))
    files.newest.with_suffix(".snapshot-new").touch()
    files.remove()
    files.remove()
    assert names(files) == []


def test_it_is_synced_before_it_replaces_the_last_one(files: SnapshotFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(number: int) -> None:
        order.append("sync")
        fsync(number)

    def noted_replace(path: Path, to: Path) -> Path:
        order.append("replace")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    files.save(1, state(1))
    assert order == ["sync", "replace"]

"""A flipped bit is found, a log of another state is recognized, and what is whole is named."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import Cancelled, StorageError
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, FrameResult
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.file import integrity
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.command_line import annotator
from tests.storage.fake_writer import LAST
from tests.storage.fakes import everything, fake_result, fake_run
from tests.storage.test_kill import kill_somewhere

LIVES = {1: (0, 99), 2: (5, 40), 3: (30, 99)}
ROOT = Path(__file__).parents[3]


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_the_bytes_of_a_checksum_never_change() -> None:
    """A project must be whole for every version of Python and of the program."""
    rows = [(1, 2, 3, 1.5, -2.25, None, 1e300, 0)]
    assert integrity.checksum(rows, [(1, 2, 0, 0, 3, 4, b"rle")], [(7, 2, 0, 0.5, None, 1)]) == 1442392433
    assert integrity.checksum([], [], []) == 1979603508


@pytest.mark.parametrize("damage", [
    "UPDATE observation SET x1 = x1 + 1e-9 WHERE tracklet = 2 AND frame = 20",
    "UPDATE observation SET state = 1 - state WHERE tracklet = 2 AND frame = 20",
    "DELETE FROM observation WHERE tracklet = 2 AND frame = 20",
    "UPDATE observation SET frame = 200 WHERE tracklet = 1 AND frame = 20",
    "UPDATE mask SET rle = x'00' WHERE tracklet = 2 AND frame = 20",
    "UPDATE detection SET score = NULL WHERE frame = 21 AND number = 0",
    "UPDATE checksum SET crc = crc + 1 WHERE frame = 20",
])
def test_a_changed_value_is_found_and_the_rest_is_called_whole(store: Store, damage: str) -> None:
    run = fake_run(store, LIVES, masks=True)
    store.check()
    store.close()
    change(store.path, damage)
    said = annotator("doctor", store.path)
    assert said.code == 2
    assert "differ from what was stored" in said.out
    with Store.open(store.path) as opened:
        found = opened.examine()
        assert (found.runs, found.frames, list(found.damaged)) == (1, 100, [run.id])
        assert 1 <= len(found.damaged[run.id]) <= 2
        with pytest.raises(StorageError, match="is damaged .frame 2.*of 100 frames with checksums"):
            opened.check()
        identities.delete_tracks(opened, [track.id for track in opened.tracks(1)])
        with pytest.raises(StorageError, match="before compacting"):
            compact(opened, forget_history=True)


def test_a_whole_project_is_called_whole(store: Store) -> None:
    fake_run(store, LIVES, masks=True)
    store.close()
    said = annotator("doctor", store.path)
    assert (said.code, said.err) == (0, "")
    assert "100 of 100 frames with checksums and 1 of 1 runs are as they were stored" in said.out
    assert annotator("doctor", store.path.with_name("none.annot")).code == 2


def test_two_boxes_in_a_frame_and_missing_references_are_found(store: Store) -> None:
    fake_run(store, LIVES)
    store.close()
    change(store.path, "UPDATE span SET track = 1 WHERE track = 2")
    change(store.path, "UPDATE track SET label = 77 WHERE id = 3")
    with Store.open(store.path, read_only=True) as opened:
        problems = opened.examine().problems
    assert any("two boxes in frame 5" in problem for problem in problems)
    assert "a row of track refers to a missing label" in problems


def test_checksums_follow_everything_that_changes_a_run(store: Store) -> None:
    odd = Detections(np.array([[-0.0, math.nan, math.inf, 1e-40]], np.float32), np.array([math.nan], np.float32),
                     np.array([0], np.int32))
    run = store.begin_run(1, "preannotate", {}, {}, ("car", "person"), 0, 99)
    for frame in range(40):
        store.write_frame(run.id, replace(fake_result(LIVES, frame, masks=True), detections=odd))
    store.finish_run(run.id, RunStatus.CANCELLED)
    store.rewind_run(run.id, 17)
    store.write_frames(run.id, [fake_result(LIVES, frame) for frame in range(18, 60)])
    store.finish_run(run.id, RunStatus.FINISHED)
    assert store.examine().frames == 60
    other = fake_run(store, {1: (0, 99)}, range(30, 50))
    one, two, *_ = (track.id for track in store.tracks(1))
    identities.swap_tracks(store, one, two, 20)
    drawn_boxes.set_box(store, store.tracks(1)[0].id, 10, (1, 2, 3, 4))
    both = store.begin_run(1, "repropagate", {}, {}, ("car",), 20, 30, OnExisting.PROPOSE)
    for frame in (25, 26, 24):
        store.write_frame(both.id, FrameResult(frame, fake_result({1: (0, 99)}, frame).objects))
    store.write_frame(both.id, FrameResult(25, fake_result({2: (0, 99)}, 25).objects))  # another object, same frame
    store.finish_run(both.id, RunStatus.FINISHED)
    identities.accept_proposal(store, both.id)
    for _ in range(3):
        store.undo()
    store.check()
    identities.delete_tracks(store, [store.tracks(1)[-1].id])
    compact(store, forget_history=True)
    found = store.examine()
    assert found.problems == []
    assert found.damaged == {}
    assert other.id in {run.id for run in store.runs()}


def test_a_project_that_was_not_closed_is_checked_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")
    kill_somewhere(path, 20)
    change(path, "UPDATE observation SET x2 = x2 + 1 WHERE frame = 3")
    with pytest.raises(StorageError, match="frame 3 of run 1 differ.*open it read-only to export what is whole"):
        Store.open(path)
    with pytest.raises(StorageError, match="frame 3 of run 1 differ"):
        Store.open(path)  # refused again, although nobody died since
    with Store.open(path, read_only=True) as reader:
        assert reader.runs()
    change(path, "UPDATE observation SET x2 = x2 - 1 WHERE frame = 3")
    with Store.open(path) as whole:
        assert not whole.unchecked
    with Store.open(path, check=False) as again:
        assert not again.unchecked


def test_a_check_that_was_put_off_is_still_due_at_the_next_opening(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")
    kill_somewhere(path, 20)
    for _ in range(2):
        with Store.open(path, check=False) as opened:
            assert opened.unchecked
            assert opened.runs()[0].status is RunStatus.INTERRUPTED
    with Store.open(path, check=False) as opened:
        assert opened.examine().problems == []
        opened.confirm_whole()
    assert list(tmp_path.glob("*.lock")) == []
    with Store.open(path, check=False) as opened:
        assert not opened.unchecked


def test_a_reader_does_not_take_a_writers_log_for_that_of_a_dead_one(store: Store) -> None:
    fake_run(store, LIVES)
    assert os.stat(f"{store.path}-wal").st_size > 0
    with Store.open(store.path, read_only=True, check=False) as reader:
        assert not reader.unchecked


def test_a_check_reports_progress_and_can_be_cancelled(store: Store) -> None:
    fake_run(store, LIVES, masks=True)
    seen: list[tuple[int, int]] = []
    assert store.examine(lambda done, total: seen.append((done, total))).problems == []
    assert seen == [(50, 100), (100, 100)]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        store.examine(cancel=token)
    token = CancelToken()
    with pytest.raises(Cancelled):
        store.examine(lambda *_: token.cancel(), token)
    assert store.examine().problems == []


def test_the_log_of_another_state_is_recognized_and_left_alone(tmp_path: Path) -> None:
    path, backup, log = tmp_path / "p.annot", tmp_path / "backup", tmp_path / "p.annot-wal"
    with Store.create(path) as store:
        store.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")
        drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 3, (1, 2, 3, 4))
    shutil.copy(path, backup)
    with Store.open(backup, read_only=True) as reader:
        wanted = everything_of(reader)
    with Store.open(path) as store:
        drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 7, (1, 2, 3, 4))
    kill_somewhere(path, 20)
    assert log.stat().st_size > 0
    right = shutil.copy(path, tmp_path / "right")
    shutil.copy(backup, path)
    content = log.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StorageError, match=r"p\.annot-wal belongs to another state.*move p\.annot-wal away"):
            Store.open(path, read_only=read_only)
    assert "belongs to another state" in annotator("doctor", path).out
    assert (path.read_bytes(), log.read_bytes()) == (backup.read_bytes(), content)
    log.rename(tmp_path / "aside")
    with Store.open(path) as opened:
        opened.check()
        assert everything_of(opened) == wanted
    shutil.copy(right, path)
    (tmp_path / "aside").rename(log)
    with Store.open(path) as opened:
        opened.check()
        assert len(opened.runs()) == 1
        assert len(opened.tracks(1)) > 2


def everything_of(store: Store) -> object:
    rows = everything(store)
    return rows["observation"], rows["span"]


READING = """
import os, sys
from pathlib import Path
from annotator.storage.store import Store
reader = Store.open(sys.argv[1], read_only=True)
with reader.read_snapshot() as view:
    store = Store.open(sys.argv[1])
    store.add_video("late", "late.mp4", 640, 480, 10, 25.0, "y")
    os._exit(9)
"""


def test_a_log_whose_note_a_reader_delayed_is_right(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    for name in ("one", "two"):
        with Store.create(path) if name == "one" else Store.open(path) as store:
            store.add_video(name, "clip.mp4", 640, 480, 10, 25.0, "x")
    subprocess.run([sys.executable, "-c", READING, str(path)], cwd=ROOT, check=False)
    assert os.stat(f"{path}-wal").st_size > 0
    with Store.open(path) as opened:
        assert [video.name for video in opened.videos()] == ["one", "two", "late"]


def test_kills_while_the_note_is_written_are_no_other_state(tmp_path: Path) -> None:
    code = """
import os, sys
from annotator.storage import store
from annotator.storage.file import stale_log
class Dying:
    def __init__(self, connection): self.connection, self.left = connection, int(sys.argv[2])
    def exec_driver_sql(self, *args):
        if args[0].startswith(("INSERT", "PRAGMA wal")):
            if not self.left: os._exit(9)
            self.left -= 1
        return self.connection.exec_driver_sql(*args)
store.note_log = lambda connection, place: stale_log.note_log(Dying(connection), place)
store.Store.open(sys.argv[1])
"""
    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("one", "clip.mp4", 640, 480, 10, 25.0, "x")
    for left in (0, 1, 2, 3, 1, 2):
        subprocess.run([sys.executable, "-c", code, str(path), str(left)], cwd=ROOT, check=False)
        with Store.open(path, read_only=True) as reader:
            assert [video.name for video in reader.videos()] == ["one"]
    with Store.open(path) as opened:
        opened.add_video("two", "clip.mp4", 640, 480, 10, 25.0, "y")

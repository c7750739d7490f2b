"""An import as a job: a few rows at a time, seen when it is complete, and all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from annotator.errors import Cancelled, FormatError, StorageError
from annotator.formats.base import ExportOptions, ImportOptions
from annotator.jobs.labels.export import export
from annotator.jobs.labels.import_labels import LabelImport, Target, import_labels
from annotator.jobs.labels.import_preview import preview_import
from annotator.model.cancel import CancelToken
from annotator.model.track import OnExisting, RunStatus, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities, labels
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_run, picture

T = TypeVar("T")

ROWS = """1,3,10,20,30,40,1,1,1
1,7,100,20,30,40,1,2,1
2,3,12,20,30,40,1,1,1
40,3,50,20,30,40,1,1,1
40,9,60,60,20,20,0,1,1
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        yield opened


@pytest.fixture
def video(store: Store) -> VideoRecord:
    return store.videos()[0]


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "gt.txt"
    path.write_text(ROWS)
    return path


def shown(store: Store) -> dict[int, list[tuple[int, object, bool]]]:
    return {frame: [(number, box, is_human) for number, _, box, is_human in rows]
            for frame, rows in picture(store).items()}


@pytest.mark.parametrize("as_human", [False, True])
def test_boxes_come_in_with_their_numbers_and_labels(store: Store, video: VideoRecord, truth: Path,
                                                     as_human: bool) -> None:
    report = import_labels(store, video, truth, "mot", as_human)
    assert (report.frames, report.boxes, report.tracks) == (3, 5, 3)
    assert report.dropped == {}
    found = shown(store)
    assert found[0] == [(3, (10.0, 20.0, 40.0, 60.0), as_human), (7, (100.0, 20.0, 130.0, 60.0), as_human)]
    assert sorted(found) == [0, 1, 39]
    names = {label.id: label.name for label in store.labels()}
    assert {names[track.label] for track in store.tracks(video.id)} == set(report.labels)
    assert len(report.labels) == 2


@pytest.mark.parametrize("target", list(Target))
def test_work_after_the_last_frame_is_no_progress_of_frames(store: Store, video: VideoRecord, truth: Path,
                                                            target: Target) -> None:
    told = list(LabelImport(truth, "mot", target).run(Session(store), video))
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert (told[-1].done, told[-1].finishing) == (told[-1].total, False)
    assert told[-2].finishing


@pytest.mark.parametrize("as_human", [False, True])
def test_an_import_is_one_step(store: Store, video: VideoRecord, truth: Path, as_human: bool) -> None:
    fake_run(store, {1: (0, 20)})
    before = picture(store)
    import_labels(store, video, truth, "mot", as_human)
    after = picture(store)
    assert [step.label for step in store.history()][2:] == ["Import gt.txt"]
    store.undo()
    assert picture(store) == before
    store.redo()
    assert picture(store) == after
    store.check()


def test_a_number_that_is_taken_gives_way(store: Store, video: VideoRecord, truth: Path) -> None:
    fake_run(store, {1: (0, 9), 2: (0, 9), 3: (0, 9)})
    import_labels(store, video, truth, "mot")
    assert [track.number for track in store.tracks(video.id)] == [1, 2, 3, 7, 9, 10]


def test_what_counts_as_human_outlives_a_run_that_replaces(store: Store, video: VideoRecord, truth: Path) -> None:
    import_labels(store, video, truth, "mot", as_human=True)
    before = shown(store)[0]
    fake_run(store, {1: (0, 50)}, on_existing=OnExisting.REPLACE)
    assert [row for row in shown(store)[0] if row[2]] == before


def test_what_a_machine_said_is_replaced(store: Store, video: VideoRecord, truth: Path) -> None:
    import_labels(store, video, truth, "mot", as_human=False)
    fake_run(store, {1: (0, 50)}, on_existing=OnExisting.REPLACE)
    assert len(shown(store)[0]) == 1


def long_truth(truth: Path, frames: int = 60, tracks: int = 3) -> Path:
    truth.write_text("".join(f"{frame},{number},{number * 50},20,30,40,1,1,1\n"
                             for frame in range(1, frames + 1) for number in range(1, tracks + 1)))
    return truth


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions of a few rows, so that small files take many."""
    for module, name in (("stages", "ROWS"), ("tracks", "ROWS"), ("detections", "ROWS"),
                         ("publishing", "JOURNALED_ROWS")):
        monkeypatch.setattr(f"annotator.storage.imports.{module}.{name}", 8)


class FakeWindow(Session):
    """A session that counts the rows of each transaction, and does something between two of them."""

    def __init__(self, store: Store, between: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(store)
        self._between = between
        self.rows: list[int] = []

    def on_store(self, function: Callable[[Store], T]) -> T:
        self._between(len(self.rows))
        count = "SELECT total_changes()"
        before = self.store._connection.exec_driver_sql(count).scalar_one()
        answer = super().on_store(function)
        self.rows.append(self.store._connection.exec_driver_sql(count).scalar_one() - before)
        return answer


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("target", Target)
def test_no_transaction_writes_many_rows(store: Store, video: VideoRecord, truth: Path, target: Target) -> None:
    window = FakeWindow(store)
    job = LabelImport(long_truth(truth), "mot", target)
    done = [progress.done for progress in job.run(window, video)]
    assert job.report is not None
    assert job.report.boxes + job.report.detections == 180
    assert done == sorted(done)
    assert done[-1] == 60
    # Each row may cost another in the journal; the run, the step and its labels are written along the way.
    assert max(window.rows) <= 2 * 8 + 12
    assert len(window.rows) > 180 / 8
    store.check()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("way", ["cancelled", "closed", "failed"])
def test_what_is_stopped_leaves_nothing(store: Store, video: VideoRecord, truth: Path, target: Target,
                                        way: str) -> None:
    fake_run(store, {1: (0, 20)})
    before, runs, steps = everything(store), store.runs(), store.history()
    cancel = CancelToken()
    failures = [StorageError("the disk is full")] if way == "failed" else []

    def fail(turn: int) -> None:
        if turn == 9 and failures:
            raise failures.pop()

    job = LabelImport(long_truth(truth), "mot", target)
    running = job.run(FakeWindow(store, fail), video, cancel)
    for _ in range(6):
        next(running)
    assert everything(store)["span"] == before["span"]
    if way == "cancelled":
        cancel.cancel()
        assert list(running) == []
    elif way == "closed":
        running.close()
    else:
        with pytest.raises(StorageError, match="disk"):
            list(running)
    assert job.report is None
    assert (everything(store), store.runs(), store.history()) == (before, runs, steps)
    store.check()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("as_human", [False, True])
@pytest.mark.parametrize("undo", [False, True])
def test_what_fails_or_is_undone_while_it_is_shown_leaves_nothing(store: Store, video: VideoRecord, truth: Path,
                                                                  as_human: bool, undo: bool) -> None:
    before, runs, steps = everything(store), store.runs(), store.history()
    times = 0

    def stop(_turn: int) -> None:
        nonlocal times
        times += bool(store.tracks(video.id)) and times < 5
        if times == 3:
            times = 5
            if not undo:
                raise StorageError("the disk is full")
            store.undo()

    job = LabelImport(long_truth(truth, tracks=9), "mot", Target.HUMAN if as_human else Target.MACHINE)
    with pytest.raises(Cancelled if undo else StorageError):
        list(job.run(FakeWindow(store, stop), video))
    assert times == 5
    assert (everything(store), store.runs(), store.history()) == (before, runs, steps)
    store.check()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("target", Target)
def test_undoing_the_addition_of_the_video_ends_an_import(store: Store, truth: Path, target: Target) -> None:
    """Before its first track is shown it has no step, so undo takes the video away from under it."""
    late = store.add_video("late", "late.mp4", 640, 480, 100, 25.0, "late")
    before, steps = everything(store), store.history()

    def undo(turn: int) -> None:
        if turn == 3:
            store.undo()

    job = LabelImport(long_truth(truth), "mot", target)
    with pytest.raises(Cancelled):
        list(job.run(FakeWindow(store, undo), late))
    assert [video.name for video in store.videos()] == ["clip"]
    store.redo()
    assert (everything(store), store.runs(), store.history()) == (before, [], steps)
    store.check()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("as_human", [False, True])
def test_edits_made_meanwhile_hold(store: Store, video: VideoRecord, truth: Path, as_human: bool) -> None:
    """Of tracks that are shown: swapped ones stay so, a deleted one stays deleted, a box drawn by hand stays."""
    edited: list[int] = []

    def edit(_turn: int) -> None:
        tracks = store.tracks(video.id)
        if len(tracks) < 2 or edited:
            return
        edited.extend(track.id for track in tracks)
        drawn_boxes.set_box(store, tracks[0].id, 57, (1.0, 2.0, 3.0, 4.0))
        identities.delete_tracks(store, [tracks[1].id])

    job = LabelImport(long_truth(truth, tracks=24), "mot", Target.HUMAN if as_human else Target.MACHINE)
    list(job.run(FakeWindow(store, edit), video))
    assert edited
    found = shown(store)
    assert [row[0] for row in found[59]] == [1, *range(3, 25)]
    assert found[57][0] == (1, (1.0, 2.0, 3.0, 4.0), True)
    assert found[58][0][1] == (50.0, 20.0, 80.0, 60.0)
    store.check()
    while store.undo() is not None:
        pass
    assert everything(store)["track"] == []


@pytest.mark.usefixtures("small_parts")
def test_a_long_track_goes_where_an_edit_brought_it(store: Store, video: VideoRecord, truth: Path) -> None:
    """A person's boxes need a span each, so one track may take many transactions."""
    def edit(_turn: int) -> None:
        if len(store.tracks(video.id)) == 1 and not store.labels()[0].name.startswith("renamed"):
            [track] = store.tracks(video.id)
            labels.change_label(store, track.label, name="renamed")
            drawn_boxes.set_box(store, track.id, 40, (1.0, 2.0, 3.0, 4.0))

    list(LabelImport(long_truth(truth, tracks=1), "mot", Target.HUMAN).run(FakeWindow(store, edit), video))
    found = shown(store)
    assert [row[0] for frame in range(60) for row in found[frame]] == [1] * 60
    assert found[40][0][1] == (1.0, 2.0, 3.0, 4.0)
    store.check()


def test_a_kill_leaves_what_compact_removes(store: Store, video: VideoRecord, truth: Path, tmp_path: Path) -> None:
    before = everything(store)
    running = LabelImport(truth, "mot", Target.MACHINE).run(Session(store), video)
    next(running)
    next(running)
    store._connection.exec_driver_sql(f"VACUUM INTO '{tmp_path / 'copy.annot'}'")
    running.close()
    with Store.open(tmp_path / "copy.annot") as copy:
        assert [run.status for run in copy.runs()] == [RunStatus.FAILED]
        assert everything(copy)["tracklet"]
        compact(copy)
        left = everything(copy)
        assert copy.labels() == []
        assert {**left, "label": []} == {**before, "label": []}


@pytest.mark.parametrize("as_human", [False, True])
def test_what_was_exported_comes_back(store: Store, video: VideoRecord, tmp_path: Path, as_human: bool) -> None:
    fake_run(store, {1: (0, 50), 2: (10, 99)}, masks=True)
    before = {frame: [row[:2] for row in rows] for frame, rows in shown(store).items()}
    (path,) = [file for file in export(store, [video], "coco-video", tmp_path / "out", ExportOptions()).files
               if file.name == "annotations.json"]
    with Store.create(tmp_path / "second.annot") as other:
        other.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        import_labels(other, other.videos()[0], path, "coco-video", as_human)
        found = {frame: [row[:2] for row in rows] for frame, rows in shown(other).items()}
        assert any(seen.mask is not None for seen in other.observations(1, 20, masks=True))
    assert found.keys() == before.keys()
    for frame, rows in before.items():
        assert [number for number, _ in found[frame]] == [number for number, _ in rows]
        np.testing.assert_allclose(np.array([box for _, box in found[frame]], np.float64),
                                   np.array([box for _, box in rows], np.float64), atol=0.02)


@pytest.mark.parametrize(("rows", "said"), [
    ("1,-1,10,20,30,40,1,1,1\n", "no track boxes"), ("101,1,10,20,30,40,1,1,1\n", "gt.txt"),
    ("what is this\n", "gt.txt")])
def test_what_does_not_fit_is_refused_and_nothing_is_written(store: Store, video: VideoRecord, truth: Path, rows: str,
                                                             said: str) -> None:
    truth.write_text(rows)
    before, steps = everything(store), store.history()
    with pytest.raises(FormatError, match=said):
        import_labels(store, video, truth, "mot")
    assert (everything(store), store.history()) == (before, steps)


def test_the_video_is_found_by_its_name_among_several(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    images = [{"id": key, "video_id": number, "frame_id": key % 500, "width": 640, "height": 480}
              for number, keys in ((1, range(500)), (2, range(500, 503))) for key in keys]
    boxes = [{"id": 1, "image_id": 499, "category_id": 1, "track_id": 1, "bbox": [1, 2, 3, 4]},
             {"id": 2, "image_id": 501, "category_id": 1, "track_id": 5, "bbox": [5, 6, 7, 8]}]
    content = {"videos": [{"id": 1, "name": "long"}, {"id": 2, "name": "clip"}], "images": images,
               "annotations": boxes, "categories": [{"id": 1, "name": "person"}]}
    path = tmp_path / "all.json"
    path.write_text(json.dumps(content))
    assert [found.info.name for found in preview_import(path, "coco-video", video, ImportOptions())] == ["long", "clip"]
    import_labels(store, video, path, "coco-video")
    assert shown(store) == {1: [(5, (5.0, 6.0, 12.0, 14.0), True)]}

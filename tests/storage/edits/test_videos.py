"""A removed video takes everything with it, comes back with everything, and costs the same with many boxes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import Cancelled, StorageError
from annotator.model.mask import Mask
from annotator.model.track import MarkKind, OnExisting, RunStatus
from annotator.storage.edits import drawn_boxes, labels, masks, proposals, videos
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.counting import Work, work_of
from tests.storage.fakes import everything, fake_result, fake_run

LIVES = {1: (0, 99), 2: (5, 40)}


@pytest.fixture
def worked_on(store: Store) -> Store:
    """Two tracks of a run, a manual box in place of a predicted one, an ignore region; a second video without any."""
    fake_run(store, LIVES, masks=True)
    drawn_boxes.set_box(store, store.tracks(1)[0].id, 30, (1, 2, 3, 4))
    drawn_boxes.add_mark(store, 1, MarkKind.IGNORE, 0, 9, region=((0, 0), (9, 0), (9, 9)))
    store.add_video("other", "other.mp4", 640, 480, 10, 25.0, "other")
    return store


def test_what_goes_is_counted(worked_on: Store) -> None:
    contents = worked_on.video_contents(1)
    assert (contents.tracks, contents.boxes, contents.keyframes, contents.regions, contents.runs) == (2, 137, 1, 1, 1)
    assert contents.line() == "2 tracks, 137 boxes (1 of them manual), 1 ignore region, 1 run"
    assert worked_on.video_contents(2).line() == "nothing"


def test_undo_brings_everything_back_with_its_ids_also_after_a_restart(worked_on: Store) -> None:
    before, shown = everything(worked_on), worked_on.videos()
    videos.remove_video(worked_on, 1)
    assert worked_on.history()[-1].label == "Remove video clip"
    worked_on.close()
    with Store.open(worked_on.path) as opened:
        assert [video.name for video in opened.videos()] == ["other"]
        with pytest.raises(StorageError, match="no video named 'clip'"):
            opened.video("clip")
        assert opened.labels()[0].name == "car"
        opened.undo()
        assert (everything(opened), opened.videos()) == (before, shown)
        opened.redo()
    with Store.open(worked_on.path) as opened:
        assert [video.name for video in opened.videos()] == ["other"]
        opened.undo()
        assert everything(opened) == before
        opened.check()


def test_adding_is_a_step_and_a_name_is_free_again(worked_on: Store, tmp_path: Path) -> None:
    videos.remove_video(worked_on, 1)
    again = worked_on.add_video("clip", tmp_path / "new.mp4", 64, 48, 9, 25.0, "new")
    assert again.id not in (1, 2)
    assert [video.fingerprint for video in worked_on.videos()] == ["other", "new"]
    with pytest.raises(StorageError, match="already has a video named 'clip'"):
        worked_on.add_video("clip", tmp_path / "new.mp4", 64, 48, 9, 25.0, "new")
    worked_on.undo()
    assert [video.fingerprint for video in worked_on.videos()] == ["other"]
    worked_on.undo()
    assert [video.fingerprint for video in worked_on.videos()] == ["print-of-clip", "other"]
    for _ in range(2):
        worked_on.redo()
    assert [video.fingerprint for video in worked_on.videos()] == ["other", "new"]
    worked_on.check()


def test_runs_of_a_removed_video_are_neither_resumed_nor_decided(worked_on: Store) -> None:
    proposal = fake_run(worked_on, LIVES, range(5), OnExisting.PROPOSE)
    run = fake_run(worked_on, LIVES, range(10), OnExisting.ADD, finish=False)
    with pytest.raises(StorageError, match="a job is running on clip"):
        videos.remove_video(worked_on, 1)
    worked_on.finish_run(run.id, RunStatus.INTERRUPTED)
    videos.remove_video(worked_on, 1)
    before = everything(worked_on)
    assert worked_on.resumable_runs(1) == []
    for attempt in (lambda: worked_on.check_resumable(run.id), lambda: worked_on.rewind_run(run.id, 5),
                    lambda: proposals.accept_proposal(worked_on, proposal.id),
                    lambda: worked_on.begin_run(1, "track", {}, {}, ("car",), 0, 9),
                    lambda: drawn_boxes.add_mark(worked_on, 1, MarkKind.IGNORE, 0),
                    lambda: masks.add_masked_track(worked_on, 1, 1, 3, Mask.from_bitmap(np.ones((3, 4), bool)))):
        with pytest.raises(StorageError, match="the video clip was removed from the project; undo that"):
            attempt()
    assert everything(worked_on) == before
    worked_on.undo()
    assert [found.id for found in worked_on.resumable_runs(1)] == [run.id]
    assert worked_on.rewind_run(run.id, 5).status is RunStatus.RUNNING


def test_undoing_the_addition_of_a_video_stops_a_job_that_proposes(store: Store) -> None:
    """A proposing run has no step, so it would go on in a video that is gone."""
    late = store.add_video("late", "late.mp4", 640, 480, 100, 25.0, "late")
    run = store.begin_run(late.id, "preannotate", {}, {}, ("car",), 0, 99, OnExisting.PROPOSE)
    store.write_frame(run.id, fake_result(LIVES, 0))
    store.undo()
    with pytest.raises(Cancelled):
        store.write_frame(run.id, fake_result(LIVES, 1))
    store.redo()
    assert [(found.status, found.message) for found in store.resumable_runs(late.id)] == [
        (RunStatus.CANCELLED, "its video was removed")]


def test_removing_costs_the_same_with_many_boxes(tmp_path: Path) -> None:
    works: list[tuple[Work, Work]] = []
    for number, lives in enumerate(({1: (0, 1), 2: (0, 1)}, {1: (0, 99), 2: (0, 99)})):
        with Store.create(tmp_path / f"{number}.annot") as store:
            store.add_video("clip", "clip.mp4", 640, 480, 100, 25.0, "x")
            fake_run(store, lives, masks=True)
            works.append((work_of(store, partial(videos.remove_video, store, 1)), work_of(store, store.undo)))
    for small, large in zip(*works, strict=True):
        assert small.statements == large.statements
        assert abs(large.steps - small.steps) <= 100


def test_compact_deletes_only_what_no_step_brings_back(worked_on: Store) -> None:
    videos.remove_video(worked_on, 1)
    assert compact(worked_on).videos == 0
    worked_on.undo()
    worked_on.redo()
    assert compact(worked_on, forget_history=True).videos == 1
    rows = everything(worked_on)
    assert [row[1] for row in rows["video"]] == ["other"]
    assert not any(rows[table] for table in ("track", "span", "mark", "tracklet", "observation", "mask"))
    assert worked_on.runs() == []
    worked_on.check()
    assert worked_on.undo() is None


def test_a_class_that_only_a_removed_video_uses_can_be_removed(worked_on: Store) -> None:
    car = worked_on.labels()[0]
    videos.remove_video(worked_on, 1)
    assert worked_on.label_uses() == {}
    labels.remove_label(worked_on, car.id)
    assert car not in worked_on.labels()
    worked_on.undo()
    worked_on.undo()
    assert car in worked_on.labels()
    assert worked_on.label_uses() == {car.id: 2}


def test_more_tracks_than_a_statement_may_have_parameters(store: Store) -> None:
    track = drawn_boxes.add_track(store, 1, store.ensure_label("car").id, 3, (1, 2, 3, 4))
    many = [track, *range(10**6, 10**6 + 40_000)]
    assert store.locked(many) == set()
    assert [found.id for found in store.tracks_by_id(many)] == [track]
    assert [span.track for span in store.spans(many)] == [track]
    assert store.mean_scores(many) == {}

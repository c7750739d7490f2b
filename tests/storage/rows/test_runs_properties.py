"""Runs, stops, undo, redo, edits, resume and restarts in any order: every visible box belongs to a step that is done,
and undoing all steps leaves nothing."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from annotator.errors import Cancelled, StorageError
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import drawn_boxes, identities, proposals, videos
from annotator.storage.spans.algebra import first_conflict
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_result

LAST = 19
PICK = st.integers(0, 8)
FRAMES = st.integers(0, LAST)
LIVES = {1: (0, 99), 2: (3, 12), 3: (8, 99)}

_UNOWNED = """
    SELECT '{table}', current.id FROM "{table}" current WHERE NOT EXISTS (
        SELECT 1 FROM "{table}_history" h JOIN history s ON s.id = h.step
        WHERE h.id = current.id AND NOT h.present AND NOT s.undone)"""


def unowned(store: Store) -> list[tuple[Any, ...]]:
    """Visible tracks and spans that no step which is done has created."""
    run = store._connection.exec_driver_sql
    return [tuple(row) for table in ("track", "span") for row in run(_UNOWNED.format(table=table))]


class Runs(RuleBasedStateMachine):
    store: Store

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.create(Path(self.folder.name) / "p.annot")
        self.store.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")

    def running(self) -> list[int]:
        return [run.id for run in self.store.runs(1) if run.status is RunStatus.RUNNING]

    def tracks(self, *picks: int) -> list[int]:
        known = sorted(track.id for track in self.store.tracks(1))
        return [known[pick % len(known)] if known else 0 for pick in picks]

    # Runs

    @rule(first=st.integers(0, 9), length=st.integers(3, 15), how=st.sampled_from(OnExisting))
    def start(self, first: int, length: int, how: OnExisting) -> None:
        if not self.running():  # one engine, one job
            with self.shown_or_refused():
                self.store.begin_run(1, "preannotate", {}, {}, ("car",), first, min(first + length, LAST), how)

    def shown_or_refused(self) -> AbstractContextManager[object]:
        """Nothing is written to a removed video."""
        if any(video.id == 1 for video in self.store.videos()):
            return nullcontext()
        return pytest.raises(StorageError, match="was removed")

    @rule(count=st.integers(1, 8))
    def go_on(self, count: int) -> None:
        for key in self.running():
            run = self.store.run(key)
            start = run.first_frame if run.finished_frame is None else run.finished_frame + 1
            for frame in range(start, min(start + count, run.last_frame + 1)):
                self.store.write_frame(key, fake_result(LIVES, frame))

    @rule(status=st.sampled_from([RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.FINISHED]))
    def stop(self, status: RunStatus) -> None:
        for key in self.running():
            self.store.finish_run(key, status)

    @rule(pick=PICK, back=st.integers(0, 6))
    def resume(self, pick: int, back: int) -> None:
        """Only the runs that are listed can be resumed, the others say why not and change nothing."""
        runs = [run for run in self.store.runs(1) if run.status not in (RunStatus.RUNNING, RunStatus.FINISHED)]
        if not runs or self.running():
            return
        run = runs[pick % len(runs)]
        before = everything(self.store)
        end = run.first_frame - 1 if run.finished_frame is None else run.finished_frame
        try:
            self.store.rewind_run(run.id, end - back)
        except StorageError:
            assert everything(self.store) == before
            assert run not in self.store.resumable_runs(1)
        else:
            assert run in [*self.store.resumable_runs(1), run]

    @rule(pick=PICK)
    def write_late(self, pick: int) -> None:
        """A thread that has not noticed yet that its run was stopped or undone."""
        runs = [run for run in self.store.runs(1) if run.status is not RunStatus.RUNNING]
        if not runs:
            return
        run, before = runs[pick % len(runs)], everything(self.store)
        start = run.first_frame if run.finished_frame is None else run.finished_frame + 1
        with suppress(Cancelled, StorageError):
            self.store.write_frame(run.id, fake_result(LIVES, start))
            raise AssertionError("written")
        assert everything(self.store) == before

    @rule()
    def restart(self) -> None:
        path, before = self.store.path, everything(self.store)
        self.store.close()
        self.store = Store.open(path)
        assert everything(self.store) == before
        assert self.running() == []

    @rule(pick=PICK, accept=st.booleans(), new=st.booleans(), a=PICK)
    def decide(self, pick: int, accept: bool, new: bool, a: int) -> None:
        waiting = [run for run in self.store.proposals(1) if run.status is not RunStatus.RUNNING]
        if not waiting:
            return
        run = waiting[pick % len(waiting)]
        with suppress(StorageError):
            if accept:
                proposals.accept_proposal(self.store, run.id, {} if new else {1: self.tracks(a)[0]})
            else:
                proposals.discard_proposal(self.store, run.id)

    # Videos

    @rule()
    def add_another(self) -> None:
        """Also under the name of a removed one."""
        names = {video.name for video in self.store.videos()}
        name = next(name for name in ("clip", "other", "third", "fourth", *map(str, range(99))) if name not in names)
        self.store.add_video(name, f"{name}.mp4", 640, 480, 9, 25.0, name)

    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        known = self.store.videos()
        if not known:
            return
        video = known[0 if pick < 5 else pick % len(known)]
        busy = any(run.status is RunStatus.RUNNING for run in self.store.runs(video.id))
        with pytest.raises(StorageError, match="a job is running") if busy else nullcontext():
            videos.remove_video(self.store, video.id)
            assert video not in self.store.videos()

    # Steps

    @rule(count=st.integers(1, 3))
    def undo(self, count: int) -> None:
        for _ in range(count):
            self.store.undo()

    @rule(count=st.integers(1, 3))
    def redo(self, count: int) -> None:
        for _ in range(count):
            self.store.redo()

    @rule(a=PICK, b=PICK, frame=FRAMES)
    def swap(self, a: int, b: int, frame: int) -> None:
        one, other = self.tracks(a, b)
        with suppress(StorageError):
            identities.swap_tracks(self.store, one, other, frame)

    @rule(a=PICK)
    def delete(self, a: int) -> None:
        with suppress(StorageError):
            identities.delete_tracks(self.store, self.tracks(a))

    @rule(frame=FRAMES)
    def draw(self, frame: int) -> None:
        label = self.store.ensure_label("car").id
        with self.shown_or_refused():
            drawn_boxes.add_track(self.store, 1, label, frame, (1.0, 1.0, 11.0, 20.0))

    @rule()
    def compact(self) -> None:
        """Removes only what cannot be seen, undone, redone or resumed."""
        if not self.running():
            shown, resumable, known = self.shown(), self.store.resumable_runs(1), self.store.videos()
            compact(self.store)
            assert (self.shown(), self.store.resumable_runs(1), self.store.videos()) == (shown, resumable, known)

    def shown(self) -> list[Any]:
        return [frame for frame in self.store.iter_frames(1, 0, LAST) if frame[1]]

    @invariant()
    def every_visible_box_belongs_to_a_step_that_is_done(self) -> None:
        if not hasattr(self, "store"):
            return
        assert unowned(self.store) == []
        assert first_conflict(self.store.spans([track.id for track in self.store.tracks(1)])) is None
        standing = {run.id for run in self.store.standing_runs(1)}
        undone = {step.run for step in self.store.history() if step.undone}
        assert not standing & undone
        names = [video.name for video in self.store.videos()]
        assert len(set(names)) == len(names)
        if 1 not in {video.id for video in self.store.videos()}:
            assert not self.running()
            assert not self.store.resumable_runs(1)
        assert {run.id for run in self.store.resumable_runs(1)} <= standing

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for key in self.running():
            self.store.finish_run(key, RunStatus.CANCELLED)
        done = [step for step in self.store.history() if not step.undone]
        end = everything(self.store)
        for _ in done:
            self.store.undo()
        nothing = everything(self.store)
        assert (nothing["track"], nothing["span"], nothing["mark"]) == ([], [], [])
        assert self.store.videos() == []
        for _ in done:
            self.store.redo()
        assert everything(self.store) == end
        self.store.check()
        self.store.close()
        self.folder.cleanup()


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=25, stateful_step_count=16, deadline=None,
                             suppress_health_check=[HealthCheck.too_slow])

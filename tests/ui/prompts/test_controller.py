"""Prompts in the window, by mouse and keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from annotator.jobs.project import open_project
from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import OnExisting, Run, RunStatus
from annotator.session import Session
from annotator.storage.edits import identities, track_marks
from annotator.storage.rows.runs import REPROPAGATE
from annotator.ui.canvas.canvas import Tool
from annotator.ui.jobs.bar import JobBar
from annotator.ui.prompts.bar import Stage
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.required import required
from tests.ui.fake_prompter import FakeSegmenters
from tests.ui.window.test_main_window import at

NO, CTRL, SHIFT, ALT = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier,
                        Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier)
BOX = (100.0, 60.0, 140.0, 100.0)


@pytest.fixture
def segmenters(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> FakeSegmenters:
    """Asked in place of the real ones. Every step reports its progress, however fast the machine is."""
    monkeypatch.setattr("annotator.ui.threads.engine_worker._REPORT_INTERVAL", 0.0)
    made = FakeSegmenters()
    opened.features.prompts.engine.make_segmenter = made.make
    opened.canvas.setFocus()
    return made


def drag(window: MainWindow, box: tuple[float, float, float, float], modifiers: Qt.KeyboardModifier = NO) -> None:
    port = window.canvas.viewport()
    start, end = at(window, box[0], box[1]), at(window, box[2], box[3])
    QTest.mousePress(port, Qt.MouseButton.LeftButton, modifiers, start)
    QTest.mouseMove(port, (start + end) / 2)
    QTest.mouseMove(port, end)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, modifiers, end)


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO) -> None:
    QTest.keyClick(window.focusWidget() or window, key, modifiers)


def click(window: MainWindow, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
    QTest.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, modifiers, at(window, x, y))


def open_runs(window: MainWindow) -> list[Run]:
    session = window.document.session
    assert session is not None
    return session.store.proposals(1)


def stage(window: MainWindow) -> Stage | None:
    state = window.features.prompts.view.state()
    return None if state is None else state.stage


def tool(window: MainWindow) -> Tool:
    return window.canvas.tool


def wait_for(window: MainWindow, wanted: Stage | None, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: stage(window) is wanted and not window.worker.in_interlude, timeout=30000)
    if wanted is Stage.PROPOSED:
        proposals = window.features.prompts.prompts.propagation.proposals
        qtbot.waitUntil(lambda: proposals.summary is not None, timeout=10000)


def steps(window: MainWindow) -> int:
    session = window.document.session
    assert session is not None
    return len([step for step in session.history() if not step.undone])


def frames_of(window: MainWindow, track: int) -> dict[int, tuple[float, float, float, float] | None]:
    session = window.document.session
    assert session is not None
    return {seen.frame: seen.box_xyxy for seen in session.store.trajectory(track)}


def test_a_missing_object_costs_one_drag_and_one_key(opened: MainWindow, segmenters: FakeSegmenters,
                                                     qtbot: QtBot) -> None:
    before = set(opened.document.tracks())
    opened.document.go_to(8)
    qtbot.waitUntil(lambda: opened.controller.present_frame() is not None)
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert set(opened.document.tracks()) == before, "nothing is changed yet"
    (shape,) = opened.features.prompts.view.layer.shapes
    np.testing.assert_allclose(required(shape.box_xyxy), BOX, atol=5)
    assert opened.timeline.proposed.all == ((0, FRAMES - 1),)
    assert "20 new" in opened.features.prompts.bar.detail.text()
    count = steps(opened)
    press(opened, Qt.Key.Key_Return)
    (made,) = set(opened.document.tracks()) - before
    assert sorted(frames_of(opened, made)) == list(range(FRAMES))
    assert opened.document.selection == {made}
    assert steps(opened) == count + 1
    assert not opened.features.prompts.bar.isVisible()
    assert opened.features.prompts.view.layer.shapes == []
    opened.document.undo()
    assert set(opened.document.tracks()) == before
    assert stage(opened) is Stage.PROPOSED, "an accepted proposal that is undone is open again"


def test_the_mask_is_there_before_anything_is_followed(opened: MainWindow, segmenters: FakeSegmenters,
                                                       qtbot: QtBot) -> None:
    segmenters.gate = threading.Semaphore(0)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: bool(opened.features.prompts.view.layer.shapes)
                    and opened.features.prompts.view.layer.shapes[-1].mask is not None)
    np.testing.assert_allclose(required(opened.features.prompts.view.layer.shapes[-1].mask).box_xyxy, BOX, atol=5)
    assert stage(opened) is Stage.RUNNING
    segmenters.gate.release(1000)
    wait_for(opened, Stage.PROPOSED, qtbot)


def test_enter_while_it_is_followed_accepts_when_it_is_done(opened: MainWindow, segmenters: FakeSegmenters,
                                                            qtbot: QtBot) -> None:
    segmenters.gate = threading.Semaphore(0)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: stage(opened) is Stage.RUNNING)
    press(opened, Qt.Key.Key_Return)
    assert not opened.features.prompts.bar.accept.isEnabled()
    segmenters.gate.release(1000)
    wait_for(opened, None, qtbot)
    assert len(opened.document.tracks()) == 4
    assert open_runs(opened) == []


def test_escape_drops_and_undo_brings_the_proposal_back(opened: MainWindow, segmenters: FakeSegmenters,
                                                        qtbot: QtBot) -> None:
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    press(opened, Qt.Key.Key_Escape)
    assert (open_runs(opened), stage(opened)) == ([], None)
    opened.document.undo()
    assert len(open_runs(opened)) == 1
    assert stage(opened) is Stage.PROPOSED
    assert len(opened.document.tracks()) == 3


def test_the_careful_way(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    opened.document.go_to(8)
    qtbot.waitUntil(lambda: opened.controller.present_frame() is not None)
    press(opened, Qt.Key.Key_N)
    assert tool(opened) is Tool.PROMPT
    drag(opened, BOX)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.answer is not None)
    click(opened, 110, 70, SHIFT)
    click(opened, 120, 70, ALT)
    draft = opened.features.prompts.prompts.draft
    assert draft is not None
    assert [point.positive for point in draft.points] == [True, False]
    qtbot.waitUntil(lambda: (answer := opened.features.prompts.prompts.answer) is not None
                    and answer.seen.mask.box_xyxy[2] < 125)
    assert stage(opened) is Stage.DRAFT
    assert not opened.worker.in_interlude
    directions = []
    for _ in range(2):
        press(opened, Qt.Key.Key_BracketRight)
        directions.append(required(opened.features.prompts.prompts.draft).direction)
    assert directions == [Direction.FORWARD, Direction.BOTH]
    press(opened, Qt.Key.Key_BracketLeft)
    press(opened, Qt.Key.Key_Return)
    wait_for(opened, Stage.PROPOSED, qtbot)
    (run,) = open_runs(opened)
    assert (run.first_frame, run.last_frame) == (0, 8)
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 4
    press(opened, Qt.Key.Key_Escape)
    assert tool(opened) is Tool.SELECT


def test_a_click_alone_is_a_prompt_too(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    press(opened, Qt.Key.Key_N)
    click(opened, 120, 80, SHIFT)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.answer is not None)
    (shape,) = opened.features.prompts.view.layer.shapes
    np.testing.assert_allclose(required(shape.box_xyxy), (110, 70, 130, 90), atol=5)
    press(opened, Qt.Key.Key_Escape)
    assert opened.features.prompts.prompts.draft is None
    assert opened.canvas.tool is Tool.PROMPT, "the tool is left with the next Esc"


def test_a_prompt_of_the_selected_track_replaces_its_boxes_within_it(opened: MainWindow, segmenters: FakeSegmenters,
                                                                     qtbot: QtBot) -> None:
    track = min(opened.document.tracks())
    session = opened.document.session
    assert session is not None
    identities.delete_range(session.store, [track], 14)
    opened.document.select([track])
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert "track 1" in opened.features.prompts.bar.title.text()
    assert opened.timeline.proposed.by_track == {track: ((0, FRAMES - 1),)}
    opened.features.prompts.bar.within_track.click()
    wait_for(opened, Stage.PROPOSED, qtbot)
    (run,) = open_runs(opened)
    assert run.last_frame == 13, "the track's end"
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 3
    found = frames_of(opened, track)
    assert sorted(found) == list(range(14))
    np.testing.assert_allclose([required(box) for box in found.values()], [BOX] * 14, atol=5)


def test_it_can_be_a_new_object_instead(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    track = min(opened.document.tracks())
    before = frames_of(opened, track)
    opened.document.select([track])
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert opened.features.prompts.bar.as_new.isVisible()
    opened.features.prompts.bar.as_new.click()
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert "new object" in opened.features.prompts.bar.title.text()
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 4
    assert frames_of(opened, track) == before


def test_the_selected_range_limits_a_prompt_until_it_is_switched_off(opened: MainWindow, segmenters: FakeSegmenters,
                                                                     qtbot: QtBot) -> None:
    opened.document.set_range((0, 6))
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert [(run.first_frame, run.last_frame) for run in open_runs(opened)] == [(0, 6)]
    opened.features.prompts.bar.in_range.click()
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert [(run.first_frame, run.last_frame) for run in open_runs(opened)] == [(0, FRAMES - 1)]


def test_several_prompts_are_followed_as_one_batch(opened: MainWindow, segmenters: FakeSegmenters,
                                                   qtbot: QtBot) -> None:
    press(opened, Qt.Key.Key_N)
    drag(opened, BOX)
    press(opened, Qt.Key.Key_Return, SHIFT)
    assert stage(opened) is Stage.QUEUED
    drag(opened, (10, 10, 40, 40))
    press(opened, Qt.Key.Key_Return)
    wait_for(opened, Stage.PROPOSED, qtbot)
    (run,) = open_runs(opened)
    summary = opened.features.prompts.prompts.propagation.proposals.summary
    assert summary is not None
    assert [each.track for each in summary.tracklets] == [None, None]
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 5
    assert run.status is RunStatus.FINISHED


def test_a_prompt_while_another_is_followed_comes_after_it(opened: MainWindow, segmenters: FakeSegmenters,
                                                           qtbot: QtBot) -> None:
    segmenters.gate = threading.Semaphore(0)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.propagation.progress is not None)
    drag(opened, (10, 10, 40, 40), CTRL)
    assert len(opened.features.prompts.prompts.propagation.batches) == 1
    segmenters.gate.release(1000)
    qtbot.waitUntil(lambda: len(open_runs(opened)) == 2 and not opened.worker.in_interlude)
    for left in (1, 0):
        press(opened, Qt.Key.Key_Return)
        assert len(open_runs(opened)) == left
    assert len(opened.document.tracks()) == 5


def test_stopping_leaves_a_shorter_proposal(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    segmenters.gate = threading.Semaphore(3)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.propagation.progress is not None)
    QTest.mouseClick(opened.features.prompts.bar.stop, Qt.MouseButton.LeftButton)
    segmenters.gate.release(1)
    wait_for(opened, Stage.PROPOSED, qtbot)
    (run,) = open_runs(opened)
    assert run.status is RunStatus.CANCELLED
    assert run.last_frame < FRAMES - 1
    assert "stopped early" in opened.features.prompts.bar.detail.text()


def test_a_proposal_that_was_left_open_is_offered_again(opened: MainWindow, project: Path, segmenters: FakeSegmenters,
                                                        qtbot: QtBot) -> None:
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    opened.document.close()
    assert stage(opened) is None
    assert opened.open_path(project)
    wait_for(opened, Stage.PROPOSED, qtbot)
    assert opened.features.prompts.bar.isVisible()
    assert len(opened.features.prompts.view.layer.shapes) == 1
    QTest.mouseClick(opened.features.prompts.bar.later, Qt.MouseButton.LeftButton)
    assert stage(opened) is None
    opened.actions_["prompt.show"].trigger()
    opened.canvas.setFocus()
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 4


def test_what_a_kill_left_is_offered_too(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    with open_project(project) as session:
        run = session.store.begin_run(1, REPROPAGATE, {"objects": [
            {"number": 1, "track": None, "label": "object", "prompts": [{"frame": 5, "box": BOX, "points": []}]}]},
            {}, ["object"], 0, FRAMES - 1, OnExisting.PROPOSE)
        for frame in (5, 4, 3):
            thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, BOX, None, Evidence(9.0, 0.9, prompted=frame == 5))
            session.apply(run.id, FrameResult(frame, (thing,)))
        assert [thing.box_xyxy for thing in session.store.run_objects(run.id, 4)] == [BOX], "also while it goes on"
    assert window.open_path(project)
    wait_for(window, Stage.PROPOSED, qtbot)
    assert "stopped early; frames 3 to 5: 3 new" in window.features.prompts.bar.detail.text()
    window.canvas.setFocus()
    press(window, Qt.Key.Key_Return)
    assert len(window.document.tracks()) == 4


def test_what_a_job_only_proposed_is_decided_in_the_same_way(window: MainWindow, project: Path,
                                                             qtbot: QtBot) -> None:
    with open_project(project) as session:
        run = session.store.begin_run(1, "preannotate", {}, {}, ["object"], 0, 3, OnExisting.PROPOSE)
        seen = tuple(TrackedObject(number, 0, TrackState.RELIABLE, 0.9, BOX, None, Evidence(9.0, 0.9))
                     for number in (1, 2))
        session.apply(run.id, [FrameResult(frame, seen) for frame in range(4)])
        session.store.finish_run(run.id, RunStatus.FINISHED)
    assert window.open_path(project)
    wait_for(window, Stage.PROPOSED, qtbot)
    bar = window.features.prompts.bar
    assert not bar.direction.isVisible(), "nobody pointed at anything that could be followed anew"
    assert len(window.features.prompts.view.layer.shapes) == 2
    window.canvas.setFocus()
    press(window, Qt.Key.Key_Return)
    assert len(window.document.tracks()) == 5


def test_the_bar_keeps_away_from_what_is_drawn(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    press(opened, Qt.Key.Key_N)
    bar, canvas = opened.features.prompts.bar, opened.canvas
    for box, below in ((BOX, False), ((60, 2, 100, 30), True)):
        drag(opened, box)
        assert bar.isVisible()
        assert (bar.geometry().top() > canvas.height() / 2) is below
        assert not bar.geometry().contains(at(opened, box[0], box[1]))


def test_a_job_waits_while_a_prompt_is_followed(opened: MainWindow, segmenters: FakeSegmenters,
                                                qtbot: QtBot) -> None:
    steps: list[int] = []

    def job(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
        while not cancel.cancelled:
            time.sleep(0.002)
            steps.append(len(steps))
            yield JobProgress(len(steps), 100000, 1.0, FrameResult(0, ()))

    opened.features.jobs.controller.run("Tracking", job)
    qtbot.waitUntil(lambda: bool(steps))
    segmenters.gate = threading.Semaphore(3)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.propagation.progress is not None)
    done = len(steps)
    for _ in range(5):
        with qtbot.waitSignal(opened.worker.interlude_progressed, timeout=10000):
            segmenters.gate.release()
    assert len(steps) == done, "no frame of the job between those of the prompt"
    assert opened.worker.busy
    assert "waiting for a prompt" in [label.text() for label in required(opened.findChild(JobBar)).findChildren(QLabel)]
    segmenters.gate.release(1000)
    wait_for(opened, Stage.PROPOSED, qtbot)
    qtbot.waitUntil(lambda: len(steps) > done)
    press(opened, Qt.Key.Key_Return)
    assert len(opened.document.tracks()) == 4
    assert opened.worker.busy
    opened.worker.cancel()
    qtbot.waitUntil(lambda: not opened.worker.busy)


def test_closing_while_a_prompt_is_followed_keeps_what_was_found(opened: MainWindow, segmenters: FakeSegmenters,
                                                                 project: Path, qtbot: QtBot) -> None:
    segmenters.gate = threading.Semaphore(2)
    drag(opened, BOX, CTRL)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.propagation.progress is not None)
    drag(opened, (10, 10, 40, 40), CTRL)
    assert not opened.close()
    (question,) = opened.findChildren(QMessageBox)
    next(button for button in question.buttons() if "Stop" in button.text()).click()
    segmenters.gate.release(1000)
    qtbot.waitUntil(lambda: not opened.isVisible(), timeout=20000)
    with open_project(project) as session:
        (run,) = session.store.proposals(1)
    assert run.status is RunStatus.CANCELLED


def test_enter_elsewhere_accepts_nothing(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    drag(opened, BOX, CTRL)
    wait_for(opened, Stage.PROPOSED, qtbot)
    opened.features.timeline.transport.place.setFocus()
    press(opened, Qt.Key.Key_Return)
    assert len(open_runs(opened)) == 1
    opened.timeline.setFocus()
    press(opened, Qt.Key.Key_Return)
    assert open_runs(opened) == []


def test_a_prompt_that_others_want_goes_to_its_frame(opened: MainWindow, segmenters: FakeSegmenters,
                                                     qtbot: QtBot) -> None:
    opened.features.prompts.prompts.prompt_wanted(12, BOX)
    assert opened.document.frame == 12
    wait_for(opened, Stage.PROPOSED, qtbot)
    opened.features.prompts.prompts.propagate([PromptRequest(3, BOX)], [PromptRequest(4, (10, 10, 40, 40))])
    qtbot.waitUntil(lambda: len(open_runs(opened)) == 3 and not opened.worker.in_interlude, timeout=20000)


def test_what_cannot_be_followed_is_said(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    track = min(opened.document.tracks())
    session = opened.document.session
    assert session is not None
    track_marks.lock_tracks(session.store, [track])
    opened.document.select([track])
    drag(opened, BOX, CTRL)
    wait_for(opened, None, qtbot)
    assert "locked" in opened.statusBar().currentMessage()
    assert open_runs(opened) == []


def test_the_real_segmenter(opened: MainWindow, qtbot: QtBot) -> None:
    """One that the built-in model was made for: a deleted object, prompted with the box that it had."""
    session = opened.document.session
    assert session is not None
    track = min(opened.document.tracks())
    box = frames_of(opened, track)[0]
    assert box is not None
    identities.delete_tracks(session.store, [track])
    opened.document.set_range((0, 4))
    opened.canvas.setFocus()
    drag(opened, box, CTRL)
    qtbot.waitUntil(lambda: opened.features.prompts.prompts.answer is not None, timeout=240000)
    assert not required(opened.features.prompts.prompts.answer).seen.mask.is_empty()
    qtbot.waitUntil(lambda: stage(opened) is Stage.PROPOSED, timeout=240000)
    press(opened, Qt.Key.Key_Return)
    (made,) = [each for each in opened.document.tracks() if each not in (track,)][-1:]
    assert sorted(frames_of(opened, made)) == list(range(5))


def test_points_keep_to_the_drafts_frame(opened: MainWindow, segmenters: FakeSegmenters, qtbot: QtBot) -> None:
    press(opened, Qt.Key.Key_N)
    drag(opened, BOX)
    opened.document.go_to(3)
    click(opened, 110, 70, SHIFT)
    assert "frame 0" in opened.statusBar().currentMessage()
    draft = opened.features.prompts.prompts.draft
    assert draft is not None
    assert draft.points == ()

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.engine.loaded_segmenters import LoadedSegmenters
from annotator.errors import SettingsError
from annotator.jobs.project import open_project
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.propagate import PromptProgress, PromptRequest, PromptSettings
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import OnExisting, RunStatus
from annotator.session import Session
from annotator.storage.rows.runs import REPROPAGATE
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.window.main_window import MainWindow
from tests.conftest import MadeClip

FRAMES = 12
#: The last frame that the real segmenter is asked for.
LAST = 7


def fake_job(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
    """Stores empty results as a real job does, on the engine's thread."""
    assert threading.current_thread().name == "engine"
    video = session.store.videos()[0]
    run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], 0, FRAMES - 1)
    done = 0
    for frame in range(FRAMES):
        if cancel.cancelled:
            break
        result = FrameResult(frame, ())
        session.apply(run.id, result)
        done += 1
        yield JobProgress(done, FRAMES, 10.0, result)
    session.store.finish_run(run.id, RunStatus.FINISHED if done == FRAMES else RunStatus.CANCELLED)


def failing_job(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
    yield JobProgress(1, 2, 1.0, FrameResult(0, ()))
    raise SettingsError("the fake job was told to fail: nothing to do")


@pytest.fixture
def worker(qapp: QApplication) -> Iterator[EngineWorker]:
    made = EngineWorker()
    yield made
    made.close()


def test_a_job_stores_through_the_windows_thread(worker: EngineWorker, qtbot: QtBot, project: Path) -> None:
    with open_project(project) as session:
        writers: set[str] = set()
        session.listen(lambda _: writers.add(threading.current_thread().name))
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:
            worker.start("Tracking", session, fake_job)
            assert worker.busy
        assert ended.args == ["finished", ""]
        assert writers == {threading.current_thread().name}
        assert session.store.runs()[-1].status is RunStatus.FINISHED
        qtbot.waitUntil(lambda: not worker.busy)


def test_cancel_takes_effect_between_frames_even_while_paused(worker: EngineWorker, qtbot: QtBot,
                                                               project: Path) -> None:
    with open_project(project) as session:
        worker.progressed.connect(lambda _: worker.set_paused(True))
        worker.start("Tracking", session, fake_job)
        qtbot.waitUntil(lambda: worker.paused)
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:
            worker.cancel()
        assert ended.args[0] == "cancelled"
        assert session.store.runs()[-1].status is RunStatus.CANCELLED
        qtbot.waitUntil(lambda: not worker.busy)


def test_what_was_cancelled_cannot_be_paused(worker: EngineWorker, qtbot: QtBot, project: Path) -> None:
    with open_project(project) as session:
        worker.progressed.connect(lambda _: worker.set_paused(True))
        worker.start("Tracking", session, fake_job)
        qtbot.waitUntil(lambda: worker.paused)
        with qtbot.waitSignal(worker.finished, timeout=10000):
            worker.cancel()
            worker.set_paused(True)
            assert not worker.paused
        qtbot.waitUntil(lambda: not worker.busy)


def test_lanes_end_where_the_running_job_is(opened: MainWindow, qtbot: QtBot) -> None:
    session, video = opened.document.session, opened.document.video
    assert session is not None
    assert video is not None
    run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], 0, FRAMES - 1)
    found = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, (5.0, 5.0, 40.0, 40.0), None, Evidence(9.0, 0.9))
    session.apply(run.id, [FrameResult(frame, (found,)) for frame in range(5)])
    new = opened.document.lanes()[-1]
    assert (new.first, new.last) == (0, 4)
    qtbot.waitUntil(lambda: opened.timeline.lanes[-1].last == 4)
    qtbot.waitUntil(lambda: opened.features.tracks.table.model.index(3, 4).data() == 4)
    session.store.finish_run(run.id, RunStatus.CANCELLED)


def test_a_failure_is_one_line(worker: EngineWorker, qtbot: QtBot, project: Path) -> None:
    with open_project(project) as session:
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:
            worker.start("Tracking", session, failing_job)
        assert ended.args == ["failed", "the fake job was told to fail: nothing to do"]
        qtbot.waitUntil(lambda: not worker.busy)


def boxes_of_run(session: Session, run: int) -> list[tuple[object, ...]]:
    return [(result.frame_index, thing.tracklet, thing.state, thing.score, thing.box_xyxy, thing.mask, thing.evidence)
            for result in session.store.run_results(run) for thing in result.objects]


def tracked(worker: EngineWorker, session: Session, clip: MadeClip, qtbot: QtBot,
            aside: PromptRequest | None = None) -> tuple[list[tuple[object, ...]], list[int]]:
    """What tracking finds; with an interlude after the fourth frame. Also the frames of both runs as they were done."""
    loaded = LoadedSegmenters()
    video = session.store.videos()[0]
    settings = PreannotateSettings(detections=str(clip.det), tracker="sam2mot", segmenter="tiny-sam2-drawn",
                                   device="cpu",
                                   end=LAST, on_existing=OnExisting.ADD)
    order: list[int] = []

    def follow(session: Session, cancel: CancelToken) -> Generator[PromptProgress]:
        assert aside is not None
        settings = PromptSettings(last=LAST, segmenter="tiny-sam2-drawn", device="cpu")
        for progress in propagate.start(session, video, [aside], settings, cancel, make_segmenter=loaded.make):
            order.append(-1)
            yield progress

    def job(session_: Session, cancel: CancelToken) -> Generator[JobProgress]:
        for progress in preannotate.start(session_, video, settings, cancel, loaded.make):
            order.append(progress.done)
            if progress.done == 3 and aside is not None:
                worker._bridge.call(lambda: worker.interject("Following", session, follow))
            yield progress

    with qtbot.waitSignal(worker.finished, timeout=120000) as ended:
        worker.start("Tracking", session, job)
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not worker.writing, timeout=60000)
    run = next(run for run in session.store.runs(video.id)[::-1] if run.kind != REPROPAGATE)
    return boxes_of_run(session, run.id), order


def test_a_suspended_job_finds_what_it_would_have_found(worker: EngineWorker, clip: MadeClip, project: Path,
                                                        qtbot: QtBot) -> None:
    """The real segmenter, one set of weights for both."""
    with open_project(project) as session:
        alone, _ = tracked(worker, session, clip, qtbot)
        video = session.store.videos()[0]
        box = next(seen.box_xyxy for seen in session.store.observations(video.id, 5) if seen.box_xyxy is not None)
        suspended, order = tracked(worker, session, clip, qtbot, PromptRequest(5, box))
        first, last = order.index(-1), len(order) - 1 - order[::-1].index(-1)
        assert (order[first - 1], order[last + 1]) == (3, 4), "between two frames of the job"
        assert set(order[first:last + 1]) == {-1}, "and wholly so"
        assert len(alone) > LAST
        assert suspended == alone
        (waiting,) = session.store.proposals(video.id)
        assert waiting.status is RunStatus.FINISHED
        assert boxes_of_run(session, waiting.id)


def test_either_is_cancelled_alone(worker: EngineWorker, project: Path, qtbot: QtBot) -> None:
    ended: list[tuple[str, str]] = []
    worker.finished.connect(lambda status, _: ended.append(("job", status)))
    worker.interlude_finished.connect(lambda status, _: ended.append(("interlude", status)))
    with open_project(project) as session:
        worker.interlude_progressed.connect(lambda _: worker.cancel_interlude())
        worker.start("Tracking", session, fake_job)
        worker.interject("Following", session, slow_interlude)
        with pytest.raises(RuntimeError, match="interlude"):
            worker.interject("Another", session, slow_interlude)
        with pytest.raises(RuntimeError, match="a job is running"):
            worker.close()
        qtbot.waitUntil(lambda: len(ended) == 2, timeout=20000)
        assert sorted(ended) == [("interlude", "cancelled"), ("job", "finished")]
        ended.clear()
        worker.interlude_progressed.disconnect()
        worker.interject("Following", session, fake_job)
        worker.start("Tracking", session, fake_job)
        worker.cancel()
        qtbot.waitUntil(lambda: len(ended) == 2, timeout=20000)
        assert ended == [("interlude", "finished"), ("job", "cancelled")]


def slow_interlude(session: Session, cancel: CancelToken) -> Generator[JobProgress]:
    """Goes on until it is cancelled."""
    for done in range(1, 100000):
        if cancel.cancelled:
            return
        time.sleep(0.001)
        yield JobProgress(done, 100000, 1.0, FrameResult(0, ()))


def test_a_question_is_answered_on_the_windows_thread_while_a_job_runs(worker: EngineWorker, project: Path,
                                                                       qtbot: QtBot) -> None:
    answers: list[tuple[str, str, str]] = []

    def answered(asked_on: str) -> None:
        answers.append(("answer", asked_on, threading.current_thread().name))

    def fail() -> str:
        raise SettingsError("the fake question cannot be answered: ask another")

    with open_project(project) as session:
        worker.start("Tracking", session, slow_interlude)
        worker.ask("mask", lambda: threading.current_thread().name, answered, pytest.fail)
        qtbot.waitUntil(lambda: len(answers) == 1, timeout=10000)
        assert worker.busy
        assert answers == [("answer", "engine", threading.current_thread().name)]
        refused: list[str] = []
        worker.ask("mask", fail, pytest.fail, refused.append)
        qtbot.waitUntil(lambda: bool(refused), timeout=10000)
        assert refused == ["the fake question cannot be answered: ask another"]
        worker.cancel()
        qtbot.waitUntil(lambda: not worker.busy, timeout=10000)

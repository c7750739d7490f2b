from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from annotator.engine.base import CancelToken
from annotator.errors import SettingsError
from annotator.jobs.preannotate import JobProgress
from annotator.jobs.project import open_project
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import RunStatus
from annotator.session import Session
from annotator.ui.main_window import MainWindow
from annotator.ui.worker import EngineWorker

FRAMES = 12


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


def test_a_job_stores_through_the_windows_thread(qtbot: object, project: Path) -> None:
    worker = EngineWorker()
    with open_project(project) as session:
        writers: set[str] = set()
        session.listen(lambda _: writers.add(threading.current_thread().name))
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:  # type: ignore[attr-defined]
            worker.start("Tracking", session, fake_job)
            assert worker.busy
        assert ended.args == ["finished", ""]
        assert writers == {threading.current_thread().name}
        assert session.store.runs()[-1].status is RunStatus.FINISHED
        qtbot.waitUntil(lambda: not worker.busy)  # type: ignore[attr-defined]


def test_cancel_takes_effect_between_frames_even_while_paused(qtbot: object, project: Path) -> None:
    worker = EngineWorker()
    with open_project(project) as session:
        worker.progressed.connect(lambda _: worker.set_paused(True))
        worker.start("Tracking", session, fake_job)
        qtbot.waitUntil(lambda: worker.paused)  # type: ignore[attr-defined]
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:  # type: ignore[attr-defined]
            worker.cancel()
        assert ended.args[0] == "cancelled"
        assert session.store.runs()[-1].status is RunStatus.CANCELLED
        qtbot.waitUntil(lambda: not worker.busy)  # type: ignore[attr-defined]


def test_what_was_cancelled_cannot_be_paused(qtbot: object, project: Path) -> None:
    worker = EngineWorker()
    with open_project(project) as session:
        worker.progressed.connect(lambda _: worker.set_paused(True))
        worker.start("Tracking", session, fake_job)
        qtbot.waitUntil(lambda: worker.paused)  # type: ignore[attr-defined]
        with qtbot.waitSignal(worker.finished, timeout=10000):  # type: ignore[attr-defined]
            worker.cancel()
            worker.set_paused(True)
            assert not worker.paused
        qtbot.waitUntil(lambda: not worker.busy)  # type: ignore[attr-defined]


def test_lanes_end_where_the_running_job_is(opened: MainWindow, qtbot: object) -> None:
    session, video = opened.document.session, opened.document.video
    assert session is not None
    assert video is not None
    run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], 0, FRAMES - 1)
    found = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, (5.0, 5.0, 40.0, 40.0), None, Evidence(9.0, 0.9))
    session.apply(run.id, [FrameResult(frame, (found,)) for frame in range(5)])
    new = opened.document.lanes()[-1]
    assert (new.first, new.last) == (0, 4)
    qtbot.waitUntil(lambda: opened.timeline.lanes[-1].last == 4)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: opened.table.model.index(3, 4).data() == 4)  # type: ignore[attr-defined]
    session.store.finish_run(run.id, RunStatus.CANCELLED)


def test_a_failure_is_one_line(qtbot: object, project: Path) -> None:
    worker = EngineWorker()
    with open_project(project) as session:
        with qtbot.waitSignal(worker.finished, timeout=10000) as ended:  # type: ignore[attr-defined]
            worker.start("Tracking", session, failing_job)
        assert ended.args == ["failed", "the fake job was told to fail: nothing to do"]
        qtbot.waitUntil(lambda: not worker.busy)  # type: ignore[attr-defined]

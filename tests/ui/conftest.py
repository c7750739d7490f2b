"""A project on a small clip, opened by widgets that are watched: Qt's warnings and leaked threads fail a test."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from annotator.jobs.project import add_source, open_project
from annotator.model.frame import Detections, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import RunStatus
from testbed.synthetic_clips import make_clip
from tests.conftest import FRAMES, SEED, SPEC, MadeClip
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from annotator.ui.window.main_window import MainWindow
    from tests.ui.patient_qtbot import PatientQtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

#: Threads that the window starts.
WATCHED = ("engine", "frame-source", "task", "preview", "download", "warm-up", "reading", "review", "colours", "crops",
           "uncover", "trial")

#: The offscreen platform says this of every window; it has no window manager to ask.
_HARMLESS = ("This plugin does not support",)


@pytest.fixture(autouse=True)
def no_qt_warnings() -> Iterator[None]:
    """Fail on whatever Qt warns of."""
    pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    heard: list[str] = []

    def listen(kind: Any, _: object, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and not message.startswith(_HARMLESS):
            heard.append(message)

    before = qInstallMessageHandler(listen)
    yield
    qInstallMessageHandler(before)
    assert not heard


@pytest.fixture(autouse=True)
def no_leftover_widgets(no_qt_warnings: None) -> Iterator[None]:
    """Delete the widgets of a test at its end; otherwise they live until the next one's event loop, which they slow."""
    yield
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def no_sparing(no_qt_warnings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window's own thread and time are not spared.

    On a busy machine a thread of low priority hardly runs, and work that therefore takes long is deferred many times
    as long: a test would wait for minutes. Tests of these measures replace this fixture by an empty one.
    """
    monkeypatch.setattr("annotator.ui.threads.priorities.sys", SimpleNamespace(platform="without thread priorities"))
    monkeypatch.setattr("annotator.ui.widgets.throttle._SHARE", float("inf"))
    monkeypatch.setattr("annotator.ui.review.queue_builder._SHARE", 0)
    monkeypatch.setattr("annotator.ui.review.queue_builder._QUIET", 50)


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail where a thread outlives its test; one that was told to end may need a moment on a busy machine."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name in WATCHED]
    for thread in left:
        thread.join(PATIENCE_S)
    assert not [thread for thread in left if thread.is_alive()]


def result(clip_boxes: npt.NDArray[np.float64], masks: npt.NDArray[np.uint8], frame: int) -> FrameResult:
    objects = []
    for number, (x1, y1, x2, y2) in enumerate(clip_boxes[frame].tolist(), 1):
        mask = Mask.from_bitmap(masks[frame] == number)
        state = TrackState.SUSPICIOUS if frame in (8, 9) and number == 1 else TrackState.RELIABLE
        objects.append(TrackedObject(number, 0, state, 0.9, (x1, y1, x2, y2), mask, Evidence(9.0, 0.9)))
    return FrameResult(frame, tuple(objects), Detections.empty())


@pytest.fixture(scope="session")
def true_project(clip: MadeClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the clip with its three true tracks as a finished run. Read only; see `project` for a copy."""
    path = tmp_path_factory.mktemp("true") / "p.annot"
    made = make_clip(SPEC, SEED)
    boxes = made.boxes()
    with open_project(path, create=True) as session:
        video, _ = add_source(session, clip.video)
        run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], 0, FRAMES - 1)
        for frame in range(FRAMES):
            session.apply(run.id, result(boxes, made.instances, frame))
        session.store.finish_run(run.id, RunStatus.FINISHED)
    return path


@pytest.fixture
def project(true_project: Path, tmp_path: Path) -> Path:
    """A copy of that project, to be changed."""
    return Path(shutil.copy(true_project, tmp_path / "p.annot"))


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    from PySide6.QtCore import QSettings

    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientQtBot:
    from tests.ui.patient_qtbot import PatientQtBot

    return PatientQtBot(request)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, settings: QSettings) -> Iterator[MainWindow]:
    """A window that is shown and empty."""
    from annotator.ui.widgets.theme import Theme, apply_theme
    from annotator.ui.window.main_window import MainWindow

    apply_theme(qapp, Theme.DARK)
    made = MainWindow(settings)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()


@pytest.fixture
def opened(window: MainWindow, project: Path, qtbot: QtBot) -> MainWindow:
    """The window with the project, its first frame decoded."""
    assert window.open_path(project)
    qtbot.waitUntil(lambda: has_picture(window, 0))
    return window


def has_picture(window: MainWindow, frame: int) -> bool:
    """Whether a frame is decoded."""
    source = window.controller.source
    return source is not None and source.get(frame) is not None


def wait_read(window: MainWindow, qtbot: QtBot) -> None:
    """Until no video is being read any more."""
    qtbot.waitUntil(lambda: not window.reading.worker.busy, timeout=10000)


def back_to(window: MainWindow, qtbot: QtBot) -> None:
    """Make the window the active one again, after a dialog was."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)

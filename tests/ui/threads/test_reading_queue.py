"""Videos are read on a thread: the window stays live, says how far it is, and a person need not wait."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from annotator.jobs import project as projects
from annotator.jobs.project import open_project
from annotator.ui.widgets.task_bar import TaskBar
from annotator.ui.window.main_window import MainWindow
from annotator.video import Progress, VideoReader, open_video
from tests.conftest import MadeClip
from tests.ui.conftest import has_picture, wait_read


class Gate:
    """Holds whoever opens a video until it is let go, and tells progress meanwhile as a long scan does."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.waiting = threading.Event()

    def __call__(self, path: Path, *, fps: float | None = None, verify: bool = False,
                 progress: Progress | None = None) -> VideoReader:
        assert threading.current_thread() is not threading.main_thread()
        assert progress is not None
        self.waiting.set()
        while not self.open.wait(0.005):
            progress(30, 100)
        return open_video(path, fps=fps, progress=progress)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr("annotator.ui.canvas.controller.open_video", made)
    monkeypatch.setattr(projects, "open_video", made)
    yield made
    made.open.set()


def bar_of(window: MainWindow) -> TaskBar:
    return next(bar for bar in window.findChildren(TaskBar) if bar.isVisible())


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))


def test_tracks_are_there_while_the_video_is_read(window: MainWindow, project: Path, gate: Gate, qtbot: QtBot) -> None:
    assert window.open_path(project)
    qtbot.waitUntil(gate.waiting.is_set)
    bar = bar_of(window)
    qtbot.waitUntil(lambda: bar.bar.value() == 300)
    assert "clip" in bar.title.text()
    assert len(window.canvas.overlay.shapes) == len(window.timeline.lanes) == 3
    qtbot.keyClick(window.canvas, Qt.Key.Key_F)
    assert window.document.frame == 1
    gate.open.set()
    qtbot.waitUntil(lambda: window.controller.shown == 1)
    assert not bar.isVisible()


def test_who_does_not_wait_may_have_it_read_later(window: MainWindow, project: Path, gate: Gate, qtbot: QtBot) -> None:
    assert window.open_path(project)
    qtbot.waitUntil(gate.waiting.is_set)
    qtbot.mouseClick(bar_of(window).cancel, Qt.MouseButton.LeftButton)
    wait_read(window, qtbot)
    assert window.controller.source is None
    assert "was not read" in window.offers.text.text()
    gate.open.set()
    qtbot.mouseClick(window.offers.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: has_picture(window, 0))
    assert not window.offers.isVisible()


def test_a_video_that_nobody_waited_for_leaves_no_project(window: MainWindow, clip: MadeClip, tmp_path: Path,
                                                          gate: Gate, qtbot: QtBot) -> None:
    video = Path(shutil.copy(clip.video, tmp_path / "mine.mp4"))
    assert window.open_path(video)
    qtbot.waitUntil(gate.waiting.is_set)
    qtbot.mouseClick(bar_of(window).cancel, Qt.MouseButton.LeftButton)
    wait_read(window, qtbot)
    assert "mine.mp4 was not added" in window.statusBar().currentMessage()
    assert not (tmp_path / "mine.annot").exists()
    assert window.document.session is None


def test_another_project_withdraws_what_was_being_read_for_this_one(window: MainWindow, project: Path, clip: MadeClip,
                                                                    tmp_path: Path, gate: Gate, qtbot: QtBot) -> None:
    assert window.features.files.projects.make(tmp_path / "first.annot")
    assert window.open_path(Path(shutil.copy(clip.video, tmp_path / "mine.mp4")))
    qtbot.waitUntil(gate.waiting.is_set)
    assert window.open_path(project)
    gate.open.set()
    qtbot.waitUntil(lambda: has_picture(window, 0))
    assert [video.name for video in window.document.videos()] == ["clip"]
    window.document.close()
    with open_project(tmp_path / "first.annot") as first:
        assert not first.store.videos()


def test_several_dropped_videos_are_added_one_after_the_other(window: MainWindow, clip: MadeClip, tmp_path: Path,
                                                              qtbot: QtBot) -> None:
    one = Path(shutil.copy(clip.video, tmp_path / "one.mp4"))
    other = tmp_path / "two.mp4"
    other.write_bytes(clip.video.read_bytes() + b"\0" * 64)  # another file, the same pictures
    drop(window, one, other)
    qtbot.waitUntil(lambda: len(window.document.videos()) == 2)
    wait_read(window, qtbot)
    assert window.document.path == tmp_path / "one.annot"
    assert [video.name for video in window.document.videos()] == ["one", "two"]
    qtbot.waitUntil(lambda: has_picture(window, 0))


def test_a_video_that_was_just_read_is_not_read_again(window: MainWindow, clip: MadeClip, tmp_path: Path, qtbot: QtBot,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> VideoReader:
        raise AssertionError("read twice")

    monkeypatch.setattr("annotator.ui.canvas.controller.open_video", never)
    assert window.open_path(Path(shutil.copy(clip.video, tmp_path / "mine.mp4")))
    qtbot.waitUntil(lambda: has_picture(window, 0))


@pytest.mark.parametrize("act", [MainWindow.close, lambda window: window.document.close()])
def test_whoever_leaves_ends_the_reading(window: MainWindow, project: Path, gate: Gate, qtbot: QtBot,
                                         act: Callable[[MainWindow], object]) -> None:
    assert window.open_path(project)
    qtbot.waitUntil(gate.waiting.is_set)
    act(window)
    qtbot.waitUntil(lambda: not any(thread.name == "reading" for thread in threading.enumerate()))
    assert window.controller.source is None

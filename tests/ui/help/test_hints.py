from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from annotator.jobs.demo import demo_project, is_demo
from annotator.jobs.project import open_project
from annotator.storage.edits import drawn_boxes
from annotator.ui.window.main_window import MainWindow
from tests.conftest import MadeClip
from tests.ui.conftest import wait_read


@pytest.fixture
def demo(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> MainWindow:
    """The window after a click on the demo's button; the user's folder is a temporary one."""
    monkeypatch.setattr("annotator.ui.window.opening.user_data_path", lambda name: tmp_path / name)
    qtbot.mouseClick(window._welcome.demo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.source is not None
                    and window.controller.source.get(0) is not None, timeout=10000)
    return window


def add_track(window: MainWindow) -> int:
    video, made = window.document.video, []
    assert video is not None
    window.document.edit(lambda session: made.append(drawn_boxes.add_track(
        session.store, video.id, session.store.ensure_label("ball").id, 0, (40.0, 40.0, 90.0, 90.0))))
    return int(made[0])


def test_the_demo_is_one_click_away_and_kept(demo: MainWindow, tmp_path: Path) -> None:
    path = demo.document.path
    assert path is not None
    assert tmp_path in path.parents
    add_track(demo)
    demo.document.close()
    demo.actions_["help.demo"].trigger()
    assert demo.document.path == path
    assert len(demo.document.tracks()) == 1


def test_a_dropped_video_opens(window: MainWindow, clip: MadeClip, tmp_path: Path, qtbot: QtBot) -> None:
    video = tmp_path / "dropped.mp4"
    video.write_bytes(clip.video.read_bytes())
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(video))])
    window.dropEvent(QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))
    wait_read(window, qtbot)
    assert window.document.video is not None
    assert window.document.video.name == "dropped"


def dragged(data: QMimeData, over: QWidget) -> bool:
    """Whether something that is dragged over a widget is taken."""
    event = QDragEnterEvent(QPoint(20, 20), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                            Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(over, event)
    return event.isAccepted()


@pytest.mark.filterwarnings("ignore:Function.*QDragEnterEvent:DeprecationWarning")  # its successor is of Qt 6.12
def test_files_may_be_dropped_on_the_picture_and_nothing_else(opened: MainWindow, clip: MadeClip) -> None:
    files, text = QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(clip.video))])
    text.setText("hello")
    assert dragged(files, opened.canvas.viewport())
    assert not dragged(text, opened.canvas.viewport())


def test_recent_projects_are_offered(opened: MainWindow, project: Path, qtbot: QtBot) -> None:
    opened.document.close()
    (link,) = opened._welcome.links()
    assert link.text() == "p.annot"
    assert link.toolTip() == str(project.resolve())
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert opened.document.video is not None


def hint(window: MainWindow) -> str | None:
    return window.features.first_minute.present


def test_each_hint_goes_when_it_was_followed(demo: MainWindow, qtbot: QtBot) -> None:
    minute = demo.features.first_minute
    assert hint(demo) == "track"
    assert "Ctrl+E" in minute.card.text.text()
    track = add_track(demo)
    assert hint(demo) == "play"
    demo.canvas.setFocus()
    qtbot.keyClick(demo.canvas, Qt.Key.Key_Space)
    demo.player.pause()
    demo.document.go_to(0)
    assert hint(demo) == "select"
    demo.document.select([track])
    assert hint(demo) == "edit"
    port, start = demo.canvas.viewport(), demo.canvas.to_widget(QPointF(65, 65)).toPoint()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    for by in (8, 16, 24):
        qtbot.mouseMove(port, start + QPoint(by, by))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=start + QPoint(24, 24))
    assert hint(demo) == "keys"
    assert minute.card.isVisible()
    demo.actions_["edit.palette"].trigger()
    assert hint(demo) is None
    assert not minute.card.isVisible()


def test_a_hint_can_be_skipped_and_all_dismissed_for_good(demo: MainWindow, settings: QSettings, tmp_path: Path,
                                                          qtbot: QtBot) -> None:
    qtbot.mouseClick(demo.features.first_minute.card.skip, Qt.MouseButton.LeftButton)
    assert hint(demo) == "play"
    qtbot.mouseClick(demo.features.first_minute.card.close_all, Qt.MouseButton.LeftButton)
    assert hint(demo) is None
    path = demo.document.path
    assert path is not None
    demo.close()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    again.show()
    assert again.open_path(path)
    assert again.features.first_minute.present is None
    assert not again.features.first_minute.card.isVisible()
    again.close()


def test_ones_own_project_has_no_hints(opened: MainWindow) -> None:
    opened.actions_["edit.palette"].trigger()
    assert opened.features.first_minute.present is None
    assert not opened.features.first_minute.card.isVisible()
    assert opened._settings.value("hints/done") is None


def test_the_card_stays_in_the_corner(demo: MainWindow) -> None:
    card, canvas = demo.features.first_minute.card, demo.canvas
    assert 0 <= canvas.height() - card.geometry().bottom() <= 20
    for width, height in ((1280, 720), (900, 600)):
        demo.resize(width, height)
        assert canvas.rect().contains(card.geometry())
        assert canvas.height() - card.geometry().bottom() <= 20


def test_the_demos_project_is_known_by_its_names(tmp_path: Path, clip: MadeClip) -> None:
    path = demo_project(tmp_path / "a")
    assert demo_project(tmp_path / "a") == path
    with open_project(path) as session:
        (video,) = session.store.videos()
    assert is_demo(path, video)
    assert not is_demo(tmp_path / "mine.annot", video)

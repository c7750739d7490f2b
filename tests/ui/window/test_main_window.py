from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from annotator.ui.canvas.canvas import Tool
from annotator.ui.canvas.overlay import Shape
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES, MadeClip
from tests.required import required
from tests.ui.conftest import wait_read


def at(window: MainWindow, x: float, y: float) -> QPoint:
    return window.canvas.to_widget(QPointF(x, y)).toPoint()


def drag(qtbot: QtBot, window: MainWindow, start: QPoint, end: QPoint,
         button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    port = window.canvas.viewport()
    qtbot.mousePress(port, button, pos=start)
    for share in (0.3, 0.7, 1.0):
        qtbot.mouseMove(port, start + (end - start) * share)
    qtbot.mouseRelease(port, button, pos=end)


def shape_of(window: MainWindow, number: int) -> Shape:
    tracks = window.document.tracks()
    return next(s for s in window.canvas.overlay.shapes if tracks[s.track].number == number)


def centre(rect: QRectF | None) -> tuple[float, float]:
    assert rect is not None
    return rect.center().x(), rect.center().y()


def test_an_empty_window_says_what_to_do(window: MainWindow) -> None:
    assert window._welcome.isVisible()
    assert "Drop a video" in window._welcome.line.text()
    assert not window.actions_["go.next"].isEnabled()


def test_a_project_shows_its_picture_boxes_lanes_and_rows(opened: MainWindow) -> None:
    assert len(opened.canvas.overlay.shapes) == 3
    assert len(opened.timeline.lanes) == 3
    assert opened.features.tracks.table.model.rowCount() == 3
    assert "p.annot" in opened.windowTitle()


def test_keys_step_through_frames(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.setFocus()
    for key, frame in ((Qt.Key.Key_F, 1), (Qt.Key.Key_V, 11), (Qt.Key.Key_D, 10), (Qt.Key.Key_End, FRAMES - 1),
                       (Qt.Key.Key_Home, 0)):
        qtbot.keyClick(opened, key)
        assert opened.document.frame == frame


def test_a_click_selects_everywhere(opened: MainWindow, qtbot: QtBot) -> None:
    shape = shape_of(opened, 2)
    qtbot.mouseClick(opened.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(opened, *centre(shape.rect)))
    assert opened.document.selection == {shape.track}
    assert len(opened.features.tracks.table.view.selectionModel().selectedRows()) == 1
    qtbot.mouseClick(opened.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(opened, 1, 1))
    assert not opened.document.selection


def test_the_second_of_two_quick_clicks_counts(opened: MainWindow, qtbot: QtBot) -> None:
    port, seen = opened.canvas.viewport(), []
    opened.canvas.clicked.connect(lambda track, adding: seen.append(track))
    place = at(opened, 1, 1)
    presses: list[Callable[..., None]] = [qtbot.mousePress, qtbot.mouseDClick]
    for press in presses:
        press(port, Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=place)
    assert seen == [None, None]
    assert opened.canvas.scene().clickEvents == []


def test_dragging_a_box_is_one_step_that_undo_takes_back(opened: MainWindow, qtbot: QtBot) -> None:
    shape = shape_of(opened, 1)
    assert shape.rect is not None
    before = QRectF(shape.rect)
    opened.document.select([shape.track])
    start = at(opened, *centre(before))
    drag(qtbot, opened, start, at(opened, before.center().x() + 20, before.center().y() + 10))
    after = shape_of(opened, 1)
    assert after.observation.human
    assert after.rect is not None
    np.testing.assert_allclose((after.rect.x() - before.x(), after.rect.y() - before.y()), (20, 10), atol=1.5)
    np.testing.assert_allclose(after.rect.width(), before.width())
    opened.actions_["edit.undo"].trigger()
    assert not shape_of(opened, 1).observation.human
    assert shape_of(opened, 1).rect == before


def test_a_handle_resizes(opened: MainWindow, qtbot: QtBot) -> None:
    shape = shape_of(opened, 3)
    assert shape.rect is not None
    before = QRectF(shape.rect)
    opened.document.select([shape.track])
    corner = before.bottomRight()
    drag(qtbot, opened, at(opened, corner.x(), corner.y()), at(opened, corner.x() + 15, corner.y() + 12))
    after = shape_of(opened, 3).rect
    assert after is not None
    assert after.topLeft() == before.topLeft()
    np.testing.assert_allclose((after.width() - before.width(), after.height() - before.height()), (15, 12), atol=1.5)


def test_drawing_adds_a_track(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    while_drawing = opened.canvas.tool
    drag(qtbot, opened, at(opened, 5, 5), at(opened, 45, 35))
    assert (while_drawing, opened.canvas.tool) == (Tool.DRAW, Tool.SELECT)
    assert len(opened.document.tracks()) == 4
    (chosen,) = opened.document.selection
    new = next(s for s in opened.canvas.overlay.shapes if s.track == chosen)
    assert new.rect is not None
    np.testing.assert_allclose(required(new.observation.box_xyxy), (5, 5, 45, 35), atol=1.5)


def test_a_press_that_hardly_moves_draws_nothing(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.set_tool(Tool.DRAW)
    drag(qtbot, opened, at(opened, 5, 5), at(opened, 5, 5) + QPoint(1, 1))
    assert len(opened.document.tracks()) == 3


def test_delete_takes_the_track_out_of_this_frame_only(opened: MainWindow, qtbot: QtBot) -> None:
    shape = shape_of(opened, 1)
    opened.document.go_to(5)
    opened.document.select([shape.track])
    qtbot.keyClick(opened, Qt.Key.Key_Delete)
    assert len(opened.canvas.overlay.shapes) == 2
    opened.document.go_to(6)
    assert len(opened.canvas.overlay.shapes) == 3


def test_the_wheel_zooms_at_the_pointer(opened: MainWindow, qtbot: QtBot) -> None:
    point = QPointF(60, 50)
    before = opened.canvas.to_widget(point)
    opened.canvas.zoom(2.0, point)
    after = opened.canvas.to_widget(point)
    assert (after - before).manhattanLength() <= 2
    scale = opened.canvas.scale_factor()
    opened.canvas.fit()
    assert opened.canvas.scale_factor() < scale


def test_the_middle_button_pans(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.zoom(3.0)
    corner = opened.canvas.to_picture(QPointF(100, 100))
    drag(qtbot, opened, QPoint(100, 100), QPoint(180, 140), Qt.MouseButton.MiddleButton)
    moved = opened.canvas.to_picture(QPointF(180, 140))
    np.testing.assert_allclose((moved.x(), moved.y()), (corner.x(), corner.y()), atol=1)
    assert not opened.document.selection


def test_space_plays(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.setFocus()
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Space)
    assert opened.player.playing
    qtbot.waitUntil(lambda: opened.document.frame == FRAMES - 1 and not opened.player.playing, timeout=10000)


def test_a_click_on_the_timeline_goes_there_and_shift_drag_marks_a_range(opened: MainWindow, qtbot: QtBot) -> None:
    timeline, port = opened.timeline, opened.timeline.viewport()
    y = 36 + 20 + 10
    target = QPoint(round(timeline._x(7.5)), y)
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=target)
    assert opened.document.frame == 7
    start, end = QPoint(round(timeline._x(3.5)), y), QPoint(round(timeline._x(9.5)), y)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, start)
    qtbot.mouseMove(port, end)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, end)
    assert opened.document.range == (3, 9)


def test_a_lost_video_is_said_and_the_boxes_stay(window: MainWindow, project: Path, clip: MadeClip,
                                                 qtbot: QtBot) -> None:
    hidden = clip.video.with_suffix(".away")
    clip.video.rename(hidden)
    try:
        assert window.open_path(project)
        wait_read(window, qtbot)
        assert "missing" in window.statusBar().currentMessage()
        assert len(window.canvas.overlay.shapes) == 3
    finally:
        hidden.rename(clip.video)


def test_a_video_opens_into_a_project_beside_it(window: MainWindow, clip: MadeClip, tmp_path: Path,
                                                qtbot: QtBot) -> None:
    video = tmp_path / "mine.mp4"
    video.write_bytes(clip.video.read_bytes())
    assert window.open_path(video)
    wait_read(window, qtbot)
    assert (tmp_path / "mine.annot").exists()
    assert window.document.video is not None
    assert window.document.video.name == "mine"


def test_what_is_no_video_is_refused_in_one_line(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    window.open_path(text)
    wait_read(window, qtbot)
    assert "notes.mp4" in window.statusBar().currentMessage()
    assert not (tmp_path / "notes.annot").exists()
    assert not window.open_path(tmp_path / "nothing.mp4")
    assert "no such file" in window.statusBar().currentMessage()


def test_the_tracks_are_in_front_at_first(opened: MainWindow) -> None:
    in_front = [dock.objectName() for dock in (opened.features.tracks.table.parentWidget(), opened.features.notes.dock,
                                               opened.features.edits.history.parentWidget())
                if dock is not None and not dock.visibleRegion().isEmpty()]
    assert in_front == ["tracks"]

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from annotator.ui.widgets.icon_button import Sign
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.ui.manual_boxes import set_box

BOX = (10.0, 10.0, 40.0, 40.0)
NO, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def test_ctrl_g_a_number_and_enter_go_there(opened: MainWindow, qtbot: QtBot) -> None:
    field = opened.features.timeline.transport.place
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_G, CTRL)
    assert field.hasFocus()
    qtbot.keyClicks(field, "12")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.document.frame == 12
    assert opened.canvas.hasFocus()
    qtbot.keyClick(opened, Qt.Key.Key_F)
    assert field.text() == "13"


def test_a_time_is_taken_too_and_nonsense_is_said(opened: MainWindow, qtbot: QtBot) -> None:
    field, video = opened.features.timeline.transport.place, opened.document.video
    assert video is not None
    field.begin()
    qtbot.keyClicks(field, f"0:{8 / video.fps:.3f}")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.document.frame == 8
    field.begin()
    qtbot.keyClicks(field, "soon")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.document.frame == 8
    assert "'soon' is not a frame or a time" in opened.statusBar().currentMessage()


def test_escape_leaves_the_field_as_it_was(opened: MainWindow, qtbot: QtBot) -> None:
    field = opened.features.timeline.transport.place
    field.begin()
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert opened.document.frame == 0
    assert field.text() == "0"
    assert opened.canvas.hasFocus()


def test_frames_that_go_by_do_not_disturb_typing(opened: MainWindow, qtbot: QtBot) -> None:
    field = opened.features.timeline.transport.place
    field.begin()
    qtbot.keyClicks(field, "1")
    opened.document.go_to(5)
    assert field.text() == "1"
    qtbot.keyClicks(field, "0")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.document.frame == 10


def test_the_step_is_chosen_and_remembered(opened: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    opened.features.timeline.transport.step.setValue(4)
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_V)
    assert opened.document.frame == 4
    qtbot.keyClick(opened, Qt.Key.Key_V)
    qtbot.keyClick(opened, Qt.Key.Key_C)
    assert opened.document.frame == 4
    assert "4 frames forward" in opened.actions_["go.many"].text()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    assert again.features.timeline.transport.step.value() == 4
    again.close()


def test_speeds_go_from_a_quarter_to_eight(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.setFocus()
    for _ in range(8):
        qtbot.keyClick(opened, Qt.Key.Key_Period)
    assert opened.player.speed == 8
    assert opened.features.timeline.transport.speed.text() == "8x"
    for _ in range(8):
        qtbot.keyClick(opened, Qt.Key.Key_Comma)
    assert opened.player.speed == 0.25
    qtbot.keyClick(opened, Qt.Key.Key_Slash)
    assert opened.player.speed == 1
    opened.features.timeline.transport.speed.menu().actions()[3].trigger()
    assert opened.player.speed == 2


def test_a_loop_stays_in_the_range(opened: MainWindow, qtbot: QtBot) -> None:
    opened.document.set_range((4, 9))
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_L)
    opened.player.set_speed(8)
    seen: list[int] = []
    opened.document.frame_changed.connect(seen.append)
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Space)
    # It has gone round when the frame falls.
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(seen)), timeout=10000)
    opened.player.pause()
    assert set(seen) <= set(range(4, 10))


def test_buttons_show_what_they_do_and_are_grey_without_a_video(opened: MainWindow, qtbot: QtBot) -> None:
    signs = []
    for _ in range(2):
        qtbot.mouseClick(opened.features.timeline.buttons.play, Qt.MouseButton.LeftButton)
        signs.append(opened.features.timeline.buttons.play.sign)
    assert signs == [Sign.PAUSE, Sign.PLAY]
    opened.document.close()
    assert not opened.features.timeline.buttons.play.isEnabled()
    assert not opened.features.timeline.transport.place.isEnabled()


def test_keyframes_of_the_selected_track_or_of_all(opened: MainWindow, qtbot: QtBot) -> None:
    one, two = sorted(opened.document.tracks())[:2]
    for track, frame in ((one, 3), (one, 4), (one, 12), (two, 7)):
        set_box(opened, track, frame, BOX)
    qtbot.waitUntil(lambda: opened.features.timeline.keyframes.frames() == [3, 4, 7, 12])
    opened.canvas.setFocus()
    went = []
    for key in (Qt.Key.Key_R,) * 4 + (Qt.Key.Key_E,) * 2:
        qtbot.keyClick(opened, key)
        went.append(opened.document.frame)
    assert went == [3, 4, 7, 12, 7, 4]
    opened.document.select([two])
    qtbot.keyClick(opened, Qt.Key.Key_R)
    assert opened.document.frame == 7
    qtbot.keyClick(opened, Qt.Key.Key_R)
    assert opened.document.frame == 7
    assert "No keyframe after" in opened.statusBar().currentMessage()


def test_nothing_goes_beyond_the_video(opened: MainWindow, project: Path) -> None:
    opened.features.timeline.transport.step.setValue(1000)
    opened.actions_["go.many"].trigger()
    assert opened.document.frame == FRAMES - 1
    opened.actions_["go.many-back"].trigger()
    assert opened.document.frame == 0

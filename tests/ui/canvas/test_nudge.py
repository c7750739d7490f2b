from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from annotator.ui.window.main_window import MainWindow

ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier


def box_of(window: MainWindow, track: int, frame: int) -> tuple[float, float, float, float]:
    session = window.document.session
    assert session is not None
    box = next(o.box_xyxy for o in session.store.trajectory(track) if o.frame == frame)
    assert box is not None
    return box


def steps(window: MainWindow) -> int:
    assert window.document.session is not None
    return len(window.document.session.history())


def test_presses_while_alt_is_held_are_one_step(opened: MainWindow, qtbot: QtBot) -> None:
    track, before = min(opened.document.tracks()), steps(opened)
    start = np.array(box_of(opened, track, 0))
    opened.document.select([track])
    opened.canvas.setFocus()
    for key, modifiers in ((Qt.Key.Key_Right, ALT), (Qt.Key.Key_Right, ALT), (Qt.Key.Key_Down, ALT),
                           (Qt.Key.Key_Left, ALT | SHIFT)):
        qtbot.keyPress(opened, key, modifiers)
    draft = opened.canvas.overlay.draft
    assert draft is not None
    np.testing.assert_allclose((draft.left(), draft.top()), np.add(start[:2], (-8, 1)))
    assert steps(opened) == before
    qtbot.keyRelease(opened, Qt.Key.Key_Left, ALT)
    assert opened.canvas.overlay.draft is None
    np.testing.assert_allclose(box_of(opened, track, 0), np.add(start, (-8, 1, -8, 1)))
    assert steps(opened) == before + 1
    assert opened.document.frame == 0
    opened.document.undo()
    np.testing.assert_allclose(box_of(opened, track, 0), start)


def test_a_move_ends_by_itself(opened: MainWindow, qtbot: QtBot) -> None:
    track, before = min(opened.document.tracks()), steps(opened)
    opened.document.select([track])
    start = box_of(opened, track, 0)
    opened.features.canvas.nudge.move(5, 0)
    qtbot.waitUntil(lambda: steps(opened) == before + 1)
    np.testing.assert_allclose(box_of(opened, track, 0), np.add(start, (5, 0, 5, 0)))


def test_going_on_stores_the_move_where_it_was_made(opened: MainWindow) -> None:
    track = min(opened.document.tracks())
    start, later = np.array(box_of(opened, track, 0)), box_of(opened, track, 4)
    opened.document.select([track])
    opened.features.canvas.nudge.move(0, 3)
    opened.document.go_to(4)
    np.testing.assert_allclose(box_of(opened, track, 0), np.add(start, (0, 3, 0, 3)))
    assert box_of(opened, track, 4) == later


def test_closing_keeps_the_move(opened: MainWindow, project: Path) -> None:
    track = min(opened.document.tracks())
    start = np.array(box_of(opened, track, 0))
    opened.document.select([track])
    opened.features.canvas.nudge.move(2, 2)
    opened.document.close()
    assert opened.open_path(project)
    np.testing.assert_allclose(box_of(opened, track, 0), start + 2)


def test_without_one_selected_box_it_says_so(opened: MainWindow) -> None:
    opened.features.canvas.nudge.move(1, 0)
    assert "Select a single track" in opened.statusBar().currentMessage()
    assert opened.canvas.overlay.draft is None

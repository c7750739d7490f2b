from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.ui.actions.palette import CommandPalette, match_rank
from annotator.ui.actions.registry import Actions
from annotator.ui.window.main_window import MainWindow
from tests.required import required


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    for entry in window.actions_:
        assert window.actions_.conflict(entry.name, window.actions_.keys(entry.name)) is None


def test_chosen_keys_outlive_the_window(qtbot: QtBot, settings: QSettings) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    actions = Actions(widget, settings)
    actions.add("a.one", "A", "One", lambda: None, ["F"])
    actions.set_keys("a.one", ["G", "Ctrl+G"])
    again = Actions(widget, settings)
    again.add("a.one", "A", "One", lambda: None, ["F"])
    assert again.keys("a.one") == ["G", "Ctrl+G"]
    again.set_keys("a.one", None)
    assert again.keys("a.one") == ["F"]


def test_a_key_of_another_action_is_refused(qtbot: QtBot, settings: QSettings) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    actions = Actions(widget, settings)
    actions.add("a.one", "A", "One", lambda: None, ["F"])
    actions.add("a.two", "A", "Two", lambda: None, ["G"])
    with pytest.raises(ValueError, match=r"F is assigned to a\.one"):
        actions.set_keys("a.two", ["F"])
    assert actions.keys("a.two") == ["G"]


@pytest.mark.parametrize(("typed", "rank"), [("", 0), ("next", 1), ("rame", 2), ("ne fr", 3), ("gnf", 4),
                                             ("xyz", None)])
def test_what_is_typed_finds_its_action(typed: str, rank: int | None) -> None:
    assert match_rank(typed, "Go: Next frame") == rank


def test_the_palette_runs_what_enter_is_pressed_on(opened: MainWindow, qtbot: QtBot) -> None:
    palette = CommandPalette(opened.actions_, opened)
    qtbot.addWidget(palette)
    palette.open()
    qtbot.keyClicks(palette.line, "last frame")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert opened.document.frame == required(opened.document.video).frame_count - 1

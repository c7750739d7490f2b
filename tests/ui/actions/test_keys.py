from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.ui.actions.cheat_sheet import CheatSheet, balanced
from annotator.ui.actions.key_editor import KeyEditor
from annotator.ui.actions.registry import Actions
from annotator.ui.help.about import AboutDialog, versions
from annotator.ui.help.feature import HelpFeature
from annotator.ui.widgets.message import Message, Severity
from annotator.ui.window.main_window import MainWindow


def editor_of(window: MainWindow, qtbot: QtBot) -> KeyEditor:
    window.actions_["help.edit-keys"].trigger()
    (editor,) = window.findChildren(KeyEditor)
    qtbot.waitExposed(editor)
    return editor


def press(editor: KeyEditor, key: Qt.Key, qtbot: QtBot,
          modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    editor.capture.setFocus()
    qtbot.keyClick(editor.capture, key, modifiers)


def test_the_key_that_is_pressed_counts_at_once(opened: MainWindow, qtbot: QtBot) -> None:
    editor = editor_of(opened, qtbot)
    editor.choose("go.next")
    press(editor, Qt.Key.Key_F9, qtbot)
    assert opened.actions_.keys("go.next") == ["F9"]
    editor.close()
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_F9)
    assert opened.document.frame == 1
    qtbot.keyClick(opened, Qt.Key.Key_F)
    assert opened.document.frame == 1


def test_a_second_key_can_be_added_and_both_taken_away(opened: MainWindow, qtbot: QtBot) -> None:
    editor = editor_of(opened, qtbot)
    editor.choose("view.timeline")
    editor.also.click()
    press(editor, Qt.Key.Key_F9, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert opened.actions_.keys("view.timeline") == ["Shift+F", "Ctrl+F9"]
    editor.none.click()
    assert opened.actions_.keys("view.timeline") == []
    editor.reset.click()
    assert opened.actions_.keys("view.timeline") == ["Shift+F"]
    editor.close()


def test_a_taken_key_names_its_owner_and_one_click_takes_it_over(opened: MainWindow, qtbot: QtBot) -> None:
    editor = editor_of(opened, qtbot)
    editor.choose("tool.draw")
    press(editor, Qt.Key.Key_D, qtbot)
    assert opened.actions_.keys("tool.draw") == ["Alt+N"]
    assert "Previous frame" in editor.message.text()
    assert editor.take.isVisible()
    qtbot.mouseClick(editor.take, Qt.MouseButton.LeftButton)
    assert opened.actions_.keys("tool.draw") == ["D"]
    assert opened.actions_.keys("go.previous") == ["Left"]
    assert not editor.take.isVisible()
    editor.reset_all.click()
    assert opened.actions_.keys("tool.draw") == ["Alt+N"]
    assert opened.actions_.keys("go.previous") == ["D", "Left"]
    editor.close()


def test_space_and_escape_are_not_given_away(opened: MainWindow, qtbot: QtBot) -> None:
    editor = editor_of(opened, qtbot)
    editor.choose("tool.draw")
    press(editor, Qt.Key.Key_Space, qtbot)
    assert opened.actions_.keys("tool.draw") == ["Alt+N"]
    assert "Space" in editor.message.text()
    editor.close()


def test_the_list_is_searched_by_name_and_by_key(opened: MainWindow, qtbot: QtBot) -> None:
    editor = editor_of(opened, qtbot)
    everything = len(editor._items())
    assert everything == len(list(opened.actions_))
    qtbot.keyClicks(editor.search, "previous frame")
    assert 0 < len(editor._items()) < everything
    assert editor.entry is not None
    assert editor.entry.name == "go.previous"
    editor.search.setText("Ctrl+Shift+Z")
    assert editor.entry is not None
    assert editor.entry.name == "edit.redo"
    editor.close()


def actions_with(settings: QSettings, qtbot: QtBot, *added: tuple[str, list[str]]) -> Actions:
    widget = QWidget()
    qtbot.addWidget(widget)
    actions = Actions(widget, settings)
    for name, keys in added:
        actions.add(name, "A", name, lambda: None, keys)
    return actions


def test_no_key_is_remembered_as_none(qtbot: QtBot, settings: QSettings) -> None:
    actions_with(settings, qtbot, ("a.one", ["F"])).set_keys("a.one", [])
    settings.sync()
    stored = QSettings(settings.fileName(), QSettings.Format.IniFormat)
    assert actions_with(stored, qtbot, ("a.one", ["F"])).keys("a.one") == []


@pytest.mark.parametrize("order", [("a.one", "a.two"), ("a.two", "a.one")])
def test_a_chosen_key_counts_more_than_a_default_of_another(order: tuple[str, str], qtbot: QtBot,
                                                            settings: QSettings) -> None:
    actions_with(settings, qtbot, ("a.one", ["F"])).set_keys("a.one", ["G"])
    defaults = {"a.one": ["F"], "a.two": ["G", "H"]}
    actions = actions_with(settings, qtbot, *((name, defaults[name]) for name in order))
    assert actions.keys("a.one") == ["G"]
    assert actions.keys("a.two") == ["H"]


def test_f1_shows_every_key_and_closes_again(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_F1)
    (sheet,) = opened.findChildren(CheatSheet)
    text = sheet.page.toPlainText()
    for entry in opened.actions_:
        if entry.keys_text:
            assert entry.title in text
            assert entry.keys_text in text
    sheet.save_pdf(tmp_path / "keys.pdf")
    assert (tmp_path / "keys.pdf").read_bytes().startswith(b"%PDF")
    qtbot.keyClick(sheet, Qt.Key.Key_F1)
    assert not sheet.isVisible()


def test_columns_of_the_sheet_are_balanced_and_complete() -> None:
    groups = [(str(n), [("a", "b")] * n) for n in (1, 2, 3, 10, 4, 5)]
    columns = balanced(groups, 3)
    assert sorted(title for column in columns for title, _ in column) == sorted(title for title, _ in groups)
    heights = [sum(len(rows) + 2 for _, rows in column) for column in columns]
    assert max(heights) <= 14


def test_about_names_versions_and_copies_them(opened: MainWindow, qtbot: QtBot) -> None:
    opened.actions_["help.about"].trigger()
    (about,) = opened.findChildren(AboutDialog)
    qtbot.mouseClick(about.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    for name in ("SAM2MOT Annotator", "Python", "Qt", "Project format", "Device"):
        assert f"{name}: " in copied
    about.close()


def test_versions_are_read_without_importing_torch() -> None:
    import subprocess
    import sys

    code = "import sys; from annotator.ui.help.about import versions; versions(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    assert all(value for _, value in versions())


def test_the_log_folder_is_shown_or_said(qtbot: QtBot, settings: QSettings, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.ui.help.feature.log_folder", lambda: tmp_path)
    widget = QWidget()
    qtbot.addWidget(widget)
    actions = Actions(widget, settings)
    asked: list[QUrl] = []

    def fake_show(url: QUrl) -> bool:
        asked.append(url)
        return False

    feature = HelpFeature(settings, widget, fake_show)
    feature.add_actions(actions)
    posted: list[Message] = []
    feature.message.connect(posted.append)
    actions["help.log"].trigger()
    feature.close()
    assert [Path(url.toLocalFile()) for url in asked] == [tmp_path]
    assert posted[0].severity is Severity.FAILED
    assert str(tmp_path) in posted[0].text

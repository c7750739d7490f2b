"""What is typed into a field of the window stays in that field."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from PySide6.QtCore import QCoreApplication, QEvent, QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QWidget

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from annotator.ui.window.main_window import MainWindow

_PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


def fields(window: MainWindow) -> list[QWidget]:
    return [each for kind in (QLineEdit, QAbstractSpinBox, QComboBox) for each in window.findChildren(kind)]


def plain_keys(window: MainWindow) -> set[QKeyCombination]:
    """Shortcuts of actions without Ctrl, Alt and Meta; function keys are not typed."""
    keys = {sequence[0] for entry in window.actions_  # type: ignore[index]  # the stubs lack it
            for sequence in entry.action.shortcuts() if sequence.count() == 1}
    return {key for key in keys if key.keyboardModifiers() in _PLAIN
            and not Qt.Key.Key_F1 <= key.key() <= Qt.Key.Key_F35}


def overridden(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether the widget, asked as Qt asks the one with the focus, takes a key before shortcuts get it."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers, QKeySequence(key).toString().lower())
    event.ignore()
    QCoreApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_every_field_takes_the_keys_of_all_plain_shortcuts(opened: MainWindow) -> None:
    keys = plain_keys(opened)
    assert len(keys) > 20
    assert len(fields(opened)) > 8
    for field, key in product(fields(opened), keys):
        assert overridden(field, key.key(), key.keyboardModifiers()), (field, field.parent(), key)


def test_the_canvas_leaves_shortcuts_to_actions(opened: MainWindow) -> None:
    assert not any(overridden(opened.canvas, key.key(), key.keyboardModifiers()) for key in plain_keys(opened))


def test_fields_leave_combinations_and_function_keys_to_actions(opened: MainWindow) -> None:
    for field in fields(opened):
        assert not overridden(field, Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
        assert not overridden(field, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)


def test_a_path_typed_in_the_evaluation_panel_is_its_ground_truth(opened: MainWindow, qtbot: QtBot) -> None:
    feature = opened.features.evaluation
    feature.dock.show()
    feature.dock.raise_()
    opened.document.select([next(iter(opened.document.tracks()))])
    before, tracks = opened.document.frame, opened.document.tracks()
    path = feature.panel.path
    path.setFocus()
    qtbot.keyClicks(path, "/nowhere/doxnghi123")
    assert path.text() == "/nowhere/doxnghi123"
    qtbot.keyClick(path, Qt.Key.Key_Return)
    assert str(feature.ground_truth).endswith("doxnghi123")
    assert (opened.document.frame, opened.document.tracks()) == (before, tracks)
    path.selectAll()
    qtbot.keyClick(path, Qt.Key.Key_Delete)
    qtbot.keyClick(path, Qt.Key.Key_Return)
    assert str(feature.ground_truth) == "None"
    assert opened.document.tracks() == tracks

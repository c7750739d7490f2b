"""Keys that a field takes for itself, so that typing into it runs no action of the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit

_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def is_field(widget: QObject | None) -> bool:
    """Return whether a user types into this widget: text, a number, or the first letters of a choice."""
    return isinstance(widget, _FIELDS)


def belongs_to_field(widget: QObject | None, event: QKeyEvent) -> bool:
    """Return whether a key belongs to the field that has the focus, and not to a shortcut.

    A field takes every key without Ctrl, Alt or Meta, also one that it has no use for: a letter that a read-only field
    or a list of choices ignores must not delete a track. Function keys stay shortcuts; combinations are left to Qt,
    which gives a field those for editing text.
    """
    if not is_field(widget) or event.modifiers() & _COMMANDS:
        return False
    return not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35

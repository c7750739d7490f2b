"""Fields for an attribute of one or several tracks; they show whether the values differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from annotator.model.attribute import Attribute, AttributeKind, Value
from annotator.ui.widgets.plain_text import literal

T = TypeVar("T", bound=Hashable)
MaybeValue = Value | None
OnChange = Callable[[MaybeValue], object]


def common_value(values: Iterable[T]) -> tuple[T | None, bool]:
    """Return the common value and True, or (None, False) if the values differ or there are none."""
    found = set(values)
    return (found.pop(), True) if len(found) == 1 else (None, False)


def mixed_text() -> str:
    """Return the text that a field shows if the values of the tracks differ."""
    return QCoreApplication.translate("Fields", "(multiple)")


class LineField(QLineEdit):
    """A text field that applies its text on Enter and when it loses the focus."""

    def __init__(self, on_change: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str | None, placeholder: str = "") -> None:
        """Show a text, or None if there is no common one. A text that is being typed is kept."""
        self.setPlaceholderText(placeholder)
        if not (self.hasFocus() and self.isModified()) and self.text() != (text or ""):
            self.setText(text or "")
            self.setCursorPosition(0)
        self.setToolTip(literal(text or ""))

    def commit(self) -> None:
        """Apply the typed text, if any; an incomplete number is discarded."""
        if self.isModified():
            self.setModified(False)
            if not self.hasAcceptableInput():
                return
            self._on_change(self.text())


class TextField(LineField):
    """A field for a text or a number."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(lambda text: on_change(attribute.fitting(text)), parent)
        self._attribute = attribute
        if attribute.kind is AttributeKind.NUMBER:
            validator = QDoubleValidator(self)
            validator.setLocale(QLocale.c())
            validator.setNotation(QDoubleValidator.Notation.StandardNotation)
            self.setValidator(validator)

    def show_values(self, values: Sequence[MaybeValue]) -> None:
        """One value for each track; None for no value."""
        value, equal = common_value(values)
        default = "" if self._attribute.default is None else _text(self._attribute.default)
        self.show_text(None if value is None else _text(value), default if equal or not values else mixed_text())


class ChoiceField(QComboBox):
    """A field for one of several options, or none."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(mixed_text())
        default = f"({attribute.default})" if attribute.default is not None else "\N{EN DASH}"
        self.addItem(default, None)
        for option in attribute.options:
            self.addItem(option, option)
        self.activated.connect(lambda index: on_change(self.itemData(index)))

    def show_values(self, values: Sequence[MaybeValue]) -> None:
        """One value for each track; None for no value."""
        value, equal = common_value(values)
        self.setCurrentIndex(max(self.findData(value), 0) if equal and value is not None else 0 if equal else -1)


class FlagField(QCheckBox):
    """A check box for yes or no; partially checked if the tracks differ."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = attribute.default is True
        # A click on a partially checked box means yes; "different" cannot be selected.
        self.clicked.connect(lambda: on_change(self.checkState() is not Qt.CheckState.Unchecked))

    def show_values(self, values: Sequence[MaybeValue]) -> None:
        """One value for each track; None for no value."""
        value, equal = common_value(self._default if value is None else value for value in values)
        self.setTristate(not equal)
        self.setCheckState(Qt.CheckState.PartiallyChecked if not equal else
                           Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)
        self.setText("" if equal else mixed_text())


AttributeField = TextField | ChoiceField | FlagField


def make_field(attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> AttributeField:
    """Return a field for an attribute; ``on_change`` is called with the value that the user enters."""
    if attribute.kind is AttributeKind.CHOICE:
        return ChoiceField(attribute, on_change, parent)
    if attribute.kind is AttributeKind.FLAG:
        return FlagField(attribute, on_change, parent)
    return TextField(attribute, on_change, parent)


def _text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

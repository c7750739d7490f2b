"""One field for one attribute of one or several tracks; where they differ it says so."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from annotator.model.attribute import Attribute, AttributeKind, Value

T = TypeVar("T", bound=Hashable)
Said = Value | None
OnChange = Callable[[Said], object]


def same(values: Iterable[T]) -> tuple[T | None, bool]:
    """The value that all have, and whether they have the same; (None, False) where they differ or there are none."""
    found = set(values)
    return (found.pop(), True) if len(found) == 1 else (None, False)


def several() -> str:
    """What a field shows where tracks differ."""
    return QCoreApplication.translate("Fields", "(several)")


class LineField(QLineEdit):
    """A text that is taken over with Enter or when the field is left."""

    def __init__(self, on_change: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str | None, placeholder: str = "") -> None:
        """Show what holds; None where there is not one text. What is being typed stays."""
        self.setPlaceholderText(placeholder)
        if not (self.hasFocus() and self.isModified()) and self.text() != (text or ""):
            self.setText(text or "")
            self.setCursorPosition(0)
        self.setToolTip(text or "")

    def commit(self) -> None:
        """Take over what was typed, if anything was; half a number is no number and is forgotten."""
        if self.isModified():
            self.setModified(False)
            if not self.hasAcceptableInput():
                return
            self._on_change(self.text())


class TextField(LineField):
    """A text or a number."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(lambda text: on_change(attribute.fitting(text)), parent)
        self._attribute = attribute
        if attribute.kind is AttributeKind.NUMBER:
            validator = QDoubleValidator(self)
            validator.setLocale(QLocale.c())
            validator.setNotation(QDoubleValidator.Notation.StandardNotation)
            self.setValidator(validator)

    def show_values(self, values: Sequence[Said]) -> None:
        """One value for each track; None where nothing is said."""
        value, equal = same(values)
        default = "" if self._attribute.default is None else _text(self._attribute.default)
        self.show_text(None if value is None else _text(value), default if equal or not values else several())


class ChoiceField(QComboBox):
    """One of some options, or none of them."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(several())
        default = f"({attribute.default})" if attribute.default is not None else "\N{EN DASH}"
        self.addItem(default, None)
        for option in attribute.options:
            self.addItem(option, option)
        self.activated.connect(lambda index: on_change(self.itemData(index)))

    def show_values(self, values: Sequence[Said]) -> None:
        """One value for each track; None where nothing is said."""
        value, equal = same(values)
        self.setCurrentIndex(max(self.findData(value), 0) if equal and value is not None else 0 if equal else -1)


class FlagField(QCheckBox):
    """Yes or no; half-checked where tracks differ."""

    def __init__(self, attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = attribute.default is True
        # A click on a half-checked box decides for yes: nobody can ask for "differs".
        self.clicked.connect(lambda: on_change(self.checkState() is not Qt.CheckState.Unchecked))

    def show_values(self, values: Sequence[Said]) -> None:
        """One value for each track; None where nothing is said."""
        value, equal = same(self._default if value is None else value for value in values)
        self.setTristate(not equal)
        self.setCheckState(Qt.CheckState.PartiallyChecked if not equal else
                           Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)
        self.setText("" if equal else several())


AttributeField = TextField | ChoiceField | FlagField


def make_field(attribute: Attribute, on_change: OnChange, parent: QWidget | None = None) -> AttributeField:
    """The field for an attribute; ``on_change`` is told what a person made of it."""
    if attribute.kind is AttributeKind.CHOICE:
        return ChoiceField(attribute, on_change, parent)
    if attribute.kind is AttributeKind.FLAG:
        return FlagField(attribute, on_change, parent)
    return TextField(attribute, on_change, parent)


def _text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

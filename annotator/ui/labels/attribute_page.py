"""The page for attributes of tracks: a list, and the fields of the selected attribute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.model.attribute import Attribute, AttributeKind
from annotator.storage.edits import attributes
from annotator.ui.document.document import Document
from annotator.ui.labels.page import EditorPage
from annotator.ui.tracks.attribute_fields import AttributeField, LineField, make_field
from annotator.ui.widgets.plain_text import Label, literal


class AttributeEditor(EditorPage):
    """Defines attributes: their name, class, type, options and default value."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self._shown: Attribute | None = None
        self.list = QListWidget(self)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAlternatingRowColors(True)
        self.list.currentItemChanged.connect(lambda: self._show_chosen())
        self.add = self._button(self.tr("Add"), self._add)
        self.remove = self._button(self.tr("Remove"), self._remove)
        self.name = LineField(lambda text: self._change(name=text), self)
        self.label = QComboBox(self)
        self.label.activated.connect(lambda: self._change(label=self.label.currentData()))
        self.kind = QComboBox(self)
        for kind, text in ((AttributeKind.TEXT, self.tr("Text")), (AttributeKind.NUMBER, self.tr("Number")),
                           (AttributeKind.CHOICE, self.tr("Choice")), (AttributeKind.FLAG, self.tr("Yes or no"))):
            self.kind.addItem(text, kind)
        self.kind.activated.connect(self._change_kind)
        self.options = LineField(self._change_options, self)
        self.varies = QCheckBox(self.tr("May change over time"), self)
        self.varies.setToolTip(self.tr("A value then holds from its frame until the next change. If you turn this off, "
                                       "each track keeps its first value"))
        self.varies.clicked.connect(lambda on: self._change(varies=on))
        self.default: AttributeField | None = None
        self._empty = Label(self.tr("Attributes describe tracks in more detail than classes: a team, an age, a state"),
                             self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._lay_out()

    def _lay_out(self) -> None:
        self._fields = QWidget(self)
        self._form = form = QFormLayout(self._fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Class"), self.label)
        form.addRow(self.tr("Type"), self.kind)
        form.addRow(self.tr("Options"), self.options)
        form.addRow("", self.varies)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        row.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list)
        left.addLayout(row)
        right = QVBoxLayout()
        right.addWidget(self._fields)
        right.addWidget(self._empty, 1)
        right.addStretch(0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(12)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)

    def _button(self, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self, autoDefault=False)
        button.clicked.connect(lambda: slot())
        return button

    # Display

    def reload(self) -> None:
        """Show the current state; the selected attribute stays selected."""
        chosen = None if self._shown is None else self._shown.id
        every, labels = self._document.attributes(), self._document.labels()
        with QSignalBlocker(self.list), QSignalBlocker(self.label):
            self.list.clear()
            for attribute in every:
                of = labels[attribute.label].name if attribute.label in labels else self.tr("all classes")
                item = QListWidgetItem(f"{attribute.name} ({of})", self.list)
                item.setData(Qt.ItemDataRole.UserRole, attribute.id)
                item.setToolTip(literal(item.text()))
                item.setSizeHint(QSize(0, 24))
                if attribute.id == chosen:
                    self.list.setCurrentItem(item)
            self.label.clear()
            self.label.addItem(self.tr("all classes"), None)
            for label in labels.values():
                self.label.addItem(label.name, label.id)
        if self.list.currentRow() < 0 and every:
            self.list.setCurrentRow(0)
        self._show_chosen()

    def choose(self, attribute_id: int) -> None:
        """Select an attribute and show its fields."""
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == attribute_id:
                self.list.setCurrentRow(row)

    def _show_chosen(self) -> None:
        item = self.list.currentItem()
        chosen = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        found = next((a for a in self._document.attributes() if a.id == chosen), None)
        if self._shown is not None and (found is None or found.id != self._shown.id):
            for field in (self.name, self.options):
                field.setModified(False)
        self._fields.setVisible(found is not None)
        self._empty.setVisible(found is None)
        self.remove.setEnabled(found is not None)
        if found is not None:
            self._show_fields(found)
        self._shown = found

    def _show_fields(self, attribute: Attribute) -> None:
        self.name.show_text(attribute.name)
        self.label.setCurrentIndex(max(self.label.findData(attribute.label), 0) if attribute.label is not None else 0)
        self.kind.setCurrentIndex(self.kind.findData(attribute.kind))
        self.options.setEnabled(attribute.kind is AttributeKind.CHOICE)
        self.options.show_text(", ".join(attribute.options), self.tr("red, green, blue")
                               if attribute.kind is AttributeKind.CHOICE else self.tr("for choices only"))
        self.varies.setChecked(attribute.varies)
        before = self._shown
        if self.default is None or before is None or replace(attribute, default=None) != replace(before, default=None):
            if self.default is not None:
                self._form.removeRow(self.default)
            # The editing field must not show the default as its own placeholder.
            self.default = make_field(replace(attribute, default=None), lambda value: self._change(default=value), self)
            self._form.addRow(self.tr("Default"), self.default)
        self.default.show_values([attribute.default])

    # Edits

    def _add(self) -> None:
        taken = {attribute.name for attribute in self._document.attributes()}
        name = next(name for k in range(1, len(taken) + 2)
                    if (name := self.tr("attribute {0}").format(k)) not in taken)
        made: list[Attribute] = []
        if self._edit(lambda session: made.append(
                attributes.add_attribute(session.store, name, AttributeKind.TEXT))):
            self.reload()
            self.choose(made[0].id)
            self.name.setFocus()
            self.name.selectAll()

    def _remove(self) -> None:
        shown = self._shown
        if shown is not None:
            self._edit(lambda session: attributes.remove_attribute(session.store, shown.id))

    def _change(self, **values: Any) -> None:
        present = self._present()
        if present is not None:
            changed = replace(present, **values)
            self._edit(lambda session: attributes.change_attribute(session.store, changed))

    def _present(self) -> Attribute | None:
        """Return the current state of the selected attribute; the displayed state may be slightly older."""
        shown = self._shown
        return None if shown is None else next((a for a in self._document.attributes() if a.id == shown.id), None)

    def _change_kind(self) -> None:
        shown = self._present()
        if shown is None:
            return
        kind = AttributeKind(self.kind.currentData())
        # The store refuses a choice without options.
        options = shown.options or (self.tr("option 1"), self.tr("option 2"))
        options = options if kind is AttributeKind.CHOICE else ()
        default = replace(shown, kind=kind, options=options).fitting(shown.default)
        self._change(kind=kind, options=options, default=default)

    def _change_options(self, text: str) -> None:
        shown = self._present()
        if shown is not None:
            options = tuple(option.strip() for option in text.split(","))
            self._change(options=options, default=shown.default if shown.default in options else None)

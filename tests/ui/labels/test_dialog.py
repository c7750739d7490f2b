"""The editor of classes, attributes and detectors' classes."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QColorDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from annotator.model.attribute import AttributeKind
from annotator.storage.edits import attributes, labels
from annotator.storage.store import Store
from annotator.ui.labels.dialog import LabelDialog
from annotator.ui.tracks.attribute_fields import ChoiceField
from annotator.ui.window.main_window import MainWindow
from tests.required import required
from tests.ui.tracks.test_inspector import choose, store_of

NAME = 2


@pytest.fixture
def dialog(opened: MainWindow) -> LabelDialog:
    labels.add_label(store_of(opened), "car")
    opened.actions_["label.edit"].trigger()
    made = opened.features.labels.dialog
    assert made is not None
    assert made.isVisible()
    return made


def store(dialog: LabelDialog) -> Store:
    session = dialog._document.session
    assert session is not None
    return session.store


def names(dialog: LabelDialog) -> list[str]:
    return [label.name for label in store(dialog).labels()]


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(dialog: LabelDialog) -> list[str]:
    table = dialog.labels.table
    return [table.model().index(row, NAME).data() for row in range(table.rowCount())]


def wait_reloaded(dialog: LabelDialog, qtbot: QtBot) -> None:
    """Until the dialog shows what was changed last."""
    qtbot.waitUntil(lambda: not dialog._reload_timer.isActive())


def type_over(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_a_key_opens_it(opened: MainWindow, qtbot: QtBot) -> None:
    opened.canvas.setFocus()
    qtbot.keyClick(opened.canvas, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert opened.features.labels.dialog is not None
    assert opened.features.labels.dialog.isVisible()


def test_a_class_is_added_and_named_in_place(dialog: LabelDialog, qtbot: QtBot) -> None:
    press(qtbot, dialog.labels.add)
    wait_reloaded(dialog, qtbot)
    editor = dialog.labels.table.findChild(QLineEdit)
    assert editor is not None, "the new name is open for typing"
    assert editor.selectedText() == editor.text(), "what is typed replaces it"
    qtbot.keyClicks(editor, "bus")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(dialog) == ["object", "car", "bus"])
    qtbot.waitUntil(lambda: shown(dialog) == ["object", "car", "bus"])
    dialog._document.undo()
    dialog._document.undo()
    assert names(dialog) == ["object", "car"]
    qtbot.waitUntil(lambda: shown(dialog) == ["object", "car"])


def test_a_name_that_is_taken_is_refused_in_one_line(dialog: LabelDialog, qtbot: QtBot) -> None:
    table = dialog.labels.table
    table.edit(table.model().index(1, NAME))
    editor = table.findChild(QLineEdit)
    assert editor is not None
    type_over(qtbot, editor, "object")
    qtbot.waitUntil(dialog.error.isVisible)
    assert dialog.error.text() == "a class named object already exists; merge the two, or choose another name"
    qtbot.waitUntil(lambda: shown(dialog) == ["object", "car"])


def test_a_class_in_use_stays_and_an_unused_one_goes(dialog: LabelDialog, qtbot: QtBot) -> None:
    dialog.labels.choose(store(dialog).labels()[0].id)
    press(qtbot, dialog.labels.remove)
    assert "3 tracks have the class object" in dialog.error.text()
    assert dialog.error.isVisible()
    dialog.labels.choose(store(dialog).labels()[1].id)
    press(qtbot, dialog.labels.remove)
    assert names(dialog) == ["object"]
    assert not dialog.error.isVisible()


def test_classes_are_merged_moved_and_recoloured(dialog: LabelDialog, qtbot: QtBot) -> None:
    page = dialog.labels
    page.choose(store(dialog).labels()[1].id)
    press(qtbot, page.up)
    assert names(dialog) == ["car", "object"]
    qtbot.waitUntil(lambda: shown(dialog) == ["car", "object"])
    assert page.chosen is not None
    assert page.chosen.name == "car", "the moved one stays chosen"
    press(qtbot, page.color)
    picker = required(page.findChild(QColorDialog))
    picker.colorSelected.emit(picker.currentColor().fromString("#654321"))
    picker.close()
    assert store(dialog).labels()[0].color == "#654321"
    page.choose(store(dialog).labels()[1].id)
    page._fill_merge()
    (into,) = page.merge.menu().actions()
    assert into.text() == "car"
    into.trigger()
    assert names(dialog) == ["car"]
    assert store(dialog).label_uses() == {store(dialog).labels()[0].id: 3}
    assert store(dialog).class_labels() == {"object": "car"}


def test_an_attribute_is_made_and_changed_field_by_field(dialog: LabelDialog, qtbot: QtBot) -> None:
    page = dialog.attributes
    dialog._pages.setCurrentWidget(page)
    assert page._empty.isVisible()
    press(qtbot, page.add)
    type_over(qtbot, page.name, "team")
    choose(qtbot, page.label, "car")
    choose(qtbot, page.kind, "Choice")
    wait_reloaded(dialog, qtbot)
    type_over(qtbot, page.options, "red, blue")
    wait_reloaded(dialog, qtbot)
    assert isinstance(page.default, ChoiceField)
    choose(qtbot, page.default, "blue")
    (made,) = store(dialog).attributes()
    assert (made.name, made.kind, made.options, made.default) == ("team", AttributeKind.CHOICE, ("red", "blue"), "blue")
    assert made.label == store(dialog).labels()[1].id
    press(qtbot, page.remove)
    assert store(dialog).attributes() == []


def test_a_kind_is_changed_without_losing_what_fits(dialog: LabelDialog, qtbot: QtBot) -> None:
    made = attributes.add_attribute(store(dialog), "age", AttributeKind.TEXT, default="12")
    wait_reloaded(dialog, qtbot)
    page = dialog.attributes
    dialog._pages.setCurrentWidget(page)
    page.choose(made.id)
    choose(qtbot, page.kind, "Number")
    assert store(dialog).attribute(made.id).default == 12.0


def test_detectors_classes_are_mapped_dropped_and_kept(dialog: LabelDialog, qtbot: QtBot) -> None:
    page = dialog.classes
    dialog._pages.setCurrentWidget(page)
    assert list(page.boxes) == ["object"], "what runs have seen is listed"
    page.name.setFocus()
    qtbot.keyClicks(page.name, "truck")
    press(qtbot, page.add)
    assert list(page.boxes) == ["object", "truck"]
    choose(qtbot, page.boxes["truck"], "car")
    wait_reloaded(dialog, qtbot)
    assert store(dialog).class_labels() == {"truck": "car"}
    choose(qtbot, page.boxes["truck"], "(dropped)")
    wait_reloaded(dialog, qtbot)
    assert store(dialog).class_labels() == {"truck": None}
    choose(qtbot, page.boxes["truck"], "(same name)")
    assert store(dialog).class_labels() == {}


def test_it_closes_with_the_project_and_is_greyed_where_nothing_can_be_written(opened: MainWindow, dialog: LabelDialog,
                                                                               ) -> None:
    path = opened.document.path
    assert path is not None
    opened.document.close()
    assert not dialog.isVisible()
    opened.document.open(path, read_only=True)
    opened.features.labels.show_dialog()
    assert not dialog.labels.isEnabled()
    assert shown(dialog) == ["object", "car"]


def test_an_attribute_may_change_over_time(dialog: LabelDialog, qtbot: QtBot) -> None:
    made = attributes.add_attribute(store(dialog), "age", AttributeKind.TEXT)
    page = dialog.attributes
    page.reload()
    page.varies.click()
    assert store(dialog).attribute(made.id).varies
    page.reload()
    assert page.varies.isChecked()
    page.varies.click()
    assert not store(dialog).attribute(made.id).varies

"""Text is text: with markup in every name that a project has, no widget of the window shows any of it as markup."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from annotator.ui.window.main_window import MainWindow

MARKUP = '<b>bold</b><img src="file:///etc/hostname"> &lt;x&gt;'


@pytest.fixture
def project(project: Path) -> Path:
    """The project with markup in its video, class, track, attribute, run and history."""
    with closing(sqlite3.connect(project, isolation_level=None)) as connection:
        for statement in ("UPDATE video SET name = ?1 || id", "UPDATE label SET name = ?1 || id",
                          "UPDATE track SET name = ?1, attributes = json_object(?1, ?1)",
                          "INSERT INTO attribute (id, name, kind, options, default_value, position) "
                          "VALUES (1, ?1, 'text', '[]', 'null', 1)",
                          "UPDATE run SET message = ?1, kind = 'preannotate', status = 'interrupted'",
                          "UPDATE run SET settings = json_object('tracker', ?1)",
                          "UPDATE history SET label = ?1", "INSERT INTO detector_class VALUES (?1, 1)",
                          "UPDATE track SET review_author = ?1, review_time = ?1",
                          "INSERT INTO note VALUES (1, 1, 1, 0, NULL, NULL, 0, json_array("
                          "json_object('author', ?1, 'time', ?1, 'text', ?1)))",
                          "INSERT INTO mark (id, video, track, first, last, kind) SELECT 1, 1, 1, 0, 5, 'occluded' "
                          "WHERE ?1 IS NOT NULL"):
            connection.execute(statement, (MARKUP,))
    return project


def problems(window: MainWindow) -> Iterator[str]:
    """Widgets whose text or tooltip Qt would take for markup."""
    from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
    from PySide6.QtGui import Qt as Text
    from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QLabel, QWidget

    def rich(text: object) -> bool:
        return isinstance(text, str) and Text.mightBeRichText(text)

    def of_model(model: QAbstractItemModel, where: str) -> Iterator[str]:
        for row in range(model.rowCount()):
            for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount()):
                tip = model.data(model.index(row, column, QModelIndex()), Qt.ItemDataRole.ToolTipRole)
                if rich(tip):
                    yield f"tooltip of {where} row {row} column {column}: {tip}"

    widgets = {id(each): each for top in QApplication.topLevelWidgets() for each in (top, *top.findChildren(QWidget))}
    for widget in widgets.values():
        where = f"{type(widget).__name__} {widget.objectName()}"
        if isinstance(widget, QLabel) and rich(widget.text()) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield f"text of {where}: {widget.text()}"
        for kind, text in (("tooltip", widget.toolTip()), ("whatsThis", widget.whatsThis())):
            if rich(text):
                yield f"{kind} of {where}: {text}"
        for action in widget.actions():
            if rich(action.toolTip()):
                yield f"tooltip of action {action.objectName() or action.text()}: {action.toolTip()}"
        if isinstance(widget, QComboBox | QAbstractItemView) and widget.model() is not None:
            yield from of_model(widget.model(), where)


def all_texts(window: MainWindow) -> str:
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in window.findChildren(QLabel))


def test_no_name_becomes_markup(opened: MainWindow, qtbot: QtBot) -> None:
    document = opened.document
    document.select(list(document.tracks())[:1])
    qtbot.wait(100)
    document.go_to(5)
    qtbot.wait(200)
    for name in ("label.edit", "file.export", "file.import", "run.track", "help.about", "help.edit-keys"):
        entry = next((each for each in opened.actions_ if each.name == name), None)
        if entry is not None and entry.action.isEnabled():
            entry.action.trigger()
            qtbot.wait(50)
    assert list(problems(opened)) == []
    assert MARKUP in all_texts(opened)  # names are shown, as they are


def test_messages_and_reports_are_text(opened: MainWindow, qtbot: QtBot) -> None:
    from annotator.ui.widgets.message import Message
    from annotator.ui.widgets.report_dialog import Report, ReportDialog
    from annotator.ui.window.crash import crash_box

    opened.messages.post(Message.failed(f"{MARKUP}: refused"))
    opened.offers.offer("test", MARKUP, MARKUP, lambda: None)
    report = ReportDialog(Report(MARKUP, MARKUP, [("a", MARKUP)], [MARKUP], [Path(MARKUP)]), opened)
    report.show()
    box = crash_box(opened, MARKUP, MARKUP, Path(MARKUP))
    box.show()
    qtbot.wait(50)
    assert list(problems(opened)) == []
    report.close()
    box.close()


def test_the_question_of_trust_is_text(opened: MainWindow, qtbot: QtBot) -> None:
    from dataclasses import replace

    from annotator.jobs.tracking.config import PreannotateSettings

    controller, session = opened.features.jobs.controller, opened.document.session
    assert session is not None
    settings = PreannotateSettings(detector=f"/tmp/{MARKUP}.onnx").to_json()
    run = replace(session.store.runs()[0], settings=settings)
    controller.resume(run)
    qtbot.waitUntil(lambda: controller.question is not None and controller.question.isVisible())
    assert not opened.worker.busy
    assert controller.question is not None
    assert MARKUP in controller.question.text()
    assert list(problems(opened)) == []
    controller.question.reject()


@pytest.mark.parametrize("text", [MARKUP, "<b>x</b>", "&lt;", "a <i>b</i>", "plain", "3 < 4 & 5 > 2"])
def test_literal_texts_are_plain_and_look_the_same(text: str) -> None:
    from PySide6.QtGui import Qt as Text

    from annotator.ui.widgets.plain_text import literal

    assert not Text.mightBeRichText(literal(text))
    assert literal(text).replace("\u200b", "") == text

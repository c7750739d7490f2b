"""One message at a time, with its severity, for as long as it holds."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from annotator.ui.widgets.message import Message, Severity
from annotator.ui.window.main_window import MainWindow
from annotator.ui.window.message_bar import MessageBar
from tests.ui.manual_boxes import set_box


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[MessageBar]:
    window = QMainWindow()
    made = MessageBar(window)
    window.setStatusBar(made)
    window.resize(500, 120)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield made
    window.close()


def test_the_newest_message_is_shown(bar: MessageBar) -> None:
    bar.post(Message.done("Saved"))
    bar.post(Message.failed("The disk is full"))
    assert bar.message == Message.failed("The disk is full")
    assert bar.currentMessage() == "The disk is full"
    assert bar.toolTip() == "The disk is full"


def test_a_message_ends_when_it_no_longer_holds(bar: MessageBar) -> None:
    true = True
    bar.post(Message.hint("Draw a box", lambda: true))
    bar.recheck()
    assert bar.currentMessage() == "Draw a box"
    true = False
    bar.recheck()
    assert bar.message is None
    assert bar.currentMessage() == bar.toolTip() == ""


def test_a_message_without_a_condition_outlives_every_check(bar: MessageBar) -> None:
    bar.post(Message.refused("Track 3 is locked"))
    bar.recheck()
    assert bar.currentMessage() == "Track 3 is locked"


def test_a_failure_stays_until_its_project_or_its_job_is_left_behind(bar: MessageBar) -> None:
    bar.post(Message.failed("The disk is full"))
    bar.withdraw()
    assert bar.currentMessage() == "The disk is full"
    bar.withdraw(failures=True)
    assert bar.message is None
    bar.post(Message.refused("Track 3 is locked"))
    bar.withdraw()
    assert bar.message is None


def test_messages_end_with_what_they_are_about(opened: MainWindow) -> None:
    bar, document = opened.messages, opened.document
    bar.post(Message.refused("Track 1 is locked"))
    document.go_to(3)
    document.select([min(document.tracks())])
    assert bar.currentMessage() == "Track 1 is locked"
    set_box(opened, min(document.tracks()), 3)
    assert bar.message is None
    bar.post(Message.done("Swapped"))
    document.undo()
    assert bar.message is None
    bar.post(Message.failed("The disk is full"))
    document.redo()
    assert bar.currentMessage() == "The disk is full"
    document.close()
    assert bar.message is None


def test_a_frame_that_cannot_be_shown_is_reported_while_it_is_the_current_one(opened: MainWindow) -> None:
    source = opened.controller.source
    assert source is not None
    opened.document.go_to(4)
    source.failed.emit(4, "frame 4 is broken")
    assert opened.messages.currentMessage() == "frame 4 is broken"
    opened.document.go_to(5)
    assert opened.messages.currentMessage() == ""


def test_failures_are_logged_as_warnings(bar: MessageBar, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="annotator.ui.window.message_bar"):
        bar.post(Message.failed("The disk is full"))
        bar.post(Message.hint("Draw a box", lambda: True))
    assert [(record.levelno, record.message) for record in caplog.records] == [
        (logging.WARNING, "The disk is full"), (logging.DEBUG, "Draw a box")]


def colors(bar: MessageBar) -> set[int]:
    image: QImage = bar.grab().toImage()
    return {image.pixel(x, y) for x in range(4, 24) for y in range(image.height())}


def test_severities_look_different(bar: MessageBar) -> None:
    seen = {}
    for severity in Severity:
        bar.post(Message(severity, "text"))
        seen[severity] = frozenset(colors(bar))
    assert len(set(seen.values())) == len(Severity)


def test_text_that_does_not_fit_stays_clear_of_permanent_widgets(bar: MessageBar, qtbot: QtBot) -> None:
    label = QLabel("permanent")
    label.setStyleSheet("background: #ff0000")
    bar.addPermanentWidget(label)
    qtbot.waitUntil(label.isVisible)
    bar.post(Message.done("A very long message " * 20))
    image = bar.grab().toImage()
    inside = label.geometry()
    assert QColor(image.pixel(inside.left() + 1, inside.top() + 1)) == QColor("#ff0000")
    background = QColor(image.pixel(inside.left() - 4, 3))
    gap = {QColor(image.pixel(x, y)).name() for x in range(inside.left() - 7, inside.left() - 2)
           for y in range(2, image.height() - 2)}
    assert gap == {background.name()}

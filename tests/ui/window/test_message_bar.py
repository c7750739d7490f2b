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
from annotator.ui.window.message_bar import MessageBar


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


def test_failures_are_logged_as_warnings(bar: MessageBar, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="annotator.ui.window.message_bar"):
        bar.post(Message.failed("The disk is full"))
        bar.post(Message.hint("Draw a box"))
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

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from annotator.ui.help.log_panel import MOST_LINES, log_file
from annotator.ui.window.main_window import MainWindow

log = logging.getLogger("annotator.test_of_the_log")


@pytest.fixture(autouse=True)
def loud() -> object:
    before = log.level
    log.setLevel(logging.DEBUG)
    yield
    log.setLevel(before)


def shown(window: MainWindow) -> str:
    return window.features.help.log.view.toPlainText()


def test_the_log_is_hidden_until_it_is_wanted(window: MainWindow, qtbot: QtBot) -> None:
    assert not window._docks.log.isVisible()
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_L, held)
    assert window._docks.log.isVisible()
    assert window.actions_["view.log"].isChecked()
    window._docks.log.close()
    assert not window.actions_["view.log"].isChecked()


def test_records_of_every_thread_appear_and_are_filtered(window: MainWindow, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: log.info("from afar"))
    thread.start()
    thread.join()
    log.debug("of no interest")
    log.warning("beware")
    qtbot.waitUntil(lambda: "beware" in shown(window))
    assert "from afar" in shown(window)
    assert "of no interest" not in shown(window)
    window.features.help.log.level.setCurrentIndex(2)
    assert "from afar" not in shown(window)
    assert "beware" in shown(window)
    window.features.help.log.level.setCurrentIndex(0)
    assert "of no interest" in shown(window)


def test_lines_are_copied_and_cleared(window: MainWindow, qtbot: QtBot) -> None:
    log.warning("take this")
    qtbot.waitUntil(lambda: "take this" in shown(window))
    window._docks.log.show()
    qtbot.mouseClick(window.features.help.log.copy, Qt.MouseButton.LeftButton)
    assert "take this" in QGuiApplication.clipboard().text()
    qtbot.mouseClick(window.features.help.log.clear, Qt.MouseButton.LeftButton)
    window.features.help.log.level.setCurrentIndex(0)
    assert shown(window) == ""


def test_memory_is_bounded(window: MainWindow, qtbot: QtBot) -> None:
    for number in range(MOST_LINES + 500):
        log.warning("line %d %s", number, "x" * 10)
    log.warning("y" * 100_000)
    qtbot.waitUntil(lambda: "yyy" in shown(window))
    assert len(window.features.help.log.buffer.lines()) == MOST_LINES
    assert window.features.help.log.view.document().blockCount() <= MOST_LINES
    assert len(window.features.help.log.buffer.lines()[-1].text) < 5000


def test_arguments_that_do_not_fit_harm_nobody(window: MainWindow, qtbot: QtBot,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    record = log.makeRecord(log.name, logging.WARNING, __file__, 1, "%d things", ("many",), None)
    window.features.help.log.buffer.handle(record)
    log.warning("after")
    qtbot.waitUntil(lambda: "after" in shown(window))
    assert "things" not in shown(window)


def test_the_file_is_named(window: MainWindow, tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "annotator.log")
    # Before those that pytest has put there.
    logging.getLogger().handlers.insert(0, handler)
    try:
        assert log_file() == tmp_path / "annotator.log"
        window._docks.log.show()
        assert window.features.help.log.place.text() == str(tmp_path / "annotator.log")
        assert window.features.help.log.folder.isEnabled()
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_a_closed_window_listens_no_longer(window: MainWindow) -> None:
    window.close()
    assert window.features.help.log.buffer not in logging.getLogger().handlers

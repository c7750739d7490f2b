from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from annotator.ui.window.crash import CrashReporter
from annotator.ui.window.main_window import MainWindow
from tests.required import required


@pytest.fixture
def reporter(window: MainWindow, tmp_path: Path) -> CrashReporter:
    return CrashReporter(window, tmp_path / "logs" / "annotator.log")


def fail(reporter: CrashReporter, text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        reporter.report(type(error), error, error.__traceback__)


def button(box: QMessageBox, text: str) -> QPushButton:
    return next(b for b in box.findChildren(QPushButton) if b.text() == text)


def test_the_dialog_says_what_where_and_that_the_project_is_safe(reporter: CrashReporter, tmp_path: Path,
                                                                 qtbot: QtBot,
                                                                 caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        fail(reporter, "the moon is full")
    qtbot.waitUntil(lambda: reporter.box is not None)
    box = reporter.box
    assert box is not None
    assert "the moon is full" in box.text()
    assert "project is safe" in box.informativeText()
    assert str(tmp_path) in box.informativeText()
    assert "Traceback" in caplog.text
    button(box, "Copy report").click()
    assert box.isVisible()
    assert "Traceback" in QGuiApplication.clipboard().text()
    box.done(0)
    assert reporter.box is None


def test_a_row_of_faults_is_one_dialog_and_all_in_the_log(reporter: CrashReporter, qtbot: QtBot,
                                                          caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        for number in range(5):
            fail(reporter, f"fault {number}")
    qtbot.waitUntil(lambda: reporter.box is not None)
    assert len(required(reporter.parent()).findChildren(QMessageBox)) == 1
    assert sum("fault" in record.getMessage() for record in caplog.records) == 5
    assert reporter.box is not None
    reporter.box.done(0)


def test_a_fault_on_another_thread_is_shown_on_the_windows(reporter: CrashReporter, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: fail(reporter, "aside"), name="aside")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: reporter.box is not None)
    assert reporter.box is not None
    assert reporter.box.thread() is reporter.thread()
    reporter.box.done(0)


def test_ctrl_c_closes_the_window_without_a_dialog(reporter: CrashReporter, window: MainWindow) -> None:
    reporter.report(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not window.isVisible()
    assert reporter.box is None

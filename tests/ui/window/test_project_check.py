"""A project that was not closed properly is shown at once and checked meanwhile, and what is found is reported."""

from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from pytestqt.qtbot import QtBot

from annotator.storage.reader import Reader
from annotator.storage.store import Store
from annotator.ui.widgets.report_dialog import ReportDialog
from annotator.ui.window.main_window import MainWindow
from tests.patience import PATIENCE_S
from tests.required import required


@pytest.fixture
def unclean(project: Path) -> Path:
    """As a program that died leaves a project: with its record in the lock file."""
    with closing(sqlite3.connect(project)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    project.with_name(project.name + ".lock").write_text(
        '{"program": "annotator", "pid": 1, "host": "' + socket.gethostname() + '", "since": "then"}')
    return project


def damage(project: Path) -> None:
    with closing(sqlite3.connect(project)) as connection:
        connection.execute("UPDATE observation SET x2 = x2 + 1 WHERE frame = 3")
        connection.commit()


def test_a_whole_project_is_confirmed(window: MainWindow, unclean: Path, qtbot: QtBot) -> None:
    assert window.open_path(unclean)
    assert len(window.document.tracks()) == 3
    qtbot.waitUntil(lambda: not window.features.files.check.worker.busy)
    assert "nothing in it is damaged" in window.statusBar().currentMessage()
    assert not required(window.document.session).store.unchecked
    assert window.document.writable
    assert not window.findChildren(ReportDialog)


def test_a_damaged_project_is_shown_and_then_only_read(window: MainWindow, unclean: Path, qtbot: QtBot) -> None:
    damage(unclean)
    assert window.open_path(unclean)
    assert len(window.document.tracks()) == 3
    qtbot.waitUntil(lambda: bool(window.findChildren(ReportDialog)))
    [report] = window.findChildren(ReportDialog)
    assert "frame 3 of run 1 differ" in report.remarks.item(0).text()
    assert not window.document.writable
    assert len(window.document.tracks()) == 3
    window.document.close()
    with Store.open(unclean, check=False) as again:
        assert again.unchecked, "the next opening checks it again"


def test_a_project_that_is_closed_during_the_check_is_checked_again(
        window: MainWindow, unclean: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, examine = threading.Event(), Reader.examine

    def slow(self: Reader, progress: object, cancel: object) -> object:
        begun.set()
        while not cancel.cancelled:  # type: ignore[attr-defined]
            threading.Event().wait(0.01)
        return examine(self, progress, cancel)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "examine", slow)
    assert window.open_path(unclean)
    assert begun.wait(PATIENCE_S)
    assert window.features.files.check_bar.isVisible()
    window.document.close()
    assert not window.features.files.check.worker.busy
    with Store.open(unclean, check=False) as again:
        assert again.unchecked

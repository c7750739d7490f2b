"""The window asks before it connects to a computer that only the project names, and touches nothing until then."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from annotator.files.consent import NetworkConsent
from annotator.ui.window.main_window import MainWindow
from annotator.ui.window.network_question import NetworkQuestion
from tests.conftest import MadeClip
from tests.required import required
from tests.ui.conftest import has_picture, wait_read
from tests.untouched import untouched

HOST = "evil.invalid"
NAMES = [f"//{HOST}/share/clip.mp4", f"\\\\{HOST}\\share\\clip.mp4"]


@pytest.fixture(params=NAMES)
def led_away(request: pytest.FixtureRequest, project: Path) -> Path:
    with closing(sqlite3.connect(project)) as connection, connection:
        connection.execute("UPDATE video SET path = ?", (request.param,))
    return project


def question(window: MainWindow) -> NetworkQuestion:
    box = required(window.features.files.projects.question)
    assert box.isVisible()
    return box


def test_it_asks_in_plain_text_and_no_is_the_default(window: MainWindow, led_away: Path, qtbot: QtBot) -> None:
    with untouched(HOST):
        assert window.open_path(led_away)
        wait_read(window, qtbot)
        box = question(window)
        assert box.textFormat() is Qt.TextFormat.PlainText
        assert f"//{HOST}/share: clip" in box.informativeText()
        assert box.defaultButton() is box.button(QMessageBox.StandardButton.No)
        assert box.escapeButton() is box.button(QMessageBox.StandardButton.No)
        box.button(QMessageBox.StandardButton.No).click()
        qtbot.waitUntil(lambda: not window.findChildren(NetworkQuestion))
    assert not NetworkConsent(led_away).allows(f"//{HOST}/share")


def test_after_no_the_tracks_can_be_seen_and_nothing_is_touched(window: MainWindow, led_away: Path, clip: MadeClip,
                                                               monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    begun: list[str] = []

    def choose(_parent: object, _title: str, begin: str, *_: object) -> tuple[str, str]:
        begun.append(begin)
        return str(clip.video), ""

    with untouched(HOST):
        assert window.open_path(led_away)
        question(window).reject()
        document = window.document
        assert len(document.tracks()) == clip.objects
        document.go_to(5)
        assert window.offers.isVisible()
        assert "was not touched" in window.offers.text.text()
        for name in ("run.track", "file.import", "file.export"):
            window.actions_[name].trigger()
            qtbot.wait(50)
            for dialog in window.findChildren(QMessageBox) + [each for each in window.children()
                                                              if hasattr(each, "reject")]:
                dialog.reject()
        window.features.files.choose(clip.video)  # in doubt whether it is one of the project's
        for box in window.findChildren(QMessageBox):
            box.reject()
        monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
        window.actions_["file.locate"].trigger()
        qtbot.waitUntil(lambda: has_picture(window, 5))
    assert begun == [""]


def test_the_offer_asks_again_and_a_yes_is_remembered(window: MainWindow, led_away: Path, qtbot: QtBot) -> None:
    with untouched(HOST):
        assert window.open_path(led_away)
        question(window).reject()
        qtbot.waitUntil(lambda: not window.findChildren(NetworkQuestion))
        window.offers.button.click()
        box = question(window)
    box.connect_button.click()
    wait_read(window, qtbot)
    qtbot.waitUntil(lambda: "moved or changed" in window.offers.text.text())  # looked for, and not there
    assert NetworkConsent(led_away).allows(f"//{HOST}/share")
    qtbot.waitUntil(lambda: not window.findChildren(NetworkQuestion))
    window.document.close()
    assert window.open_path(led_away)
    assert not window.findChildren(NetworkQuestion)
    wait_read(window, qtbot)


def test_local_projects_ask_nothing(opened: MainWindow) -> None:
    assert opened.features.files.projects.question is None


def test_many_servers_are_counted(window: MainWindow) -> None:
    box = NetworkQuestion("p.annot", {f"//server-{number}/share": ["a"] * 9 for number in range(8)}, window)
    assert box.informativeText().count("//server-") == 5
    assert "3" in box.informativeText().splitlines()[5]
    box.deleteLater()

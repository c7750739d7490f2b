from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from annotator.jobs.prompts.propagate import PromptRequest
from annotator.ui.window.main_window import MainWindow
from tests.ui.mistaken import MEETING, make_project

CTRL, LEFT = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton


@pytest.fixture
def hiding(window: MainWindow, tmp_path: Path) -> MainWindow:
    """Track 2 hides track 1 in the four frames up to their meeting; it is selected."""
    assert window.open_path(make_project(tmp_path))
    window.document.select(key for key, track in window.document.tracks().items() if track.number == 2)
    window.canvas.setFocus()
    return window


def delete(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.canvas, Qt.Key.Key_Delete, CTRL)


def test_what_a_deleted_track_hid_is_offered_and_run_again(hiding: MainWindow, qtbot: QtBot) -> None:
    one, two = sorted(hiding.document.tracks())[:2]
    delete(hiding, qtbot)
    assert two not in hiding.document.tracks()
    qtbot.waitUntil(hiding.offers.isVisible, timeout=10000)
    assert hiding.offers.button.text() == "Rerun 4 frames"
    asked: list[list[list[PromptRequest]]] = []
    hiding.features.edits.rerun_offer.rerun_wanted.connect(asked.append)
    qtbot.mouseClick(hiding.offers.button, LEFT)
    assert not hiding.offers.isVisible()
    [[request]] = asked[0]
    assert (request.track, request.frame) == (one, MEETING - 4)
    session, video = hiding.document.session, hiding.document.video
    assert session is not None
    assert video is not None
    propagation = hiding.features.prompts.prompts.propagation
    qtbot.waitUntil(lambda: propagation.running is None and not propagation.batches
                    and len(session.store.proposals(video.id)) == 1, timeout=120000)


def test_an_undone_deletion_takes_the_offer_back(hiding: MainWindow, qtbot: QtBot) -> None:
    delete(hiding, qtbot)
    qtbot.waitUntil(hiding.offers.isVisible, timeout=10000)
    hiding.document.undo()
    assert not hiding.offers.isVisible()


def test_a_track_that_hid_nobody_offers_nothing(hiding: MainWindow, qtbot: QtBot) -> None:
    hiding.document.select(key for key, track in hiding.document.tracks().items() if track.number in (1, 3))
    delete(hiding, qtbot)
    qtbot.waitUntil(lambda: not hiding.features.edits.rerun_offer._worker.busy, timeout=10000)
    assert not hiding.offers.isVisible()

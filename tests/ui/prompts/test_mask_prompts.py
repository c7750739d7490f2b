"""Masks as prompts in the window."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.model.mask import Mask
from annotator.model.track import TrackObservation
from annotator.storage.edits import masks
from annotator.ui.prompts.bar import Stage
from annotator.ui.window.main_window import MainWindow
from tests.required import required
from tests.ui.fake_prompter import FakeSegmenters

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def track(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> int:
    """The selected track; the segmenter fills boxes."""
    monkeypatch.setattr("annotator.ui.threads.engine_worker._REPORT_INTERVAL", 0.0)
    opened.features.prompts.engine.make_segmenter = FakeSegmenters().make
    opened.canvas.setFocus()
    key = min(opened.document.tracks())
    opened.document.select((key,))
    return key


def shown(window: MainWindow, track: int, frame: int) -> TrackObservation:
    return next(seen for seen in window.document.observations(frame, masks=True) if seen.track == track)


def paint(window: MainWindow, track: int, frame: int, bitmap: np.ndarray, left: int) -> Mask:
    mask = Mask.from_bitmap(bitmap, left, 40)
    masks.set_mask(required(window.document.session).store, track, frame, mask, protect=False)
    return mask


def test_a_drawn_mask_is_cleaned_up_as_one_step(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    frayed = np.ones((30, 40), bool)
    frayed[::3, 30:] = False
    before = paint(opened, track, 0, frayed, 60)
    QTest.keyClick(opened.canvas, Qt.Key.Key_M, CTRL)
    qtbot.waitUntil(lambda: shown(opened, track, 0).mask != before, timeout=20000)
    assert required(shown(opened, track, 0).mask).area() > before.area()
    assert opened.statusBar().currentMessage().startswith("Cleaned up by")
    opened.actions_["edit.undo"].trigger()
    assert shown(opened, track, 0).mask == before


def test_a_mask_that_the_segmenter_does_not_see_is_left_alone(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    before = paint(opened, track, 0, np.eye(40, dtype=bool), 60)
    QTest.keyClick(opened.canvas, Qt.Key.Key_M, CTRL)
    qtbot.waitUntil(lambda: "no object like this mask" in opened.statusBar().currentMessage(), timeout=20000)
    assert shown(opened, track, 0).mask == before


def test_a_mask_is_propagated_and_a_gap_is_filled(opened: MainWindow, track: int, qtbot: QtBot) -> None:
    first = paint(opened, track, 2, np.ones((30, 40), bool), 60)
    last = paint(opened, track, 8, np.ones((30, 40), bool), 70)
    opened.document.go_to(5)
    QTest.keyClick(opened.canvas, Qt.Key.Key_G, CTRL | Qt.KeyboardModifier.ShiftModifier)

    def proposed() -> bool:
        state = opened.features.prompts.view.state()
        return state is not None and state.stage is Stage.PROPOSED and not opened.worker.in_interlude

    qtbot.waitUntil(proposed, timeout=30000)
    QTest.keyClick(opened.canvas, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: abs(required(shown(opened, track, 3).mask).left - first.left) < 5, timeout=20000)
    assert abs(required(shown(opened, track, 7).mask).left - last.left) < 5
    assert not shown(opened, track, 7).human
    assert (shown(opened, track, 2).mask, shown(opened, track, 8).mask) == (first, last)
    opened.document.go_to(9)
    opened.actions_["mask.between"].trigger()
    assert "no manual mask after frame 9" in opened.statusBar().currentMessage()

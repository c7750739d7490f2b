"""A frame that is shown in place of the current one is marked."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from pytestqt.qtbot import QtBot

from annotator.ui.window.main_window import MainWindow


def test_another_frames_image_is_marked_until_the_frame_is_decoded(
        opened: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    controller, mark = opened.controller, opened.controller.mark
    source = controller.source
    assert source is not None
    qtbot.waitUntil(lambda: controller.shown == 0 and source.get(12) is not None)
    assert mark.isHidden()
    image = source.get(0)
    assert image is not None
    with monkeypatch.context() as slow:
        slow.setattr(source, "request", lambda *_: None)
        slow.setattr(source, "nearest", lambda _frame: (0, image))
        opened.document.go_to(11)
        opened.document.go_to(12)
        qtbot.waitUntil(mark.isVisible)
        assert (controller.shown, mark.text()) == (0, "Loading frame 12: the image is frame 0")
        source.ready.emit(11)  # too late: another frame is wanted
        assert mark.isVisible()
        source.ready.emit(12)
        assert (controller.shown, mark.isHidden()) == (12, True)
    opened.document.go_to(5)
    qtbot.waitUntil(lambda: controller.shown == 5)
    opened.document.close()
    assert mark.isHidden()

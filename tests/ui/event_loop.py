"""Let the window's event loop run for as long as it has something to do."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot


def let_events_pass(qtbot: QtBot) -> None:
    """Process what is due now: posted events, and timers without a delay. Takes no time where nothing is."""
    passed: list[bool] = []
    QTimer.singleShot(0, lambda: passed.append(True))
    qtbot.waitUntil(lambda: bool(passed))

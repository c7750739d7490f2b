from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.ui.widgets.throttle import ThrottledTimer


@pytest.fixture(autouse=True)
def no_sparing() -> None:
    """It is what is tested here."""


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    made = FakeClock()
    monkeypatch.setattr("annotator.ui.widgets.throttle.time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def fire(timer: ThrottledTimer) -> None:
    """What Qt does when the time has come."""
    assert timer.isActive()
    timer.stop()
    timer.timeout.emit()


def test_it_comes_soon_after_a_pause_and_seldom_in_a_rush(qapp: QApplication, clock: FakeClock) -> None:
    done: list[float] = []
    parent = QObject()
    timer = ThrottledTimer(lambda: done.append(clock.now), 300, parent, soonest=1)
    timer.begin()
    assert timer.interval() == 1
    fire(timer)
    clock.sleep(0.1)
    timer.begin()
    assert timer.interval() == 200
    timer.begin()
    assert timer.interval() == 200, "what waits is not put off"
    fire(timer)
    clock.sleep(5)
    timer.begin()
    assert timer.interval() == 1
    timer.stop()
    assert len(done) == 2


def test_what_took_long_waits_longer(qapp: QApplication, clock: FakeClock) -> None:
    parent = QObject()
    timer = ThrottledTimer(lambda: clock.sleep(0.05), 10, parent)
    timer.begin()
    assert timer.interval() == 10
    fire(timer)
    timer.begin()
    assert timer.interval() == 1000, "a twentieth of the time"
    timer.stop()


def test_a_person_does_not_wait_for_a_rush_to_end(qtbot: QtBot) -> None:
    done: list[int] = []
    parent = QObject()
    timer = ThrottledTimer(lambda: done.append(1), 60000, parent, soonest=1)
    timer.begin()
    qtbot.waitUntil(lambda: len(done) == 1)
    timer.begin()
    assert timer.interval() > 1000
    timer.begin(urgent=True)
    qtbot.waitUntil(lambda: len(done) == 2)
    assert not timer.isActive()

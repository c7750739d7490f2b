from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from annotator.errors import SettingsError
from annotator.jobs.project import open_project
from annotator.model.cancel import CancelToken
from annotator.session import Session
from annotator.ui.canvas.frame_source import FrameSource
from annotator.ui.help.log_panel import LogBuffer
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.threads.relay import Relay
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.video import open_video
from tests.conftest import MadeClip

WAIT = 10000


class Threads:
    """On which threads signals were emitted: a direct connection is called where that happens."""

    def __init__(self, *signals: Any) -> None:
        self.names: list[str] = []
        for signal in signals:
            signal.connect(self._note, Qt.ConnectionType.DirectConnection)

    def _note(self, *_: object) -> None:
        self.names.append(threading.current_thread().name)

    def check(self, count: int) -> None:
        assert self.names == [threading.main_thread().name] * count


def on_a_thread(function: Any) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


class Teller(QObject):
    told = Signal(object)


class Listener:
    """A plain object, which Qt knows nothing of."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def hear(self, what: object) -> None:
        self.heard.append(what)


def test_what_is_posted_runs_in_order_on_the_relays_thread(qtbot: QtBot) -> None:
    relay = Relay()
    heard: list[tuple[int, str]] = []

    def hear(number: int) -> None:
        heard.append((number, threading.current_thread().name))

    def post() -> None:
        for k in range(3):
            relay.post(partial(hear, k))

    on_a_thread(post)
    assert heard == []
    qtbot.waitUntil(lambda: len(heard) == 3, timeout=WAIT)
    assert heard == [(k, threading.main_thread().name) for k in range(3)]


def test_a_listener_that_went_meanwhile_is_not_called(qtbot: QtBot) -> None:
    teller, listener = Teller(), Listener()
    relay = Relay(teller)
    teller.told.connect(listener.hear)
    heard = listener.heard

    def post() -> None:
        for _ in range(2):
            relay.post(lambda: teller.told.emit(1))

    on_a_thread(post)
    teller.told.disconnect(listener.hear)
    del listener
    gc.collect()
    last: list[int] = []
    relay.post(lambda: last.append(1))
    qtbot.waitUntil(lambda: bool(last), timeout=WAIT)
    assert heard == []


def test_a_relay_that_is_gone_says_so(qapp: QApplication) -> None:
    relay = Relay()
    delete(relay)
    with pytest.raises(RuntimeError):
        relay.post(lambda: None)


def test_tasks_are_told_on_the_windows_thread(qtbot: QtBot) -> None:
    worker = TaskWorker()
    threads = Threads(worker.progressed, worker.finished, worker.ended)

    def count(progress: Progress, _cancel: CancelToken) -> None:
        progress(1, 1)

    with qtbot.waitSignal(worker.ended, timeout=WAIT):
        worker.start("Counting", count)
    threads.check(3)


def test_jobs_and_interludes_are_told_on_the_windows_thread(qtbot: QtBot, project: Path) -> None:
    class OneStep:
        done = total = 1

    def job(_session: Session, _cancel: CancelToken) -> Generator[OneStep]:
        yield OneStep()

    def failing(_session: Session, _cancel: CancelToken) -> Generator[OneStep]:
        yield OneStep()
        raise ZeroDivisionError

    worker = EngineWorker()
    threads = Threads(worker.progressed, worker.finished, worker.interlude_progressed, worker.interlude_finished,
                      worker.crashed)
    try:
        with open_project(project) as session:
            with qtbot.waitSignal(worker.finished, timeout=WAIT):
                worker.start("One step", session, job)
            assert not worker.busy
            threads.check(3)
            with qtbot.waitSignal(worker.interlude_finished, timeout=WAIT):
                worker.interject("One step", session, failing)
            assert not worker.in_interlude
            threads.check(6)
    finally:
        worker.close()


def test_a_question_is_answered_on_the_windows_thread(qtbot: QtBot) -> None:
    def refuse() -> None:
        raise SettingsError("not like this: like that")

    worker = EngineWorker()
    heard: list[tuple[object, str]] = []
    try:
        for topic, question in (("one", lambda: 1), ("two", refuse)):
            worker.ask(topic, question, *[lambda what: heard.append((what, threading.current_thread().name))] * 2)
        qtbot.waitUntil(lambda: len(heard) == 2, timeout=WAIT)
    finally:
        worker.close()
    main = threading.main_thread().name
    assert heard == [(1, main), ("not like this: like that", main)]


def test_pictures_and_lines_are_told_on_the_windows_thread(qtbot: QtBot, clip: MadeClip) -> None:
    source, buffer = FrameSource(open_video(clip.video)), LogBuffer()
    threads = Threads(source.ready, buffer.arrived)
    try:
        with qtbot.waitSignal(source.ready, timeout=WAIT):
            assert source.request(3) is None
        record = logging.LogRecord("tests", logging.INFO, "", 0, "a line", None, None)
        with qtbot.waitSignal(buffer.arrived, timeout=WAIT):
            on_a_thread(lambda: buffer.handle(record))
    finally:
        source.close()
    threads.check(2)

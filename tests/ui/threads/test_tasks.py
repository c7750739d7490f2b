from __future__ import annotations

import threading

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from pytestqt.qtbot import QtBot

from annotator.errors import SettingsError
from annotator.model.cancel import CancelToken
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.task_bar import TaskBar


def wait_until_cancelled(progress: Progress, cancel: CancelToken) -> None:
    while True:
        progress(3 << 40, 6 << 40)


def test_a_task_answers_on_the_windows_thread(qtbot: QtBot) -> None:
    worker = TaskWorker()
    heard: list[str] = []
    worker.finished.connect(lambda _: heard.append(threading.current_thread().name))
    with qtbot.waitSignal(worker.ended, timeout=10000):
        worker.start("Adding", lambda _progress, _cancel: heard.append(threading.current_thread().name))
    assert heard == ["task", threading.main_thread().name]
    assert not worker.busy


def test_progress_counts_beyond_32_bits_and_cancel_ends_it(qtbot: QtBot) -> None:
    worker = TaskWorker()
    bar = TaskBar(worker)
    qtbot.addWidget(bar)
    with qtbot.waitSignal(worker.progressed, timeout=10000):
        worker.start("Counting", wait_until_cancelled)
    assert bar.isVisible()
    assert bar.bar.value() == 500
    with qtbot.waitSignal(worker.cancelled, timeout=10000):
        bar.cancel.click()
    assert not bar.isVisible()


def test_what_a_user_can_act_on_is_told_and_a_bug_is_reported(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_progress: Progress, _cancel: CancelToken) -> None:
        raise SettingsError("not like this: like that")

    worker = TaskWorker()
    with qtbot.waitSignal(worker.failed, timeout=10000) as told:
        worker.start("Refusing", refuse)
    assert told.args == ["not like this: like that"]
    reported: list[tuple[object, ...]] = []
    monkeypatch.setattr("sys.excepthook", lambda *args: reported.append(args))
    with qtbot.waitSignal(worker.crashed, timeout=10000) as crashed:
        worker.start("Failing", lambda _progress, _cancel: 1 // 0)
    assert isinstance(crashed.args[0], ZeroDivisionError)
    assert [kind for kind, _error, _trace in reported] == [ZeroDivisionError]


def test_progress_that_was_on_its_way_is_dropped_when_its_task_is_abandoned(qtbot: QtBot) -> None:
    worker = TaskWorker()
    heard: list[int] = []
    worker.progressed.connect(lambda done, _total: heard.append(done))
    posted = threading.Event()

    def task(progress: Progress, _cancel: CancelToken) -> None:
        progress(1, 2)
        posted.set()

    worker.start("Counting", task)
    assert posted.wait(10)  # this thread has handled no event since
    destroyed = qtbot.waitSignal(worker.destroyed, timeout=10000)
    worker.abandon()
    destroyed.wait()
    assert heard == []


def test_an_abandoned_task_tells_nothing(qtbot: QtBot) -> None:
    worker = TaskWorker()
    heard: list[object] = []
    for signal in (worker.finished, worker.cancelled, worker.failed, worker.ended):
        signal.connect(lambda *_: heard.append(1))
    with qtbot.waitSignal(worker.progressed, timeout=10000):
        worker.start("Counting", wait_until_cancelled)
    with qtbot.waitSignal(worker.destroyed, timeout=10000):
        worker.abandon()
    assert not heard


def test_only_one_at_a_time(qtbot: QtBot) -> None:
    worker = TaskWorker()
    worker.start("Counting", wait_until_cancelled)
    with pytest.raises(RuntimeError):
        worker.start("Counting", wait_until_cancelled)
    worker.close()
    assert not worker.busy

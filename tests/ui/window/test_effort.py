from __future__ import annotations

import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from annotator.jobs.effort_log import FixRecord, read_fixes
from annotator.model.effort import EffortMeter
from annotator.model.frame import TrackState
from annotator.ui.window.effort_watch import EffortWatch
from annotator.ui.window.main_window import MainWindow
from tests.required import required

CTRL = Qt.KeyboardModifier.ControlModifier


def costs(record: FixRecord) -> tuple[int, int, int]:
    return record.keys, record.clicks, record.drags


def drag(window: MainWindow, start: QPoint, end: QPoint) -> None:
    port = window.canvas.viewport()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(port, (start + end) / 2)
    QTest.mouseMove(port, end)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)


def draw(window: MainWindow, qtbot: QtBot) -> None:
    """A new object: one key and one drag."""
    port = window.canvas.viewport()
    qtbot.keyClick(window.canvas, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    drag(window, QPoint(port.width() // 2 - 60, port.height() // 2 - 40), QPoint(port.width() // 2, port.height() // 2))


def test_nothing_is_recorded_until_somebody_wants_it(opened: MainWindow, qtbot: QtBot) -> None:
    draw(opened, qtbot)
    assert not opened.features.effort.path.exists()
    assert not opened.features.effort.toggle.isChecked()
    assert "Nothing is uploaded" in opened.features.effort.toggle.statusTip()


def test_each_fix_is_written_with_its_effort(opened: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    window, begun = opened, time.monotonic()
    window.features.effort.toggle.trigger()
    path = window.features.effort.path
    assert path.parent == Path(settings.fileName()).parent
    assert str(path) in window.statusBar().currentMessage()
    steps = len(required(window.document.session).history())
    draw(window, qtbot)
    qtbot.keyClick(window.canvas, Qt.Key.Key_F)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    made = read_fixes(path)
    assert [(record.action, *costs(record)) for record in made] == [
        ("step", 1, 0, 1), ("undo", 2, 0, 0), ("redo", 1, 0, 0)]
    assert made[0].label == made[1].label == required(window.document.session).history()[steps].label
    assert {record.project for record in made} == {"p.annot"}
    assert all(record.seconds >= 0 for record in made)
    assert sum(record.seconds for record in made) <= time.monotonic() - begun + 1
    window.features.effort.toggle.trigger()
    draw(window, qtbot)
    assert len(read_fixes(path)) == 3


def test_what_a_job_stores_is_no_fix(opened: MainWindow, qtbot: QtBot) -> None:
    from annotator.model.frame import Evidence, FrameResult, TrackedObject
    from annotator.model.track import OnExisting

    opened.features.effort.toggle.trigger()
    session, video = opened.document.session, opened.document.video
    assert session is not None
    assert video is not None
    run = session.store.begin_run(video.id, "preannotate", {}, {}, ["object"], 0, 3, OnExisting.ADD)
    thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, (1.0, 2.0, 30.0, 40.0), None, Evidence(9.0, 0.9))
    session.apply(run.id, FrameResult(0, (thing,)))
    assert not opened.features.effort.path.exists()
    draw(opened, qtbot)
    [fix] = read_fixes(opened.features.effort.path)
    assert costs(fix) == (1, 0, 1)


def test_the_file_can_be_chosen_and_exported(opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            qtbot: QtBot) -> None:
    window = opened
    names = iter([tmp_path / "mine.jsonl", tmp_path / "out.csv"])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(next(names)), ""))
    window.actions_["effort.export"].trigger()
    assert "Nothing is recorded yet" in window.statusBar().currentMessage()
    window.actions_["effort.file"].trigger()
    window.features.effort.toggle.trigger()
    draw(window, qtbot)
    window.actions_["effort.export"].trigger()
    assert (tmp_path / "out.csv").read_text().splitlines()[1].endswith(
        f",{read_fixes(tmp_path / 'mine.jsonl')[0].seconds}")


def test_a_file_that_cannot_be_written_ends_it_and_is_said(opened: MainWindow, tmp_path: Path, settings: QSettings,
                                                          qtbot: QtBot) -> None:
    settings.setValue("effort/file", str(tmp_path))
    opened.features.effort.toggle.trigger()
    draw(opened, qtbot)
    assert not opened.features.effort.toggle.isChecked()
    assert "cannot be written" in opened.statusBar().currentMessage()


def test_each_key_and_click_counts_once_wherever_it_goes(qtbot: QtBot) -> None:
    outer = QWidget()
    layout = QVBoxLayout(outer)
    field, label = QLineEdit(outer), QLabel("text", outer)
    layout.addWidget(field)
    layout.addWidget(label)
    qtbot.addWidget(outer)
    outer.show()
    qtbot.waitExposed(outer)
    meter = EffortMeter()
    watch = EffortWatch(meter)
    watch.start()
    try:
        QTest.keyClicks(field, "aa")
        QTest.keyClick(field, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
        assert (meter.effort.keys, meter.effort.clicks) == (3, 0)
        QTest.mouseClick(label, Qt.MouseButton.LeftButton)  # nobody takes it: it goes on to the parent
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
        QTest.mouseDClick(field, Qt.MouseButton.LeftButton)  # the second press of two
        assert (meter.effort.clicks, meter.effort.drags) == (3, 0)
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)  # nobody heard the release of the one before
        assert meter.effort.clicks == 4
        QTest.keyPress(field, Qt.Key.Key_Control)
        QTest.keyRelease(field, Qt.Key.Key_Control)
        assert meter.effort.keys == 3
    finally:
        watch.stop()
    QTest.keyClicks(field, "b")
    assert meter.effort.keys == 3

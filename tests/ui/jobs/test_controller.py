from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from annotator.jobs.project import open_project
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.track import OnExisting, RunStatus
from annotator.ui.jobs.dialog import JobDialog
from annotator.ui.widgets.frame_text import format_duration
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES, MadeClip


def test_what_the_dialog_says_runs(opened: MainWindow, clip: MadeClip, qtbot: QtBot) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = opened.findChildren(JobDialog)
    dialog.detections.setText(str(clip.det))
    dialog.tracker.setCurrentText("bytetrack")
    dialog.device.setCurrentText("cpu")
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not opened.worker.busy)


def test_a_job_in_the_window_replaces_the_machines_tracks_in_one_step(opened: MainWindow, clip: MadeClip,
                                                                      qtbot: QtBot) -> None:
    settings = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu")
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        opened.features.jobs.controller.start(settings)
        assert not opened.actions_["run.track"].isEnabled()
        assert opened.actions_["run.cancel"].isEnabled()
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: opened.actions_["run.track"].isEnabled())
    session = opened.document.session
    assert session is not None
    assert session.store.runs()[-1].status is RunStatus.FINISHED
    found = {track.id for track in opened.document.tracks().values()}
    opened.actions_["edit.undo"].trigger()
    assert found.isdisjoint(opened.document.tracks())
    assert len(opened.document.tracks()) == 3


def test_settings_that_do_not_fit_are_said_in_one_line(opened: MainWindow, qtbot: QtBot) -> None:
    settings = PreannotateSettings(detections="/nowhere/det.txt", tracker="bytetrack", device="cpu")
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        opened.features.jobs.controller.start(settings)
    assert ended.args[0] == "failed"
    assert "/nowhere/det.txt" in opened.statusBar().currentMessage()
    qtbot.waitUntil(lambda: not opened.worker.busy)


def test_closing_during_a_job_asks_once_and_keeps_what_is_finished(opened: MainWindow, clip: MadeClip,
                                                                   qtbot: QtBot) -> None:
    settings = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu")
    opened.worker.progressed.connect(lambda _: opened.worker.set_paused(True))
    opened.features.jobs.controller.start(settings)
    qtbot.waitUntil(lambda: opened.worker.paused, timeout=60000)
    path = opened.document.path
    assert not opened.close()
    (question,) = opened.findChildren(QMessageBox)
    next(button for button in question.buttons() if "Stop" in button.text()).click()
    qtbot.waitUntil(lambda: not opened.isVisible(), timeout=10000)
    assert path is not None
    with open_project(path) as session:
        run = session.store.runs()[-1]
    assert run.status is RunStatus.CANCELLED
    assert run.finished_frame is not None
    assert run.finished_frame < FRAMES - 1


def test_the_project_of_a_running_job_stays_open(opened: MainWindow, clip: MadeClip, tmp_path: Path,
                                                 qtbot: QtBot) -> None:
    settings = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu")
    held = [True]
    opened.worker.progressed.connect(lambda _: opened.worker.set_paused(True) if held else None)
    opened.features.jobs.controller.start(settings)
    qtbot.waitUntil(lambda: opened.worker.paused, timeout=60000)
    path = opened.document.path
    opened.actions_["file.close"].trigger()
    assert "a job is still using" in opened.statusBar().currentMessage()
    open_project(tmp_path / "other.annot", create=True).close()
    assert not opened.open_path(tmp_path / "other.annot")
    assert opened.document.path == path
    held.clear()  # progress that was told before may still arrive
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        opened.worker.set_paused(False)
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not opened.worker.busy)
    opened.actions_["file.close"].trigger()
    assert opened.document.session is None


def test_the_dialog_reads_back_what_was_entered(opened: MainWindow, qtbot: QtBot) -> None:
    assert opened.document.video is not None
    dialog = JobDialog(opened.document.video, (3, 7), True, opened)
    qtbot.addWidget(dialog)
    dialog.labels.setText("person, car")
    dialog.threshold.setValue(0.35)
    dialog.tracker.setCurrentText("bytetrack")
    dialog.existing.setCurrentIndex(1)
    dialog._accept()
    assert dialog.choice is not None
    settings = dialog.choice.settings
    assert (settings.start, settings.end, settings.labels) == (3, 7, ("person", "car"))
    assert settings.det_threshold == pytest.approx(0.35)
    assert settings.segmenter is None
    assert settings.on_existing is OnExisting.ADD


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (38, "0:38"), (725, "12:05"), (11525, "3:12:05")])
def test_time_left_reads_like_a_clock(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from annotator.engine import registry
from annotator.engine.runtime.libraries import ModelLibraries
from annotator.engine.speed_trial import Trial
from annotator.engine.weights.checkpoints import Weights
from annotator.errors import UserError
from annotator.model.cancel import CancelToken
from annotator.ui.jobs.model_notice import SMALL_DETECTOR, SMALL_SEGMENTER, ModelNotice
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.window.main_window import MainWindow
from tests.patience import PATIENCE_S
from tests.ui.jobs.test_dialog import asked, click


class FakeAttempt:
    """A trial that waits to be let go; without an answer it fails."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.trial: Trial | None = Trial(SMALL_SEGMENTER, "cpu, 2 threads", 5, 4, 0.25)

    def __call__(self, weights: Weights, cancel: CancelToken, progress: Progress) -> Trial:
        assert weights.name == SMALL_SEGMENTER
        progress(3, 10)
        while not self.go.wait(0.01):
            cancel.raise_if_cancelled()
        if self.trial is None:
            raise UserError("no memory for it")
        return self.trial


@pytest.fixture
def attempt() -> FakeAttempt:
    return FakeAttempt()


@pytest.fixture
def notice(qtbot: QtBot, attempt: FakeAttempt) -> Iterator[ModelNotice]:
    libraries = ModelLibraries()
    libraries._loaded = True
    worker = TaskWorker(name="trial")
    made = ModelNotice(worker, libraries, attempt)
    qtbot.addWidget(made)
    yield made
    worker.close()


def test_built_in_models_are_named_with_what_they_can_do(notice: ModelNotice) -> None:
    notice.update_for(None, None, from_file=False, segments=True)
    assert not notice.isHidden()
    assert "tiny-detector: " in notice.text.text()
    assert "tiny-sam2: " in notice.text.text()
    assert notice.detector.text().startswith("rtmdet-tiny (")
    assert notice.segmenter.text() == "sam2.1-tiny (156 MB, Apache-2.0)"


@pytest.mark.parametrize(("detector", "segmenter", "from_file", "segments", "named"), [
    ("yolox-s", None, False, True, ["tiny-sam2"]),
    ("yolox-s", None, False, False, []),
    (None, None, True, True, ["tiny-sam2"]),
    ("tiny-detector", "sam2.1-large", False, True, ["tiny-detector"]),
    ("yolox-s", "mine.pt", False, True, []),
    ("tiny-detector", "tiny-sam2-drawn", True, False, []),
    ("yolox-s", "tiny-sam2-drawn", False, True, ["tiny-sam2-drawn"]),
])
def test_only_what_the_run_would_use_is_named(detector: str | None, segmenter: str | None, from_file: bool,
                                              segments: bool, named: list[str], notice: ModelNotice) -> None:
    notice.update_for(detector, segmenter, from_file, segments)
    assert notice.isHidden() == (not named)
    built_in = ("tiny-detector", "tiny-sam2", "tiny-sam2-drawn")
    assert [name for name in built_in if f"{name}: " in notice.text.text()] == named
    if named:
        assert notice.detector.isHidden() == notice.file.isHidden() == ("tiny-detector" not in named)
        assert notice.segmenter.isHidden() == notice.measure.isHidden() == (named == ["tiny-detector"])


def test_an_installed_model_needs_no_notice(notice: ModelNotice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "best_detector", lambda: "rtmdet-s")
    monkeypatch.setattr(registry, "best_segmenter", lambda _device: "sam2.1-small")
    notice.update_for(None, None, from_file=False, segments=True)
    assert notice.isHidden()


def test_the_speed_is_measured_on_a_click(notice: ModelNotice, attempt: FakeAttempt, qtbot: QtBot) -> None:
    click(qtbot, notice.measure)
    qtbot.waitUntil(lambda: notice.speed.text() == "measuring: 3 of 10 s")
    assert notice.measure.text() == "Stop"
    attempt.go.set()
    qtbot.waitUntil(lambda: notice.speed.text() == "0.25 fps with 5 objects on cpu, 2 threads")
    qtbot.waitUntil(lambda: notice.measure.text() == "Measure its speed")


def test_a_measurement_is_stopped_by_the_same_button(notice: ModelNotice, qtbot: QtBot) -> None:
    click(qtbot, notice.measure)
    qtbot.waitUntil(lambda: notice.speed.text().startswith("measuring"))
    click(qtbot, notice.measure)
    qtbot.waitUntil(lambda: notice.measure.text() == "Measure its speed")
    assert notice.speed.text() == ""


def test_a_measurement_that_fails_says_why(notice: ModelNotice, attempt: FakeAttempt, qtbot: QtBot) -> None:
    attempt.trial = None
    attempt.go.set()
    click(qtbot, notice.measure)
    qtbot.waitUntil(lambda: notice.speed.text() != "" and notice.measure.text() == "Measure its speed")
    assert notice.speed.text() == "no memory for it"


def test_the_dialog_selects_what_the_notice_offers(opened: MainWindow, qtbot: QtBot, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = asked(opened, qtbot)
    notice = dialog.notice
    assert notice is not None
    assert notice.isVisible()
    click(qtbot, notice.segmenter)
    assert dialog.segmenter.currentData() == SMALL_SEGMENTER
    assert notice.segmenter.isHidden()
    click(qtbot, notice.detector)
    assert dialog.detector.currentData() == SMALL_DETECTOR
    assert notice.isHidden()
    assert dialog.offer is not None
    assert [weights.name for weights in dialog.offer.missing] == [SMALL_SEGMENTER, SMALL_DETECTOR]
    dialog.detector.setCurrentIndex(0)
    assert notice.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "det.txt"), ""))
    qtbot.mouseClick(notice.file, Qt.MouseButton.LeftButton)
    assert dialog.detections.text() == str(tmp_path / "det.txt")
    assert notice.isHidden()
    dialog.reject()


def test_closing_the_dialog_ends_a_measurement(opened: MainWindow, qtbot: QtBot, attempt: FakeAttempt) -> None:
    controller = opened.features.jobs.controller
    controller.attempt = attempt
    controller.libraries._loaded = True
    dialog = asked(opened, qtbot)
    assert dialog.notice is not None
    click(qtbot, dialog.notice.measure)
    dialog.reject()
    qtbot.waitUntil(lambda: not any(thread.name == "trial" for thread in threading.enumerate()),
                    timeout=int(1000 * PATIENCE_S))


def test_a_worker_that_outlives_the_notice_reports_to_nobody(qtbot: QtBot, attempt: FakeAttempt) -> None:
    libraries = ModelLibraries()
    libraries._loaded = True
    worker = TaskWorker(name="trial")
    made = ModelNotice(worker, libraries, attempt)
    delete(made)
    worker.progressed.emit(3, 10)
    worker.finished.emit(attempt.trial)
    worker.ended.emit()  # an error in a slot would fail the test
    assert not isValid(made)

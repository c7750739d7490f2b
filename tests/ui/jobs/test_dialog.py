from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
from annotator.engine.weights.checkpoints import Progress as Bytes
from annotator.errors import DownloadError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.detector_preview import Preview
from annotator.jobs.tracking.nearby_files import nearby_detections, nearby_ground_truth
from annotator.model.frame import Detections, Frame
from annotator.model.track import OnExisting
from annotator.storage.edits import identities
from annotator.ui.jobs.bar import device_text
from annotator.ui.jobs.dialog import JobDialog
from annotator.ui.jobs.estimates import Estimates
from annotator.ui.jobs.remembered_run import remember_run, remembered_run
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES, MadeClip
from tests.patience import PATIENCE_S
from tests.required import required
from tests.ui.conftest import back_to, has_picture


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def asked(window: MainWindow, qtbot: QtBot) -> JobDialog:
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(JobDialog)
    dialog.device.setCurrentText("cpu")
    return dialog


class FakePreviewer:
    """Counts how often it is asked; finds four boxes of known scores."""

    def __init__(self) -> None:
        self.asked: list[tuple[PreannotateSettings, int]] = []
        self.go = threading.Event()
        self.go.set()

    def detect(self, settings: PreannotateSettings, frame: Frame) -> Preview:
        assert threading.current_thread().name == "preview"
        self.asked.append((settings, frame.index))
        self.go.wait(PATIENCE_S)
        boxes = Detections.of([(10, 10, 50, 50)] * 4, [0.1, 0.4, 0.6, 0.9])
        return Preview(boxes, ("object",), None if len(self.asked) == 1 else 2.0)


@pytest.fixture
def previewer(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> FakePreviewer:
    fake = FakePreviewer()
    monkeypatch.setattr(opened.features.jobs.controller, "_previewer", fake)
    opened.features.jobs.controller.libraries._loaded = True
    return fake


def test_the_slider_sifts_boxes_without_asking_the_detector_again(opened: MainWindow, previewer: FakePreviewer,
                                                                  qtbot: QtBot) -> None:
    opened.document.go_to(3)
    qtbot.waitUntil(lambda: has_picture(opened, 3))
    dialog = asked(opened, qtbot)
    panel = dialog.preview
    assert panel is not None
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: panel.view.found == 4)
    assert previewer.asked[-1][1] == 3
    questions = len(previewer.asked)
    assert panel.view.above == 2
    assert panel.count.text() == "2 of 4 boxes"
    port = panel.slider
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(port.width() // 2, port.height() // 2))
    qtbot.mouseMove(port, QPoint(port.width() * 8 // 10, port.height() // 2))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(port.width() * 8 // 10, port.height() // 2))
    assert panel.view.above == 1
    assert dialog.threshold.value() == pytest.approx(panel.slider.value() / 100)
    assert dialog.threshold.value() > 0.6
    dialog.threshold.setValue(0.05)
    assert panel.slider.value() == 5
    assert panel.view.above == 4
    assert len(previewer.asked) == questions
    assert "detector alone takes about" in dialog.estimate.text()
    dialog.labels.setText("car")
    assert panel.view.found == 0
    dialog.reject()


def test_the_detector_is_asked_without_a_click_and_anew_when_another_is_chosen(
        opened: MainWindow, previewer: FakePreviewer, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    panel = dialog.preview
    assert panel is not None
    qtbot.waitUntil(lambda: panel.view.found == 4)
    panel._settled.setInterval(3600_000)  # the test says when the pause after the last letter is over
    for name in ("c", "ca", "car"):  # as it is typed
        dialog.labels.setText(name)
        qtbot.waitUntil(lambda: not panel._worker.busy)
        assert panel.view.found == 0
    panel._settled.start(0)
    qtbot.waitUntil(lambda: panel.view.found == 4)
    wanted = [settings.labels for settings, _ in previewer.asked]
    assert wanted[0] is None
    assert set(wanted[1:]) <= {None, ("car",)}
    assert wanted[-1] == ("car",)
    dialog.reject()


def test_a_question_that_is_out_of_date_is_given_up_for_the_next(opened: MainWindow, previewer: FakePreviewer,
                                                                 qtbot: QtBot) -> None:
    previewer.go.clear()
    dialog = asked(opened, qtbot)
    panel = dialog.preview
    assert panel is not None
    qtbot.waitUntil(lambda: len(previewer.asked) == 1)
    dialog.labels.setText("car")
    qtbot.waitUntil(lambda: panel._stale)
    assert len(previewer.asked) == 1, "one question at a time"
    previewer.go.set()
    qtbot.waitUntil(lambda: panel.view.found == 4)
    assert previewer.asked[-1][0].labels == ("car",)
    dialog.reject()


def test_a_dialog_that_closes_at_once_asks_nothing(opened: MainWindow, previewer: FakePreviewer, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    panel = required(dialog.preview)
    assert panel._settled.isActive()
    dialog.reject()
    assert not panel._settled.isActive()
    assert not panel._worker.busy
    assert not previewer.asked


def test_closing_the_dialog_cancels_the_preview(opened: MainWindow, previewer: FakePreviewer, qtbot: QtBot) -> None:
    previewer.go.clear()
    dialog = asked(opened, qtbot)
    assert dialog.preview is not None
    click(qtbot, dialog.preview.button)
    qtbot.waitUntil(lambda: bool(previewer.asked))
    dialog.reject()
    previewer.go.set()
    qtbot.waitUntil(lambda: not any(thread.name == "preview" for thread in threading.enumerate()))
    assert len(previewer.asked) == 1


def test_a_file_of_detections_is_previewed_too(opened: MainWindow, clip: MadeClip, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    panel = dialog.preview
    assert panel is not None
    dialog.detections.setText(str(clip.det))
    assert not dialog.detector.isEnabled()
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: panel.view.found == 3, timeout=30000)
    dialog.detections.setText("/nowhere/det.txt")
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: "/nowhere/det.txt" in panel.view.toolTip(), timeout=30000)
    dialog.reject()


def test_the_built_in_detector_runs_without_any_weights(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    panel = dialog.preview
    assert panel is not None
    dialog.detector.setCurrentIndex(dialog.detector.findData("tiny-detector"))
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: panel.view.found > 0, timeout=60000)
    assert panel.seconds is not None
    dialog.reject()


def test_an_adaptive_threshold_takes_the_slider_away(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert dialog.preview is not None
    dialog.mode.setCurrentIndex(1)
    assert not dialog.preview.slider.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    settings = dialog._settings()
    assert settings.thresholds == "adaptive"
    assert settings.det_threshold is None


def test_only_detectors_that_read_take_a_text(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert not dialog.prompt.isEnabled()
    dialog.detector.setCurrentIndex(dialog.detector.findData("grounding-dino-t"))
    assert dialog.prompt.isEnabled()
    dialog.prompt.setText("person . red car .")
    assert dialog.detection_settings().prompt == "person . red car ."
    dialog.reject()


# Weights that are missing


class FakePublisher:
    """Gives a made-up file of the right size, in three steps; waits before the last one where it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.go = threading.Event()
        self.refusal: Exception | None = None

    def __call__(self, name: str, progress: Bytes) -> Path:
        assert threading.current_thread().name == "download"
        weights = checkpoints.known(name)
        size = weights.size or 1000
        for step in range(1, 4):
            if self.refusal is not None:
                raise self.refusal
            if step == 3:
                while not self.go.wait(0.01):
                    progress(size * 2 // 3, size)
            progress(size * step // 3, size)
        path = weights.path(self.folder)
        with path.open("wb") as file:
            file.truncate(size)
        return path


@pytest.fixture
def publisher(opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePublisher:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv(MODELS_DIR_VARIABLE, str(folder))
    opened.features.jobs.controller.fetch = fake = FakePublisher(folder)
    return fake


def test_missing_weights_are_fetched_in_place_and_the_job_can_start(opened: MainWindow, publisher: FakePublisher,
                                                                    qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    offer = dialog.offer
    assert offer is not None
    assert not offer.isVisible()
    assert dialog.run.isEnabled()
    dialog.segmenter.setCurrentIndex(dialog.segmenter.findData("sam2.1-tiny"))
    assert offer.isVisible()
    assert all(word in offer.text.text() for word in ("sam2.1-tiny", "156 MB", "Apache-2.0"))
    assert not dialog.run.isEnabled()
    click(qtbot, offer.button)
    qtbot.waitUntil(lambda: "104 MB of 156 MB" in offer.state.text())
    assert offer.bar.value() == 666
    publisher.go.set()
    qtbot.waitUntil(lambda: dialog.run.isEnabled())
    assert not offer.isVisible()
    assert dialog._settings().segmenter == "sam2.1-tiny"
    assert dialog.segmenter.currentText() == "sam2.1-tiny"
    dialog.reject()


def test_a_download_is_cancelled_by_the_same_button(opened: MainWindow, publisher: FakePublisher,
                                                    qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    offer = dialog.offer
    assert offer is not None
    dialog.segmenter.setCurrentIndex(dialog.segmenter.findData("sam2.1-tiny"))
    click(qtbot, offer.button)
    qtbot.waitUntil(lambda: offer.bar.value() == 666)
    assert offer.button.text() == "Cancel"
    click(qtbot, offer.button)
    qtbot.waitUntil(lambda: offer.button.text() == "Download")
    assert "kept" in offer.state.text()
    assert not dialog.run.isEnabled()
    dialog.reject()


def test_a_download_ends_with_the_dialog(opened: MainWindow, publisher: FakePublisher, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert dialog.offer is not None
    dialog.segmenter.setCurrentIndex(dialog.segmenter.findData("sam2.1-tiny"))
    click(qtbot, dialog.offer.button)
    dialog.reject()
    qtbot.waitUntil(lambda: not any(t.name == "download" for t in threading.enumerate()))
    assert not list(publisher.folder.iterdir())


def test_a_publisher_that_cannot_be_reached_is_said_in_place(opened: MainWindow, publisher: FakePublisher,
                                                             qtbot: QtBot) -> None:
    publisher.refusal = DownloadError("no network: plug it in")
    dialog = asked(opened, qtbot)
    offer = dialog.offer
    assert offer is not None
    dialog.segmenter.setCurrentIndex(dialog.segmenter.findData("sam2.1-tiny"))
    click(qtbot, offer.button)
    qtbot.waitUntil(lambda: offer.state.text() == "no network: plug it in")
    dialog.reject()


def test_a_detector_that_reads_needs_its_words_as_well(opened: MainWindow, publisher: FakePublisher,
                                                       qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert dialog.offer is not None
    dialog.detector.setCurrentIndex(dialog.detector.findData("grounding-dino-t"))
    assert [weights.name for weights in dialog.offer.missing] == ["grounding-dino-t", "bert-base-uncased"]
    assert dialog.preview is not None
    assert not dialog.preview.button.isEnabled()
    dialog.reject()


# Estimates


def test_time_is_unknown_until_such_a_job_has_run_here(opened: MainWindow, clip: MadeClip, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    dialog.detections.setText(str(clip.det))
    dialog.tracker.setCurrentText("bytetrack")
    assert "unknown" in dialog.estimate.text()
    with qtbot.waitSignal(opened.worker.finished, timeout=60000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not opened.worker.busy)
    back_to(opened, qtbot)
    back_to(opened, qtbot)
    qtbot.waitUntil(lambda: not opened.findChildren(JobDialog))
    again = asked(opened, qtbot)
    again.detections.setText(str(clip.det))
    again.tracker.setCurrentText("bytetrack")
    assert f"for {FRAMES} frames" in again.estimate.text()
    again.tracker.setCurrentText("ocsort")
    assert "unknown" in again.estimate.text()
    again.reject()


@pytest.mark.parametrize(("frames", "known"), [(9, False), (10, True)])
def test_a_run_that_is_too_short_says_nothing(settings: QSettings, frames: int, known: bool) -> None:
    estimates = Estimates(settings)
    wanted = PreannotateSettings(detections="x", tracker="sort")
    estimates.remember(wanted, frames, 2.0)
    assert (estimates.seconds(wanted, 100) is not None) is known
    if known:
        assert estimates.seconds(wanted, 100) == pytest.approx(20)


def test_an_adaptive_threshold_goes_through_the_video_twice(settings: QSettings) -> None:
    estimates = Estimates(settings)
    wanted = PreannotateSettings(detector="tiny-detector", segmenter="tiny-sam2-drawn", thresholds="adaptive")
    assert estimates.seconds(wanted, 100) is None
    estimates.remember(wanted, 200, 50.0)
    assert estimates.seconds(wanted, 100) == pytest.approx(50)


def test_other_models_have_another_speed(settings: QSettings) -> None:
    estimates = Estimates(settings)
    make: Callable[..., PreannotateSettings] = PreannotateSettings
    estimates.remember(make(detector="a.onnx", segmenter="tiny-sam2-drawn", device="cpu"), 100, 10.0)
    for other in ({"detector": "b.onnx"}, {"segmenter": "sam2.1-large"}, {"device": "cuda"}, {"tracker": "sort"}):
        given = {"detector": "a.onnx", "segmenter": "tiny-sam2-drawn", "device": "cpu", **other}
        assert estimates.speed(make(**given)) is None


def test_the_device_and_its_memory_are_shown(opened: MainWindow, clip: MadeClip, qtbot: QtBot) -> None:
    from annotator.engine.runtime.devices import DeviceUse

    assert device_text(DeviceUse("cuda:0", 5_100_000_000, 24_000_000_000)) == "cuda:0 5.1 of 24 GB"
    with qtbot.waitSignal(opened.features.jobs.controller.device_used, timeout=60000) as used:
        opened.features.jobs.controller.start(
            PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu"))
    assert used.args[0].name.startswith(("cpu", "cuda"))
    qtbot.waitUntil(lambda: not opened.worker.busy, timeout=60000)


def test_boxes_are_drawn_where_they_lie(qtbot: QtBot) -> None:
    from annotator.ui.jobs.preview_view import PreviewView

    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.set_image(np.zeros((150, 200, 3), np.uint8))
    plain = view.grab().toImage()
    view.set_detections(Detections.of([(50, 50, 150, 100)], [0.5]), ("object",))
    view.set_threshold(0.4)
    drawn = view.grab().toImage()
    ratio = drawn.devicePixelRatio()
    at = QPoint(round(100 * ratio), round(150 * ratio))
    assert drawn.pixelColor(at) != plain.pixelColor(at)
    view.set_threshold(0.6)
    assert view.grab().toImage().pixelColor(at) == plain.pixelColor(at)


def test_corrected_tracks_are_kept_unless_the_person_says_otherwise(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert not dialog.corrected.isVisible()
    dialog.reject()
    back_to(opened, qtbot)
    qtbot.waitUntil(lambda: not opened.findChildren(JobDialog))
    first, second, _third = opened.document.tracks()
    opened.document.edit(lambda session: identities.swap_tracks(session.store, first, second, 10))
    dialog = asked(opened, qtbot)
    assert dialog.corrected.isVisible()
    assert dialog.corrected.text() == "Also replace 2 tracks that you have corrected"
    assert dialog._settings().on_existing is OnExisting.REPLACE
    dialog.reject()


def test_whether_to_replace_corrected_tracks_is_asked_only_where_it_matters(
        opened: MainWindow, qtbot: QtBot) -> None:
    asked_for: list[tuple[int, int]] = []

    def corrected(first: int, last: int) -> int:
        asked_for.append((first, last))
        return 1 if last >= 10 else 0

    video = required(opened.document.video)
    dialog = JobDialog(video, None, True, opened, corrected=corrected)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.corrected.isVisible()
    assert "replace 1 track" in dialog.corrected.text()
    dialog.last.setValue(9)
    assert not dialog.corrected.isVisible()
    assert asked_for[-1] == (0, 9)
    dialog.last.setValue(12)
    dialog.corrected.setChecked(True)
    dialog.existing.setCurrentIndex(dialog.existing.findData(OnExisting.ADD))
    assert not dialog.corrected.isVisible()
    assert dialog._settings().on_existing is OnExisting.ADD
    dialog.existing.setCurrentIndex(dialog.existing.findData(OnExisting.REPLACE))
    assert dialog._settings().on_existing is OnExisting.REPLACE_CORRECTED


def test_it_shows_the_settings_of_the_projects_last_run(
        opened: MainWindow, clip: MadeClip, qtbot: QtBot) -> None:
    given = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", labels=("car", "person"), device="cpu",
                                det_threshold=0.35, start=3, end=9)
    opened.features.jobs.controller.start(given)
    qtbot.waitUntil(lambda: not opened.worker.busy, timeout=60000)
    back_to(opened, qtbot)
    opened.features.jobs.controller.ask()
    (dialog,) = opened.findChildren(JobDialog)
    shown = dialog._settings()
    assert (shown.detections, shown.tracker, shown.labels, shown.device, shown.det_threshold) == (
        given.detections, given.tracker, given.labels, given.device, given.det_threshold)
    assert (shown.start, shown.end) == (0, FRAMES - 1), "frames are those of this moment"


def test_settings_of_another_version_or_project_are_not_shown(settings: QSettings, tmp_path: Path) -> None:
    one, other = str(tmp_path / "one.annot"), str(tmp_path / "other.annot")
    run = PreannotateSettings(detector="a.onnx", device="cpu")
    remember_run(settings, one, run)
    assert remembered_run(settings, one) == run
    assert remembered_run(settings, other) is None
    (key,) = settings.allKeys()
    for text in ("{", "[]", '{"unknown": 1}', '"x"'):
        settings.setValue(key, text)
        assert remembered_run(settings, one) is None


def test_detections_beside_the_pictures_are_offered(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "img1").mkdir()
    (tmp_path / "det").mkdir()
    (tmp_path / "det" / "det.txt").write_text("1,-1,10,20,30,40,0.75,-1,-1,-1\n")
    assert nearby_detections(tmp_path) == nearby_detections(tmp_path / "img1") == tmp_path / "det" / "det.txt"
    assert nearby_ground_truth(tmp_path) is None
    assert nearby_detections(tmp_path / "clip.mp4") is None
    dialog = JobDialog(required(opened.document.video), None, True, opened, nearby=nearby_detections(tmp_path))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.found.text() == "Use det/det.txt"
    assert dialog._settings().detections is None, "what is found is offered, not taken"
    click(qtbot, dialog.found)
    assert dialog._settings().detections == str(tmp_path / "det" / "det.txt")

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from annotator.formats.base import ExportOptions
from annotator.formats.registry import get_format, readable
from annotator.jobs.labels.import_labels import ImportReport, Target
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.ui.import_export.import_controller import is_labels
from annotator.ui.import_export.import_dialog import ImportChoice, ImportDialog
from annotator.ui.widgets.report_dialog import ReportDialog
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.required import required
from tests.ui.conftest import back_to


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "gt.txt"
    path.write_text("".join(f"{frame},9,10,20,30,40,1,1,1\n" for frame in range(1, FRAMES + 1)))
    return path


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))


@pytest.mark.parametrize("human", [False, True])
def test_labels_that_are_dropped_become_tracks_in_one_step(opened: MainWindow, truth: Path, qtbot: QtBot,
                                                           human: bool) -> None:
    drop(opened, truth)
    (dialog,) = opened.findChildren(ImportDialog)
    assert dialog.format.currentData() == "mot"
    dialog.target.setCurrentIndex(dialog.target.findData(Target.HUMAN if human else Target.MACHINE))
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not opened.worker.busy)
    assert sorted(track.number for track in opened.document.tracks().values()) == [1, 2, 3, 9]
    shape = next(s for s in opened.canvas.overlay.shapes if opened.document.tracks()[s.track].number == 9)
    assert shape.observation.human is human
    (report,) = opened.findChildren(ReportDialog)
    assert report.isVisible()
    assert not report.show_folder.isVisible()
    assert "Importing finished" in opened.statusBar().currentMessage()
    report.close()
    back_to(opened, qtbot)
    qtbot.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(opened.document.tracks()) == 3


def test_every_readable_format_is_offered_and_detections_are_a_run(opened: MainWindow, tmp_path: Path,
                                                                   qtbot: QtBot) -> None:
    path = tmp_path / "det.txt"
    path.write_text("1,-1,10,20,30,40,0.75,-1,-1,-1\n2,-1,10,20,30,40,0.5,-1,-1,-1\n")
    opened.features.import_export.imports.ask(path)
    (dialog,) = opened.findChildren(ImportDialog)
    offered = [dialog.format.itemData(k) for k in range(dialog.format.count())]
    assert offered == [each.name for each in readable()]
    assert (dialog.choice.format_name, dialog.choice.target) == ("mot-det", Target.DETECTIONS)
    assert not dialog.target.isEnabled()
    tracks, session = len(opened.document.tracks()), opened.document.session
    assert session is not None
    with qtbot.waitSignal(opened.worker.finished, timeout=60000):
        dialog.accept()
    qtbot.waitUntil(lambda: not opened.worker.busy)
    assert len(opened.document.tracks()) == tracks
    run = session.store.runs()[-1]
    assert [len(found) for _, found in session.store.detections(run.id)][:3] == [1, 1, 0]
    (report,) = opened.findChildren(ReportDialog)
    report.close()


@pytest.mark.parametrize(("interpolated", "boxes"), [
    (90, [("Boxes", "100"), ("of these keyframes", "10"), ("of these interpolated", "90")]), (0, [("Boxes", "10")])])
def test_the_report_says_what_its_boxes_are(opened: MainWindow, interpolated: int,
                                            boxes: list[tuple[str, str]]) -> None:
    report = ImportReport(Path("a.xml"), "cvat", "clip", Target.HUMAN.value, 2, 10, 0, 0, 60, 0, interpolated, 0,
                          ("car",), 1, {}, ())
    rows = list(opened.features.import_export.imports._report(report).rows)
    assert rows == [("Frames with boxes", "60"), ("Tracks", "2"), *boxes, ("Classes", "car")]


def test_of_several_videos_one_is_chosen(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    video = opened.document.video
    assert video is not None
    frames = [LabelledFrame(1, (LabelledBox(40, 0, (1, 2, 30, 40)),))]
    infos = [SequenceInfo(name, video.width, video.height, 25.0, FRAMES, ("car",)) for name in ("one", "two")]
    get_format("coco-video").write([(infos[0], frames), (infos[1], [LabelledFrame(0, frames[0].boxes), *frames])],
                                   tmp_path, ExportOptions())
    opened.features.import_export.imports.ask(tmp_path / "annotations.json")
    (dialog,) = opened.findChildren(ImportDialog)
    assert not dialog.sequence.isVisibleTo(dialog)
    qtbot.waitUntil(lambda: dialog.sequence.isVisibleTo(dialog), timeout=20000)
    dialog.sequence.setCurrentIndex(dialog.sequence.findData("two"))
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        dialog.accept()
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not opened.worker.busy)
    track = next(track for track in opened.document.tracks().values() if track.number == 40)
    session = opened.document.session
    assert session is not None
    assert [seen.frame for seen in session.store.trajectory(track.id)] == [0, 1]
    opened.findChildren(ReportDialog)[0].close()


def test_a_file_that_cannot_be_read_is_named_before_importing(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    truth.write_text("what is this\n")
    opened.features.import_export.imports.ask(truth)
    (dialog,) = opened.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: bool(dialog.error.text()), timeout=20000)
    assert str(truth) in dialog.error.text()
    dialog.reject()


def test_a_cancelled_import_leaves_nothing_and_says_so(opened: MainWindow, truth: Path, qtbot: QtBot,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.storage.imports.tracks.ROWS", 2)
    session = opened.document.session
    assert session is not None
    steps, runs = session.history(), session.store.runs()
    opened.worker.progressed.connect(lambda _: opened.worker.cancel())
    with qtbot.waitSignal(opened.worker.finished, timeout=60000) as ended:
        opened.features.import_export.imports.start(ImportChoice(truth, "mot", Target.HUMAN))
        opened.worker.set_paused(True)
    assert ended.args == ["cancelled", ""]
    qtbot.waitUntil(lambda: not opened.worker.busy)
    assert "nothing was imported" in opened.statusBar().currentMessage()
    assert (session.history(), session.store.runs()) == (steps, runs)
    assert not opened.findChildren(ReportDialog)


def test_labels_that_do_not_fit_are_refused_in_one_line(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    truth.write_text(f"{FRAMES + 1},9,10,20,30,40,1,1,1\n")
    with qtbot.waitSignal(opened.worker.finished, timeout=60000):
        opened.features.import_export.imports.start(ImportChoice(truth, "mot", Target.MACHINE))
    qtbot.waitUntil(lambda: not opened.worker.busy)
    assert "gt.txt" in opened.statusBar().currentMessage()
    assert len(opened.document.tracks()) == 3
    assert not opened.findChildren(ReportDialog)


def test_without_a_video_it_is_said_what_to_do(window: MainWindow, truth: Path) -> None:
    drop(window, truth)
    assert "open the video first" in window.statusBar().currentMessage()
    assert not window.findChildren(ImportDialog)
    assert not window.actions_["file.import"].isEnabled()


def test_a_sequence_with_pictures_is_a_video(tmp_path: Path) -> None:
    (tmp_path / "labels" / "gt").mkdir(parents=True)
    (tmp_path / "sequence" / "gt").mkdir(parents=True)
    (tmp_path / "sequence" / "img1").mkdir()
    assert is_labels(tmp_path / "labels")
    assert not is_labels(tmp_path / "sequence")
    assert not is_labels(tmp_path / "clip.mp4")
    for name in ("labels.slp", "tracks.parquet", "annotations.xml"):
        assert is_labels(tmp_path / name)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "annotations.json").write_text('{"videos": []}')
    assert is_labels(tmp_path / "frames")
    (tmp_path / "frames" / "000001.jpg").touch()
    assert not is_labels(tmp_path / "frames")


def test_the_first_boxes_are_shown_as_they_would_come_in(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    truth.write_text("2,9,10,20,30,40,1,1,1\n3,9,11,20,30,40,0,1,1\n")
    opened.features.import_export.imports.ask(truth)
    (dialog,) = opened.findChildren(ImportDialog)
    table = dialog.preview.table

    def row(place: int) -> list[str]:
        return [required(table.item(place, column)).text() for column in range(table.columnCount())]

    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=20000)
    assert row(0) == ["1", "9", "pedestrian", "10.00", "20.00", "40.00", "60.00", "1.000", ""]
    assert row(1)[-1] == "ignored"
    assert "2 boxes" in dialog.preview.summary.text()
    dialog.first_frame.setValue(2)
    dialog.one_based.setChecked(True)
    qtbot.waitUntil(lambda: table.rowCount() == 2 and row(0)[0] == "0" and row(0)[3] == "9.00",
                    timeout=20000)
    with qtbot.waitSignal(opened.worker.finished, timeout=60000):
        dialog.accept()
    qtbot.waitUntil(lambda: not opened.worker.busy)
    track = next(track for track in opened.document.tracks().values() if track.number == 9)
    session = opened.document.session
    assert session is not None
    seen = session.store.trajectory(track.id)
    assert [(each.frame, each.box_xyxy) for each in seen] == [
        (0, (9.0, 19.0, 39.0, 59.0)), (1, (10.0, 19.0, 40.0, 59.0))]
    opened.findChildren(ReportDialog)[0].close()


def test_a_format_without_pixels_from_one_does_not_offer_them(opened: MainWindow, truth: Path, qtbot: QtBot) -> None:
    opened.features.import_export.imports.ask(truth)
    (dialog,) = opened.findChildren(ImportDialog)
    assert dialog.one_based.isVisibleTo(dialog)
    dialog.one_based.setChecked(True)
    dialog.format.setCurrentIndex(dialog.format.findData("kitti"))
    assert not dialog.one_based.isVisibleTo(dialog)
    assert not dialog.choice.options.one_based_pixels
    dialog.reject()

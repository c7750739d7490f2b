from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QMessageBox, QTreeWidgetItemIterator
from pytestqt.qtbot import QtBot

from annotator.formats.base import COMMON_OPTIONS, ExportOptions
from annotator.formats.registry import writable
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.ui.import_export.export_dialog import ExportChoice, ExportDialog
from annotator.ui.import_export.export_presets import Preset, PresetStore
from annotator.ui.widgets.report_dialog import ReportDialog
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES, MadeClip
from tests.ui.conftest import back_to

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def asked(window: MainWindow, qtbot: QtBot) -> ExportDialog:
    qtbot.keyClick(window, Qt.Key.Key_E, CTRL_SHIFT)
    (dialog,) = window.findChildren(ExportDialog)
    return dialog


def test_the_dialog_exports_every_format_that_there_is(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    assert [dialog.format.itemData(k) for k in range(dialog.format.count())] == [
        each.name for each in writable()]
    dialog.format.setCurrentIndex(dialog.format.findData("mot"))
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.first.setValue(2)
    with qtbot.waitSignal(opened.features.import_export.exports.worker.ended, timeout=60000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        assert not opened.actions_["file.export"].isEnabled()
    rows = (tmp_path / "out" / "clip" / "gt" / "gt.txt").read_text().splitlines()
    assert len(rows) == 3 * (FRAMES - 2)
    (report,) = opened.findChildren(ReportDialog)
    assert report.isVisible()
    assert report.files.count() >= 2
    assert report.show_folder.isVisible()
    assert "54 boxes of 3 tracks" in opened.statusBar().currentMessage()
    assert opened.actions_["file.export"].isEnabled()


def test_the_folder_and_format_are_remembered(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    video = opened.document.video
    assert video is not None
    with qtbot.waitSignal(opened.features.import_export.exports.worker.ended, timeout=60000):
        opened.features.import_export.exports.export(
            ExportChoice("coco-video", (video,), tmp_path / "here", ExportOptions()))
    (report,) = opened.findChildren(ReportDialog)
    report.close()
    back_to(opened, qtbot)
    dialog = asked(opened, qtbot)
    assert dialog.format.currentData() == "coco-video"
    assert dialog.folder.text() == str(tmp_path / "here")
    dialog.reject()


def test_each_format_shows_the_options_that_it_takes(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    for each in writable():
        dialog.format.setCurrentIndex(dialog.format.findData(each.name))
        assert dialog.format.currentText() == each.title
        taken = {*COMMON_OPTIONS, *each.options} - {"first_frame", "last_frame"}
        assert set(dialog.fields.values()) == taken
        shown = [dialog.fields.validation.isVisibleTo(dialog), dialog.fields.masks.isVisibleTo(dialog)]
        assert shown == ["validation" in taken, "masks" in taken]
        assert ("masks" in dialog.limits.text().split(".")[0]) == (not each.abilities.masks
                                                                   or not each.abilities.overlap)
        assert all(limit in dialog.limits.text() for limit in each.abilities.limits)
    dialog.reject()


def test_choices_are_remembered_for_their_format(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    dialog.format.setCurrentIndex(dialog.format.findData("mot17"))
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.fields.step.setValue(2)
    dialog.fields.validation.setText("clip")
    dialog.fields.renumber.setChecked(True)
    dialog.fields.interpolated.setChecked(False)
    dialog.fields.overwrite.setChecked(True)
    with qtbot.waitSignal(opened.features.import_export.exports.worker.ended, timeout=60000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.choice is not None
    assert (dialog.choice.options.step, dialog.choice.options.validation) == (2, ("clip",))
    assert len((tmp_path / "out/val/clip/gt/gt.txt").read_text().splitlines()) == 3 * FRAMES / 2
    (report,) = opened.findChildren(ReportDialog)
    report.close()
    back_to(opened, qtbot)
    opened.features.import_export.exports.ask()
    again = opened.findChildren(ExportDialog)[-1]
    fields = again.fields
    assert again.format.currentData() == "mot17"
    assert (fields.step.value(), fields.renumber.isChecked(), fields.interpolated.isChecked()) == (2, True, False)
    # What belongs to one project, or is dangerous, is asked anew.
    assert (fields.validation.text(), fields.overwrite.isChecked()) == ("", False)
    again.format.setCurrentIndex(again.format.findData("mot"))
    assert (fields.step.value(), fields.renumber.isChecked(), fields.interpolated.isChecked()) == (1, False, True)
    again.reject()


@pytest.mark.parametrize(("field", "text", "said"), [("numbers", "person", "person=1"), ("folder", " ", "folder")])
def test_what_cannot_be_meant_is_said_in_the_dialog(opened: MainWindow, qtbot: QtBot, field: str, text: str,
                                                    said: str) -> None:
    dialog = asked(opened, qtbot)
    (dialog.fields.numbers if field == "numbers" else dialog.folder).setText(text)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert said in dialog.error.text()
    dialog.reject()


def test_what_the_format_cannot_hold_is_one_line(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    video = opened.document.video
    assert video is not None
    with qtbot.waitSignal(opened.features.import_export.exports.worker.ended, timeout=60000):
        opened.features.import_export.exports.export(
            ExportChoice("mot", (video,), tmp_path / "out", ExportOptions(labels=("unicorn",))))
    assert "unicorn" in opened.statusBar().currentMessage()
    assert not opened.findChildren(ReportDialog)


def test_an_export_goes_on_beside_a_job(opened: MainWindow, clip: MadeClip, tmp_path: Path, qtbot: QtBot) -> None:
    """It holds what was there when it began, while the job replaces it."""
    opened.worker.progressed.connect(lambda _: opened.worker.set_paused(True))
    settings = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu")
    opened.features.jobs.controller.start(settings)
    qtbot.waitUntil(lambda: opened.worker.paused, timeout=60000)
    video = opened.document.video
    assert video is not None
    with qtbot.waitSignal(opened.features.import_export.exports.worker.finished, timeout=60000) as ended:
        opened.features.import_export.exports.export(ExportChoice("mot", (video,), tmp_path / "out", ExportOptions()))
    assert ended.args[0].tracks >= 3
    assert opened.worker.busy
    opened.worker.cancel()
    qtbot.waitUntil(lambda: not opened.worker.busy, timeout=60000)


def test_closing_asks_and_cancels_the_export(opened: MainWindow, tmp_path: Path, qtbot: QtBot,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*arguments: Any) -> None:
        *_, cancel = arguments
        while True:
            cancel.raise_if_cancelled()

    monkeypatch.setattr("annotator.ui.import_export.export_controller.export", endless)
    video = opened.document.video
    assert video is not None
    opened.features.import_export.exports.export(ExportChoice("mot", (video,), tmp_path / "out", ExportOptions()))
    assert not opened.close()
    (question,) = opened.findChildren(QMessageBox)
    next(button for button in question.buttons() if "Stop" in button.text()).click()
    qtbot.waitUntil(lambda: not opened.isVisible(), timeout=10000)
    assert not opened.features.import_export.exports.worker.busy


def looked(dialog: ExportDialog, qtbot: QtBot, text: str) -> None:
    """Wait for a preview whose first rows have this in them."""
    qtbot.waitUntil(lambda: text in dialog.preview.text.toPlainText(), timeout=30000)


def tree(dialog: ExportDialog) -> list[str]:
    found = []
    iterator = QTreeWidgetItemIterator(dialog.preview.tree)
    while iterator.value() is not None:
        found.append(iterator.value().text(0))
        iterator += 1
    return found


def test_the_preview_is_what_is_written(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.format.setCurrentIndex(dialog.format.findData("mot"))
    dialog.first.setValue(3)
    dialog.fields.pictures.setCurrentIndex(dialog.fields.pictures.findData("png"))
    looked(dialog, qtbot, "1,1,")
    qtbot.waitUntil(lambda: "000001.png" in tree(dialog), timeout=30000)
    assert tree(dialog) == [str(tmp_path / "out"), "clip/", "gt/", "export.json", "gt.txt", "labels.txt", "img1/",
                            "000001.png", "000002.png", "000003.png", "…", "seqinfo.ini"]
    rows = dialog.preview.text.toPlainText().splitlines()
    assert not (tmp_path / "out").exists()
    with qtbot.waitSignal(opened.features.import_export.exports.worker.ended, timeout=60000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    written = (tmp_path / "out/clip/gt/gt.txt").read_text().splitlines()
    assert written[:len(rows)] == rows
    assert len(list((tmp_path / "out/clip/img1").iterdir())) == FRAMES - 3


def test_the_preview_says_why_there_is_nothing(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    dialog.fields.reviewed.setChecked(True)
    qtbot.waitUntil(lambda: "reviewed" in dialog.preview.note.text(), timeout=30000)
    assert tree(dialog) == []
    dialog.fields.reviewed.setChecked(False)
    looked(dialog, qtbot, "1,1,")
    dialog.fields.pictures.setCurrentIndex(dialog.fields.pictures.findData("link"))
    qtbot.waitUntil(lambda: "video file" in dialog.preview.note.text(), timeout=30000)
    dialog.reject()


def test_choices_are_saved_chosen_and_deleted_by_name(opened: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    presets, fields = dialog.presets, dialog.fields
    assert not presets.save.isEnabled()
    assert not presets.delete.isEnabled()
    dialog.format.setCurrentIndex(dialog.format.findData("dancetrack"))
    fields.step.setValue(5)
    fields.validation.setText("a, b")
    fields.overwrite.setChecked(True)
    qtbot.keyClicks(presets.names, "for training")
    qtbot.mouseClick(presets.save, Qt.MouseButton.LeftButton)
    dialog.reject()
    opened.features.import_export.exports.ask()
    again = opened.findChildren(ExportDialog)[-1]
    again.fields.overwrite.setChecked(False)
    again.format.setCurrentIndex(again.format.findData("csv"))
    names = again.presets.names
    assert [names.itemText(k) for k in range(names.count())] == ["for training"]
    names.setCurrentIndex(0)
    names.activated.emit(0)
    assert again.format.currentData() == "dancetrack"
    assert (again.fields.step.value(), again.fields.validation.text()) == (5, "a, b")
    assert not again.fields.overwrite.isChecked()
    qtbot.mouseClick(again.presets.delete, Qt.MouseButton.LeftButton)
    assert (names.count(), names.currentText()) == (0, "")
    again.reject()
    assert PresetStore(settings).names() == []


def test_enter_in_the_name_of_a_preset_exports_nothing(opened: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(opened, qtbot)
    qtbot.keyClicks(dialog.presets.names, "mine")
    qtbot.keyClick(dialog.presets.names.lineEdit(), Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.presets.delete.isEnabled()
    dialog.reject()


def test_presets_that_make_no_sense_are_passed_over(settings: QSettings) -> None:
    for text in ("{", "[]", '{"a": 1, "b": {"format": "mot"}, "c": {"format": "mot", "fields": {"step": 3}}}'):
        settings.setValue("export/presets", text)
    assert PresetStore(settings).names() == ["c"]
    assert PresetStore(settings).get("c") == Preset("mot", {"step": "3"})

"""The fields of the import dialog alone: they follow the guess until a person selects something."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from annotator.jobs.labels.import_labels import Target
from annotator.jobs.project import add_source, open_project
from annotator.model.track import VideoRecord
from annotator.ui.import_export.import_dialog import ImportDialog
from tests.conftest import MadeClip


@pytest.fixture
def video(clip: MadeClip, tmp_path: Path) -> VideoRecord:
    with open_project(tmp_path / "p.annot", create=True) as session:
        return add_source(session, clip.video)[0]


@pytest.fixture
def dialog(video: VideoRecord, qtbot: QtBot) -> ImportDialog:
    made = ImportDialog(video, None)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tracks in labels.txt, and detections in the folder labels, whose path is on the way to it."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "det.txt").write_text("1,-1,10,20,30,40,0.75,-1,-1,-1\n2,-1,10,20,30,40,0.5,-1,-1,-1\n")
    (tmp_path / "labels.txt").write_text("1,9,10,20,30,40,1,1,1\n2,9,10,20,30,40,1,1,1\n")
    return tmp_path


def select(box: QComboBox, data: object, qtbot: QtBot) -> None:
    """As a person does, by keys."""
    box.setFocus()
    for _ in range(box.count()):
        qtbot.keyClick(box, Qt.Key.Key_Up)
    for _ in range(box.findData(data)):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == data


def type_path(dialog: ImportDialog, path: Path, qtbot: QtBot) -> list[tuple[str, Target]]:
    """Type letter by letter. Returns format and target after each."""
    dialog.path.clear()
    seen = []
    for letter in str(path):
        qtbot.keyClicks(dialog.path, letter)
        seen.append((str(dialog.format.currentData()), Target(dialog.target.currentData())))
    return seen


def test_a_guess_in_passing_does_not_stay(dialog: ImportDialog, folder: Path, qtbot: QtBot) -> None:
    seen = type_path(dialog, folder / "labels.txt", qtbot)
    assert Target.DETECTIONS in [target for _, target in seen], "the file on the way holds detections"
    assert seen[-1] == ("mot", Target.HUMAN)
    assert dialog.target.isEnabled()


def test_what_a_person_selected_stays_where_the_format_can_do_it(
        dialog: ImportDialog, folder: Path, qtbot: QtBot) -> None:
    select(dialog.target, Target.MACHINE, qtbot)
    seen = type_path(dialog, folder / "labels.txt", qtbot)
    assert Target.DETECTIONS in [target for _, target in seen]
    assert seen[-1][1] is Target.MACHINE


def test_a_format_that_a_person_selected_is_not_guessed_away(
        dialog: ImportDialog, folder: Path, qtbot: QtBot) -> None:
    select(dialog.format, "mots", qtbot)
    assert {name for name, _ in type_path(dialog, folder / "labels.txt", qtbot)} == {"mots"}

"""Copied and pasted boxes, on a document without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.box_clipboard import BoxClipboard
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message


@pytest.fixture
def document(project: Path, qtbot: QtBot) -> Iterator[Document]:
    made = Document()
    made.open(project)
    yield made
    made.close()


@pytest.fixture
def clipboard(document: Document, settings: QSettings, qtbot: QtBot) -> BoxClipboard:
    owner = QWidget()
    qtbot.addWidget(owner)
    return BoxClipboard(document, Actions(owner, settings))


def boxes(document: Document, frame: int) -> dict[int, tuple[float, ...]]:
    return {o.number: o.box_xyxy for o in document.observations(frame, masks=False) if o.box_xyxy is not None}


def test_boxes_go_to_the_tracks_that_they_came_from_as_one_step(document: Document, clipboard: BoxClipboard) -> None:
    first, later = boxes(document, 0), boxes(document, 9)
    document.select(track.id for track in document.tracks().values() if track.number in (1, 3))
    clipboard.copy()
    document.go_to(9)
    clipboard.paste()
    assert boxes(document, 9) == {**later, 1: first[1], 3: first[3]}
    assert document.session is not None
    assert [step.label for step in document.session.history()][-1] == f"Paste boxes in frame {document.frame}"
    document.session.undo()
    assert boxes(document, 9) == later


def test_a_single_box_goes_to_the_selected_track(document: Document, clipboard: BoxClipboard) -> None:
    ids = {track.number: track.id for track in document.tracks().values()}
    copied = boxes(document, 0)[1]
    document.select([ids[1]])
    clipboard.copy()
    document.select([ids[2]])
    document.go_to(5)
    clipboard.paste()
    assert boxes(document, 5)[2] == copied


def test_with_nothing_to_copy_or_paste_it_says_so_and_changes_nothing(
        document: Document, clipboard: BoxClipboard) -> None:
    told: list[Message] = []
    document.message.connect(told.append)
    clipboard.copy()
    clipboard.paste()
    assert [message.text.split(":")[0] for message in told] == ["Nothing to copy", "Nothing to paste"]
    assert document.session is not None
    assert not [step for step in document.session.history() if step.label.startswith("Paste")]


def test_closing_the_project_forgets_what_was_copied(document: Document, clipboard: BoxClipboard) -> None:
    document.select(document.tracks())
    clipboard.copy()
    assert len(clipboard.boxes) == 3
    document.close()
    assert clipboard.boxes == {}

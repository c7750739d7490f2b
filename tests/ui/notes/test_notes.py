"""Notes in the window: written with a key, listed, answered, visited, and marked on canvas and timeline."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtGui import Qt as Text
from pytestqt.qtbot import QtBot

from annotator.model.note import Note
from annotator.model.track import ReviewState
from annotator.storage.edits import notes as edits
from annotator.storage.store import Store
from annotator.ui.notes.panel import NotePanel
from annotator.ui.timeline.marks import NOTE
from annotator.ui.window.main_window import MainWindow
from tests.required import required


def store_of(window: MainWindow) -> Store:
    return required(window.document.session).store


def stored(window: MainWindow) -> list[Note]:
    return store_of(window).video_notes(1)


def panel_of(window: MainWindow) -> NotePanel:
    return window.features.notes.panel


def lines(window: MainWindow) -> list[str]:
    shown = panel_of(window).list
    return [shown.item(row).text() for row in range(shown.count())]


def shows(image: QImage, color: str) -> bool:
    wanted = QColor(color)
    seen = (image.pixelColor(x, y) for y in range(0, image.height(), 2) for x in range(0, image.width(), 2))
    return any(abs(each.red() - wanted.red()) + abs(each.green() - wanted.green())
               + abs(each.blue() - wanted.blue()) < 45 for each in seen)


def write(window: MainWindow, qtbot: QtBot, text: str) -> None:
    qtbot.keyClick(window, Qt.Key.Key_J)
    qtbot.waitUntil(panel_of(window).new.hasFocus)
    qtbot.keyClicks(panel_of(window).new, text)
    qtbot.keyClick(panel_of(window).new, Qt.Key.Key_Return)


def test_a_note_on_a_track_is_written_answered_closed_and_undone(opened: MainWindow, qtbot: QtBot) -> None:
    track = sorted(opened.document.tracks())[1]
    panel = panel_of(opened)
    panel.author.setText(" Ada  L. ")
    panel.author.editingFinished.emit()
    opened.document.go_to(5)
    opened.document.select((track,))
    assert panel.new.placeholderText() == "New note: frame 5, track 2"
    write(opened, qtbot, "Is this one object?")
    [note] = stored(opened)
    assert (note.frame, note.track, note.text, note.messages[0].author) == (5, track, "Is this one object?", "Ada L.")
    assert lines(opened) == ["5, track 2: Is this one object?"]
    assert opened.canvas.hasFocus()
    qtbot.keyClicks(panel.answer, "Two")
    qtbot.keyClick(panel.answer, Qt.Key.Key_Return)
    assert "Is this one object?" in panel.messages.toPlainText()
    assert panel.messages.toPlainText().endswith("\nTwo")
    assert panel.answer.text() == ""
    assert lines(opened) == ["5, track 2: Is this one object? (1)"]
    qtbot.keyClick(opened, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert stored(opened)[0].done
    assert lines(opened) == []
    panel.filter.setCurrentIndex(1)
    assert lines(opened) == ["✓ 5, track 2: Is this one object? (1)"]
    for _ in range(3):
        opened.actions_["edit.undo"].trigger()
    assert stored(opened) == []
    panel.filter.setCurrentIndex(2)
    assert lines(opened) == []


def test_the_author_is_kept_in_the_settings(opened: MainWindow) -> None:
    opened.features.notes.set_author("Ada")
    assert opened.features.notes._settings.value("author") == "Ada"
    assert store_of(opened).author == "Ada"


def test_a_target_is_that_of_the_moment_in_which_the_key_was_pressed(opened: MainWindow, qtbot: QtBot) -> None:
    """Another frame or selection is another target, so a text never goes where the user does not look."""
    opened.document.select(())
    qtbot.keyClick(opened, Qt.Key.Key_J)
    opened.document.go_to(7)
    panel = panel_of(opened)
    assert panel.new.placeholderText() == "New note: frame 7"
    qtbot.keyClicks(panel.new, "x")
    qtbot.keyClick(panel.new, Qt.Key.Key_Return)
    assert [(note.frame, note.track, note.place) for note in stored(opened)] == [(7, None, None)]


def test_an_empty_text_makes_no_note(opened: MainWindow, qtbot: QtBot) -> None:
    write(opened, qtbot, "   ")
    assert stored(opened) == []


def test_a_key_visits_open_notes_in_order(opened: MainWindow, qtbot: QtBot) -> None:
    store, track = store_of(opened), min(opened.document.tracks())
    first = edits.add_note(store, 1, 3, "a", track)
    edits.close_notes(store, [edits.add_note(store, 1, 4, "b")])
    second, third = edits.add_note(store, 1, 6, "c"), edits.add_note(store, 1, 6, "d")
    panel, seen = panel_of(opened), []
    for _ in range(4):
        qtbot.keyClick(opened, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
        seen.append((opened.document.frame, panel.current))
    assert seen == [(3, first), (6, second), (6, third), (3, first)]
    assert opened.document.selection == {track}


def test_without_open_notes_the_key_says_so(opened: MainWindow, qtbot: QtBot) -> None:
    edits.close_notes(store_of(opened), [edits.add_note(store_of(opened), 1, 4, "b")])
    with qtbot.waitSignal(opened.features.notes.message) as heard:
        opened.actions_["notes.next"].trigger()
    assert heard.args[0].text == "There are no open notes"


def test_a_click_in_the_list_shows_the_note(opened: MainWindow, qtbot: QtBot) -> None:
    edits.add_note(store_of(opened), 1, 6, "c")
    opened.features.notes.dock.show()
    opened.features.notes.dock.raise_()
    shown = panel_of(opened).list
    qtbot.waitUntil(lambda: not shown.visibleRegion().isEmpty())
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=shown.visualItemRect(shown.item(0)).center())
    assert opened.document.frame == 6


def test_texts_of_others_are_plain(opened: MainWindow) -> None:
    store = store_of(opened)
    store.author = "<img src=x>"
    key = edits.add_note(store, 1, 0, "<b>bold</b>\n<script>")
    panel = panel_of(opened)
    panel.select(key)
    assert lines(opened) == ["0: <b>bold</b> <script>"]
    assert panel.messages.toPlainText().startswith("<img src=x>, ")
    assert panel.messages.toPlainText().endswith("<b>bold</b>\n<script>")
    assert not Text.mightBeRichText(panel.list.item(0).toolTip())


def test_notes_are_marked_on_the_canvas_in_their_frame(opened: MainWindow) -> None:
    store, track = store_of(opened), min(opened.document.tracks())
    opened.document.go_to(0)
    assert not shows(opened.canvas.grab().toImage(), NOTE)
    made = [edits.add_note(store, 1, 0, "a", place=(50.0, 40.0)), edits.add_note(store, 1, 0, "b", track),
            edits.add_note(store, 1, 0, "c")]
    edits.add_note(store, 1, 5, "elsewhere")
    layer = opened.features.notes.layer
    assert [note.id for note in layer.notes] == made
    box = next(shape.rect for shape in opened.canvas.overlay.shapes if shape.track == track)
    assert [layer.place(note) for note in layer.notes] == [
        QPointF(50, 40), required(box).topRight(), QPointF(0, 0)]
    assert shows(opened.canvas.grab().toImage(), NOTE)
    opened.document.go_to(2)
    assert layer.notes == []


def test_open_notes_are_marked_on_the_timeline(opened: MainWindow, qtbot: QtBot) -> None:
    assert not shows(opened.timeline.grab().toImage(), NOTE)
    key = edits.add_note(store_of(opened), 1, 5, "a")
    qtbot.waitUntil(lambda: opened.timeline.marks.notes == (5,))
    assert shows(opened.timeline.grab().toImage(), NOTE)
    edits.close_notes(store_of(opened), [key])
    qtbot.waitUntil(lambda: opened.timeline.marks.notes == ())


def test_one_key_says_that_tracks_need_work(opened: MainWindow, qtbot: QtBot) -> None:
    opened.features.notes.set_author("Ada")
    chosen = sorted(opened.document.tracks())[:2]
    opened.document.select(chosen)
    qtbot.keyClick(opened, Qt.Key.Key_Z)
    states = {key: (track.review, track.review_author) for key, track in opened.document.tracks().items()}
    assert [states[key] for key in chosen] == [(ReviewState.NEEDS_WORK, "Ada")] * 2
    assert sum(state is ReviewState.NEEDS_WORK for state, _ in states.values()) == 2
    opened.document.select(chosen[:1])
    assert opened.features.tracks.inspector.tracks.review.toolTip().startswith("Set by Ada, 20")
    assert store_of(opened).history()[-1].label == "Edit 2 tracks"
    opened.actions_["edit.undo"].trigger()
    assert all(track.review is not ReviewState.NEEDS_WORK for track in opened.document.tracks().values())

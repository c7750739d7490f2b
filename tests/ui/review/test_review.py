from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from annotator.model.track import MarkKind
from annotator.review import Entry, Fix, Kind
from annotator.storage.edits import drawn_boxes, identities, track_marks
from annotator.ui.review.controller import ReviewController, key_of
from annotator.ui.review.crops import SIDE, crop
from annotator.ui.timeline.marks import REVIEWED
from annotator.ui.timeline.painter import LANE, OVERVIEW, RULER
from annotator.ui.window.main_window import MainWindow
from tests.required import required
from tests.ui.event_loop import let_events_pass
from tests.ui.mistaken import BACK, MEETING, MISSED, green, red

ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def mistaken(window: MainWindow, made: Path, tmp_path: Path) -> MainWindow:
    """The project of squares, with the focus on the picture."""
    for file in made.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    assert window.open_path(tmp_path / made.name)
    window.canvas.setFocus()
    return window


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key,
          modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifiers)


def review_dock(window: MainWindow) -> QDockWidget:
    return required(window.findChild(QDockWidget, "review"))


def review(window: MainWindow) -> ReviewController:
    return window.features.review.controller


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until colours are compared and the queue is made."""
    builder = window.features.review.builder
    builder.want()
    qtbot.waitUntil(lambda: builder.complete and not builder.ranking and builder.looked is None,
                    timeout=20000)


def by_number(window: MainWindow, *numbers: int) -> tuple[int, ...]:
    ids = {track.number: key for key, track in window.document.tracks().items()}
    return tuple(ids[number] for number in numbers)


def suggesting(window: MainWindow, fix: Fix, *numbers: int) -> Entry:
    wanted = set(by_number(window, *numbers))
    return next(entry for entry in review(window).entries
                if entry.suggestion.fix is fix and set(entry.suggestion.tracks) == wanted)


def truth(window: MainWindow, number: int, frame: int) -> tuple[float, ...]:
    session = window.document.session
    assert session is not None
    box = next(o.box_xyxy for o in session.store.trajectory(by_number(window, number)[0]) if o.frame == frame)
    assert box is not None
    return box


def steps(window: MainWindow) -> list[str]:
    assert window.document.session is not None
    return [step.label for step in window.document.session.history() if not step.undone]


def test_nothing_is_made_before_somebody_wants_it(mistaken: MainWindow, qtbot: QtBot) -> None:
    let_events_pass(qtbot)
    assert review(mistaken).queue is None
    assert not mistaken.features.review.builder.ranking


def test_a_swap_costs_two_keys(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    dock = review_dock(mistaken)
    assert review(mistaken).current is None
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    entry = review(mistaken).current
    assert entry is not None
    assert entry.suggestion.fix is Fix.SWAP
    assert mistaken.document.frame == entry.frame
    assert mistaken.document.selection == set(by_number(mistaken, 1, 2))
    assert not dock.visibleRegion().isEmpty()
    before = steps(mistaken)
    press(mistaken, qtbot, Qt.Key.Key_A)
    assert steps(mistaken) == [*before, f"Review: swap at frame {entry.frame}"]
    for frame in (5, 50):
        assert truth(mistaken, 1, frame) == red(frame)
        assert truth(mistaken, 2, frame) == green(frame)
    assert mistaken.statusBar().currentMessage().startswith("Swap 1 and 2 from frame")
    after = review(mistaken).current
    assert after is not None
    assert key_of(after) != key_of(entry)
    assert mistaken.document.frame == after.frame


def test_the_first_tab_makes_the_queue_and_goes_when_it_is_there(mistaken: MainWindow, qtbot: QtBot) -> None:
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    assert "Searching" in mistaken.statusBar().currentMessage()
    qtbot.waitUntil(lambda: review(mistaken).current is not None, timeout=10000)
    assert mistaken.document.selection


def test_tab_and_back_go_round(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    entries = review(mistaken).entries
    assert len(entries) >= 4
    for k in (0, 1, 2):
        press(mistaken, qtbot, Qt.Key.Key_Tab)
        assert review(mistaken).current is entries[k]
    press(mistaken, qtbot, Qt.Key.Key_Tab, SHIFT)
    assert review(mistaken).current is entries[1]
    for _ in range(2):
        press(mistaken, qtbot, Qt.Key.Key_Tab, SHIFT)
    assert review(mistaken).current is entries[-1]
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    assert review(mistaken).current is entries[0]


def test_the_chosen_card_stays_whole_when_the_list_gets_shorter(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    view = mistaken.features.review.panel.view
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    card = view.visualRect(view.currentIndex())
    shorter = card.bottom() - card.height() // 2
    holder = required(view.parentWidget())
    holder.setFixedHeight(holder.height() - view.viewport().height() + shorter)
    qtbot.waitUntil(lambda: view.viewport().height() < card.bottom())
    qtbot.waitUntil(lambda: view.viewport().rect().contains(view.visualRect(view.currentIndex())))
    assert view.currentIndex().row() == review(mistaken).place == 1


def test_tab_is_the_pictures_alone(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    mistaken.features.tracks.table.filter.setFocus()
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    assert review(mistaken).current is None
    assert not mistaken.features.tracks.table.filter.hasFocus()


def test_fine_is_remembered_and_drawn_and_undone(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    entry = review(mistaken).current
    assert entry is not None
    done, total = review(mistaken).counts
    press(mistaken, qtbot, Qt.Key.Key_X)
    assert review(mistaken).counts[0] == done + 1
    assert mistaken.features.review.panel.done.text() == f"{done + 1} of {total} done"
    session, video = mistaken.document.session, mistaken.document.video
    assert session is not None
    assert video is not None
    marks = {mark.track: (mark.first, mark.last) for mark in session.store.marks(video.id)
             if mark.kind is MarkKind.REVIEWED}
    assert marks == dict.fromkeys(entry.tracks, (entry.first, entry.last))
    settle(mistaken, qtbot)
    assert key_of(entry) not in [key_of(each) for each in review(mistaken).entries]
    stretch = (entry.first, entry.last)
    qtbot.waitUntil(lambda: mistaken.timeline.marks.looked_at == (stretch,))
    assert mistaken.timeline.marks.reviewed == dict.fromkeys(entry.tracks, (stretch,))
    assert shows(mistaken, REVIEWED, entry.first) == (True, True)
    assert shows(mistaken, REVIEWED, 2) == (False, False)
    mistaken.document.undo()
    qtbot.waitUntil(lambda: key_of(entry) in [key_of(each) for each in review(mistaken).entries],
                    timeout=10000)


def shows(window: MainWindow, color: str, frame: int) -> tuple[bool, bool]:
    """Whether a colour is seen on the overview and on the lanes where a frame is."""
    timeline = window.timeline
    image, wanted = timeline.viewport().grab().toImage(), QColor(color)
    places = timeline._axis()
    above = round(places.overview_x(frame + 0.5))
    below = round(places.x(frame + 0.5)) + 4  # beside the playhead
    return (any(image.pixelColor(above, y) == wanted for y in range(OVERVIEW)),
            any(image.pixelColor(below, y) == wanted for y in range(OVERVIEW + RULER, image.height())))


def test_bringing_the_panel_forward_makes_the_queue(mistaken: MainWindow, qtbot: QtBot) -> None:
    review_dock(mistaken).raise_()
    qtbot.waitUntil(lambda: len(review(mistaken).entries) > 3, timeout=10000)
    assert review(mistaken).current is None, "nobody went anywhere"


def test_another_fix_may_be_chosen(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    entry = suggesting(mistaken, Fix.MERGE, 3, 4)
    review(mistaken).visit(entry)
    before = steps(mistaken)
    press(mistaken, qtbot, Qt.Key.Key_3, ALT)
    assert "click the one to edit" in mistaken.statusBar().currentMessage()
    assert steps(mistaken) == before
    mistaken.document.select(by_number(mistaken, 4))
    press(mistaken, qtbot, Qt.Key.Key_4, ALT)
    assert steps(mistaken) == [*before, f"Review: delete at frame {entry.frame}"]
    assert [track.number for track in mistaken.document.tracks().values()] == [1, 2, 3, 5]


def test_a_merge_that_is_suggested_is_made(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    review(mistaken).visit(suggesting(mistaken, Fix.MERGE, 3, 4))
    panel = mistaken.features.review.panel
    review_dock(mistaken).raise_()
    qtbot.waitUntil(lambda: "track 3: +34" in panel.effect.text())
    assert panel.suggestion.text() == "Merge 4 into 3   [A]"
    qtbot.mouseClick(panel.suggestion, LEFT)
    assert truth(mistaken, 3, BACK + 5)
    assert 4 not in [track.number for track in mistaken.document.tracks().values()]


def test_a_missing_object_is_handed_on_to_be_prompted(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    entry = next(entry for entry in review(mistaken).entries if entry.suggestion.fix is Fix.PROMPT)
    review(mistaken).visit(entry)
    spot = mistaken.features.review.spot
    assert spot.isVisible()
    assert spot.rect().getCoords() == pytest.approx(MISSED)
    mistaken.document.go_to(mistaken.document.frame + 1)
    assert not spot.isVisible()
    before = steps(mistaken)
    mistaken.features.review.prompt_wanted.disconnect()  # what is done with it is not the review's
    with qtbot.waitSignal(mistaken.features.review.prompt_wanted) as asked:
        press(mistaken, qtbot, Qt.Key.Key_A)
    assert asked.args == [entry.suggestion.frame, pytest.approx(MISSED)]
    assert steps(mistaken) == before
    press(mistaken, qtbot, Qt.Key.Key_X)
    assert key_of(entry) not in [key_of(each) for each in review(mistaken).entries]


def test_hand_drawn_boxes_are_asked_about_first(mistaken: MainWindow, qtbot: QtBot) -> None:
    (short,) = by_number(mistaken, 5)
    settle(mistaken, qtbot)
    entry = suggesting(mistaken, Fix.DELETE, 5)
    mistaken.document.edit(lambda session: drawn_boxes.set_box(session.store, short, 41, (150, 20, 172, 44)))
    review(mistaken).visit(entry)
    press(mistaken, qtbot, Qt.Key.Key_A)
    assert mistaken.features.edits.bar.isVisible()
    assert short in mistaken.document.tracks()
    press(mistaken, qtbot, Qt.Key.Key_Return)
    assert short not in mistaken.document.tracks()
    assert review(mistaken).current is not entry


def test_a_locked_track_is_left_alone(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    entry = review(mistaken).current
    assert entry is not None
    mistaken.document.edit(lambda session: track_marks.lock_tracks(session.store, entry.tracks[:1]))
    before = steps(mistaken)
    press(mistaken, qtbot, Qt.Key.Key_A)
    assert "locked" in mistaken.statusBar().currentMessage()
    assert steps(mistaken) == before
    assert review(mistaken).current is entry


def test_the_queue_follows_edits_made_elsewhere(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    one, other = by_number(mistaken, 1, 2)
    assert any(entry.suggestion.fix is Fix.SWAP for entry in review(mistaken).entries)
    assert any(one in entry.tracks for entry in review(mistaken).entries)
    mistaken.document.edit(lambda session: identities.swap_tracks(session.store, one, other, MEETING))
    qtbot.waitUntil(lambda: not any(entry.suggestion.fix is Fix.SWAP for entry in review(mistaken).entries),
                    timeout=10000)
    mistaken.document.edit(lambda session: identities.delete_tracks(session.store, [one]))
    qtbot.waitUntil(lambda: all(one not in entry.tracks for entry in review(mistaken).entries),
                    timeout=10000)


def test_filters_by_kind_and_track(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    panel = mistaken.features.review.panel
    review_dock(mistaken).raise_()
    everything = len(review(mistaken).entries)
    panel.kind_filter.setCurrentIndex(panel.kind_filter.findData(Kind.MISSING.value))
    panel.kind_filter.activated.emit(panel.kind_filter.currentIndex())
    assert [entry.kinds for entry in review(mistaken).entries] == [(Kind.MISSING,)]
    panel.kind_filter.setCurrentIndex(0)
    panel.kind_filter.activated.emit(0)
    qtbot.keyClicks(panel.track_filter, "5")
    (short,) = by_number(mistaken, 5)
    assert review(mistaken).entries
    assert all(short in entry.tracks for entry in review(mistaken).entries)
    qtbot.keyClicks(panel.track_filter, "5")
    assert review(mistaken).entries == ()
    panel.track_filter.clear()
    assert len(review(mistaken).entries) == everything


def test_a_click_on_a_card_goes_there_and_its_crops_come(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    review_dock(mistaken).raise_()
    panel = mistaken.features.review.panel
    qtbot.waitUntil(panel.view.isVisible)
    entry = review(mistaken).entries[0]
    qtbot.waitUntil(lambda: mistaken.features.review.crops.get(key_of(entry), entry) is not None, timeout=10000)
    pairs = mistaken.features.review.crops.get(key_of(entry), entry)
    assert pairs is not None
    assert [pair.track for pair in pairs] == list(entry.tracks[:2])
    colours = [colour(image) for pair in pairs for image in (pair.before, pair.after) if image is not None]
    assert sorted(colours) == ["green", "green", "red", "red"]
    assert colours[0] != colours[1]
    place = panel.view.visualRect(panel.model.index(0)).center()
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=place)
    assert review(mistaken).current is entry
    assert mistaken.document.frame == entry.frame


def colour(image: QImage) -> str:
    middle = image.pixelColor(SIDE // 2, SIDE // 2)
    return "red" if middle.red() > 150 > middle.green() else "green" if middle.green() > 150 else "other"


def test_colours_can_be_stopped_and_compared_later(mistaken: MainWindow, qtbot: QtBot) -> None:
    builder, panel = mistaken.features.review.builder, mistaken.features.review.panel
    review_dock(mistaken).raise_()
    builder.cancel()
    builder.want()
    qtbot.waitUntil(lambda: review(mistaken).queue is not None and not builder.ranking, timeout=10000)
    assert not builder.complete
    assert panel.colours.text() == "Compare"
    qtbot.mouseClick(panel.colours, LEFT)
    qtbot.waitUntil(lambda: builder.complete, timeout=10000)


def test_lanes_have_letters_where_the_tracker_prompted_anew_and_where_one_hid_another(mistaken: MainWindow,
                                                                                      qtbot: QtBot) -> None:
    timeline = mistaken.timeline
    one, other = by_number(mistaken, 1, 2)
    qtbot.waitUntil(lambda: {one, other} <= timeline._letters.keys())
    for track, frame, letter, words in ((one, MEETING - 3, "X", "Occluded by another"),
                                        (other, MEETING + 4, "R", "Re-prompted")):
        assert [(each.event.value, each.frame) for each in timeline._letters[track] if each.frame] == [(letter, frame)]
        row = next(k for k, lane in enumerate(timeline.lanes) if lane.track.id == track)
        place = QPoint(round(timeline._x(frame + 0.5)), OVERVIEW + RULER + row * LANE + LANE // 2)
        qtbot.mouseMove(timeline.viewport(), place)
        assert words in timeline.viewport().toolTip()
        image, bar = timeline.viewport().grab().toImage(), QColor(timeline.lanes[row].track.color)
        assert any(image.pixelColor(x, place.y()) != bar for x in range(place.x() - 3, place.x() + 4))
        assert image.pixelColor(place.x() - 12, place.y()) == bar


def test_zooming_to_moments_happens_only_if_asked_for(mistaken: MainWindow, qtbot: QtBot) -> None:
    settle(mistaken, qtbot)
    scale = mistaken.canvas.scale_factor()
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    assert mistaken.canvas.scale_factor() == pytest.approx(scale)
    mistaken.actions_["review.zoom"].trigger()
    review(mistaken).visit(suggesting(mistaken, Fix.DELETE, 5))
    assert mistaken.canvas.scale_factor() > 1.5 * scale


def test_another_project_has_another_queue(mistaken: MainWindow, project: Path, qtbot: QtBot) -> None:
    review_dock(mistaken).raise_()
    settle(mistaken, qtbot)
    press(mistaken, qtbot, Qt.Key.Key_Tab)
    assert mistaken.open_path(project)
    assert review(mistaken).current is None
    qtbot.waitUntil(lambda: review(mistaken).queue is not None, timeout=10000)
    known = mistaken.document.tracks()
    assert all(track in known for entry in review(mistaken).entries for track in entry.tracks)


def test_what_lies_outside_the_picture_is_grey_in_a_crop() -> None:
    image = np.full((40, 60, 3), 250, np.uint8)
    found = crop(image, (-10, -10, 20, 20))
    assert (found.width(), found.height()) == (SIDE, SIDE)
    assert found.pixelColor(0, 0).red() == 64
    assert found.pixelColor(SIDE - 2, SIDE - 2).red() == 250
    assert crop(image, (500, 500, 510, 510)).pixelColor(5, 5).red() == 64

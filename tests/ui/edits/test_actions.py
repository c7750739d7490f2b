from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities, track_marks
from annotator.ui.timeline.painter import LANE, NAMES, OVERVIEW, RULER
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES

CTRL, ALT, SHIFT = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
                    Qt.KeyboardModifier.ShiftModifier)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Boxes = dict[int, tuple[float, ...]]


class Hands:
    """Keys and clicks on the window, and what the project then holds."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.ids = sorted(window.document.tracks())
        window.canvas.setFocus()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        focus = QApplication.focusWidget() or self.window
        self.qtbot.keyClick(focus, key, modifiers)

    def type(self, text: str) -> None:
        self.qtbot.keyClicks(QApplication.focusWidget(), text)

    def place_of(self, track: int) -> QPoint:
        """In the canvas's viewport, a place in a track's box that is in no other's."""
        canvas = self.window.canvas
        rect = next(shape.rect for shape in canvas.overlay.shapes if shape.track == track)
        assert rect is not None
        spots = [QPointF(rect.left() + rect.width() * x / 8, rect.top() + rect.height() * y / 8)
                 for x in range(1, 8) for y in range(1, 8)]
        spot = next(spot for spot in spots if canvas.track_at(spot) == track)
        return canvas.to_widget(spot).toPoint()

    def click(self, track: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
              button: Qt.MouseButton = LEFT) -> None:
        port = self.window.canvas.viewport()
        self.qtbot.mouseClick(port, button, modifiers, self.place_of(track))

    def lane(self, track: int, frame: int) -> QPoint:
        timeline = self.window.timeline
        row = next(k for k, lane in enumerate(timeline.lanes) if lane.track.id == track)
        return QPoint(round(timeline._x(frame + 0.5)), OVERVIEW + RULER + row * LANE + LANE // 2)

    def choose_range(self, first: int, last: int) -> None:
        port, track = self.window.timeline.viewport(), self.ids[0]
        self.qtbot.mousePress(port, LEFT, SHIFT, self.lane(track, first))
        self.qtbot.mouseMove(port, self.lane(track, last))
        self.qtbot.mouseRelease(port, LEFT, SHIFT, self.lane(track, last))
        assert self.window.document.range == (first, last)

    @property
    def message(self) -> str:
        return self.window.statusBar().currentMessage()

    @property
    def steps(self) -> int:
        assert self.window.document.session is not None
        return len([step for step in self.window.document.session.history() if not step.undone])

    def boxes(self, track: int) -> Boxes:
        assert self.window.document.session is not None
        return {seen.frame: seen.box_xyxy for seen in self.window.document.session.store.trajectory(track)
                if seen.box_xyxy is not None}

    def marks(self, kind: MarkKind) -> list[tuple[int | None, int, int | None]]:
        session, video = self.window.document.session, self.window.document.video
        assert session is not None
        assert video is not None
        return [(mark.track, mark.first, mark.last) for mark in session.store.marks(video.id) if mark.kind is kind]


@pytest.fixture
def hands(opened: MainWindow, qtbot: QtBot) -> Hands:
    return Hands(opened, qtbot)


def split(before: Boxes, frame: int) -> tuple[Boxes, Boxes]:
    return {k: box for k, box in before.items() if k < frame}, {k: box for k, box in before.items() if k >= frame}


# Which tracks


def test_control_adds_to_the_selection_in_all_three_views(hands: Hands, qtbot: QtBot) -> None:
    window, (a, b, c), steps = hands.window, hands.ids, hands.steps
    hands.click(a)
    hands.click(b, CTRL)
    assert window.document.selection == {a, b}
    hands.click(b, CTRL)
    assert window.document.selection == {a}
    port = window.timeline.viewport()
    qtbot.mouseClick(port, LEFT, CTRL, hands.lane(c, 0))
    assert window.document.selection == {a, c}
    view, model = window.features.tracks.table.view, window.features.tracks.table.view.model()
    rows = [view.visualRect(model.index(row, 0)).center() for row in range(3)]
    qtbot.mouseClick(view.viewport(), LEFT, pos=rows[1])
    qtbot.mouseClick(view.viewport(), LEFT, CTRL, rows[2])
    assert len(window.document.selection) == 2
    assert hands.steps == steps, "a selection is no step"


# Swapping


def test_two_selected_are_swapped_from_here_on_with_one_key(hands: Hands) -> None:
    a, b, _ = hands.ids
    one, other, steps = hands.boxes(a), hands.boxes(b), hands.steps
    hands.window.document.go_to(7)
    hands.click(a)
    hands.click(b, CTRL)
    hands.key(Qt.Key.Key_T, CTRL)
    assert hands.steps == steps + 1
    (a_before, a_after), (b_before, b_after) = split(one, 7), split(other, 7)
    assert hands.boxes(a) == a_before | b_after
    assert hands.boxes(b) == b_before | a_after
    assert hands.message == ("Swap 1 and 2 from frame 7 on: boxes in frames 7-19 · track 1: +13 \u221213 · "
                             "track 2: +13 \u221213")
    assert hands.window.document.selection == {a, b}
    hands.key(Qt.Key.Key_Z, CTRL)
    assert (hands.boxes(a), hands.boxes(b)) == (one, other)


def test_the_chosen_range_alone_is_swapped(hands: Hands) -> None:
    a, b, _ = hands.ids
    one, other = hands.boxes(a), hands.boxes(b)
    hands.choose_range(5, 8)
    hands.window.document.select((a, b))
    hands.key(Qt.Key.Key_T, CTRL | SHIFT)
    assert hands.boxes(a) == {k: other[k] if 5 <= k <= 8 else one[k] for k in one}


@pytest.mark.parametrize("way", ["click", "lane", "number"])
def test_with_one_selected_the_other_is_asked_for(hands: Hands, qtbot: QtBot, way: str) -> None:
    a, b, _ = hands.ids
    other, steps = hands.boxes(b), hands.steps
    hands.click(a)
    hands.key(Qt.Key.Key_T, CTRL)
    bar = hands.window.features.edits.bar
    assert bar.isVisible()
    assert hands.steps == steps
    if way == "click":
        hands.click(b)
    elif way == "lane":
        port = hands.window.timeline.viewport()
        qtbot.mouseClick(port, LEFT, pos=QPoint(NAMES // 2, hands.lane(b, 0).y()))
    else:
        hands.type("2")
        qtbot.waitUntil(lambda: "20" in bar.text.text())
        assert hands.steps == steps
        hands.key(Qt.Key.Key_Return)
    assert not bar.isVisible()
    assert hands.steps == steps + 1
    assert hands.boxes(a) == other
    assert hands.window.document.selection == {a, b}


def test_pointing_at_a_track_previews_it_and_escape_ends_the_asking(hands: Hands, qtbot: QtBot) -> None:
    a, b, _ = hands.ids
    steps = hands.steps
    hands.click(a)
    hands.key(Qt.Key.Key_T, CTRL)
    bar = hands.window.features.edits.bar
    qtbot.mouseMove(hands.window.canvas.viewport(), hands.place_of(b))
    assert "track 2: +20" in bar.text.text()
    hands.key(Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert hands.steps == steps
    assert hands.window.document.selection == {a}
    assert hands.window.canvas.hasFocus()


def test_a_number_that_no_track_has_cannot_be_applied(hands: Hands, qtbot: QtBot) -> None:
    steps, bar = hands.steps, hands.window.features.edits.bar
    hands.click(hands.ids[0])
    hands.key(Qt.Key.Key_T, CTRL)
    hands.type("77")
    qtbot.waitUntil(lambda: "no track has the number 77" in bar.text.text())
    hands.key(Qt.Key.Key_Return)
    assert bar.isVisible()
    assert not bar.apply.isEnabled()
    assert hands.steps == steps


def test_without_a_selection_it_says_what_to_do(hands: Hands) -> None:
    steps = hands.steps
    for key, modifiers in ((Qt.Key.Key_T, CTRL), (Qt.Key.Key_M, Qt.KeyboardModifier.NoModifier),
                           (Qt.Key.Key_Delete, CTRL), (Qt.Key.Key_K, Qt.KeyboardModifier.NoModifier)):
        hands.window.statusBar().clearMessage()
        hands.key(key, modifiers)
        assert "Select a track first" in hands.message
    assert hands.steps == steps


# Merging and splitting


def test_split_here_and_merge_again(hands: Hands) -> None:
    a = hands.ids[0]
    whole = hands.boxes(a)
    hands.window.document.go_to(9)
    hands.click(a)
    hands.key(Qt.Key.Key_M, ALT)
    (made,) = hands.window.document.selection
    assert made not in hands.ids
    before, after = split(whole, 9)
    assert (hands.boxes(a), hands.boxes(made)) == (before, after)
    hands.window.document.select((a, made))
    hands.key(Qt.Key.Key_M)
    assert not hands.window.features.edits.bar.isVisible()
    assert hands.boxes(a) == whole
    assert hands.message.startswith("Merge 4 into 1")
    assert hands.window.document.selection == {a}


def test_where_both_have_a_box_the_rule_is_chosen(hands: Hands, qtbot: QtBot) -> None:
    a, b, _ = hands.ids
    one, other, steps = hands.boxes(a), hands.boxes(b), hands.steps
    hands.click(a)
    hands.click(b, CTRL)
    hands.key(Qt.Key.Key_M)
    bar = hands.window.features.edits.bar
    assert bar.isVisible()
    assert "track 2" in bar.text.text()
    assert hands.steps == steps
    hands.key(Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "+20" in bar.text.text())
    hands.key(Qt.Key.Key_Return)
    assert hands.boxes(a) == other != one
    assert b not in hands.window.document.tracks()
    hands.key(Qt.Key.Key_Z, CTRL)
    assert (hands.boxes(a), hands.boxes(b)) == (one, other)


def test_a_picked_track_is_merged_by_a_rule_too(hands: Hands) -> None:
    a, b, _ = hands.ids
    one, steps = hands.boxes(a), hands.steps
    hands.click(b)
    hands.key(Qt.Key.Key_M)
    hands.click(a)
    assert hands.window.features.edits.bar.rule_field.isVisible()
    assert hands.steps == steps
    hands.key(Qt.Key.Key_Return)
    assert hands.boxes(a) == one
    assert hands.steps == steps + 1


def test_a_range_is_split_off(hands: Hands) -> None:
    a = hands.ids[0]
    whole = hands.boxes(a)
    hands.choose_range(3, 6)
    hands.window.document.select((a,))
    hands.key(Qt.Key.Key_M, ALT | SHIFT)
    (made,) = hands.window.document.selection
    assert sorted(hands.boxes(made)) == [3, 4, 5, 6]
    assert hands.boxes(a) == {k: box for k, box in whole.items() if not 3 <= k <= 6}


# Numbers


def test_a_track_gets_a_typed_number(hands: Hands, qtbot: QtBot) -> None:
    hands.click(hands.ids[1])
    hands.key(Qt.Key.Key_R, CTRL)
    bar = hands.window.features.edits.bar
    hands.type("3")
    qtbot.waitUntil(lambda: "taken" in bar.text.text())
    assert not bar.apply.isEnabled()
    hands.type("4")
    qtbot.waitUntil(bar.apply.isEnabled)
    hands.key(Qt.Key.Key_Return)
    assert hands.window.document.tracks()[hands.ids[1]].number == 34
    hands.window.actions_["track.renumber-all"].trigger()
    assert [track.number for track in hands.window.document.tracks().values()] == [1, 2, 3]


# Deleting


@pytest.mark.parametrize(("key", "modifiers", "left"), [
    (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, [k for k in range(FRAMES) if k != 8]),
    (Qt.Key.Key_Delete, SHIFT, list(range(8))),
    (Qt.Key.Key_Delete, ALT, list(range(8, FRAMES))),
    (Qt.Key.Key_Delete, CTRL | SHIFT, [k for k in range(FRAMES) if not 4 <= k <= 11]),
    (Qt.Key.Key_Delete, CTRL, [])])
def test_a_track_is_deleted_in_part_or_whole(hands: Hands, key: Qt.Key, modifiers: Qt.KeyboardModifier,
                                             left: list[int]) -> None:
    a, steps, whole = hands.ids[0], hands.steps, hands.boxes(hands.ids[0])
    hands.choose_range(4, 11)
    hands.window.document.go_to(8)
    hands.window.document.select((a,))
    hands.key(key, modifiers)
    assert sorted(hands.boxes(a)) == left
    assert (a in hands.window.document.tracks()) is bool(left)
    assert hands.steps == steps + 1
    hands.key(Qt.Key.Key_Z, CTRL)
    assert hands.boxes(a) == whole


def test_hand_drawn_boxes_do_not_go_unasked(hands: Hands) -> None:
    a, document = hands.ids[0], hands.window.document
    document.edit(lambda session: drawn_boxes.set_box(session.store, a, 5, (10, 10, 40, 40)))
    steps = hands.steps
    document.select((a,))
    hands.key(Qt.Key.Key_Delete, CTRL)
    bar = hands.window.features.edits.bar
    assert bar.isVisible()
    assert "1 manual box" in bar.text.text()
    assert hands.steps == steps
    hands.key(Qt.Key.Key_Escape)
    assert a in document.tracks()
    hands.key(Qt.Key.Key_Delete, CTRL)
    hands.key(Qt.Key.Key_Return)
    assert a not in document.tracks()
    assert hands.steps == steps + 1


# Marks and locks


@pytest.mark.parametrize(("key", "kind"), [(Qt.Key.Key_Q, MarkKind.OCCLUDED), (Qt.Key.Key_O, MarkKind.OUTSIDE)])
def test_a_frame_or_a_range_is_marked_and_unmarked(hands: Hands, key: Qt.Key, kind: MarkKind) -> None:
    a, b, _ = hands.ids
    hands.window.document.go_to(2)
    hands.window.document.select((a, b))
    hands.key(key)
    assert sorted(hands.marks(kind)) == [(a, 2, 2), (b, 2, 2)]
    hands.key(key)
    assert hands.marks(kind) == []
    hands.choose_range(4, 9)
    hands.window.document.select((a,))
    hands.key(key)
    assert hands.marks(kind) == [(a, 4, 9)]
    assert "in frames 4 to 9" in hands.message


def test_a_locked_track_refuses_and_says_so(hands: Hands) -> None:
    a, b, _ = hands.ids
    hands.click(a)
    hands.key(Qt.Key.Key_L, SHIFT)
    assert hands.marks(MarkKind.LOCK) == [(a, 0, None)]
    steps = hands.steps
    hands.click(b, CTRL)
    hands.key(Qt.Key.Key_T, CTRL)
    assert "locked" in hands.message
    assert hands.steps == steps
    hands.window.document.select((a,))
    hands.key(Qt.Key.Key_L, SHIFT)
    assert hands.marks(MarkKind.LOCK) == []


# Keyframes


def drawn(hands: Hands, track: int) -> list[int]:
    session = hands.window.document.session
    assert session is not None
    return [seen.frame for seen in session.store.trajectory(track) if seen.human and not seen.interpolated]


def test_keyframes_and_lines_between_them(hands: Hands) -> None:
    a, document = hands.ids[0], hands.window.document
    machine = hands.boxes(a)
    document.select((a,))
    for frame in (4, 12):
        document.go_to(frame)
        hands.key(Qt.Key.Key_K)
    assert drawn(hands, a) == [4, 12]
    assert hands.boxes(a) == machine
    document.go_to(7)
    hands.key(Qt.Key.Key_I)
    assert hands.marks(MarkKind.INTERPOLATE) == [(a, 4, 12)]
    line = hands.boxes(a)
    assert line[8] == pytest.approx([(p + q) / 2 for p, q in zip(machine[4], machine[12], strict=True)])
    hands.key(Qt.Key.Key_I, SHIFT)
    assert hands.boxes(a) == machine
    document.go_to(12)
    hands.key(Qt.Key.Key_K)
    assert drawn(hands, a) == [4]


def test_the_only_box_of_a_track_stays(hands: Hands) -> None:
    document, video = hands.window.document, hands.window.document.video
    assert video is not None
    made: list[int] = []
    document.edit(lambda s: made.append(
        drawn_boxes.add_track(s.store, video.id, s.store.labels()[0].id, 0, (5, 5, 30, 30))))
    document.select(made)
    hands.key(Qt.Key.Key_K)
    assert "track 4 has no box except the one in frame 0" in hands.message
    assert hands.boxes(made[0]) == {0: (5, 5, 30, 30)}


def test_a_gap_is_filled(hands: Hands) -> None:
    a, document = hands.ids[0], hands.window.document
    document.edit(lambda session: identities.delete_range(session.store, [a], 6, 9))
    document.go_to(7)
    document.select((a,))
    hands.key(Qt.Key.Key_G)
    assert sorted(hands.boxes(a)) == list(range(FRAMES))
    hands.key(Qt.Key.Key_G)
    assert "no gap" in hands.message


def test_many_boxes_become_few_keyframes(hands: Hands, qtbot: QtBot) -> None:
    a, bar = hands.ids[0], hands.window.features.edits.bar
    before = hands.boxes(a)
    hands.click(a)
    hands.window.actions_["track.reduce"].trigger()
    assert bar.isVisible()
    first = bar.text.text()
    bar.pixels_field.setValue(40)
    qtbot.waitUntil(lambda: bar.text.text() != first)
    said = int(bar.text.text().split()[0])
    hands.key(Qt.Key.Key_Return)
    assert len(drawn(hands, a)) == said < FRAMES
    after = hands.boxes(a)
    assert all(abs(p - q) <= 40 for k in before for p, q in zip(before[k], after[k], strict=True))


# Menus


def test_every_view_has_the_menu_and_pointing_previews(hands: Hands, qtbot: QtBot) -> None:
    window, (a, b, _) = hands.window, hands.ids
    window.document.select((a, b))
    swap, bar, steps = window.actions_["track.swap"], window.features.edits.bar, hands.steps
    view = window.features.tracks.table.view
    row = view.visualRect(view.model().index(0, 0)).center()
    for ask in (lambda: hands.click(a, button=RIGHT),
                lambda: qtbot.mouseClick(window.timeline.viewport(), RIGHT, pos=hands.lane(a, 3)),
                lambda: view.customContextMenuRequested.emit(row)):
        ask()
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert swap in menu.actions()
        qtbot.mouseMove(menu, menu.actionGeometry(swap).center())
        qtbot.waitUntil(bar.isVisible)
        assert "track 1: +" in bar.text.text()
        assert window.timeline._preview is not None
        menu.close()
        qtbot.waitUntil(lambda: not bar.isVisible())
        assert window.timeline._preview is None
    assert hands.steps == steps
    assert window.document.frame == 3
    assert window.document.selection == {a, b}


def test_a_menu_entry_makes_the_edit(hands: Hands, qtbot: QtBot) -> None:
    window, a = hands.window, hands.ids[0]
    hands.click(a, button=RIGHT)
    assert window.document.selection == {a}
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    occluded = window.actions_["track.occluded"]
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(occluded).center())
    assert hands.marks(MarkKind.OCCLUDED) == [(a, 0, 0)]


def test_a_preview_says_who_refuses(hands: Hands, qtbot: QtBot) -> None:
    window, a = hands.window, hands.ids[0]
    window.document.edit(lambda session: track_marks.lock_tracks(session.store, [a]))
    hands.click(a, button=RIGHT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    qtbot.mouseMove(menu, menu.actionGeometry(window.actions_["track.occluded"]).center())
    qtbot.waitUntil(window.features.edits.bar.isVisible)
    assert "track 1 is locked" in window.features.edits.bar.text.text()
    menu.close()

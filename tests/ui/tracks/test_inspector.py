"""Inspector and table: what is known of tracks, and what is said of all selected ones at once."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QColorDialog, QComboBox, QMenu
from pytestqt.qtbot import QtBot

from annotator.model.attribute import AttributeKind
from annotator.model.track import ReviewState, Track
from annotator.storage.edits import attributes, identities, labels
from annotator.storage.store import Store
from annotator.ui.tracks.attribute_fields import ChoiceField, FlagField, TextField
from annotator.ui.tracks.model import ATTRIBUTES, LABEL, NAME, NUMBER, REVIEW, SCORE
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.required import required


def store_of(window: MainWindow) -> Store:
    assert window.document.session is not None
    return window.document.session.store


def tracks_of(window: MainWindow) -> list[Track]:
    return store_of(window).tracks(1)


def steps(window: MainWindow) -> list[str]:
    return [step.label for step in store_of(window).history()]


def choose(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """As the keyboard does it."""
    box.setFocus()
    row = box.findText(text)
    assert row >= 0
    step = Qt.Key.Key_Down if row > box.currentIndex() else Qt.Key.Key_Up
    while box.currentIndex() != row:
        qtbot.keyClick(box, step)


@pytest.fixture
def described(opened: MainWindow) -> MainWindow:
    """Two labels, one attribute of each kind, two tracks selected."""
    store = store_of(opened)
    labels.add_label(store, "car")
    attributes.add_attribute(store, "team", AttributeKind.CHOICE, options=("red", "blue"))
    attributes.add_attribute(store, "age", AttributeKind.NUMBER)
    attributes.add_attribute(store, "note", AttributeKind.TEXT)
    attributes.add_attribute(store, "late", AttributeKind.FLAG)
    opened.resize(1280, 720)
    opened.document.select([track.id for track in tracks_of(opened)[:2]])
    opened.features.tracks.inspector.refresh()
    return opened


def test_nothing_selected_says_what_to_do(opened: MainWindow) -> None:
    assert opened.features.tracks.inspector._empty.isVisible()
    assert not opened.features.tracks.inspector.tracks.isVisible()


def test_one_track_is_shown_with_all_that_is_known(opened: MainWindow, qtbot: QtBot) -> None:
    track = tracks_of(opened)[1]
    opened.document.select([track.id])
    fields = opened.features.tracks.inspector.tracks
    assert fields.isVisible()
    assert (fields.number.text(), fields.label.currentText(), fields.color.text()) == ("2", "object", track.color)
    assert (fields.first.text(), fields.last.text(), fields.length.text()) == ("0", str(FRAMES - 1), f"{FRAMES} frames")
    qtbot.waitUntil(lambda: fields.score.text() == "0.90")
    qtbot.mouseClick(fields.last, Qt.MouseButton.LeftButton)
    assert opened.document.frame == FRAMES - 1
    qtbot.mouseClick(fields.first, Qt.MouseButton.LeftButton)
    assert opened.document.frame == 0


def test_a_typed_name_is_one_step_for_all_selected(described: MainWindow, qtbot: QtBot) -> None:
    fields, before = described.features.tracks.inspector.tracks, steps(described)
    fields.name.setFocus()
    qtbot.keyClicks(fields.name, "Ann 1")
    qtbot.keyClick(fields.name, Qt.Key.Key_Return)
    assert [track.name for track in tracks_of(described)] == ["Ann 1", "Ann 1", ""]
    assert steps(described)[len(before):] == ["Edit 2 tracks"]
    described.actions_["edit.undo"].trigger()
    assert [track.name for track in tracks_of(described)] == ["", "", ""]


def test_different_values_are_shown_as_such(described: MainWindow) -> None:
    store, ids = store_of(described), [track.id for track in tracks_of(described)]
    identities.relabel(store, ids[:1], store.labels()[1].id)
    attributes.describe_tracks(store, ids[:1], name="Ann", review=ReviewState.REVIEWED,
                               attributes={"team": "red", "age": 3.0, "late": True})
    described.features.tracks.inspector.refresh()
    fields = described.features.tracks.inspector.tracks
    assert (fields.label.currentIndex(), fields.review.currentIndex()) == (-1, -1)
    assert (fields.name.text(), fields.name.placeholderText()) == ("", "(multiple)")
    assert fields.color.text() == "(multiple)"
    assert not fields.number.isEnabled()
    team, age, late = fields.fields["team"], fields.fields["age"], fields.fields["late"]
    assert isinstance(team, ChoiceField)
    assert isinstance(age, TextField)
    assert isinstance(late, FlagField)
    assert (team.currentIndex(), age.placeholderText()) == (-1, "(multiple)")
    assert late.checkState() is Qt.CheckState.PartiallyChecked
    described.document.select(ids[:1])
    assert (team.currentText(), age.text(), late.checkState()) == ("red", "3", Qt.CheckState.Checked)


def test_attributes_are_set_with_the_keyboard_and_the_mouse(described: MainWindow, qtbot: QtBot) -> None:
    fields, before = described.features.tracks.inspector.tracks.fields, len(steps(described))
    team, age, late = fields["team"], fields["age"], fields["late"]
    assert isinstance(team, ChoiceField)
    choose(qtbot, team, "blue")
    qtbot.keyClicks(age, "41")
    qtbot.keyClick(age, Qt.Key.Key_Return)
    qtbot.mouseClick(late, Qt.MouseButton.LeftButton, pos=QPoint(8, late.height() // 2))
    said = [track.attributes for track in tracks_of(described)]
    assert said[0] == said[1]
    assert said[0] == {"team": "blue", "age": 41.0, "late": True}
    assert said[2] == {}
    assert len(steps(described)) >= before + 3


def test_what_is_being_typed_belongs_to_the_tracks_it_was_typed_for(described: MainWindow, qtbot: QtBot) -> None:
    ids = [track.id for track in tracks_of(described)]
    note = described.features.tracks.inspector.tracks.fields["note"]
    note.setFocus()
    qtbot.keyClicks(note, "limps")
    described.document.select(ids[2:])
    assert [track.attributes for track in tracks_of(described)] == [{"note": "limps"}, {"note": "limps"}, {}]


def test_half_a_number_is_forgotten(described: MainWindow, qtbot: QtBot) -> None:
    ids = [track.id for track in tracks_of(described)]
    attributes.describe_tracks(store_of(described), ids, attributes={"age": 3.0})
    described.features.tracks.inspector.refresh()
    age = described.features.tracks.inspector.tracks.fields["age"]
    assert isinstance(age, TextField)
    age.setFocus()
    age.selectAll()
    qtbot.keyClicks(age, "-")
    described.document.select(ids[2:])
    assert [track.attributes for track in tracks_of(described)] == [{"age": 3.0}] * 3
    assert age.text() == "3"


def test_what_is_refused_gives_way_to_what_holds(described: MainWindow, qtbot: QtBot) -> None:
    described.document.select([tracks_of(described)[0].id])
    number = described.features.tracks.inspector.tracks.number
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "2")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert "number 2 is taken" in described.statusBar().currentMessage()
    assert number.text() == "1"
    number.selectAll()
    qtbot.keyClicks(number, "7")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert sorted(track.number for track in tracks_of(described)) == [2, 3, 7]


def test_class_review_and_colour_of_all_selected(described: MainWindow, qtbot: QtBot) -> None:
    fields = described.features.tracks.inspector.tracks
    choose(qtbot, fields.label, "car")
    choose(qtbot, fields.review, "done")
    qtbot.mouseClick(fields.color, Qt.MouseButton.LeftButton)
    dialog = required(fields.findChild(QColorDialog))
    dialog.colorSelected.emit(dialog.currentColor().fromString("#123456"))
    dialog.close()
    found = tracks_of(described)
    names = store_of(described).label_names()
    assert [(names[t.label], t.review, t.color) for t in found[:2]] == [("car", ReviewState.REVIEWED, "#123456")] * 2
    assert (names[found[2].label], found[2].review) == ("object", ReviewState.UNSEEN)


def test_digits_give_the_selected_tracks_their_class(described: MainWindow, qtbot: QtBot) -> None:
    described.canvas.setFocus()
    qtbot.keyClick(described.canvas, Qt.Key.Key_2)
    names = store_of(described).label_names()
    assert [names[track.label] for track in tracks_of(described)] == ["car", "car", "object"]
    assert steps(described)[-1] == "Relabel tracks 1, 2"
    assert described.actions_["label.2"].text() == "Assign class car"
    assert not described.actions_["label.3"].isVisible()
    before = described.canvas.scale_factor()
    qtbot.keyClick(described.canvas, Qt.Key.Key_1)
    assert described.canvas.scale_factor() == before, "1 no longer zooms"
    described.document.select(())
    assert not described.actions_["label.1"].isEnabled()


def test_the_table_shows_and_filters(described: MainWindow, qtbot: QtBot) -> None:
    store, ids = store_of(described), [track.id for track in tracks_of(described)]
    car = store.labels()[1]
    identities.relabel(store, ids[:1], car.id)
    attributes.describe_tracks(store, ids[:1], review=ReviewState.REVIEWED, attributes={"team": "red", "late": False})
    table = described.features.tracks.table
    table._reload()
    view, model = table.view.model(), table.model
    assert [model.index(0, column).data() for column in (NUMBER, LABEL, REVIEW, ATTRIBUTES)] == [
        1, "car", "done", "team red, not late"]
    qtbot.waitUntil(lambda: model.index(0, SCORE).data() == "0.90")
    choose(qtbot, table.label_filter, "car")
    assert view.rowCount() == 1
    choose(qtbot, table.label_filter, "Any class")
    choose(qtbot, table.review_filter, "Not started")
    assert view.rowCount() == 2
    qtbot.keyClicks(table.filter, "team red")
    assert view.rowCount() == 0
    assert table._empty.isVisible()
    choose(qtbot, table.review_filter, "Any state")
    assert view.rowCount() == 1
    assert view.index(0, NUMBER).data() == 1


def test_columns_that_nothing_needs_are_away(described: MainWindow, qtbot: QtBot) -> None:
    store, first = store_of(described), tracks_of(described)[0].id
    view = described.features.tracks.table.view
    assert [view.isColumnHidden(column) for column in (NUMBER, NAME, ATTRIBUTES)] == [False, True, True]
    attributes.describe_tracks(store, [first], name="Ann", attributes={"late": True})
    described.features.tracks.table._reload()
    assert [view.isColumnHidden(column) for column in (NAME, ATTRIBUTES)] == [False, False]


def test_a_label_that_goes_takes_its_filter_along(described: MainWindow, qtbot: QtBot) -> None:
    store, table = store_of(described), described.features.tracks.table
    table._reload()
    choose(qtbot, table.label_filter, "car")
    assert table.view.model().rowCount() == 0
    labels.remove_label(store, store.labels()[1].id)
    table._reload()
    assert table.label_filter.currentText() == "Any class"
    assert table.view.model().rowCount() == 3


def test_rows_are_chosen_with_ctrl_and_described_by_the_menu(described: MainWindow, qtbot: QtBot) -> None:
    view = described.features.tracks.table.view
    described.document.select(())
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (2, Qt.KeyboardModifier.ControlModifier)):
        place = view.visualRect(view.model().index(row, LABEL)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    ids = [track.id for track in tracks_of(described)]
    assert described.document.selection == {ids[0], ids[2]}
    menu = QMenu(described)
    described.features.labels.fill_menu(menu)
    entries = {action.text(): action for action in menu.actions()}
    assert {"Class", "Review", "team", "age…", "note…", "late"} <= entries.keys()
    for name, option in (("Class", "car"), ("Review", "reviewed"), ("team", "red"), ("late", "no")):
        submenu = entries[name].menu()
        assert isinstance(submenu, QMenu)
        next(action for action in submenu.actions() if action.text() == option).trigger()
    found = tracks_of(described)[2]
    assert (store_of(described).label_names()[found.label], found.review, found.attributes) == (
        "car", ReviewState.REVIEWED, {"team": "red", "late": False})
    described.activateWindow()
    entries["age…"].trigger()
    qtbot.waitUntil(lambda: described.features.tracks.inspector.tracks.fields["age"].hasFocus())


def test_the_right_button_opens_the_menu(described: MainWindow, qtbot: QtBot) -> None:
    asked: list[QMenu] = []
    described.features.tracks.table.menu_requested.connect(asked.append)
    described.features.tracks.table.view.customContextMenuRequested.emit(QPoint(20, 10))
    (menu,) = asked
    assert menu.isVisible()
    menu.close()


def test_only_attributes_that_all_selected_have_are_shown(described: MainWindow) -> None:
    store, ids = store_of(described), [track.id for track in tracks_of(described)]
    car = store.labels()[1]
    attributes.add_attribute(store, "doors", AttributeKind.NUMBER, car.id)
    identities.relabel(store, ids[:1], car.id)
    described.features.tracks.inspector.refresh()
    assert "doors" not in described.features.tracks.inspector.tracks.fields
    described.document.select(ids[:1])
    assert "doors" in described.features.tracks.inspector.tracks.fields


def test_sorting_by_score_and_name(described: MainWindow, qtbot: QtBot) -> None:
    header, view = described.features.tracks.table.view.horizontalHeader(), described.features.tracks.table.view
    store, ids = store_of(described), [track.id for track in tracks_of(described)]
    for key, name in zip(ids, ("b", "C", "a"), strict=True):
        attributes.describe_tracks(store, [key], name=name)
    described.features.tracks.table._reload()
    place = QPoint(header.sectionViewportPosition(2) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shown = [view.model().index(row, 2).data() for row in range(3)]
    assert shown in (["a", "b", "C"], ["C", "b", "a"])
    flag = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    view.selectionModel().select(view.model().index(0, 0), flag)
    assert described.document.selection == {ids[2] if shown[0] == "a" else ids[1]}


# Values over time


@pytest.fixture
def moody(described: MainWindow) -> MainWindow:
    """Two attributes that change over time; only the first track is selected, in frame 5."""
    store = store_of(described)
    attributes.add_attribute(store, "gait", AttributeKind.CHOICE, options=("stand", "walk", "run"), default="stand",
                             varies=True)
    attributes.add_attribute(store, "speed", AttributeKind.NUMBER, varies=True)
    described.document.select([tracks_of(described)[0].id])
    described.document.go_to(5)
    described.features.tracks.inspector.refresh()
    return described


def said(window: MainWindow, name: str = "gait") -> list[object]:
    """The value of the first track in each frame."""
    store = store_of(window)
    values = store.values_over_time(1, store.tracks(1))
    return [values.at(store.tracks(1)[0].id, frame).get(name) for frame in range(FRAMES)]


def enter(field: object, text: str) -> None:
    """As a click on an option does it."""
    assert isinstance(field, ChoiceField)
    field.setCurrentIndex(field.findText(text))
    field.activated.emit(field.currentIndex())


@pytest.mark.parametrize(("scope", "expected"), [
    ("From here on", [None] * 5 + ["run"] * 5 + ["walk"] * (FRAMES - 10)),
    ("Only here", [None] * 5 + ["run"] + [None] * 4 + ["walk"] * (FRAMES - 10)),
    ("In the selected range", [None] * 7 + ["run"] * 5 + ["walk"] * (FRAMES - 12)),
    ("In all frames", ["run"] * FRAMES)])
def test_the_value_here_is_set_in_the_frames_of_the_scope(moody: MainWindow, qtbot: QtBot, scope: str,
                                                          expected: list[object]) -> None:
    moody.document.set_range((7, 11))
    fields = moody.features.tracks.inspector.tracks
    moody.document.go_to(10)
    choose(qtbot, fields.scope, "From here on")
    enter(fields.fields["gait"], "walk")
    before = steps(moody)
    moody.document.go_to(5)
    gait = fields.fields["gait"]
    assert isinstance(gait, ChoiceField)
    assert gait.currentText() == "(stand)"
    choose(qtbot, fields.scope, scope)
    enter(gait, "run")
    assert said(moody) == expected
    assert len(steps(moody)) == len(before) + 1, "one gesture is one step"
    moody.actions_["edit.undo"].trigger()
    assert said(moody) == [None] * 10 + ["walk"] * (FRAMES - 10)


def test_a_range_that_is_not_selected_is_asked_for(moody: MainWindow, qtbot: QtBot) -> None:
    fields, before = moody.features.tracks.inspector.tracks, steps(moody)
    choose(qtbot, fields.scope, "In the selected range")
    enter(fields.fields["gait"], "run")
    assert steps(moody) == before
    assert "Select a range first" in moody.statusBar().currentMessage()


def test_the_inspector_shows_the_value_of_the_frame(moody: MainWindow) -> None:
    store, track = store_of(moody), tracks_of(moody)[0].id
    from annotator.storage.edits import values
    values.set_values_from(store, [track], {"gait": "run", "speed": 3.5}, 8)
    fields = moody.features.tracks.inspector.tracks
    gait, speed = fields.fields["gait"], fields.fields["speed"]
    assert isinstance(gait, ChoiceField)
    assert isinstance(speed, TextField)
    seen = []
    for frame in (7, 8, 9):
        moody.document.go_to(frame)
        seen.append((gait.currentText(), speed.text()))
    assert seen == [("(stand)", ""), ("run", "3.5"), ("run", "3.5")]
    assert fields.scope.isVisibleTo(fields)
    attributes.remove_attribute(store, next(each.id for each in store.attributes() if each.name == "gait"))
    attributes.remove_attribute(store, next(each.id for each in store.attributes() if each.name == "speed"))
    moody.features.tracks.inspector.refresh()
    assert not fields.scope.isVisibleTo(fields), "without such attributes there is nothing to choose"


def test_a_typed_value_belongs_to_the_frame_it_was_typed_in(moody: MainWindow, qtbot: QtBot) -> None:
    speed = moody.features.tracks.inspector.tracks.fields["speed"]
    speed.setFocus()
    qtbot.keyClicks(speed, "2.5")
    moody.document.go_to(9)
    assert said(moody, "speed") == [None] * 5 + [2.5] * (FRAMES - 5)


def test_the_table_shows_and_finds_all_values_of_a_track(moody: MainWindow) -> None:
    from annotator.storage.edits import values
    store, track = store_of(moody), tracks_of(moody)[0].id
    values.set_values_from(store, [track], {"gait": "run"}, 8)
    values.set_values_from(store, [track], {"gait": "walk"}, 12)
    table = moody.features.tracks.table
    table._reload()
    assert table.model.index(0, ATTRIBUTES).data() == "gait run / walk"
    assert not table.view.isColumnHidden(ATTRIBUTES)
    table.filter.setText("walk")
    assert table.view.model().rowCount() == 1
    table.filter.setText("crawl")
    assert table.view.model().rowCount() == 0


# Keys and the strip


def test_one_key_gives_the_next_value_from_here_on(moody: MainWindow, qtbot: QtBot) -> None:
    canvas = moody.canvas
    canvas.setFocus()
    before = len(steps(moody))
    qtbot.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert said(moody) == [None] * 5 + ["walk"] * (FRAMES - 5), "stand is the default"
    moody.document.go_to(10)
    qtbot.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert said(moody) == [None] * 5 + ["walk"] * 5 + ["stand"] + ["run"] * (FRAMES - 11)
    assert len(steps(moody)) == before + 3
    strip = moody.features.timeline.values
    assert strip.shown == "gait"
    [parts] = moody.timeline.strip.by_track.values()
    assert [(part.first, part.last, part.text) for part in parts] == [
        (5, 9, "walk"), (10, 10, "stand"), (11, FRAMES - 1, "run")]
    moody.document.go_to(0)
    reached = []
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
        reached.append(moody.document.frame)
    assert reached == [5, 10, 11]
    moody.document.set_range((0, 3))
    qtbot.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert said(moody)[:5] == ["walk"] * 4 + [None]


def test_the_strip_goes_through_the_attributes_that_change(moody: MainWindow) -> None:
    values = moody.features.timeline.values
    seen = []
    for _ in range(3):
        moody.actions_["lanes.attribute"].trigger()
        seen.append(values.shown)
    assert seen == ["gait", "speed", ""]
    moody.actions_["lanes.attribute"].trigger()
    store = store_of(moody)
    attributes.remove_attribute(store, next(each.id for each in store.attributes() if each.name == "gait"))
    assert values.shown == ""


def test_a_value_that_must_be_typed_is_asked_for(moody: MainWindow) -> None:
    moody.features.timeline.values.show("speed")
    before = steps(moody)
    moody.actions_["value.next"].trigger()
    assert steps(moody) == before
    speed = moody.features.tracks.inspector.tracks.fields["speed"]
    assert moody.focusWidget() is speed


def test_the_strip_is_painted_in_the_colors_of_its_values(moody: MainWindow) -> None:
    from PySide6.QtGui import QColor

    from annotator.storage.edits import values
    from annotator.storage.spans.palette import default_color
    from annotator.ui.timeline.painter import LANE, NAMES, OVERVIEW, RULER
    store, track = store_of(moody), tracks_of(moody)[0].id
    values.set_values(store, [track], {"gait": "run"}, 8, 11)
    moody.features.timeline.values.show("gait")
    timeline = moody.timeline
    timeline.reload()
    timeline.fit()
    row = next(k for k, lane in enumerate(timeline.lanes) if lane.track.id == track)
    image = timeline.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    y = OVERVIEW + RULER + row * LANE + LANE - 2
    width = timeline.viewport().width() - NAMES

    def color_at(frame: float) -> QColor:
        return image.pixelColor(round((NAMES + frame * width / FRAMES) * ratio), round(y * ratio))

    assert color_at(11.8).name() == default_color(2)
    assert color_at(7.5).name() != default_color(2)

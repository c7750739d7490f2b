from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from annotator.model.frame import TrackState
from annotator.model.track import TrackObservation
from annotator.ui.canvas.picture import Picture
from annotator.ui.canvas.shape_filter import ShapeFilter
from annotator.ui.window.main_window import MainWindow
from tests.ui.conftest import has_picture

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def observation(track: int = 1, label: int = 1, score: float = 0.5, state: TrackState = TrackState.RELIABLE,
                human: bool = False) -> TrackObservation:
    return TrackObservation(0, track, track, label, 1, (0, 0, 1, 1), score, state, human)


@pytest.mark.parametrize(("wanted", "seen", "shown"), [
    (ShapeFilter(), observation(), True),
    (ShapeFilter(tracks=frozenset({1})), observation(), False),
    (ShapeFilter(tracks=frozenset({2})), observation(), True),
    (ShapeFilter(labels=frozenset({1})), observation(human=True), False),
    (ShapeFilter(min_score=0.5), observation(), True),
    (ShapeFilter(min_score=0.51), observation(), False),
    (ShapeFilter(min_score=0.51), observation(human=True), True),
    (ShapeFilter(states=frozenset({TrackState.RELIABLE})), observation(), False),
    (ShapeFilter(states=frozenset({TrackState.RELIABLE})), observation(human=True), True),
    (ShapeFilter(states=frozenset({TrackState.LOST})), observation(), True),
])
def test_what_a_filter_shows(wanted: ShapeFilter, seen: TrackObservation, shown: bool) -> None:
    assert wanted.shows(seen) is shown


def pixels(window: MainWindow) -> np.ndarray:
    """(40, 40) red channel as the canvas shows the middle of the picture."""
    image = window.canvas.grab().toImage()
    centre = window.canvas.to_widget(QPointF(120, 90)).toPoint()
    rows = [[QColor(image.pixel(centre.x() + x, centre.y() + y)).red() for x in range(-20, 20)]
            for y in range(-20, 20)]
    return np.array(rows)


def test_keys_make_the_picture_brighter_and_reset_it(opened: MainWindow, qtbot: QtBot) -> None:
    for name in ("boxes", "names", "masks"):
        opened.actions_[f"view.{name}"].trigger()
    before = pixels(opened)
    opened.canvas.setFocus()
    for _ in range(2):
        qtbot.keyClick(opened, Qt.Key.Key_Up, CTRL)
    assert opened.features.canvas.picture.brightness.value() == 20
    np.testing.assert_allclose(pixels(opened), np.minimum(before + 51, 255), atol=3)
    assert "adjusted" in opened.features.canvas.picture.button.text()
    qtbot.keyClick(opened, Qt.Key.Key_Backspace, CTRL)
    np.testing.assert_array_equal(pixels(opened), before)
    qtbot.keyClick(opened, Qt.Key.Key_Up, CTRL | SHIFT)
    assert pixels(opened).std() > before.std()


def test_the_tone_stays_when_the_frame_changes(opened: MainWindow, qtbot: QtBot) -> None:
    opened.features.canvas.picture.brightness.setValue(100)
    opened.document.go_to(3)
    qtbot.waitUntil(lambda: has_picture(opened, 3))
    for name in ("boxes", "names", "masks"):
        opened.actions_[f"view.{name}"].trigger()
    qtbot.waitUntil(lambda: bool((pixels(opened) >= 250).all()))
    assert opened.features.canvas.picture.brightness.value() == 100


def test_a_tone_keeps_the_picture_as_it_came() -> None:
    picture = Picture()
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    before = image.copy()
    picture.set_tone(0.2, 0.5)
    picture.set_image(image)
    np.testing.assert_array_equal(image, before)


def test_masks_get_fainter_and_the_choice_outlives_the_window(opened: MainWindow, settings: QSettings,
                                                              qtbot: QtBot) -> None:
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_Comma, CTRL)
    assert opened.canvas.overlay.look.opacity == pytest.approx(0.3)
    again = MainWindow(settings)
    qtbot.addWidget(again)
    assert again.canvas.overlay.look.opacity == pytest.approx(0.3)
    again.close()


def numbers(window: MainWindow) -> list[int]:
    return [shape.observation.number for shape in window.canvas.overlay.shapes]


def test_hiding_and_showing_by_keys(opened: MainWindow, qtbot: QtBot) -> None:
    first = min(opened.document.tracks())
    opened.document.select([first])
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_H, SHIFT)
    assert numbers(opened) == [2, 3]
    assert "hidden" in opened.features.canvas.filter.button.text()
    qtbot.keyClick(opened, Qt.Key.Key_H, CTRL | SHIFT)
    assert numbers(opened) == [1, 2, 3]
    qtbot.keyClick(opened, Qt.Key.Key_H, CTRL)
    assert numbers(opened) == [1]
    opened.document.go_to(5)
    assert numbers(opened) == [1]


def test_what_is_hidden_cannot_be_clicked(opened: MainWindow, qtbot: QtBot) -> None:
    shape = opened.canvas.overlay.shapes[0]
    assert shape.rect is not None
    place = opened.canvas.to_widget(shape.rect.center()).toPoint()
    opened.document.select([shape.track])
    opened.features.canvas.filter.hide_selected()
    opened.document.select([])
    qtbot.mouseClick(opened.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shape.track not in opened.document.selection


def test_the_popover_filters_by_class_state_and_score(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(opened.features.canvas.filter.button, Qt.MouseButton.LeftButton)
    assert opened.features.canvas.filter.popover.isVisible()
    (label,) = opened.features.canvas.filter.label_boxes()
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(8, label.height() // 2))
    assert numbers(opened) == []
    label.click()
    assert numbers(opened) == [1, 2, 3]
    opened.document.go_to(8)  # the first track is suspicious here
    opened.features.canvas.filter._states[TrackState.SUSPICIOUS].click()
    assert numbers(opened) == [2, 3]
    opened.features.canvas.filter.score.setValue(95)
    assert numbers(opened) == []
    assert "0.95" in opened.features.canvas.filter.button.toolTip()
    opened.features.canvas.filter.show_all()
    assert numbers(opened) == [1, 2, 3]
    assert opened.features.canvas.filter.score.value() == 0
    opened.features.canvas.filter.popover.close()


def test_a_box_is_copied_to_another_frame_in_one_step(opened: MainWindow, qtbot: QtBot) -> None:
    first = min(opened.document.tracks())
    box = opened.canvas.overlay.shapes[0].observation.box_xyxy
    opened.document.select([first])
    opened.canvas.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_C, CTRL)
    opened.document.go_to(9)
    qtbot.keyClick(opened, Qt.Key.Key_V, CTRL)
    pasted = opened.canvas.overlay.shapes[0].observation
    assert pasted.human
    assert pasted.box_xyxy == pytest.approx(box)
    session = opened.document.session
    assert session is not None
    assert session.history()[-1].label == "Paste box of track 1 in frame 9"
    qtbot.keyClick(opened, Qt.Key.Key_Z, CTRL)
    assert not opened.canvas.overlay.shapes[0].observation.human


def test_several_boxes_go_to_their_own_tracks_in_one_step(opened: MainWindow) -> None:
    opened.document.select(opened.document.tracks())
    opened.features.canvas.clipboard.copy()
    assert len(opened.features.canvas.clipboard.boxes) == 3
    opened.document.go_to(4)
    opened.features.canvas.clipboard.paste()
    assert all(shape.observation.human for shape in opened.canvas.overlay.shapes)
    opened.document.undo()
    assert not any(shape.observation.human for shape in opened.canvas.overlay.shapes)


def test_one_box_goes_to_the_track_that_is_selected(opened: MainWindow) -> None:
    one, two = sorted(opened.document.tracks())[:2]
    opened.document.select([one])
    opened.features.canvas.clipboard.copy()
    opened.document.select([two])
    opened.features.canvas.clipboard.paste()
    shapes = {shape.track: shape.observation for shape in opened.canvas.overlay.shapes}
    assert shapes[two].box_xyxy == pytest.approx(shapes[one].box_xyxy)
    assert shapes[two].human
    assert not shapes[one].human


def test_nothing_to_copy_or_paste_is_said(opened: MainWindow) -> None:
    opened.features.canvas.clipboard.paste()
    assert "Nothing to paste" in opened.statusBar().currentMessage()
    opened.features.canvas.clipboard.copy()
    assert "Nothing to copy" in opened.statusBar().currentMessage()

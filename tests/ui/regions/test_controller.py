"""Ignore regions on the canvas, by hand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from annotator.model.track import Mark
from annotator.ui.canvas.canvas import Tool
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES
from tests.required import required
from tests.ui.window.test_main_window import at, drag


def regions(window: MainWindow) -> list[Mark]:
    assert window.document.session is not None
    return window.document.session.store.ignore_regions(1)


def free_place(window: MainWindow) -> tuple[float, float, float, float]:
    """A corner of the picture without a track: x1, y1, x2, y2."""
    for x, y in ((4, 4), (180, 4), (4, 130), (180, 130), (100, 70)):
        rects = [shape.rect for shape in window.canvas.overlay.shapes if shape.rect is not None]
        if not any(rect.left() < x + 40 and rect.right() > x and rect.top() < y + 30 and rect.bottom() > y
                   for rect in rects):
            return x, y, x + 40, y + 30
    raise AssertionError("the clip leaves no room")


def draw(window: MainWindow, qtbot: QtBot) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = free_place(window)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert window.canvas.tool is Tool.IGNORE
    drag(qtbot, window, at(window, x1, y1), at(window, x2, y2))
    return x1, y1, x2, y2


def selected(window: MainWindow) -> Mark | None:
    return window.features.regions.selected


def click(window: MainWindow, qtbot: QtBot, x: float, y: float) -> None:
    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(window, x, y))


def test_a_rectangle_is_drawn_for_the_whole_video(opened: MainWindow, qtbot: QtBot) -> None:
    place = draw(opened, qtbot)
    (region,) = regions(opened)
    assert (region.first, region.last, region.track) == (0, None, None)
    np.testing.assert_allclose((*region.region[0], *region.region[2]), place, atol=1.5)
    assert opened.canvas.tool is Tool.SELECT
    assert selected(opened) == region
    assert len(opened.document.tracks()) == 3
    opened.actions_["edit.undo"].trigger()
    assert (regions(opened), selected(opened)) == ([], None)
    opened.actions_["edit.redo"].trigger()
    assert regions(opened) == [region]


def test_it_holds_for_the_chosen_range(opened: MainWindow, qtbot: QtBot) -> None:
    opened.document.set_range((3, 9))
    draw(opened, qtbot)
    (region,) = regions(opened)
    assert (region.first, region.last) == (3, 9)
    assert opened.features.regions.layer.regions == [], "frame 0 is outside"
    opened.document.go_to(5)
    assert opened.features.regions.layer.regions == [region]


def test_clicks_draw_a_polygon_that_enter_closes(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = free_place(opened)
    opened.canvas.setFocus()
    opened.canvas.set_tool(Tool.IGNORE)
    for x, y in ((x1, y1), (x2, y1), (x1 + 3, y2), (x2, y2)):
        click(opened, qtbot, x, y)
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Backspace)
    qtbot.mouseMove(opened.canvas.viewport(), at(opened, x2, y2))
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    (region,) = regions(opened)
    np.testing.assert_allclose(region.region, [(x1, y1), (x2, y1), (x1 + 3, y2)], atol=1.5)


def test_a_click_on_its_first_corner_closes_a_polygon_and_escape_drops_it(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = free_place(opened)
    opened.canvas.setFocus()
    opened.canvas.set_tool(Tool.IGNORE)
    for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y1)):
        click(opened, qtbot, x, y)
    assert len(regions(opened)[0].region) == 3
    opened.canvas.set_tool(Tool.IGNORE)
    click(opened, qtbot, x1, y1)
    click(opened, qtbot, x2, y1)
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    assert len(regions(opened)) == 1, "two corners are no region"
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Escape)
    assert opened.canvas.tool is Tool.SELECT
    assert opened.features.regions._corners == []


def test_a_click_selects_it_and_delete_deletes_it(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = draw(opened, qtbot)
    shape = opened.canvas.overlay.shapes[0]
    assert shape.rect is not None
    click(opened, qtbot, shape.rect.center().x(), shape.rect.center().y())
    assert opened.document.selection == {shape.track}
    assert selected(opened) is None
    click(opened, qtbot, (x1 + x2) / 2, (y1 + y2) / 2)
    assert not opened.document.selection
    assert selected(opened) == regions(opened)[0]
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Delete)
    assert regions(opened) == []
    assert len(opened.canvas.overlay.shapes) == 3, "tracks stay"
    opened.actions_["edit.undo"].trigger()
    assert len(regions(opened)) == 1


def corners(window: MainWindow) -> list[tuple[float, float]]:
    return list(regions(window)[0].region)


def test_a_corner_is_dragged_in_one_step(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = draw(opened, qtbot)
    before, steps = corners(opened), len(required(opened.document.session).history())
    drag(qtbot, opened, at(opened, x2, y2), at(opened, x2 - 12, y2 - 8))
    np.testing.assert_allclose(corners(opened), [(x1, y1), (x2, y1), (x2 - 12, y2 - 8), (x1, y2)], atol=2)
    assert len(required(opened.document.session).history()) == steps + 1
    assert opened.features.regions.selected == regions(opened)[0]
    opened.actions_["edit.undo"].trigger()
    assert corners(opened) == before


def test_an_edge_that_is_dragged_gets_a_corner_and_alt_takes_it_out(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = draw(opened, qtbot)
    drag(qtbot, opened, at(opened, x2, (y1 + y2) / 2), at(opened, x2 - 15, (y1 + y2) / 2))
    np.testing.assert_allclose(corners(opened), [(x1, y1), (x2, y1), (x2 - 15, (y1 + y2) / 2), (x2, y2), (x1, y2)],
                               atol=2)
    for left in (4, 3, 3):  # the third has no other corner to give
        x, y = corners(opened)[0]
        qtbot.mouseClick(opened.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier,
                         at(opened, x, y))
        assert len(corners(opened)) == left


def test_the_inside_moves_all_of_it_and_not_out_of_the_picture(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = draw(opened, qtbot)
    view = opened.canvas.to_widget(QPointF(0, 0))
    drag(qtbot, opened, at(opened, (x1 + x2) / 2, (y1 + y2) / 2), at(opened, (x1 + x2) / 2 + 10, (y1 + y2) / 2 + 6))
    moved = np.array(corners(opened))
    np.testing.assert_allclose(moved[0], (x1 + 10, y1 + 6), atol=2)
    np.testing.assert_allclose(np.ptp(moved, axis=0), (x2 - x1, y2 - y1), atol=2)
    assert opened.canvas.to_widget(QPointF(0, 0)) == view, "the picture stays where it is"
    x, y = moved.mean(axis=0)
    drag(qtbot, opened, at(opened, x, y), at(opened, x - 300, y - 300))
    np.testing.assert_allclose(np.array(corners(opened)).min(axis=0), (0, 0), atol=0.01)
    np.testing.assert_allclose(np.ptp(np.array(corners(opened)), axis=0), (x2 - x1, y2 - y1), atol=2)


def test_escape_gives_a_change_up_and_a_click_on_a_track_inside_selects_it(opened: MainWindow, qtbot: QtBot) -> None:
    _, _, x2, y2 = draw(opened, qtbot)
    before, port = corners(opened), opened.canvas.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=at(opened, x2, y2))
    qtbot.mouseMove(port, at(opened, x2 - 20, y2 - 20))
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at(opened, x2 - 20, y2 - 20))
    assert corners(opened) == before
    opened.features.regions._add([(1, 1), (239, 1), (239, 179), (1, 179)])
    shape = opened.canvas.overlay.shapes[0]
    assert shape.rect is not None
    click(opened, qtbot, shape.rect.center().x(), shape.rect.center().y())
    assert opened.document.selection == {shape.track}


def test_the_smallest_region_under_the_pointer_is_meant(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, _, _ = draw(opened, qtbot)
    small = [(x1 + 5, y1 + 5), (x1 + 15, y1 + 5), (x1 + 15, y1 + 15)]
    opened.features.regions._add(small)
    opened.features.regions._add([(0, 0), (240, 0), (240, 180), (0, 180)])
    found = opened.features.regions.layer.at(QPointF(x1 + 14, y1 + 7))
    assert found is not None
    assert len(found.region) == 3
    assert opened.features.regions.layer.at(QPointF(-5, -5)) is None


def test_the_inspector_moves_its_frames(opened: MainWindow, qtbot: QtBot) -> None:
    draw(opened, qtbot)
    fields = opened.features.tracks.inspector.region
    assert fields.isVisible()
    assert (fields.first.value(), fields.last.value(), fields.to_end.isChecked()) == (0, FRAMES - 1, True)
    qtbot.mouseClick(fields.to_end, Qt.MouseButton.LeftButton, pos=QPoint(8, fields.to_end.height() // 2))
    assert regions(opened)[0].last == FRAMES - 1
    opened.features.tracks.inspector.refresh()
    fields.last.setFocus()
    fields.last.selectAll()
    qtbot.keyClicks(fields.last, "9")
    qtbot.keyClick(fields.last, Qt.Key.Key_Return)
    assert regions(opened)[0].last == 9
    opened.features.tracks.inspector.refresh()
    opened.document.go_to(9)
    assert len(opened.features.regions.layer.regions) == 1
    opened.document.go_to(10)
    assert opened.features.regions.layer.regions == []
    qtbot.mouseClick(fields.remove, Qt.MouseButton.LeftButton)
    assert regions(opened) == []
    assert not fields.isVisible()


def test_a_region_is_hatched(opened: MainWindow, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = free_place(opened)

    def colors() -> set[int]:
        image = opened.canvas.grab().toImage()
        corner, other = at(opened, x1 + 4, y1 + 4), at(opened, x2 - 4, y2 - 4)
        return {QColor(image.pixel(x, y)).lightness() // 32 for x in range(corner.x(), other.x())
                for y in range(corner.y(), other.y())}

    before = colors()
    draw(opened, qtbot)
    assert min(colors()) < min(before)
    assert len(colors()) >= 2


def test_nothing_is_drawn_in_a_project_that_cannot_be_written(opened: MainWindow) -> None:
    path = opened.document.path
    assert path is not None
    opened.document.close()
    opened.document.open(path, read_only=True)
    opened.canvas.set_tool(Tool.IGNORE)
    assert opened.canvas.tool is Tool.SELECT

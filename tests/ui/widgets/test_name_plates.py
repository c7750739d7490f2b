from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from annotator.ui.widgets.name_plates import NamePlates, readable_on


def test_plates_are_kept_as_far_as_they_say_the_same(qapp: QApplication) -> None:
    plates = NamePlates(QFont(), 1.0)
    one, other = plates.plate("12 person 0.87", QColor("red")), plates.plate("12 person 0.88", QColor("red"))
    assert one.pieces[0] is other.pieces[0]
    assert one.pieces[1] is not other.pieces[1]
    assert plates.plate("12 person 0.87", QColor("blue")).pieces[0] is not one.pieces[0]


def test_the_second_screen_has_as_many_pixels_as_it_has(qapp: QApplication) -> None:
    plain, dense = (NamePlates(QFont(), ratio).plate("7 car", QColor("red")) for ratio in (1.0, 2.0))
    assert dense.width == plain.width
    assert dense.pieces[0].pixmap.width() == 2 * plain.pieces[0].pixmap.width()


def test_a_long_name_is_cut_and_its_score_is_not(qapp: QApplication) -> None:
    plates = NamePlates(QFont(), 1.0)
    long = plates.plate("12 " + "a name without end " * 9 + "0.87", QColor("red"))
    assert long.width < 260
    assert long.pieces[1] is plates.plate("1 car 0.87", QColor("red")).pieces[1]


def test_writing_is_read_on_any_colour() -> None:
    assert readable_on(QColor("yellow")) is Qt.GlobalColor.black
    assert readable_on(QColor("navy")) is Qt.GlobalColor.white

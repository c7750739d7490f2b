from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from annotator.ui.evaluation.layer import MissedBox
from tests.ui.colors import pixels


def painted(layer: MissedBox, background: int) -> set[tuple[int, ...]]:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(background)
    painter = QPainter(image)
    layer.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    return {tuple(color) for color in pixels(image).reshape(-1, 3).tolist()}


@pytest.mark.parametrize("background", [0xff000000, 0xffffffff, 0xff808080])
def test_its_dashes_are_seen_on_any_background(background: int) -> None:
    layer = MissedBox()
    assert len(painted(layer, background)) == 1
    assert layer.boundingRect().isEmpty()
    layer.set_rect(QRectF(10, 10, 30, 20))
    assert {(0, 0, 0), (255, 255, 255)} <= painted(layer, background)
    assert layer.boundingRect().contains(QRectF(9, 9, 32, 22)), "the pen's width belongs to it"

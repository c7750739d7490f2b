from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtGui import QColor, QImage, QPainter

from annotator.model.mask import EMPTY_MASK, Mask
from annotator.ui.canvas.mask_layer import MaskLayer
from tests.ui.colors import pixels


def painted(layer: MaskLayer) -> np.ndarray:
    """(40, 60, 3) what the layer draws on black."""
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    layer.draw(painter)
    painter.end()
    return pixels(image).astype(int)


def ring() -> np.ndarray:
    y, x = np.mgrid[-1:1:20j, -1:1:30j]
    return np.asarray((x ** 2 + y ** 2 < 0.9) & (x ** 2 + y ** 2 > 0.2))


def test_a_mask_is_drawn_in_its_colour_and_nowhere_else() -> None:
    layer = MaskLayer()
    mask = Mask.from_bitmap(ring(), 12, 9)
    layer.set_masks([(EMPTY_MASK, QColor("red")), (mask, QColor(200, 100, 0))], 0.5)
    for _ in range(2):  # a second painting draws what the first one decoded
        inside = mask.to_bitmap(60, 40)
        seen = painted(layer)
        assert np.all(seen[~inside] == 0)
        assert np.all(np.abs(seen[inside] - [100, 50, 0]) <= 1)


def test_the_next_frame_leaves_nothing_of_the_last() -> None:
    layer = MaskLayer()
    layer.set_masks([(Mask.from_bitmap(ring()), QColor("white"))], 1.0)
    painted(layer)
    layer.set_masks([(Mask.from_bitmap(ring()[:8, :8], 50, 30), QColor("white"))], 1.0)
    assert not painted(layer)[:20, :30].any()
    layer.set_masks([], 1.0)
    assert not painted(layer).any()


def test_a_mask_may_reach_beyond_the_picture() -> None:
    layer = MaskLayer()
    layer.set_masks([(Mask.from_bitmap(np.ones((30, 30), bool), -10, 30), QColor("white"))], 1.0)
    seen = painted(layer)
    assert seen[30:, :20].all()
    assert not seen[:30].any()

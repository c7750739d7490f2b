from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from annotator.ui.canvas.pixels import drawable, is_drawable, qt_image
from tests.ui.colors import pixels


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8)


def test_a_drawable_picture_is_the_same_picture() -> None:
    rgb = picture()
    np.testing.assert_array_equal(drawable(rgb), rgb)
    assert is_drawable(drawable(rgb))
    assert not is_drawable(rgb)
    assert not is_drawable(rgb[..., ::-1])


@pytest.mark.parametrize("laid_out", [False, True])
def test_qt_sees_the_same_colours(laid_out: bool) -> None:
    rgb = picture()
    image, memory = qt_image(drawable(rgb) if laid_out else rgb)
    assert memory.nbytes == 7 * 11 * 4
    np.testing.assert_array_equal(pixels(image), rgb)


def test_what_is_laid_out_is_not_copied() -> None:
    view = drawable(picture())
    _, memory = qt_image(view)
    assert np.shares_memory(memory, view)

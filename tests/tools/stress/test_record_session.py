from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tools.stress.record_session import small_png, x_keys


@pytest.mark.parametrize(("ours", "xs"), [("Ctrl+E", "ctrl+e"), ("Ctrl+Shift+Z", "ctrl+shift+z"), ("Del", "Delete"),
                                          ("F", "f"), ("F1", "F1"), (".", "period"), ("Ctrl++", "ctrl+plus"),
                                          ("+", "plus"), ("Shift+Left", "shift+Left"), ("Esc", "Escape")])
def test_keys_are_called_as_x_calls_them(ours: str, xs: str) -> None:
    assert x_keys(ours) == xs


def test_a_small_picture_keeps_its_flat_colours() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    pixels[:10], pixels[10:12] = (230, 159, 0), (61, 126, 255)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png")
    small = small_png(out.getvalue())
    seen = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))
    np.testing.assert_array_equal(seen[:12], pixels[:12])
    assert len(small) < len(out.getvalue())

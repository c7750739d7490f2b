from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.outlines import outline
from annotator.model.mask import Bitmap, Mask


def blobs(seed: int) -> Bitmap:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(6, 60, 2)
    smooth = cv2.GaussianBlur(rng.random((height, width)), (0, 0), rng.uniform(0.3, 4))
    return np.asarray(smooth > np.quantile(smooth, 0.6))


@pytest.mark.parametrize("seed", range(20))
def test_an_outline_covers_its_mask_exactly_by_both_rules(seed: int) -> None:
    bitmap = blobs(seed)
    height, width = bitmap.shape
    corners = outline(Mask.from_bitmap(bitmap), width, height, tolerance=0)
    found = mask_from_polygons([corners], width, height)
    assert (found.to_bitmap(width, height) == bitmap).all()
    points = np.array(corners).reshape(-1, 2)
    assert (winding(points, width, height) == bitmap).all()


def winding(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """The pixels whose center the polygon goes around, by the non-zero rule."""
    turns = np.zeros((height, width), int)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, 0), strict=True):
        for row in range(height):
            y = row + 0.5
            if (y1 <= y) != (y2 <= y):
                x = x1 + (y - y1) / (y2 - y1) * (x2 - x1)
                turns[row, np.arange(width) + 0.5 < x] += 1 if y2 > y1 else -1
    return np.asarray(turns != 0)


@pytest.mark.parametrize("size", [3, 7, 12, 40, 200])
def test_a_simplified_outline_keeps_the_shape(size: int) -> None:
    grid = np.arange(size) - (size - 1) / 2
    mask = Mask.from_bitmap(grid[:, None] ** 2 + grid[None] ** 2 <= (size / 2) ** 2, 4, 5)
    corners = outline(mask, 300, 300)
    one, other = mask_from_polygons([corners], 300, 300).to_bitmap(300, 300), mask.to_bitmap(300, 300)
    assert (one & other).sum() / (one | other).sum() > 0.97
    if size == 200:
        assert len(corners) < 420


def test_nothing_has_no_outline() -> None:
    assert outline(Mask.from_bitmap(np.zeros((3, 3), bool)), 9, 9) == []
    assert outline(Mask.from_bitmap(np.ones((3, 3), bool), 20, 0), 9, 9) == []

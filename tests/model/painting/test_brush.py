from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.painting.brush import Brush, BrushShape, Painting
from annotator.model.painting.mask_algebra import (
    clipped,
    common,
    drop_specks,
    fill_holes,
    holes_and_specks,
    mask_iou,
    moved,
    of_polygons,
    scaled,
    union,
    without,
)
from annotator.model.painting.outlines import mask_loops

WIDTH, HEIGHT = 40, 30


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    """Small masks, also beyond the frame's edges."""
    height, width = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    bits = draw(st.integers(0, (1 << height * width) - 1))
    bitmap = np.array([bits >> k & 1 for k in range(height * width)], bool).reshape(height, width)
    return Mask.from_bitmap(bitmap, draw(st.integers(-8, 36)), draw(st.integers(-8, 26)))


def wide(mask: Mask) -> np.ndarray:
    """The mask in a frame that is large enough for all test masks."""
    return moved(mask, 20, 20).to_bitmap(100, 100)


@settings(max_examples=40, deadline=None)
@given(masks(), masks())
def test_algebra_agrees_with_bitmaps(one: Mask, other: Mask) -> None:
    a, b = wide(one), wide(other)
    assert (wide(union(one, other)) == (a | b)).all()
    assert (wide(without(one, other)) == (a & ~b)).all()
    assert (wide(common(one, other)) == (a & b)).all()
    total = int((a | b).sum())
    assert mask_iou(one, other) == (int((a & b).sum()) / total if total else 1.0)
    assert (clipped(one, WIDTH, HEIGHT).to_bitmap(WIDTH, HEIGHT) == one.to_bitmap(WIDTH, HEIGHT)).all()
    x1, y1, x2, y2 = clipped(one, WIDTH, HEIGHT).box_xyxy
    assert 0 <= x1 <= x2 <= WIDTH
    assert 0 <= y1 <= y2 <= HEIGHT


def test_scaling_keeps_the_center_and_refuses_nonsense() -> None:
    square = Mask.from_bitmap(np.ones((10, 20), bool), 5, 7)
    assert scaled(square, 2).box_xyxy == (-5, 2, 35, 22)
    assert scaled(square, 0.5).box_xyxy == (10, 9, 20, 14)
    assert scaled(scaled(square, 2), 0.5) == square
    assert scaled(square, 1e-9).area() == 1
    for factor in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="factor"):
            scaled(square, factor)
    with pytest.raises(ValueError, match="too large"):
        scaled(square, 1e6)


def test_holes_and_specks_by_size() -> None:
    bitmap = np.zeros((20, 20), bool)
    bitmap[2:12, 2:12] = True
    bitmap[4, 4] = bitmap[6:9, 6:9] = False  # holes of 1 and of 9 pixels
    bitmap[15, 15] = True
    bitmap[17:19, 2:4] = True  # specks of 1 and of 4 pixels
    mask = Mask.from_bitmap(bitmap)
    assert holes_and_specks(mask) == (2, 2)
    assert holes_and_specks(fill_holes(mask, 1)) == (1, 2)
    assert holes_and_specks(fill_holes(mask)) == (0, 2)
    assert holes_and_specks(drop_specks(mask, 1)) == (2, 1)
    assert holes_and_specks(drop_specks(mask)) == (2, 0)
    assert fill_holes(drop_specks(mask)).area() == 100
    speck = Mask.from_bitmap(np.ones((1, 1), bool))
    assert drop_specks(speck, 50) == speck, "the largest part stays"
    assert (fill_holes(EMPTY_MASK), drop_specks(EMPTY_MASK)) == (EMPTY_MASK, EMPTY_MASK)


@settings(max_examples=40, deadline=None)
@given(masks())
def test_what_is_filled_has_no_holes_and_a_kept_part_stays_whole(mask: Mask) -> None:
    filled, kept = fill_holes(mask), drop_specks(mask)
    assert holes_and_specks(filled)[0] == 0
    assert without(mask, filled).is_empty()
    assert holes_and_specks(kept)[1] == 0
    assert without(kept, mask).is_empty()
    assert kept.is_empty() == mask.is_empty()


@settings(max_examples=40, deadline=None)
@given(masks())
def test_a_masks_outline_covers_exactly_the_mask(mask: Mask) -> None:
    inside = clipped(mask, WIDTH, HEIGHT)
    loops = [[(float(x), float(y)) for x, y in loop] for loop in mask_loops(inside, 0)]
    assert of_polygons(loops, WIDTH, HEIGHT) == inside


def test_a_polygon_covers_the_pixels_whose_centers_it_contains_and_is_cut_at_the_edge() -> None:
    triangle = of_polygons([[(-10, -10), (60, -10), (-10, 60)]], WIDTH, HEIGHT)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    assert (triangle.to_bitmap(WIDTH, HEIGHT) == (rows + columns + 1 < 50)).all()
    ring = of_polygons([[(0, 0), (10, 0), (10, 10), (0, 10)], [(2, 2), (8, 2), (8, 8), (2, 8)]], WIDTH, HEIGHT)
    assert ring.area() == 100 - 36
    assert of_polygons([[(50, 50), (60, 50), (60, 60)]], WIDTH, HEIGHT).is_empty()
    with pytest.raises(ValueError, match="2 corners"):
        of_polygons([[(0, 0), (1, 1)]], WIDTH, HEIGHT)
    with pytest.raises(ValueError, match="finite"):
        of_polygons([[(0, 0), (1, 1), (math.nan, 3)]], WIDTH, HEIGHT)


POINTS = st.tuples(st.floats(-10, 50), st.floats(-10, 40))


@settings(max_examples=40, deadline=None)
@given(path=st.lists(POINTS, min_size=1, max_size=4), size=st.integers(1, 15), shape=st.sampled_from(BrushShape))
def test_a_stroke_covers_what_its_tip_passes_over(path: list[tuple[float, float]], size: int, shape: BrushShape,
                                                  ) -> None:
    painting = Painting(WIDTH, HEIGHT)
    painting.stroke(path, Brush(size, shape))
    painted = painting.mask().to_bitmap(WIDTH, HEIGHT)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    steps = [path[0]] if len(path) == 1 else [
        (a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s)
        for a, b in pairwise(path) for s in np.linspace(0, 1, 50)]
    near, sure = np.zeros_like(painted), np.zeros_like(painted)
    for x, y in steps:
        dx, dy = np.abs(columns - x), np.abs(rows - y)
        away = np.hypot(dx, dy) if shape is BrushShape.ROUND else np.maximum(dx, dy)
        sure |= away <= size / 2 - 0.01
        near |= away <= max(size / 2, 0.5) + 1.1  # a step of the check's own is up to a pixel long
    assert (painted | ~sure).all()
    assert (near | ~painted).all()


def test_strokes_add_and_erase_and_never_take_protected_pixels() -> None:
    theirs = Mask.from_bitmap(np.ones((10, 10), bool), 10, 10)
    mine = Mask.from_bitmap(np.ones((4, 4), bool), 8, 8)
    painting = Painting(WIDTH, HEIGHT, mine, [theirs])
    place = painting.stroke([(5, 14), (30, 14)], Brush(6, BrushShape.SQUARE))
    assert place == (2, 11, 33, 17)
    assert common(painting.mask(), theirs) == common(mine, theirs), "what the mask had before it keeps"
    assert painting.refused == 60 - common(common(mine, theirs), Mask.from_bitmap(np.ones((6, 31), bool), 2, 11)).area()
    painting.stroke([(9, 9)], Brush(40, erases=True))
    painting.stroke([(30, 14)], Brush(60, erases=True))
    assert painting.mask() == EMPTY_MASK


def test_strokes_far_outside_change_nothing() -> None:
    painting = Painting(WIDTH, HEIGHT, Mask.from_bitmap(np.ones((4, 4), bool), 8, 8))
    before = painting.mask()
    for path in ([(1e12, 5.0)], [(-500.0, -500.0)], [(math.nan, 1.0)], [(1.0, math.inf)], []):
        assert painting.stroke(path, Brush(9)) == (0, 0, 0, 0)
    assert painting.mask() == before


def test_moving_a_corner_changes_only_what_lies_between_the_outlines() -> None:
    ragged = np.ones((10, 10), bool)
    ragged[0, 3] = False  # a detail that the coarse outline does not have
    painting = Painting(WIDTH, HEIGHT, Mask.from_bitmap(ragged, 5, 5))
    square = [(5.0, 5.0), (15.0, 5.0), (15.0, 15.0), (5.0, 15.0)]
    painting.reshape([square], [[*square[:2], (25.0, 15.0), square[3]]])
    painted = painting.mask().to_bitmap(WIDTH, HEIGHT)
    assert not painted[5, 8]
    assert painted[14, 23]
    painting.reshape([[*square[:2], (25.0, 15.0), square[3]]], [square])
    assert painting.mask() == Mask.from_bitmap(ragged, 5, 5)


def test_the_wheel_changes_the_size_within_bounds() -> None:
    assert Brush(1).resized(1).size == 2
    assert Brush(1).resized(-3).size == 1
    assert Brush(1000).resized(5).size == 1000
    sizes = [brush.size for brush in [Brush(12)]]
    for _ in range(10):
        sizes.append(Brush(sizes[-1]).resized(1).size)
    assert sizes == sorted(set(sizes))

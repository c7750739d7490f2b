"""Masks in the video's pixels, against torch's own interpolation of the whole picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotator.engine.mask_resize import MaskResizer, without_specks
from annotator.engine.settings import Sam2MotSettings
from annotator.model.mask import EMPTY_MASK

Logits = npt.NDArray[np.float32]


def interpolated(logits: Logits, width: int, height: int) -> Logits:
    whole = F.interpolate(torch.from_numpy(logits)[None, None], (height, width), mode="bilinear", align_corners=False)
    return np.asarray(whole[0, 0])


def assert_agrees(logits: Logits, width: int, height: int) -> None:
    mask = MaskResizer(len(logits), width, height).mask(logits)
    expected = interpolated(logits, width, height)
    bitmap = mask.to_bitmap(width, height)
    # Where the value is zero but for rounding, either answer is right.
    clear = np.abs(expected) > 1e-4 * max(1.0, float(np.abs(logits).max()))
    assert np.array_equal(bitmap[clear], expected[clear] > 0)
    if not mask.is_empty():
        rows, columns = np.flatnonzero(bitmap.any(1)), np.flatnonzero(bitmap.any(0))
        assert mask.box_xyxy == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


@pytest.mark.parametrize(("cells", "width", "height"), [
    (64, 640, 360), (32, 100, 75), (64, 64, 64), (16, 1920, 1080), (64, 37, 23), (16, 5, 300), (8, 1, 1)])
@pytest.mark.parametrize("blobs", [1, 3])
def test_agrees_with_torch(cells: int, width: int, height: int, blobs: int) -> None:
    rng = np.random.default_rng(cells * width + blobs)
    y, x = np.mgrid[0:cells, 0:cells]
    logits = np.full((cells, cells), -8.0)
    for cx, cy, r in rng.uniform(0, cells, (blobs, 3)):
        logits = np.maximum(logits, 6 * (1 - np.hypot(x - cx, y - cy) / (1 + r / 4)))
    assert_agrees((logits + rng.normal(0, 0.3, logits.shape)).astype(np.float32), width, height)


@settings(deadline=None, max_examples=120)
@given(st.integers(1, 9).flatmap(lambda n: arrays(np.float32, (n, n), elements=st.floats(-9, 9, width=16))),
       st.integers(1, 50), st.integers(1, 50))
def test_any_logits_and_any_size(logits: Logits, width: int, height: int) -> None:
    assert_agrees(logits, width, height)


@pytest.mark.parametrize("place", [(0, 0), (0, 7), (7, 0), (7, 7), (3, 4)])
def test_a_single_cell_at_any_edge(place: tuple[int, int]) -> None:
    logits = np.full((8, 8), -1.0, np.float32)
    logits[place] = 30.0
    assert_agrees(logits, 203, 91)
    assert MaskResizer(8, 203, 91).mask(logits).area() > 203 * 91 / 64


def test_an_absent_object_has_an_empty_mask() -> None:
    assert MaskResizer(8, 80, 60).mask(np.full((8, 8), -1024.0, np.float32)) == EMPTY_MASK
    assert MaskResizer(8, 80, 60).mask(np.zeros((8, 8), np.float32)) == EMPTY_MASK


def test_boxes_in_cells() -> None:
    resizer = MaskResizer(8, 80, 60)
    assert resizer.to_cells(np.array([0, 0, 80, 60])) == (0, 0, 8, 8)
    assert resizer.to_cells(np.array([9, 7.5, 12, 60], np.float32)) == pytest.approx((0.9, 1, 1.2, 8))


def blocks(*places: tuple[slice, slice]) -> Logits:
    logits = np.full((20, 20), -3.0, np.float32)
    for place in places:
        logits[place] = 5.0
    return logits


LARGE, SMALL, SPECK = (slice(0, 10), slice(0, 10)), (slice(15, 18), slice(15, 19)), (slice(2, 4), slice(17, 19))


@pytest.mark.parametrize(("share", "kept"), [(0.0, (LARGE, SMALL, SPECK)), (0.1, (LARGE, SMALL)),
                                             (0.12, (LARGE, SMALL)), (0.13, (LARGE,)), (1.0, (LARGE,))])
def test_small_separate_parts_are_specks(share: float, kept: tuple[tuple[slice, slice], ...]) -> None:
    """A hundred, twelve and four cells."""
    logits = blocks(LARGE, SMALL, SPECK)
    before = logits.copy()
    assert np.array_equal(without_specks(logits, share) > 0, blocks(*kept) > 0)
    assert np.array_equal(logits, before)


#: A torso of 100 cells, a leg of 8 cells three rows below it, and a speck of one cell far from both.
TORSO, LEG, FAR = (slice(0, 10), slice(0, 10)), (slice(13, 15), slice(3, 7)), (slice(19, 20), slice(19, 20))


def test_a_leg_below_an_occluder_belongs_to_the_person_and_a_far_speck_does_not() -> None:
    defaults = Sam2MotSettings()
    cleaned = without_specks(blocks(TORSO, LEG, FAR), defaults.speck_share, defaults.speck_distance)
    assert np.array_equal(cleaned > 0, blocks(TORSO, LEG) > 0)
    whole = defaults.with_whole_masks()
    logits = blocks(TORSO, LEG, FAR)
    assert without_specks(logits, whole.speck_share, whole.speck_distance) is logits
    assert Sam2MotSettings.paper().speck_share == 0


@pytest.mark.parametrize(("distance", "kept"), [
    (0.0, (TORSO,)), (0.3, (TORSO,)), (0.31, (TORSO, LEG)), (1.27, (TORSO, LEG)), (1.28, (TORSO, LEG, FAR))])
def test_only_what_is_far_is_a_speck(distance: float, kept: tuple[tuple[slice, slice], ...]) -> None:
    """The leg is 3 cells from the torso and the speck 9 in both directions; the torso is 10 cells long."""
    assert np.array_equal(without_specks(blocks(TORSO, LEG, FAR), 0.1, distance) > 0, blocks(*kept) > 0)


def test_parts_that_touch_at_a_corner_are_one() -> None:
    logits = blocks(LARGE, (slice(10, 11), slice(10, 11)))
    assert without_specks(logits, 0.5) is logits
    nothing = np.full((20, 20), -1.0, np.float32)
    assert without_specks(nothing, 0.5) is nothing

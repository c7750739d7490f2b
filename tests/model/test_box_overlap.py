"""Overlaps of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.box import box_giou, box_iou

BASE = np.array([[0.0, 0.0, 10.0, 10.0]])


@pytest.mark.parametrize(("box", "iou", "giou"), [
    ((0, 0, 10, 10), 1.0, 1.0),
    ((2, 2, 7, 6), 0.2, 0.2),  # within: nothing of the smallest box around both is uncovered
    ((5, 5, 15, 15), 25 / 175, 25 / 175 - 50 / 225),
    ((90, 0, 100, 10), 0.0, -0.8)])
def test_by_hand(box: tuple[float, ...], iou: float, giou: float) -> None:
    assert box_iou(BASE, np.array([box], float))[0, 0] == pytest.approx(iou)
    assert box_giou(BASE, np.array([box], float))[0, 0] == pytest.approx(giou)


def test_two_empty_boxes_have_no_overlap() -> None:
    empty = np.zeros((1, 4))
    assert box_giou(empty, empty)[0, 0] == 0


box = st.tuples(*[st.floats(-50, 50)] * 2, *[st.floats(0.5, 50)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@given(st.lists(box, max_size=4), st.lists(box, max_size=4))
def test_bounds_and_symmetry(first: list[tuple[float, ...]], second: list[tuple[float, ...]]) -> None:
    a, b = (np.array(boxes, float).reshape(-1, 4) for boxes in (first, second))
    giou, iou = box_giou(a, b), box_iou(a, b)
    assert giou.shape == (len(first), len(second))
    assert np.allclose(giou, box_giou(b, a).T)
    assert (giou <= iou + 1e-9).all()
    assert (giou > -1).all()

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.keyframes import choose_keyframes, line_between, within_iou, within_pixels

COORDINATE = st.floats(0, 200)


@st.composite
def paths(draw: st.DrawFn) -> np.ndarray:
    corners = draw(st.lists(st.tuples(COORDINATE, COORDINATE, st.floats(5, 50), st.floats(5, 50)), min_size=1,
                            max_size=30))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in corners])


def redrawn(path: np.ndarray, keep: list[int]) -> np.ndarray:
    drawn = path.copy()
    for start, end in pairwise(keep):
        drawn[start:end + 1] = line_between(path[start], path[end], end - start + 1)
    return drawn


@given(paths(), st.floats(0.01, 40), st.sets(st.integers(0, 29), max_size=3))
def test_lines_between_keyframes_stay_within_pixels(path: np.ndarray, tolerance: float, fixed: set[int]) -> None:
    keep = choose_keyframes(path, within_pixels(tolerance), fixed)
    assert keep == sorted(set(keep))
    assert {0, len(path) - 1} | {k for k in fixed if k < len(path)} <= set(keep)
    assert np.abs(redrawn(path, keep) - path).max() <= tolerance + 1e-6


@given(paths(), st.floats(0.1, 0.99))
def test_lines_between_keyframes_stay_within_an_iou(path: np.ndarray, least: float) -> None:
    drawn = redrawn(path, choose_keyframes(path, within_iou(least)))
    for one, other in zip(path, drawn, strict=True):
        size = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None).prod()
        areas = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod()
        assert size / (areas - size) >= least - 1e-6


@pytest.mark.parametrize(("bend", "expected"), [(0, [0, 20]), (10, [0, 10, 20])])
def test_a_straight_path_needs_its_ends_and_a_bent_one_its_corner(bend: float, expected: list[int]) -> None:
    frames = np.arange(21.0)
    x = frames * 3 + bend * np.minimum(frames, 20 - frames)
    path = np.stack([x, x * 0, x + 10, x * 0 + 10], 1)
    assert choose_keyframes(path, within_pixels(1.0)) == expected

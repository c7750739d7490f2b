from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.otsu import adaptive_threshold, otsu_threshold
from annotator.errors import SettingsError

SCORES = st.lists(st.floats(0, 1, width=32), min_size=2, max_size=60).filter(lambda values: len(set(values)) > 1)


def between(scores: list[float], border: float) -> float:
    """Variance between the two sides of a border, by the book."""
    values = np.asarray(scores, np.float64)
    low, high = values[values <= border], values[values > border]
    if not len(low) or not len(high):
        return 0.0
    return float(len(low) * len(high) * (high.mean() - low.mean()) ** 2) / len(values) ** 2


@given(SCORES)
def test_no_other_split_has_more_variance_between_its_sides(scores: list[float]) -> None:
    border = otsu_threshold(np.array(scores))
    assert border is not None
    best = max(between(scores, value) for value in scores)
    assert between(scores, border) >= best - 1e-9
    assert min(scores) < border < max(scores)


@given(SCORES, st.integers(1, 5))
def test_order_and_repetition_change_nothing(scores: list[float], times: int) -> None:
    border = otsu_threshold(np.array(scores))
    assert otsu_threshold(np.array(scores[::-1] * times)) == pytest.approx(border)


def test_two_heaps_are_parted_between_them() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0.15, 0.04, 3000), rng.normal(0.8, 0.05, 300)]).astype(np.float32)
    border = otsu_threshold(scores)
    assert border is not None
    assert 0.3 < border < 0.65
    assert adaptive_threshold(scores, 0.1, "here") == pytest.approx(border + 0.1)


@pytest.mark.parametrize("scores", [[], [0.5], [0.5] * 9, [float("nan"), 0.5]])
def test_scores_without_a_border(scores: list[float]) -> None:
    assert otsu_threshold(np.array(scores)) is None
    with pytest.raises(SettingsError, match="det.txt: the detections have fewer than two different scores"):
        adaptive_threshold(np.array(scores), 0.1, "det.txt")


def test_the_margin_never_costs_more_than_half_of_the_strong_ones() -> None:
    scores = np.array([0.1] * 9 + [0.2, 0.22, 0.24])
    assert adaptive_threshold(scores, 0.1, "here") == pytest.approx(0.22)

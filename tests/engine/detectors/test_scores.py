"""Scores of unknown scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.detectors.scores import otsu_threshold, to_confidence

_scores = st.lists(st.floats(-1000, 1000).map(lambda x: round(x, 3)), min_size=2, max_size=40)


def _between_variance(values: np.ndarray, threshold: float) -> float:
    weak, strong = values[values <= threshold], values[values > threshold]
    if not len(weak) or not len(strong):
        return 0.0
    return float(len(weak) * len(strong) * (strong.mean() - weak.mean()) ** 2)


@given(_scores)
def test_no_other_threshold_parts_better(scores: list[float]) -> None:
    values = np.array(scores)
    best = _between_variance(values, otsu_threshold(values))
    assert best >= max(_between_variance(values, t) for t in values) * (1 - 1e-9)


@given(_scores, st.floats(0.01, 100), st.floats(-50, 50))
def test_confidences_keep_the_order_and_know_no_scale(scores: list[float], factor: float, shift: float) -> None:
    values = np.array(scores)
    confidence = to_confidence(values)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (np.diff(confidence[np.argsort(values)]) >= 0).all()
    if len(set(scores)) == 2:  # with more, two thresholds may part equally well, and rounding picks one
        np.testing.assert_allclose(to_confidence(values * factor + shift), confidence, atol=1e-6)


def test_two_groups_lie_on_either_side_of_one_half() -> None:
    confidence = to_confidence(np.array([10.0, 11, 12, 60, 61, 62]))
    np.testing.assert_allclose(confidence, [0.12] * 3 + [0.88] * 3, atol=0.02)


@pytest.mark.parametrize("values", [[], [7.0], [7.0, 7.0]])
def test_scores_that_are_all_equal_count_as_sure(values: list[float]) -> None:
    assert to_confidence(np.array(values)).tolist() == [1.0] * len(values)
    assert otsu_threshold(np.array(values)) == (7.0 if values else 0.0)

"""Cross-object interaction: each rule and threshold of SAM2MOT's section on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotator.engine.settings import InteractionSettings, Sam2MotSettings
from annotator.engine.trackers.interaction import occlusions, pairwise_mask_iou
from annotator.errors import SettingsError

DEFAULTS = InteractionSettings()
STEADY = [9.0] * 10
#: Standard deviations of 0.25, 0.5 and 1 around 9.
QUARTER, HALF, ONE = ([9.0 + s * d for s in (1, -1) * 5] for d in (0.25, 0.5, 1.0))


def overlap(*pairs: tuple[int, int, float], count: int = 2) -> npt.NDArray[np.float64]:
    matrix = np.eye(count)
    for a, b, iou in pairs:
        matrix[a, b] = matrix[b, a] = iou
    return matrix


@pytest.mark.parametrize(("iou", "scores", "recent", "hidden"), [
    # which masks count
    (0.80, (9.0, 3.0), (STEADY, STEADY), {}),
    (0.81, (9.0, 3.0), (STEADY, STEADY), {1: 0}),
    (0.00, (9.0, 3.0), (STEADY, STEADY), {}),
    # the scores decide where they differ by more than 2
    (0.9, (9.0, 6.9), (STEADY, STEADY), {1: 0}),
    (0.9, (6.9, 9.0), (STEADY, STEADY), {0: 1}),
    (0.9, (9.0, 6.9), (ONE, STEADY), {1: 0}),
    (0.9, (-1.0, -4.0), (STEADY, STEADY), {1: 0}),
    # else the higher variance
    (0.9, (9.0, 7.0), (STEADY, STEADY), {}),
    (0.9, (9.0, 7.0), (ONE, STEADY), {0: 1}),
    (0.9, (7.0, 9.0), (STEADY, ONE), {1: 0}),
    (0.9, (9.0, 9.0), (HALF, ONE), {1: 0}),
    # ... if it is clearly higher
    (0.9, (9.0, 9.0), (STEADY, QUARTER), {1: 0}),
    (0.9, (9.0, 9.0), (STEADY, [9.0 + s * 0.19 for s in (1, -1) * 5]), {}),
    (0.9, (9.0, 9.0), (HALF, [9.0 + s * 0.65 for s in (1, -1) * 5]), {}),
    # only the last ten logits count
    (0.9, (9.0, 9.0), ([-50.0, *STEADY], STEADY), {}),
])
def test_who_is_hidden(iou: float, scores: tuple[float, float], recent: tuple[list[float], list[float]],
                       hidden: dict[int, int]) -> None:
    assert occlusions(overlap((0, 1, iou)), np.array(scores), recent, DEFAULTS) == hidden


def test_the_current_logits_decide_and_not_the_oldest() -> None:
    """A public re-implementation compares the oldest logits of its window."""
    fading, coming = [9.0] * 9 + [3.0], [3.0] * 9 + [9.0]
    assert occlusions(overlap((0, 1, 0.9)), np.array([3.0, 9.0]), [fading, coming], DEFAULTS) == {0: 1}


def test_it_can_be_switched_off() -> None:
    off = Sam2MotSettings().without_interaction().interaction
    assert occlusions(overlap((0, 1, 0.9)), np.array([9.0, 1.0]), [STEADY, STEADY], off) == {}


def test_each_pair_is_judged_and_the_closest_neighbour_named() -> None:
    matrix = overlap((0, 1, 0.85), (1, 2, 0.95), (0, 2, 0.82), count=4)
    hidden = occlusions(matrix, np.array([9.0, 6.0, 12.0, 0.0]), [STEADY] * 4, DEFAULTS)
    assert hidden == {1: 2, 0: 2}


def test_one_logit_has_no_variance() -> None:
    assert occlusions(overlap((0, 1, 0.9)), np.array([9.0, 9.0]), [[9.0], [9.0]], DEFAULTS) == {}


def test_nobody_is_no_special_case() -> None:
    assert occlusions(np.zeros((0, 0)), np.zeros(0), [], DEFAULTS) == {}
    assert occlusions(np.eye(1), np.zeros(1), [[1.0]], DEFAULTS) == {}


logit = st.floats(-20, 20, width=32)


@given(st.integers(2, 6).flatmap(lambda n: st.tuples(
    arrays(np.float64, (n, n), elements=st.floats(0, 1)), arrays(np.float64, n, elements=logit),
    st.lists(st.lists(logit, min_size=1, max_size=12), min_size=n, max_size=n))))
def test_the_order_of_objects_does_not_matter(case: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64],
                                                         list[list[float]]]) -> None:
    matrix, scores, recent = case
    matrix = np.maximum(matrix, matrix.T)
    hidden = occlusions(matrix, scores, recent, DEFAULTS)
    last = len(scores) - 1
    turned = occlusions(matrix[::-1, ::-1], scores[::-1], recent[::-1], DEFAULTS)
    assert {last - k for k in turned} == set(hidden)
    for loser, winner in hidden.items():
        assert loser != winner
        assert matrix[loser, winner] > 0.8
        assert scores[loser] <= scores[winner] + 2.0


@given(arrays(bool, st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6))))
def test_mask_overlaps(masks: npt.NDArray[np.bool_]) -> None:
    matrix = pairwise_mask_iou(masks)
    assert matrix.shape == (len(masks), len(masks))
    for a, first in enumerate(masks):
        for b, second in enumerate(masks):
            union = (first | second).sum()
            assert matrix[a, b] == pytest.approx((first & second).sum() / union if union else 0)


@pytest.mark.parametrize("wrong", [{"mask_iou": 0.0}, {"mask_iou": 1.2}, {"window": 1}])
def test_settings_out_of_range_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="interaction"):
        InteractionSettings(**wrong)

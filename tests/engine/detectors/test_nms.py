"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.detectors.nms import Decay, greedy, soft, suppress
from annotator.model.box import box_iou
from tests.engine.detectors import naive

_boxes = st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2, st.integers(0, 10),
                            st.integers(0, 2)), max_size=25)


@given(_boxes, st.sampled_from([0.0, 0.3, 0.6, 0.9]))
def test_kept_boxes_do_not_overlap_and_every_dropped_one_has_a_better_rival(rows: list[tuple[int, ...]],
                                                                           overlap: float) -> None:
    table = np.array(rows, float).reshape(-1, 6)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    score, label = table[:, 4] / 10, table[:, 5].astype(np.int32)
    kept = suppress(boxes, score, label, overlap)
    assert len(set(kept.tolist())) == len(kept)
    assert (np.diff(score[kept]) <= 0).all()
    rivals = (box_iou(boxes, boxes) > overlap) & (label[:, None] == label[None])
    among_kept = rivals[np.ix_(kept, kept)] & ~np.eye(len(kept), dtype=bool)
    assert not among_kept.any()
    for row in set(range(len(boxes))) - set(kept.tolist()):
        assert any(rivals[row, k] and score[k] >= score[row] for k in kept)


def test_other_classes_are_left_alone() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 9.5]])
    kept = suppress(boxes, np.array([0.5, 0.9, 0.8]), np.array([0, 1, 0]), 0.5)
    assert kept.tolist() == [1, 2]


@given(_boxes, st.sampled_from([0.0, 0.3, 0.6]), st.sampled_from([0, 1]))
def test_greedy_suppression_is_the_naive_one_whatever_the_class(rows: list[tuple[int, ...]], overlap: float,
                                                                offset: int) -> None:
    table = np.array(rows, float).reshape(-1, 6)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    assert greedy(boxes, table[:, 4], overlap, offset=offset).tolist() == naive.nms(boxes, table[:, 4], overlap, offset)


def test_many_boxes_are_suppressed_in_blocks() -> None:
    random = np.random.default_rng(5)
    corner = random.uniform(0, 400, (1500, 2))
    boxes = np.concatenate([corner, corner + random.uniform(10, 60, (1500, 2))], 1)
    score = random.permutation(1500) / 1500
    kept = greedy(boxes, score, 0.4)
    assert kept.tolist() == naive.nms(boxes, score, 0.4)
    assert len(kept) > 520, "more are kept than one block holds"


@given(_boxes, st.sampled_from(list(Decay)))
def test_soft_suppression_is_the_naive_one(rows: list[tuple[int, ...]], decay: Decay) -> None:
    table = np.array(rows, float).reshape(-1, 6)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    indices, lowered = soft(boxes, table[:, 4] / 10, 0.3, sigma=0.5, min_score=0.01, decay=decay)
    expected = naive.soft_nms(boxes, table[:, 4] / 10, 0.3, 0.5, 0.01, decay.name.lower())
    assert indices.tolist() == [k for k, _ in expected]
    np.testing.assert_allclose(lowered, [score for _, score in expected])

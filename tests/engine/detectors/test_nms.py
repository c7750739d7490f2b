"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.detectors.nms import suppress
from annotator.model.box import box_iou

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

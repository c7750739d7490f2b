from __future__ import annotations

import numpy as np
import pytest

from annotator.evaluation import FrameBoxes, evaluate_arrays
from annotator.evaluation.errors import IdentitySwitch, find_errors, identity_switches


def frame(*things: tuple[int, float]) -> FrameBoxes:
    return (np.array([number for number, _ in things], np.int64),
            np.array([(x, 0, x + 10, 10) for _, x in things], np.float64).reshape(-1, 4))


def test_switches_are_found_where_they_are_also_across_gaps() -> None:
    gt = [frame((1, t), (2, 100 + t)) for t in range(10)]
    result = [frame((5, t), (6, 100 + t)) if t < 3 else frame((6, t), (5, 100 + t)) if t < 6 else
              frame((5, 100 + t)) if t < 8 else frame((9, t), (5, 100 + t)) for t in range(10)]
    assert identity_switches(gt, result) == [
        IdentitySwitch(3, 2, 1, 5, 6), IdentitySwitch(3, 2, 2, 6, 5), IdentitySwitch(8, 5, 1, 6, 9)]


def test_a_partner_is_kept_while_it_overlaps_enough() -> None:
    gt = [frame((1, 0.0)), frame((1, 0.0)), frame((1, 0.0))]
    result = [frame((5, 0.0)), frame((5, 3.0), (6, 0.0)), frame((5, 8.0), (6, 0.0))]
    assert identity_switches(gt, result) == [IdentitySwitch(2, 1, 1, 5, 6)]


def test_as_many_as_trackeval_counts_where_nothing_is_lost() -> None:
    rng = np.random.default_rng(0)
    gt = [frame(*((n, 40.0 * n) for n in range(5))) for _ in range(30)]
    result = []
    for _ in range(30):
        order = rng.permutation(5) if rng.random() < 0.3 else np.arange(5)
        result.append(frame(*((int(k), 40.0 * n + 1) for n, k in enumerate(order))))
    assert len(identity_switches(gt, result)) == evaluate_arrays(gt, result).idsw > 0
    with pytest.raises(ValueError, match="30 frames"):
        identity_switches(gt, result[:-1])


def test_what_is_missed_and_what_is_false_comes_in_stretches() -> None:
    gt = [frame((1, 0.0), (2, 100.0)) for _ in range(6)]
    result = [frame((5, 0.0), (6, 100.0)), frame((5, 0.0), (6, 200.0)), frame((6, 200.0)), frame((5, 0.0), (6, 100.0)),
              frame((5, 0.0), (7, 300.0)), frame((5, 0.0), (7, 300.0))]
    found = find_errors(gt, result)
    assert [(each.id, each.first, each.last) for each in found.misses] == [(2, 1, 2), (1, 2, 2), (2, 4, 5)]
    assert [(each.id, each.first, each.last) for each in found.false_boxes] == [(6, 1, 2), (7, 4, 5)]
    assert found.false_boxes[0].box_xyxy == (200.0, 0.0, 210.0, 10.0)
    assert found.switches == ()
    scores = evaluate_arrays(gt, result)
    assert scores.fn == sum(each.last - each.first + 1 for each in found.misses)
    assert scores.fp == sum(each.last - each.first + 1 for each in found.false_boxes)


def test_a_stretch_ends_where_its_object_leaves() -> None:
    gt = [frame((1, 0.0)), frame(), frame((1, 0.0))]
    found = find_errors(gt, [frame(), frame(), frame()])
    assert [(each.first, each.last) for each in found.misses] == [(0, 0), (2, 2)]


def test_a_box_on_a_distractor_is_no_error() -> None:
    gt, result = [frame((1, 0.0))] * 2, [frame((5, 0.0), (6, 50.0))] * 2
    there, elsewhere = [[50, 0, 60, 10]], [[54, 0, 64, 10]]
    assert [each.first for each in find_errors(gt, result, [there, there]).false_boxes] == []
    assert [each.first for each in find_errors(gt, result, [there, elsewhere]).false_boxes] == [1]
    assert [each.first for each in find_errors(gt, result, [there, []]).false_boxes] == [1]

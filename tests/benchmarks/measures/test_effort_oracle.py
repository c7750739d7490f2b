from __future__ import annotations

import numpy as np

from annotator.evaluation import FrameBoxes
from annotator.review import Fix, Suggestion
from benchmarks.measures.effort_oracle import after, judge

FRAMES = 20


def frame(*things: tuple[int, float]) -> FrameBoxes:
    return (np.array([number for number, _ in things], np.int64),
            np.array([(x, 0, x + 10, 10) for _, x in things], np.float64).reshape(-1, 4))


TRUTH = [frame((1, t), (2, 100.0 - t)) for t in range(FRAMES)]
SWAP, SPLIT = Suggestion(Fix.SWAP, (5, 6), 10), Suggestion(Fix.SPLIT, (5,), 10)
MERGE, DELETE = Suggestion(Fix.MERGE, (5, 6)), Suggestion(Fix.DELETE, (6,))
FINE = Suggestion(Fix.FINE)


def ids(frames: list[FrameBoxes]) -> list[list[int]]:
    return [sorted(np.asarray(each[0]).tolist()) for each in frames]


def test_exchanged_names_are_swapped_back() -> None:
    wrong = [frame((5, t), (6, 100.0 - t)) if t < 10 else frame((6, t), (5, 100.0 - t)) for t in range(FRAMES)]
    options = {Fix.SWAP: SWAP, Fix.MERGE: MERGE, Fix.FINE: FINE}
    assert judge(TRUTH, wrong, options)[0] is Fix.SWAP
    assert judge(TRUTH, after(wrong, SWAP), options)[0] is Fix.FINE


def test_what_was_broken_is_merged_and_what_is_none_is_deleted() -> None:
    broken = [frame((5 if t < 10 else 6, t), (7, 100.0 - t)) for t in range(FRAMES)]
    options = {Fix.SWAP: SWAP, Fix.MERGE: MERGE, Fix.DELETE: DELETE, Fix.FINE: FINE}
    assert judge(TRUTH, broken, options)[0] is Fix.MERGE
    assert ids(after(broken, MERGE)) == [[5, 7]] * FRAMES
    ghost = [frame((5, t), (7, 100.0 - t), (6, 300.0)) for t in range(FRAMES)]
    # To merge it into what is seen everywhere anyway would come to the same.
    assert judge(TRUTH, ghost, options, Fix.DELETE)[0] is Fix.DELETE
    assert judge(TRUTH, ghost, {Fix.SWAP: SWAP, Fix.DELETE: DELETE, Fix.FINE: FINE})[0] is Fix.DELETE


def test_one_track_of_two_objects_is_split() -> None:
    joined = [frame((5, t if t < 10 else 100.0 - t)) for t in range(FRAMES)]
    assert judge(TRUTH, joined, {Fix.SPLIT: SPLIT, Fix.FINE: FINE})[0] is Fix.SPLIT
    assert ids(after(joined, SPLIT)) == [[5]] * 10 + [[6]] * 10


def test_a_merge_keeps_the_boxes_of_the_one_that_is_merged_into() -> None:
    both = [frame((5, 0.0), (6, 50.0)), frame((6, 60.0))]
    merged = after(both, MERGE)
    assert ids(merged) == [[5], [5]]
    assert [np.asarray(boxes)[0, 0] for _, boxes in merged] == [0.0, 60.0]


def test_a_prompt_is_wanted_where_an_object_is_missed() -> None:
    found = [frame((5, t)) for t in range(FRAMES)]
    here = Suggestion(Fix.PROMPT, (), 3, (97.0, 0.0, 107.0, 10.0))
    assert judge(TRUTH, found, {Fix.PROMPT: here, Fix.FINE: FINE})[0] is Fix.PROMPT
    assert judge(TRUTH, TRUTH, {Fix.PROMPT: here, Fix.FINE: FINE})[0] is Fix.FINE
    elsewhere = Suggestion(Fix.PROMPT, (), 3, (300.0, 0.0, 310.0, 10.0))
    assert judge(TRUTH, found, {Fix.PROMPT: elsewhere, Fix.FINE: FINE})[0] is Fix.FINE

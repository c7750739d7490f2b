"""The memory policies, each against its paper's rule on sequences made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.segmenters.memory import MemoryBank, MemoryWindow
from annotator.engine.segmenters.memory_policies import (
    Dam4SamPolicy,
    MemoryPolicy,
    Past,
    Role,
    SamuraiPolicy,
    Seen,
    memory_policy,
    seen_of,
)
from annotator.engine.segmenters.motion import BoxMotion
from annotator.engine.settings import MEMORY_POLICIES, Sam2Settings
from annotator.errors import SettingsError
from annotator.model.box import Box

CPU = torch.device("cpu")
GOOD = Seen(5.0, 0.9, 100, (0.0, 0.0, 10.0, 10.0))
ABSENT = Seen(-3.0, 0.9, 0, None)


class Object:
    """One object's memory under a policy; the prompt is in the first frame."""

    def __init__(self, policy: MemoryPolicy, first: int = 0, reverse: bool = False, seen: Seen = GOOD) -> None:
        keep_first = policy.keeps_first
        self.bank = MemoryBank(2, 3, 4, CPU, MemoryWindow(6, 15, 4, 200, reverse, keep_first), policy)
        self._write(first, self.bank.admit(first, 1, seen, True, True))

    def step(self, frame: int, seen: Seen = GOOD) -> Role:
        self.bank.advance(frame)
        role = self.bank.admit(frame, 1, seen, False, False)
        if role is not Role.NONE:
            self._write(frame, role)
        return role

    def recalled(self, frame: int) -> list[tuple[int, int]]:
        """(frame, temporal position) of the spatial memories."""
        self.bank.advance(frame)
        recall = self.bank.recall(1, frame)
        frames = self.bank.gather_spatial(torch.tensor([recall.spatial_rows]))[0, :, 0, 0].int().tolist()
        return list(zip(frames, recall.spatial_positions, strict=True))

    def _write(self, frame: int, role: Role) -> None:
        self.bank.write(frame, [1], torch.full((1, 2, 3), float(frame)), torch.zeros(1, 4), [role])


def walked(policy: MemoryPolicy, frames: Iterable[int], absent: Iterable[int] = ()) -> Object:
    made, gone = Object(policy), set(absent)
    for t in frames:
        made.step(t, ABSENT if t in gone else GOOD)
    return made


def test_names() -> None:
    assert {memory_policy(name).name for name in MEMORY_POLICIES} == set(MEMORY_POLICIES)
    assert Sam2Settings().memory == "sam2"
    for make in (memory_policy, lambda name: Sam2Settings(memory=name)):
        with pytest.raises(SettingsError, match="'sam3': choose sam2, dam4sam, samurai"):
            make("sam3")


def test_the_stock_policy_recalls_the_last_frames_present_or_not() -> None:
    assert walked(memory_policy("sam2"), range(1, 13), absent=(11, 12)).recalled(13) == \
        [(0, 0), (7, 1), (8, 2), (9, 3), (10, 4), (11, 5), (12, 6)]


# -- DAM4SAM ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("last", "expected"), [
    (3, [(0, 0), (3, 6)]), (5, [(0, 0), (5, 6)]), (9, [(0, 0), (5, 5), (9, 6)]),
    (12, [(0, 0), (5, 4), (10, 5), (12, 6)]), (15, [(0, 0), (5, 4), (10, 5), (15, 6)]),
    (18, [(0, 0), (10, 4), (15, 5), (18, 6)])])
def test_recent_memory_is_the_last_frame_and_every_fifth(last: int, expected: list[tuple[int, int]]) -> None:
    assert walked(Dam4SamPolicy(), range(1, last + 1)).recalled(last + 1) == expected


def test_frames_without_the_object_are_not_written_and_push_nothing_out() -> None:
    made = walked(Dam4SamPolicy(), range(1, 60), absent=range(8, 60))
    assert made.recalled(60) == [(0, 0), (5, 5), (7, 6)]
    assert made.step(60) is Role.RECENT
    assert made.recalled(61) == [(0, 0), (5, 5), (60, 6)], "7 was only the latest"
    assert made.step(61, Seen(5.0, 0.9, 0, None)) is Role.NONE, "an empty mask is no object"


@pytest.mark.parametrize(("change", "anchor"), [
    ({}, True), ({"agreement": 0.7}, False), ({"iou": 0.8}, False), ({"area": 121}, False), ({"area": 120}, True),
    ({"area": 79}, False), ({"area": 80}, True), ({"score": -1.0}, None)])
def test_a_frame_whose_candidates_diverge_becomes_an_anchor(change: dict[str, Any], anchor: bool | None) -> None:
    """A look-alike is in one of the other candidates, while the mask is sure and of its usual size."""
    made = walked(Dam4SamPolicy(), range(1, 11))
    role = made.step(11, replace(Seen(5.0, 0.85, 100, GOOD.box, agreement=0.69), **change))
    assert role is (Role.NONE if anchor is None else Role.ANCHOR if anchor else Role.LATEST)


def test_anchors_keep_a_distance_and_the_first_stays() -> None:
    made, divided = Object(Dam4SamPolicy()), replace(GOOD, agreement=0.2)
    anchors = [t for t in range(1, 41) if made.step(t, divided) is Role.ANCHOR]
    assert anchors == [5, 10, 15, 20, 25, 30, 35, 40]
    assert [t for t, position in made.recalled(41) if position == 0] == [0, 30, 35, 40]
    assert made.recalled(41)[4:] == [(39, 6)], "the newest that is no anchor"
    assert made.bank.rows_used[0] <= 4 + 3


def test_backward_propagation_counts_the_other_way() -> None:
    made = Object(Dam4SamPolicy(), first=50, reverse=True)
    for t in range(49, 31, -1):
        made.step(t)
    assert made.recalled(31) == [(50, 0), (40, 4), (35, 5), (32, 6)]
    assert made.step(31, replace(GOOD, agreement=0.2)) is Role.ANCHOR


def test_how_far_candidates_agree_by_hand() -> None:
    """The box around the mask and another candidate's largest part; what is small and far off counts for nothing."""
    masks = np.zeros((3, 20, 20), bool)
    masks[:, 2:6, 2:6] = True
    masks[1, 2:6, 6:10] = True
    masks[2, 19, 19] = True
    first, second, third = seen_of(masks, 3.0, [0.9, 0.8, 0.7])
    assert (first.area, first.box, first.iou, first.agreement) == (16, (2.0, 2.0, 6.0, 6.0), 0.9, 16 / 32)
    assert second.agreement == 1.0
    assert third.agreement == (18 * 18) / (18 * 18)
    empty = seen_of(np.zeros((1, 4, 4), bool), 3.0, [0.9])[0]
    assert (empty.box, empty.agreement, empty.present) == (None, 1.0, False)
    assert len(seen_of(masks, 3.0, [0.9])) == 1


# -- SAMURAI ---------------------------------------------------------------------------------------------------------

def at(x: float, iou: float = 0.9, score: float = 5.0) -> Seen:
    return Seen(score, iou, 100, (x, 0.0, x + 10, 10.0))


def moving(frames: int, speed: float = 2.0) -> Object:
    made = Object(SamuraiPolicy(), seen=at(0.0))
    for t in range(1, frames + 1):
        made.step(t, at(speed * t))
    return made


@pytest.mark.parametrize(("frames", "chosen"), [(13, 1), (14, 0), (30, 0)])
def test_the_motion_chooses_once_fifteen_frames_fitted(frames: int, chosen: int) -> None:
    """The look-alike that stayed behind has the higher estimate."""
    past = moving(frames).bank.past(1)
    options = [at(2.0 * (frames + 1), iou=0.80), at(-40.0, iou=0.85)]
    assert SamuraiPolicy().choose(past, frames + 1, options) == chosen


def test_the_weights_of_motion_and_estimate_by_hand() -> None:
    past = moving(20, speed=0.0).bank.past(1)
    # A box that lies where it is predicted and one that overlaps it by a third: 0.15 + 0.85 x against 0.05 + 0.85 y.
    for gap, chosen in ((0.11, 0), (0.125, 1)):
        assert SamuraiPolicy().choose(past, 21, [at(0.0, 0.8), at(5.0, 0.8 + gap)]) == chosen


def test_a_frame_that_does_not_fit_starts_the_count_again() -> None:
    made = moving(20)
    made.step(21, at(42.0, iou=0.1))
    assert made.bank.past(1).stable == 0
    assert SamuraiPolicy().choose(made.bank.past(1), 22, [at(44.0, 0.8), at(-40.0, 0.85)]) == 1


@pytest.mark.parametrize(("seen", "role"), [
    (at(32.0), Role.RECENT), (at(32.0, iou=0.5), Role.LATEST), (at(32.0, score=0.0), Role.LATEST),
    (at(-60.0), Role.LATEST), (Seen(5.0, 0.9), Role.LATEST)])
def test_only_good_frames_are_recalled(seen: Seen, role: Role) -> None:
    assert moving(15).step(16, seen) is role


def test_recall_goes_back_to_the_last_good_frames() -> None:
    made = Object(SamuraiPolicy(), seen=at(0.0))
    for t in range(1, 31):
        made.step(t, at(0.0, iou=0.9 if t <= 8 else 0.4))
    assert made.recalled(31) == [(0, 0), (4, 1), (5, 2), (6, 3), (7, 4), (8, 5), (30, 6)]
    assert made.bank.rows_used[0] <= 1 + 7


def test_the_kalman_filter_by_hand() -> None:
    """Height 16: the variances are 2.56 at first, 1 of the velocity, 0.64 of a step and 0.64 of what is measured."""
    first = BoxMotion.of_box((0.0, 0.0, 8.0, 16.0), 0)
    predicted = first.at(1)
    assert predicted.box() == (0.0, 0.0, 8.0, 16.0)
    assert predicted.covariance[0][0] == pytest.approx(2.56 + 1 + 0.64)
    assert predicted.covariance[0][4] == pytest.approx(1)
    seen = predicted.with_box((1.0, 0.0, 9.0, 16.0))
    assert seen.mean[0] == pytest.approx(4 + 4.2 / 4.84)
    assert seen.mean[4] == pytest.approx(1 / 4.84)
    assert first.at(3).frame == 3
    assert BoxMotion.of_box((0.0, 0.0, 8.0, 16.0), 5).at(3).covariance == first.at(2).covariance, "backward likewise"


def test_the_kalman_filter_finds_the_speed() -> None:
    box: Box
    motion = BoxMotion.of_box((0.0, 0.0, 10.0, 20.0), 0)
    for t in range(1, 41):
        box = (3.0 * t, -1.0 * t, 3.0 * t + 10, -1.0 * t + 20)
        motion = motion.at(t).with_box(box)
    np.testing.assert_allclose(motion.at(43).box(), (129, -43, 139, -23), atol=0.3)


# -- all -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", MEMORY_POLICIES)
def test_a_snapshot_goes_on_alike(name: str) -> None:
    policy = memory_policy(name)
    rng = np.random.default_rng(3)
    sequence = [Seen(float(rng.choice([5.0, -1.0], p=[0.8, 0.2])), float(rng.uniform(0.4, 1)),
                     int(rng.integers(90, 110)), (2.0 * t, 0.0, 2.0 * t + 10, 10.0), float(rng.uniform(0.3, 1)))
                for t in range(60)]
    whole = Object(policy)
    for t in range(1, 30):
        whole.step(t, sequence[t])
    state = whole.bank.snapshot()
    json.dumps({key: {**parts, "conditioning": 0, "recent": 0} for key, parts in state.items()})
    other = Object(policy)
    other.bank.restore(state)
    for t in range(30, 60):
        assert whole.recalled(t) == other.recalled(t)
        assert whole.step(t, sequence[t]) is other.step(t, sequence[t])
    assert whole.bank.past(1) == other.bank.past(1)


@pytest.mark.parametrize("name", MEMORY_POLICIES)
def test_memory_is_bounded(name: str) -> None:
    made = walked(memory_policy(name), range(1, 120), absent=range(50, 90))
    assert made.bank.rows_used[0] <= 4 + 7
    assert made.bank.rows_used[1] <= 4 + 16 + 7


def test_a_past_is_plain_data() -> None:
    past = moving(20).bank.past(1)
    assert Past.of_state(json.loads(json.dumps(past.to_state()))) == past

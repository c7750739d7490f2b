"""The trajectory manager: each rule and threshold of SAM2MOT's section on trajectories."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from annotator.engine.trackers.trajectories import Match, TrajectoryManager
from annotator.errors import SettingsError
from annotator.model.frame import Detections, EndReason, TrackState

DEFAULTS = TrajectorySettings()
PAPER = Sam2MotSettings.paper().trajectories


def manager(settings: TrajectorySettings = DEFAULTS, window: int = 10) -> TrajectoryManager:
    return TrajectoryManager(settings, window)


def alone(score: float = 9.0, label: int = 0) -> TrajectoryManager:
    """One live object, number 1."""
    one = manager()
    one.observe({})
    one.add(label, score)
    return one


# -- states ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("score", "state"), [
    (60, TrackState.RELIABLE), (8.0001, TrackState.RELIABLE), (8.0, TrackState.PENDING), (6.0001, TrackState.PENDING),
    (6.0, TrackState.SUSPICIOUS), (2.0001, TrackState.SUSPICIOUS), (2.0, TrackState.LOST), (-30, TrackState.LOST),
    (math.nan, TrackState.LOST)])
def test_states(score: float, state: TrackState) -> None:
    assert DEFAULTS.state_of(score) is state


# -- removal ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("before", "score", "after"), [
    (7, 2.0, 8), (7, -5.0, 8), (7, math.nan, 8), (7, 2.0001, 7), (7, 6.0, 7), (7, 6.0001, 0), (7, 9.0, 0), (0, 4.0, 0)])
def test_lost_counter(before: int, score: float, after: int) -> None:
    one = alone()
    one.live[1].lost = before
    one.observe({1: score})
    assert one.live[1].lost == after


def test_a_track_ends_at_25_lost_frames_and_not_before() -> None:
    one = alone()
    for _ in range(24):
        one.observe({1: 2.0})
        assert one.ended(np.zeros((1, 1)), [1]) == {}
    one.observe({1: 3.0})
    assert one.ended(np.zeros((1, 1)), [1]) == {}, "a suspicious frame leaves the counter"
    one.observe({1: 0.0})
    assert one.ended(np.zeros((1, 1)), [1]) == {1: EndReason.LOST}
    assert not one.live


def test_a_good_score_starts_the_count_anew() -> None:
    one = alone()
    for score in [0.0] * 24 + [6.1] + [0.0] * 24:
        one.observe({1: score})
        assert not one.ended(np.zeros((1, 1)), [1])
    assert one.live[1].lost == 24


def test_a_birth_or_a_reprompt_that_is_lost_counts_too() -> None:
    one = alone(score=1.0)
    assert one.live[1].lost == 1
    one.observe({1: 7.0})
    one.revise(1, 1.5)
    assert one.live[1].lost == 1
    assert list(one.live[1].scores) == [1.0, 1.5], "the fresh score takes the place of the one from memory"


def test_only_the_last_scores_are_kept() -> None:
    one = alone()
    for k in range(30):
        one.observe({1: float(k)})
    assert list(one.live[1].scores) == [float(k) for k in range(20, 30)]


# -- matching --------------------------------------------------------------------------------------------------------

def boxes(*x: float) -> list[tuple[float, float, float, float]]:
    return [(v, 0.0, v + 10.0, 10.0) for v in x]


def live(count: int, labels: list[int] | None = None, settings: TrajectorySettings = DEFAULTS) -> TrajectoryManager:
    some = manager(settings)
    some.observe({})
    for k in range(count):
        some.add(labels[k] if labels else 0, 9.0)
    return some


def test_matches_are_the_best_assignment_and_not_the_greedy_one() -> None:
    # Track 1 overlaps both detections, track 2 only the first; greedy would take 1 -> 0 and leave 2 alone.
    detections = Detections.of(boxes(1.0, -3.0), [0.9, 0.9])
    matches = live(2).match({1: boxes(0.0)[0], 2: boxes(5.0)[0]}, detections)
    assert {number: match.detection for number, match in matches.items()} == {1: 1, 2: 0}
    assert matches[1].iou == pytest.approx(7 / 13)


@pytest.mark.parametrize(("shift", "matched"), [(5.0, True), (5.3, True), (5.5, False), (9.0, False), (30.0, False)])
def test_too_little_overlap_is_no_match(shift: float, matched: bool) -> None:
    overlap = max(0.0, 10 - shift) / (10 + shift)
    assert (overlap >= 0.3) == matched
    some = live(1, settings=PAPER)
    assert bool(some.match({1: boxes(0.0)[0]}, Detections.of(boxes(shift), [0.9]))) == matched


def test_another_label_matches_only_where_that_is_allowed() -> None:
    detections = Detections.of(boxes(0.0), [0.9], [1])
    assert live(1).match({1: boxes(0.0)[0]}, detections) == {}
    either = live(1, settings=TrajectorySettings(match_labels=False))
    assert either.match({1: boxes(0.0)[0]}, detections) == {1: Match(0, 1.0)}


def test_a_truncated_box_matches_by_its_generalised_iou_and_re_prompts_nothing() -> None:
    """A quarter of the object's box: its IoU is below the minimum, and the two leave no gap between them."""
    quarter = Detections.of([(0.0, 0.0, 10.0, 2.5)], [0.9])
    assert live(1, settings=PAPER).match({1: boxes(0.0)[0]}, quarter) == {}
    some = live(1)
    matches = some.match({1: boxes(0.0)[0]}, quarter)
    assert matches == {1: Match(0, 0.25)}
    assert some.to_reprompt(matches, {1: 7.0}, quarter.label) == {}
    diagonal = Detections.of([(4.5, 4.5, 14.5, 14.5)], [0.9])
    assert some.match({1: boxes(0.0)[0]}, diagonal) == {}, "an overlap at a corner is a neighbour's"


@pytest.mark.parametrize(("second", "ambiguous"), [(0.5, True), (1.0, True), (4.0, False), (30.0, False)])
def test_a_match_is_ambiguous_where_another_fits_nearly_as_well(second: float, ambiguous: bool) -> None:
    """Two detections for one object, and two objects for one detection."""
    two = Detections.of(boxes(0.5, -second), [0.9, 0.9])
    one = Detections.of(boxes(0.5), [0.9])
    for objects, detections, best in (((0.0,), two, 1), ((0.0, 0.5 + second), one, 1)):
        some = live(len(objects))
        matches = some.match(dict(enumerate(boxes(*objects), 1)), detections)
        assert matches[best].ambiguous is ambiguous
        chosen = some.to_reprompt(matches, dict.fromkeys(matches, 7.0), detections.label)
        assert chosen == ({} if ambiguous else {1: 0})
        freely = live(len(objects), settings=PAPER)
        matches = freely.match(dict(enumerate(boxes(*objects), 1)), detections)
        assert freely.to_reprompt(matches, dict.fromkeys(matches, 7.0), detections.label)


def test_neighbours_with_a_clear_match_each_are_not_ambiguous() -> None:
    """The first detection fits both nearly equally, but the second one is plainly the second object's."""
    place = dict(enumerate(boxes(0.0, 4.0), 1))
    some = live(2)
    matches = some.match(place, Detections.of(boxes(1.9, 4.0), [0.9, 0.9]))
    assert {n: (m.detection, m.ambiguous) for n, m in matches.items()} == {1: (0, False), 2: (1, False)}
    assert some.match(place, Detections.of(boxes(1.9), [0.9]))[1].ambiguous, "without it, nothing tells"


def test_an_exchange_that_is_nearly_as_good_makes_both_matches_ambiguous() -> None:
    some = live(2)
    matches = some.match(dict(enumerate(boxes(0.0, 0.3), 1)), Detections.of(boxes(-2.0, 2.3), [0.9, 0.9]))
    assert {n: (m.detection, m.ambiguous) for n, m in matches.items()} == {1: (0, True), 2: (1, True)}


def test_another_class_makes_no_match_ambiguous() -> None:
    both = Detections.of(boxes(0.0, 0.0), [0.9, 0.9], [0, 1])
    assert live(1).match({1: boxes(0.0)[0]}, both) == {1: Match(0, 1.0)}


def test_an_occluded_object_takes_what_the_others_leave() -> None:
    some = live(2)
    some.hide(1)
    place = {1: boxes(0.0)[0], 2: boxes(1.0)[0]}
    assert list(some.match(place, Detections.of(boxes(0.0), [0.9]))) == [2]
    assert {n: m.detection for n, m in some.match(place, Detections.of(boxes(0.0, 2.0), [0.9, 0.9])).items()} == \
        {2: 0, 1: 1}


def test_an_object_that_is_occluded_now_is_never_re_prompted() -> None:
    some = live(1)
    some.hide(1)
    assert some.to_reprompt({1: Match(0, 0.9)}, {1: 7.0}, np.zeros(1, np.int32)) == {}


def test_nothing_matches_nothing() -> None:
    assert live(1).match({1: boxes(0.0)[0]}, Detections.empty()) == {}
    assert manager().match({}, Detections.of(boxes(0.0), [0.9])) == {}


# -- quality reconstruction ------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("score", "chosen"), [(8.1, False), (8.0, True), (6.1, True), (6.0, False), (2.0, False)])
def test_only_pending_tracks_are_prompted_anew(score: float, chosen: bool) -> None:
    labels = np.zeros(1, np.int32)
    assert live(1).to_reprompt({1: Match(0, 0.9)}, {1: score}, labels) == ({1: 0} if chosen else {})


def test_reconstruction_needs_a_match_of_the_same_label_and_can_be_switched_off() -> None:
    some = live(3, [0, 1, 0], TrajectorySettings(match_labels=False))
    scores = {1: 7.0, 2: 7.0, 3: 7.0}
    assert some.to_reprompt({1: Match(0, 0.9), 2: Match(1, 0.9)}, scores, np.array([0, 0], np.int32)) == {1: 0}
    off = live(1, settings=Sam2MotSettings().without_reconstruction().trajectories)
    assert off.to_reprompt({1: Match(0, 0.9)}, {1: 7.0}, np.zeros(1, np.int32)) == {}


# -- addition --------------------------------------------------------------------------------------------------------

def test_candidates_are_the_unmatched_ones_best_first() -> None:
    detections = Detections.of(boxes(0, 20, 40, 60), [0.6, 0.9, 0.7, 0.9])
    assert manager().candidates(detections, [1]) == [3, 2, 0]
    assert manager().candidates(detections, range(4)) == []
    assert manager().candidates(Detections.empty(), []) == []


def test_specks_start_nothing() -> None:
    detections = Detections.of([(0, 0, 1.9, 50), (0, 0, 2, 2), (5, 5, 60, 6)], [0.9, 0.8, 0.9])
    assert manager().candidates(detections, []) == [1]


@pytest.mark.parametrize(("columns", "free"), [(0, True), (2, True), (3, True), (4, False), (10, False)])
def test_a_new_object_needs_seven_tenths_of_its_box_uncovered(columns: int, free: bool) -> None:
    covered = np.zeros((20, 20), bool)
    covered[:, 5:5 + columns] = True
    assert manager().is_free((5, 3, 15, 9), covered) is free


@pytest.mark.parametrize(("box", "free"), [
    ((4.5, 4.2, 6.5, 6.7), True),  # a quarter of it is covered, though it touches one covered column of three
    ((4.3, 4.2, 6.3, 6.7), False), ((0.0, 4.0, 5.5, 6.0), False), ((5.0, 0.0, 5.2, 0.3), True)])
def test_cells_at_the_boxs_edge_count_by_their_share(box: tuple[float, float, float, float], free: bool) -> None:
    covered = np.zeros((10, 10), bool)
    covered[:, :5] = True
    assert manager().is_free(box, covered) is free


def test_an_empty_box_is_not_free() -> None:
    assert not manager().is_free((5, 5, 5, 9), np.zeros((20, 20), bool))
    assert not manager().is_free((25, 5, 30, 9), np.zeros((20, 20), bool))


def test_numbers_start_at_one_and_are_never_used_again() -> None:
    some = live(2)
    for _ in range(25):
        some.observe({1: 0.0, 2: 0.0})
    assert some.ended(np.zeros((2, 2)), [1, 2]) == {1: EndReason.LOST, 2: EndReason.LOST}
    assert some.add(0, 9.0) == 3
    again = manager()
    again.restore(some.snapshot())
    assert again.add(0, 9.0) == 4


# -- duplicates ------------------------------------------------------------------------------------------------------

def pair(age: int, hidden: int | None = None) -> TrajectoryManager:
    """Track 1 is old, track 2 ``age`` frames old and hidden so many frames ago."""
    two = alone()
    for _ in range(30):
        two.observe({1: 9.0})
    two.add(0, 9.0)
    for k in range(age, -1, -1):
        if hidden == k:
            two.hide(2)
        if k:
            two.observe({1: 9.0, 2: 9.0})
    return two


def coinciding(iou: float) -> np.ndarray:
    return np.array([[1.0, iou], [iou, 1.0]])


@pytest.mark.parametrize(("iou", "age", "hidden", "ends"), [
    (0.96, 0, None, True), (0.96, 5, None, True), (0.96, 6, None, False), (0.95, 0, None, False),
    (0.99, 3, 0, False), (0.99, 3, 2, False), (0.99, 5, 5, False)])
def test_the_younger_of_two_coinciding_masks_ends(iou: float, age: int, hidden: int | None, ends: bool) -> None:
    assert pair(age, hidden).ended(coinciding(iou), [1, 2]) == ({2: EndReason.DUPLICATE} if ends else {})


@pytest.mark.parametrize(("ago", "protected"), [(0, True), (25, True), (26, False)])
def test_grace_of_a_hidden_track_lasts_25_frames(ago: int, protected: bool) -> None:
    two = manager(TrajectorySettings(duplicate_age=100))
    two.observe({})
    two.add(0, 9.0)
    two.add(0, 9.0)
    two.hide(2)
    for _ in range(ago):
        two.observe({1: 9.0, 2: 9.0})
    assert (two.ended(coinciding(1.0), [1, 2]) == {}) is protected


def test_of_twins_the_higher_number_ends_whatever_their_order() -> None:
    assert live(2).ended(coinciding(0.99), [2, 1]) == {2: EndReason.DUPLICATE}


def test_the_double_of_a_track_that_ends_itself_stays() -> None:
    two = pair(3)
    two.live[1].lost = 25
    assert two.ended(coinciding(0.99), [1, 2]) == {1: EndReason.LOST}
    three = live(3)
    assert three.ended(np.ones((3, 3)), [1, 2, 3]) == {2: EndReason.DUPLICATE, 3: EndReason.DUPLICATE}


def coinciding_for(frames: int, iou: float, hidden: tuple[int, ...] = (), apart: tuple[int, ...] = (),
                   settings: TrajectorySettings = DEFAULTS) -> list[int]:
    """Return the frames in which an old track 2 ends that coincides with track 1."""
    two = live(2, settings=settings)
    for _ in range(40):
        two.observe({1: 9.0, 2: 9.0})
    ends = []
    for k in range(1, frames + 1):
        two.observe(dict.fromkeys(two.live, 9.0))
        if k in hidden:
            two.hide(2)
        ends += [k] * len(two.ended(coinciding(0.0 if k in apart else iou), [1, 2]))
        if ends:
            assert list(two.live) == [1], "the younger ends"
            break
    return ends


@pytest.mark.parametrize(("iou", "ends"), [(0.99, [5]), (0.81, [5]), (0.8, []), (0.3, [])])
def test_a_double_ends_whatever_its_age(iou: float, ends: list[int]) -> None:
    assert coinciding_for(60, iou) == ends
    assert coinciding_for(60, iou, settings=PAPER) == []


def test_frames_in_which_one_is_occluded_do_not_count() -> None:
    assert coinciding_for(60, 0.9, hidden=tuple(range(1, 61))) == [], "hidden, not double"
    assert coinciding_for(60, 0.9, hidden=(1, 2, 4)) == [8]


def test_a_frame_apart_starts_the_count_of_a_double_again() -> None:
    assert coinciding_for(60, 0.9, apart=(5,)) == [10]


def test_the_gap_between_reprompts_is_in_the_snapshot() -> None:
    some = live(1)
    some.observe({1: 7.0})
    some.reprompt(1)
    again = manager()
    again.restore(json.loads(json.dumps(some.snapshot())))
    chosen = []
    for _ in range(5):
        again.observe({1: 7.0})
        chosen.append(again.to_reprompt({1: Match(0, 0.9)}, {1: 7.0}, np.zeros(1, np.int32)))
    assert chosen == [{}, {}, {}, {}, {1: 0}]


def test_the_count_of_a_double_is_in_the_snapshot() -> None:
    two = live(2, settings=TrajectorySettings(duplicate_age=0))
    for _ in range(4):
        two.observe({1: 9.0, 2: 9.0})
        assert two.ended(coinciding(0.9), [1, 2]) == {}
    again = manager()
    again.restore(json.loads(json.dumps(two.snapshot())))
    again.observe({1: 9.0, 2: 9.0})
    assert again.ended(coinciding(0.9), [1, 2]) == {2: EndReason.DUPLICATE}


def test_a_double_of_a_track_that_ends_itself_stays() -> None:
    two = live(2, settings=TrajectorySettings(duplicate_age=0, double_frames=1))
    two.live[1].lost = 25
    two.observe({1: 0.0, 2: 9.0})
    assert two.ended(coinciding(0.9), [1, 2]) == {1: EndReason.LOST}


# -- hidden tracks ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("reprompt_hidden", "ago", "chosen"), [(True, 1, True), (False, 1, False), (False, 2, True)])
def test_a_track_hidden_in_the_frame_before_may_be_left_without_a_prompt(reprompt_hidden: bool, ago: int,
                                                                         chosen: bool) -> None:
    some = manager(TrajectorySettings(reprompt_hidden=reprompt_hidden))
    some.observe({})
    some.add(0, 9.0)
    some.hide(1)
    for _ in range(ago):
        some.observe({1: 7.0})
    assert some.to_reprompt({1: Match(0, 0.9)}, {1: 7.0}, np.zeros(1, np.int32)) == ({1: 0} if chosen else {})


@pytest.mark.parametrize(("max_hidden", "seen_in", "ends"), [
    (None, (), False), (4, (), True), (5, (), False), (4, (2,), False), (1, (3,), False)])
def test_a_track_that_stays_hidden_may_end(max_hidden: int | None, seen_in: tuple[int, ...], ends: bool) -> None:
    some = manager(TrajectorySettings(max_hidden=max_hidden))
    some.observe({})
    some.add(0, 9.0)
    some.add(0, 9.0)
    for k in range(4):
        some.observe({1: 9.0, 2: 9.0})
        if k not in seen_in:
            some.hide(1)
    assert some.ended(np.zeros((2, 2)), [1, 2]) == ({1: EndReason.DUPLICATE} if ends else {})


# -- snapshots and settings ------------------------------------------------------------------------------------------

def test_a_snapshot_is_plain_data_and_goes_on_the_same() -> None:
    two = pair(3, hidden=2)
    two.live[1].lost = 24
    state = json.loads(json.dumps(two.snapshot()))
    again = manager()
    again.restore(state)
    for some in (two, again):
        some.observe({1: 0.0, 2: 7.0})
    assert again.snapshot() == two.snapshot()
    assert again.ended(coinciding(0.99), [1, 2]) == two.ended(coinciding(0.99), [1, 2]) == {1: EndReason.LOST}


@pytest.mark.parametrize("wrong", [{"reliable": 5.0}, {"pending": 1.0}, {"suspicious": 6.0}, {"match_iou": 1.5},
                                   {"uncovered": -0.1}, {"duplicate_iou": 2}, {"max_lost": 0}, {"max_hidden": 0},
                                   {"uncovered_mask": 1.1}, {"double_iou": -1}, {"double_frames": 0},
                                   {"reprompt_gap": 0},
                                   {"match_giou": -1.1}, {"ambiguity_margin": -0.1}, {"ambiguity_margin": math.nan}])
def test_settings_out_of_range_are_told_in_one_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        TrajectorySettings(**wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("distance", [-0.1, math.nan])
def test_a_distance_of_specks_is_at_least_zero(distance: float) -> None:
    with pytest.raises(SettingsError, match="speck_distance"):
        Sam2MotSettings(speck_distance=distance)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_a_detection_threshold_is_a_share(threshold: float) -> None:
    with pytest.raises(SettingsError, match="det_threshold"):
        Sam2MotSettings(det_threshold=threshold)

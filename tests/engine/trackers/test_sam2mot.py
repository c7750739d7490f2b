"""The per-frame loop of SAM2MOT, with a segmenter that says what each test tells it to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.engine.settings import BoxFrom, InteractionSettings, Sam2MotSettings, TrajectorySettings
from annotator.engine.trackers.sam2mot import Sam2Mot
from annotator.errors import SettingsError
from annotator.model.box import Box
from annotator.model.frame import Detections, EndReason, Evidence, Frame, FrameResult, TrackedObject, TrackState
from tests.engine.fake_segmenter import SIDE, FakeSegmenter, Say

A: Box = (4.0, 4.0, 20.0, 20.0)
B: Box = (40.0, 40.0, 60.0, 60.0)
C: Box = (40.0, 4.0, 56.0, 20.0)
NOTHING = Detections.empty()
IMAGE = np.zeros((SIDE, SIDE, 3), np.uint8)


def found(*boxes: Sequence[float], scores: Sequence[float] | None = None, labels: Sequence[int] | None = None,
          ) -> Detections:
    return Detections.of(boxes, scores or [0.9] * len(boxes), labels)


class Video:
    """Runs a tracker frame by frame."""

    def __init__(self, segmenter: FakeSegmenter | None = None, settings: Sam2MotSettings | None = None) -> None:
        self.segmenter = segmenter or FakeSegmenter()
        self.tracker = Sam2Mot(self.segmenter, SIDE, SIDE, 100, settings)
        self.next = 0

    def step(self, detections: Detections = NOTHING) -> FrameResult:
        self.next += 1
        return self.tracker.step(Frame(self.next - 1, IMAGE, 0.0), detections)


def by_number(result: FrameResult) -> dict[int, TrackedObject]:
    return {item.tracklet: item for item in result.objects}


def numbers(result: FrameResult) -> list[int]:
    return [item.tracklet for item in result.objects]


# -- addition --------------------------------------------------------------------------------------------------------

def test_a_video_that_starts_empty() -> None:
    video = Video()
    assert video.step().objects == ()
    assert video.step(found(A, scores=[0.2])).objects == ()
    born = video.step(found(A))
    assert numbers(born) == [1]
    assert by_number(born)[1].box_xyxy == A
    assert by_number(born)[1].evidence == Evidence(10.0, 0.75, 0, 1.0, prompted=True)


def test_the_first_frame_is_addition_with_nothing_live() -> None:
    video = Video()
    first = video.step(found(B, A, C, scores=[0.6, 0.9, 0.7], labels=[3, 1, 2]))
    assert [(item.tracklet, item.box_xyxy, item.label, item.evidence.detection) for item in first.objects] == \
        [(1, A, 1, 1), (2, C, 2, 2), (3, B, 3, 0)], "the best first"
    assert sorted(video.segmenter.memorised) == [(0, 1, True), (0, 2, True), (0, 3, True)]


def test_an_object_is_followed_without_detections() -> None:
    video = Video()
    video.step(found(A))
    moved = (10.0, 4.0, 26.0, 20.0)
    video.segmenter.tracked[1, 1] = Say(9.0, moved)
    for _ in range(3):
        result = video.step()
    item = by_number(result)[1]
    assert item.box_xyxy == moved
    assert item.mask is not None
    assert item.mask.area() == 16 * 16
    assert item.evidence == Evidence(10.0, 0.75)
    assert item.score == pytest.approx(1 / (1 + np.exp(-10)))


def test_a_matched_detection_starts_nothing_and_is_evidence() -> None:
    video = Video()
    video.step(found(A))
    near = (6.0, 4.0, 22.0, 20.0)
    result = video.step(found(B, near, scores=[0.1, 0.8]))
    assert numbers(result) == [1]
    assert by_number(result)[1].box_xyxy == A, "the box is the mask's and never the detector's"
    assert by_number(result)[1].evidence.detection == 1, "counted among all detections, weak ones included"
    assert by_number(result)[1].evidence.detection_iou == pytest.approx(14 / 18)


@pytest.mark.parametrize(("box_from", "expected"), [
    ("mask", A), ("detection", (6.0, 4.0, 22.0, 20.0)),
    ("fused", (5.0, 4.0, 21.0, 20.0)),  # the fake segmenter expects an IoU of 0.75
])
def test_the_box_may_come_from_the_matched_detection(box_from: str, expected: Box) -> None:
    video = Video(settings=Sam2MotSettings(box_from=BoxFrom(box_from)))
    video.step(found(A))
    matched = by_number(video.step(found(B, (6.0, 4.0, 22.0, 20.0), scores=[0.1, 0.75])))[1]
    assert matched.box_xyxy == pytest.approx(expected)
    assert matched.mask is not None
    assert matched.mask.box_xyxy == A
    assert by_number(video.step())[1].box_xyxy == A, "nothing matches"


def test_where_the_box_comes_from_is_given_in_words() -> None:
    assert Sam2MotSettings(box_from="fused").box_from is BoxFrom.FUSED  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="box_from is both: give mask, detection, fused"):
        Sam2MotSettings(box_from="both")  # type: ignore[arg-type]


@pytest.mark.parametrize("box_from", list(BoxFrom))
def test_a_detections_box_is_cut_at_the_frame(box_from: BoxFrom) -> None:
    video = Video(settings=Sam2MotSettings(box_from=box_from))
    [item] = video.step(found((-9.0, 4.0, 20.0, 20.0))).objects
    assert item.box_xyxy is not None
    assert item.box_xyxy[0] >= 0


@pytest.mark.parametrize(("shift", "added"), [(16.0, True), (12.0, True), (10.0, False), (0.0, False)])
def test_an_unmatched_detection_needs_room(shift: float, added: bool) -> None:
    """Of another class, so that it cannot match: only the share that the live mask leaves free decides."""
    video = Video()
    video.step(found(A))
    other = (A[0] + shift, A[1], A[2] + shift, A[3])
    assert ((len(numbers(video.step(found(other, labels=[1]))))) == 2) is added


def test_two_candidates_of_one_frame_cover_each_other() -> None:
    inside = (6.0, 6.0, 20.0, 20.0)
    result = Video().step(found(inside, A, B, scores=[0.8, 0.9, 0.7]))
    assert [item.box_xyxy for item in result.objects] == [A, B]


def test_the_mask_covers_and_not_the_prompt() -> None:
    video = Video()
    video.segmenter.prompted[0, A] = Say(9.0, (4.0, 4.0, 8.0, 8.0))
    inside = (6.0, 6.0, 20.0, 20.0)
    result = video.step(found(A, inside, scores=[0.9, 0.8]))
    assert numbers(result) == [1, 2]
    overlap = 4 * 4 / (16 * 16)
    assert by_number(result)[1].evidence.detection_iou == pytest.approx(overlap), "a birth can disagree with its box"


@pytest.mark.parametrize(("score", "there"), [(1.5, True), (0.1, True), (0.0, False), (-2.0, False)])
def test_a_lost_objects_mask_matches_and_covers_while_its_score_is_positive(score: float, there: bool) -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(score)
    inside = (6.0, 6.0, 20.0, 20.0)
    result = video.step(found(A, inside, scores=[0.9, 0.8]))
    lost = by_number(result)[1]
    assert (lost.state, lost.box_xyxy, lost.mask) == (TrackState.LOST, None, None), "the result does not have it"
    assert lost.evidence.detection == (0 if there else None)
    assert numbers(result) == ([1] if there else [1, 2])


def test_before_that_rule_a_lost_object_neither_matched_nor_covered() -> None:
    """A second number, unless the masks coincide on the grid: that one would end in its first frame."""
    near = (4.0, 4.0, 20.0, 18.0)
    settings = Sam2MotSettings(trajectories=TrajectorySettings(present=None))
    video = Video(settings=settings)
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(1.5)
    assert numbers(video.step(found(near))) == [1, 2]


@pytest.mark.parametrize("shape", [None, (4.0, 4.0, 20.0, 18.0)])
def test_an_object_whose_score_dips_keeps_its_number(shape: Box | None) -> None:
    """Every sixth frame its score is that of a lost one, and its detection is always there."""
    video = Video()
    video.step(found(A))
    shown: set[int] = set()
    for t in range(1, 61):
        video.segmenter.tracked[t, 1] = Say(1.8 if t % 6 == 0 else 9.0)
        shown |= set(numbers(video.step(found(shape or A))))
    assert shown == {1}
    assert numbers(video.step(found(C))) == [1, 2], "and takes no number from others"


@pytest.mark.parametrize("scores", [(0.9, 0.8), (0.8, 0.9)])
def test_a_loose_box_around_a_tracked_object_starts_no_track(scores: tuple[float, float]) -> None:
    loose, tight = (2.0, 2.0, 44.0, 44.0), (4.0, 4.0, 18.0, 18.0)
    video = Video()
    video.step(found(tight))
    for t in range(1, 31):
        video.segmenter.prompted[t, loose] = Say(10.0, tight)
        assert numbers(video.step(found(tight, loose, scores=scores))) == [1]
    assert numbers(video.step(found(tight, B))) == [1, 2], "no number was taken"


@pytest.mark.parametrize(("width", "added"), [(14.0, False), (26.0, False), (30.0, True)])
def test_a_new_objects_mask_lies_mostly_where_no_other_does(width: float, added: bool) -> None:
    """Its box is free enough in each case; its mask covers the tracked object's, which is 14 pixels wide."""
    loose, tight = (2.0, 2.0, 44.0, 44.0), (4.0, 4.0, 18.0, 18.0)
    paper = Sam2MotSettings.paper()
    for rules, expected in ((None, added), (paper, width > 14)):
        video = Video(settings=rules)
        video.step(found(tight))
        video.segmenter.prompted[1, loose] = Say(10.0, (4.0, 4.0, 4.0 + width, 18.0))
        assert (numbers(video.step(found(tight, loose))) == [1, 2]) is expected


def test_two_candidates_with_one_mask_are_one_object() -> None:
    loose = (2.0, 2.0, 44.0, 44.0)
    video = Video()
    video.segmenter.prompted[0, loose] = Say(10.0, A)
    assert numbers(video.step(found(loose, A, scores=[0.9, 0.8]))) == [1]
    other = Video()
    other.segmenter.prompted[0, loose] = Say(10.0, A)
    assert numbers(other.step(found(loose, A, scores=[0.8, 0.9]))) == [1]


def test_a_track_that_would_end_in_its_first_frame_is_never_told_of() -> None:
    """Also by the paper's rules, where lost objects do not cover."""
    video = Video(settings=Sam2MotSettings.paper())
    video.step(found(A))
    for t in range(1, 10):
        video.segmenter.tracked[t, 1] = Say(1.5)
        result = video.step(found(A))
        assert (numbers(result), result.ended) == ([1], ())
    hiding = Sam2MotSettings(trajectories=TrajectorySettings(uncovered=0.0, uncovered_mask=0.0, max_hidden=1),
                             interaction=InteractionSettings(before_reprompts=False, show_hidden=False))
    video = Video(settings=hiding)
    video.step(found(A))
    near = (4.0, 4.0, 20.0, 18.0)
    video.segmenter.prompted[1, near] = Say(3.0)
    result = video.step(found(A, near, labels=[0, 1]))
    assert result.ended == ()
    assert by_number(result)[2].box_xyxy == near


@pytest.mark.parametrize("box", [
    (np.nan, 4, 20, 20), (4, 4, np.inf, 20), (20, 4, 4, 20), (-30, 4, -2, 20), (70, 70, 90, 90), (4, 4, 5.5, 30)])
def test_impossible_detections_are_passed_over(box: Box) -> None:
    video = Video()
    result = video.step(found(box, A))
    assert [item.box_xyxy for item in result.objects] == [A]
    assert by_number(result)[1].evidence.detection == 1
    assert len(result.detections) == 2, "and kept as they came"


def test_a_score_that_is_no_number_is_passed_over() -> None:
    assert Video().step(found(A, scores=[float("nan")])).objects == ()


def test_prompts_are_cut_at_the_pictures_edge() -> None:
    result = Video().step(found((50.0, 50.0, 90.0, 90.0)))
    assert by_number(result)[1].box_xyxy == (50.0, 50.0, 64.0, 64.0)


@pytest.mark.parametrize(("score", "used"), [(0.3, False), (0.39, False), (0.4, True), (0.9, True)])
def test_the_detection_threshold_is_one_for_all_uses(score: float, used: bool) -> None:
    video = Video(settings=Sam2MotSettings(det_threshold=0.4))
    weak = video.step(found(A, scores=[float(np.float32(score))]))
    assert bool(weak.objects) is used
    assert len(weak.detections) == 1
    video.step(found(B))
    number = video.tracker._manager._next_number - 1
    video.segmenter.tracked[2, number] = Say(7.0)
    again = by_number(video.step(found(B, scores=[float(np.float32(score))])))[number]
    assert again.evidence.reprompted is used
    assert (again.evidence.detection is not None) is used


# -- states and removal ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("score", "state"), [(8.5, TrackState.RELIABLE), (6.5, TrackState.PENDING),
                                              (4.0, TrackState.SUSPICIOUS), (2.0, TrackState.LOST),
                                              (-3.0, TrackState.LOST)])
def test_states_and_boxes(score: float, state: TrackState) -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(score)
    item = by_number(video.step())[1]
    assert item.state is state
    assert item.evidence.score_logit == score
    assert (item.box_xyxy is None) == (item.mask is None) == (state is TrackState.LOST)
    assert 0 <= item.score <= 1


def test_a_track_ends_with_its_25th_lost_frame() -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked |= {(t, 1): Say(0.5) for t in range(1, 99)}
    results = [video.step() for _ in range(25)]
    assert all(result.ended == () and numbers(result) == [1] for result in results[:-1])
    assert results[-1].ended == ((1, EndReason.LOST),)
    assert numbers(results[-1]) == [1], "it is still told of in the frame that it ends with"
    assert video.segmenter.forgotten == [1]
    assert video.step().objects == ()
    assert numbers(video.step(found(A))) == [2], "numbers are never used again"


def test_a_lost_track_that_comes_back_goes_on_under_its_number() -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked |= {(t, 1): Say(-5.0) for t in range(1, 25)}
    for _ in range(24):
        video.step()
    back = video.step(found(A))
    assert numbers(back) == [1]
    assert by_number(back)[1].box_xyxy == A
    video.segmenter.tracked |= {(t, 1): Say(-5.0) for t in range(26, 50)}
    assert all(video.step().ended == () for _ in range(24)), "the count began anew"


def test_suspicious_frames_neither_count_nor_forgive() -> None:
    video = Video(settings=Sam2MotSettings(trajectories=TrajectorySettings(max_lost=3)))
    video.step(found(A))
    for t, score in enumerate((0.0, 3.0, 0.0, 6.0, 0.0), 1):
        video.segmenter.tracked[t, 1] = Say(score)
    assert [video.step().ended for _ in range(5)] == [(), (), (), (), ((1, EndReason.LOST),)]


# -- quality reconstruction ------------------------------------------------------------------------------------------

NEAR: Box = (6.0, 4.0, 22.0, 20.0)


@pytest.mark.parametrize(("score", "anew"), [(8.5, False), (7.0, True), (5.0, False), (1.0, False)])
def test_a_pending_track_is_prompted_anew(score: float, anew: bool) -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(score)
    video.segmenter.prompted[1, NEAR] = Say(12.0)
    item = by_number(video.step(found(NEAR)))[1]
    assert item.evidence.reprompted is anew
    assert not item.evidence.prompted
    assert video.segmenter.memorised.count((1, 1, True)) == anew
    assert video.segmenter.writers(1).count(1) == 1, "one memory, of the fresh mask where there is one"
    if anew:
        assert item.box_xyxy == NEAR
        assert item.state is TrackState.RELIABLE
        assert item.evidence == Evidence(12.0, 0.75, 0, 1.0, reprompted=True)


def test_not_from_another_class_and_not_without_a_detection() -> None:
    for detections in (NOTHING, found(NEAR, labels=[1]), found(B)):
        video = Video()
        video.step(found(A))
        video.segmenter.tracked[1, 1] = Say(7.0)
        assert not by_number(video.step(detections))[1].evidence.reprompted
    video = Video(settings=Sam2MotSettings(trajectories=TrajectorySettings(match_labels=False)))
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(7.0)
    item = by_number(video.step(found(NEAR, labels=[1])))[1]
    assert (item.evidence.detection, item.evidence.reprompted) == (0, False)


@pytest.mark.parametrize(("gap", "frames"), [(5, [1, 6, 11]), (1, list(range(1, 13))), (7, [1, 8])])
def test_a_track_is_prompted_anew_only_after_a_gap(gap: int, frames: list[int]) -> None:
    video = Video(settings=Sam2MotSettings(trajectories=TrajectorySettings(reprompt_gap=gap)))
    video.step(found(A))
    video.segmenter.tracked |= {(t, 1): Say(7.0) for t in range(1, 13)}
    assert [t for t in range(1, 13) if by_number(video.step(found(NEAR)))[1].evidence.reprompted] == frames
    assert TrajectorySettings().reprompt_gap == 5


def test_a_discarded_reprompt_does_not_start_the_gap() -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked |= {(1, 1): Say(7.0), (2, 1): Say(7.0)}
    video.segmenter.prompted[1, NEAR] = Say(1.0)
    assert [by_number(video.step(found(NEAR)))[1].evidence.reprompted for _ in range(2)] == [False, True]


def test_nobody_is_prompted_anew_in_the_ablation_without_reconstruction() -> None:
    video = Video(settings=Sam2MotSettings().without_reconstruction())
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(7.0)
    assert not by_number(video.step(found(NEAR)))[1].evidence.reprompted


def test_only_one_of_two_is_prompted_anew() -> None:
    video = Video()
    video.step(found(A, B))
    video.segmenter.tracked[1, 2] = Say(7.0)
    video.step(found(A, B))
    assert video.segmenter.memorised[2:] == [(1, 1, False), (1, 2, True)]


# -- cross-object interaction ----------------------------------------------------------------------------------------

def absorbed(scores: Mapping[int, float], settings: Sam2MotSettings | None = None) -> tuple[Video, FrameResult]:
    """Two old objects; in frame 10 both masks are B."""
    video = Video(settings=settings)
    for _ in range(10):
        video.step(found(A, B))
    for number, score in scores.items():
        video.segmenter.tracked[10, number] = Say(score, B)
    return video, video.step()


def test_the_hidden_one_does_not_memorise() -> None:
    video, result = absorbed({1: 7.0, 2: 10.0})
    assert by_number(result)[1].evidence.occluded_by == 2
    assert by_number(result)[2].evidence.occluded_by is None
    assert by_number(result)[1].box_xyxy == B, "it is still told of"
    assert video.segmenter.writers(10) == [2]
    assert video.segmenter.writers(9) == [1, 2]
    assert by_number(video.step())[1].box_xyxy == A, "its memory has stayed its own"
    assert video.segmenter.writers(11) == [1, 2]


def test_a_hidden_one_may_be_left_out_of_what_is_shown() -> None:
    settings = Sam2MotSettings(interaction=InteractionSettings(show_hidden=False))
    video, result = absorbed({1: 7.0, 2: 10.0}, settings)
    hidden = by_number(result)[1]
    assert (hidden.box_xyxy, hidden.mask, hidden.evidence.occluded_by) == (None, None, 2)
    assert by_number(result)[2].box_xyxy == B
    assert by_number(video.step())[1].box_xyxy == A, "it is back as soon as it is hidden no more"


@pytest.mark.parametrize("detections", [found(B), found(A, B)])
def test_a_hidden_one_is_not_prompted_on_its_neighbours_body(detections: Detections) -> None:
    """Both masks are B. From memory, 1 is pending and the lower one; a prompt on B would make it the higher one."""
    video = Video()
    for _ in range(10):
        video.step(found(A, B))
    video.segmenter.tracked |= {(10, 1): Say(7.0, B), (10, 2): Say(9.5, B)}
    video.segmenter.prompted[10, B] = Say(14.0, B)
    result = by_number(video.step(found(B)))
    assert not result[1].evidence.reprompted
    assert (result[1].evidence.occluded_by, result[2].evidence.occluded_by) == (2, None)
    assert (result[1].evidence.detection, result[2].evidence.detection) == (None, 0)
    assert video.segmenter.writers(10) == [2]
    after = by_number(video.step(detections))
    assert after[1].box_xyxy == A, "its memory has stayed its own"
    assert after[2].box_xyxy == B


def test_a_match_that_two_objects_share_prompts_neither() -> None:
    """Equal scores and pasts: nothing tells which of the two the detection belongs to."""
    video = Video()
    for _ in range(10):
        video.step(found(A, B))
    video.segmenter.tracked |= {(10, 1): Say(7.0, B), (10, 2): Say(7.0, B)}
    result = video.step(found(B))
    assert not any(item.evidence.reprompted for item in result.objects)


@pytest.mark.parametrize("misled", [Say(14.0, B), Say(1.0, NEAR), Say(14.0, (6.0, 4.0, 6.5, 20.0))])
def test_a_reprompt_that_finds_another_object_or_nothing_is_discarded(misled: Say) -> None:
    video = Video()
    video.step(found(A, B))
    video.segmenter.tracked[1, 1] = Say(7.0)
    video.segmenter.prompted[1, NEAR] = misled
    item = by_number(video.step(found(NEAR, B)))[1]
    assert item.evidence == Evidence(7.0, 0.75, 0, item.evidence.detection_iou)
    assert item.box_xyxy == A
    assert video.segmenter.memorised.count((1, 1, False)) == 1
    assert list(video.tracker._manager.live[1].scores) == [10.0, 7.0]


def test_of_two_reprompts_on_one_object_the_one_that_fits_its_detection_worse_is_discarded() -> None:
    """From memory, 2 has drifted off B, so that only the new masks coincide."""
    video = Video()
    video.step(found(A, B))
    video.segmenter.tracked |= {(1, 1): Say(7.0), (1, 2): Say(7.0, (44.0, 44.0, 64.0, 64.0))}
    video.segmenter.prompted[1, NEAR] = Say(14.0, B)
    result = by_number(video.step(found(NEAR, B)))
    assert [(item.evidence.reprompted, item.box_xyxy) for item in result.values()] == [(False, A), (True, B)]


def test_a_reprompt_where_two_masks_coincided_before_is_kept() -> None:
    """Which of the two is wrong is what the match decides, not the new mask."""
    freely = Sam2MotSettings(trajectories=TrajectorySettings(ambiguity_margin=None))
    video = Video(settings=freely)
    for _ in range(10):
        video.step(found(A, B))
    video.segmenter.tracked |= {(10, 1): Say(7.0, B), (10, 2): Say(7.0, B)}
    assert sum(item.evidence.reprompted for item in video.step(found(B)).objects) == 1


def test_a_reprompts_score_does_not_enter_the_history_of_the_memorys_scores() -> None:
    video = Video()
    video.step(found(A))
    video.segmenter.tracked[1, 1] = Say(7.0)
    video.segmenter.prompted[1, NEAR] = Say(30.0)
    assert by_number(video.step(found(NEAR)))[1].evidence.score_logit == 30.0
    assert list(video.tracker._manager.live[1].scores) == [10.0, 7.0]


def test_equal_scores_and_equal_pasts_decide_nothing() -> None:
    video, result = absorbed({1: 10.0, 2: 10.0})
    assert [item.evidence.occluded_by for item in result.objects] == [None, None]
    assert video.segmenter.writers(10) == [1, 2]


def test_the_higher_variance_is_hidden() -> None:
    """A fall from ten to nine, once in ten frames, is a standard deviation of 0.3."""
    video, result = absorbed({1: 9.0, 2: 10.0})
    assert [item.evidence.occluded_by for item in result.objects] == [2, None]
    assert video.segmenter.writers(10) == [2]


def test_nobody_is_hidden_in_the_ablation_without_interaction() -> None:
    video, result = absorbed({1: 3.0, 2: 10.0}, Sam2MotSettings().without_interaction())
    assert [item.evidence.occluded_by for item in result.objects] == [None, None]
    assert video.segmenter.writers(10) == [1, 2]


def test_a_newborn_memorises_even_where_it_is_hidden() -> None:
    paper = InteractionSettings(before_reprompts=False)
    everything = TrajectorySettings(uncovered=0.0, uncovered_mask=0.0)
    video = Video(settings=Sam2MotSettings(trajectories=everything, interaction=paper))
    video.step(found(A))
    near = (4.0, 4.0, 20.0, 18.0)
    video.segmenter.prompted[1, near] = Say(3.0)
    result = video.step(found(near, labels=[1]))
    assert by_number(result)[2].evidence.prompted
    assert by_number(result)[2].evidence.occluded_by == 1
    assert video.segmenter.writers(1) == [1, 2], "without its first memory there is nothing to follow it by"
    assert video.step().objects[1].box_xyxy == near


def test_a_reprompt_of_a_hidden_one_is_not_memorised() -> None:
    paper = InteractionSettings(score_gap=0.5, before_reprompts=False)
    video = Video(settings=Sam2MotSettings(interaction=paper))
    video.step(found(A, B))
    video.segmenter.tracked[1, 1] = Say(7.0)
    video.segmenter.prompted[1, NEAR] = Say(6.5, B)
    result = video.step(found(NEAR))
    assert by_number(result)[1].evidence == Evidence(6.5, 0.75, 0, 0.0, reprompted=True, occluded_by=2)
    assert video.segmenter.writers(1) == [2]


# -- duplicates ------------------------------------------------------------------------------------------------------

def doubled(age: int) -> tuple[Video, FrameResult]:
    """Object 2, born beside object 1, takes its mask for its own when it is ``age`` frames old."""
    video = Video()
    for _ in range(10):
        video.step(found(A))
    video.step(found(A, B))
    for _ in range(age - 1):
        video.step(found(A, B))
    video.segmenter.tracked[video.next, 2] = Say(10.0, A)
    return video, video.step()


@pytest.mark.parametrize(("age", "ends"), [(1, True), (5, True), (6, False)])
def test_a_young_double_ends(age: int, ends: bool) -> None:
    video, result = doubled(age)
    assert result.ended == (((2, EndReason.DUPLICATE),) if ends else ())
    assert numbers(result) == [1, 2]
    assert video.segmenter.forgotten == ([2] if ends else [])
    assert numbers(video.step()) == ([1] if ends else [1, 2])


@pytest.mark.parametrize("mask", [A, (4.0, 4.0, 20.0, 18.0)])
def test_an_old_double_ends_after_five_frames(mask: Box) -> None:
    """Neither is the hidden one: equal scores, equal pasts."""
    video, _ = doubled(30)
    video.segmenter.tracked |= {(t, 2): Say(10.0, mask) for t in range(video.next - 1, 99)}
    ends = [video.step(found(A)).ended for _ in range(20)]
    assert [end for end in ends if end] == [((2, EndReason.DUPLICATE),)]
    assert numbers(video.step(found(A))) == [1]


def test_a_track_that_was_hidden_lately_is_no_double() -> None:
    video = Video()
    video.step(found(A))
    video.step(found(A, B))
    video.segmenter.tracked |= {(2, 2): Say(7.0, A), (3, 2): Say(10.0, A)}
    hidden, alike = video.step(), video.step()
    assert by_number(hidden)[2].evidence.occluded_by == 1
    assert hidden.ended == alike.ended == ()
    assert numbers(alike) == [1, 2]


# -- the run as a whole ----------------------------------------------------------------------------------------------

def lively(segmenter: FakeSegmenter) -> None:
    """Births, hidden, pending and lost frames, and ends."""
    rng = np.random.default_rng(7)
    for t in range(60):
        for number in range(1, 60):
            score = float(rng.choice([10.0, 7.0, 4.0, 1.0], p=[0.4, 0.2, 0.1, 0.3]))
            segmenter.tracked[t, number] = Say(score, A if rng.random() < 0.1 else None)


def lively_detections(t: int) -> Detections:
    rng = np.random.default_rng(t)
    corner = rng.uniform(-10, 50, (4, 2))
    return found(*np.concatenate([corner, corner + rng.uniform(6, 25, (4, 2))], 1).tolist(),
                 scores=rng.uniform(0.3, 1, 4).tolist(), labels=rng.integers(0, 2, 4).tolist())


@pytest.mark.parametrize("cut", [0, 1, 7, 23])
def test_a_snapshot_in_the_middle_goes_on_with_the_same_results(cut: int) -> None:
    settings = Sam2MotSettings(trajectories=TrajectorySettings(max_lost=4))
    whole = Video(settings=settings)
    lively(whole.segmenter)
    for t in range(cut):
        whole.step(lively_detections(t))
    state = json.loads(json.dumps(whole.tracker.snapshot()))
    expected = [plain(whole.step(lively_detections(t))) for t in range(cut, 40)]
    other = Video(settings=settings)
    lively(other.segmenter)
    other.next = cut
    other.tracker.restore(state)
    assert [plain(other.step(lively_detections(t))) for t in range(cut, 40)] == expected
    seen = [item.tracklet for result in expected for item in result.objects]
    assert len(set(seen)) > 8, "the script is to make many tracks"
    assert any(result.ended for result in expected)


def plain(result: FrameResult) -> FrameResult:
    """Without the detections, whose arrays cannot be compared by ==."""
    return replace(result, detections=NOTHING, objects=tuple(result.objects)) if len(result.detections) else result


def test_results_keep_their_promises() -> None:
    video = Video(settings=Sam2MotSettings(trajectories=TrajectorySettings(max_lost=4)))
    lively(video.segmenter)
    ended: set[int] = set()
    born: set[int] = set()
    for t in range(60):
        detections = lively_detections(t)
        result = video.step(detections)
        assert result.frame_index == t
        assert result.detections is detections
        assert numbers(result) == sorted(set(numbers(result)))
        assert not ended & set(numbers(result)), "an ended track is never told of again"
        new = {item.tracklet for item in result.objects if item.evidence.prompted}
        assert new == set(numbers(result)) - born
        assert not new or min(new) > max(born, default=0)
        born |= new
        ended |= {number for number, _ in result.ended}
        for item in result.objects:
            assert (item.box_xyxy is None) == (item.mask is None)
            assert item.mask is None or item.mask.box_xyxy == item.box_xyxy
            assert item.evidence.detection is None or 0 <= item.evidence.detection < len(detections)
            hidden = item.evidence.occluded_by is not None and not item.evidence.prompted
            assert (item.tracklet in video.segmenter.writers(t)) != hidden
        used = [item.evidence.detection for item in result.objects if item.evidence.detection is not None]
        assert len(used) == len(set(used)), "a detection belongs to one object"
    assert set(video.segmenter.forgotten) == ended


# -- what holds for every script -------------------------------------------------------------------------------------

PLACES: tuple[Box, ...] = (A, B, C, (4.0, 4.0, 20.0, 18.0), (4.0, 40.0, 20.0, 60.0), (2.0, 2.0, 44.0, 44.0))
says = st.builds(Say, st.sampled_from([10.0, 9.0, 7.0, 4.0, 1.5, -3.0]), st.sampled_from([None, None, *PLACES]))
prompt_says = st.builds(Say, st.sampled_from([10.0, 14.0, 7.0, 3.0, 1.0]), st.sampled_from([None, None, *PLACES]))
frames_of_detections = st.lists(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 1)), max_size=4,
                                         unique_by=lambda found: found[0]), min_size=5, max_size=30)


@settings(deadline=None, max_examples=60)
@given(frames_of_detections, st.data())
def test_every_script_keeps_the_tracks_apart(script: list[list[tuple[Box, int]]], data: st.DataObject) -> None:
    """Whatever the segmenter and the detector say: no two tracks stay on one object, no track is told of that died at
    its birth, no hidden track is re-prompted, and numbers have no gaps."""
    segmenter = FakeSegmenter()
    for t in range(len(script)):
        segmenter.tracked |= {(t, number): data.draw(says) for number in range(1, 5)}
        segmenter.prompted |= {(t, box): data.draw(prompt_says) for box in PLACES}
    video = Video(segmenter, Sam2MotSettings(trajectories=TrajectorySettings(max_lost=4)))
    together: dict[tuple[int, int], int] = {}
    shown: set[int] = set()
    for found_now in script:
        result = video.step(found(*[box for box, _ in found_now], labels=[label for _, label in found_now]))
        born = {item.tracklet for item in result.objects if item.evidence.prompted}
        assert not born & dict(result.ended).keys()
        assert all(item.box_xyxy is not None for item in result.objects if item.tracklet in born)
        shown |= {item.tracklet for item in result.objects if item.box_xyxy is not None}
        assert shown == set(range(1, len(shown) + 1))
        assert not any(item.evidence.reprompted and item.evidence.occluded_by for item in result.objects)
        together = {pair: together.get(pair, 0) + 1 for pair in on_one_object(result)}
        assert max(together.values(), default=0) <= 5


def on_one_object(result: FrameResult) -> list[tuple[int, int]]:
    """Return the pairs of tracks with one mask, neither of them hidden."""
    seen = [item for item in result.objects if item.mask is not None and item.evidence.occluded_by is None]
    pairs = [(a, b) for k, a in enumerate(seen) for b in seen[k + 1:]]
    bitmap = {item.tracklet: item.mask.to_bitmap(SIDE, SIDE) for item in seen if item.mask is not None}
    return [(a.tracklet, b.tracklet) for a, b in pairs
            if (bitmap[a.tracklet] & bitmap[b.tracklet]).sum() > 0.85 * (bitmap[a.tracklet] | bitmap[b.tracklet]).sum()]

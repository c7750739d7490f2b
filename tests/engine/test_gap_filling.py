from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from annotator.engine.gap_filling import Gap, Meeting, fill_gaps, frames_to_do, meet
from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from annotator.model.box import Box
from annotator.model.cancel import CancelToken
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.prompt import Prompt
from tests.engine.fake_segmenter import FakeSegmenter, Say
from tests.engine.test_repropagation import FakeReader

SETTINGS = Sam2MotSettings(trajectories=TrajectorySettings(max_lost=3))
LEFT, RIGHT = (10.0, 10.0, 30.0, 30.0), (30.0, 10.0, 50.0, 30.0)
GONE = Say(-10.0)


def between(x: float) -> Box:
    return (x, 10.0, x + 20.0, 30.0)


class Sided(FakeSegmenter):
    """Tracks by frame and direction."""

    def __init__(self, forward: dict[int, Say], backward: dict[int, Say]) -> None:
        super().__init__()
        self._sides = {False: forward, True: backward}

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        super().start(width, height, frame_count, reverse)
        self.tracked = {(frame, 1): say for frame, say in self._sides[reverse].items()}


def fill(segmenter: FakeSegmenter, meetings: list[Meeting] | None = None, cancel: CancelToken | None = None,
         gap: tuple[int, int] = (10, 20)) -> list[FrameResult]:
    gaps = [Gap(1, 0, Prompt(gap[0], LEFT), Prompt(gap[1], RIGHT))]
    return list(fill_gaps(FakeReader(), segmenter, gaps, lambda _: [], cancel or CancelToken(), SETTINGS, meetings))


def lefts(results: Sequence[FrameResult]) -> dict[int, float | None]:
    return {r.frame_index: None if r.objects[0].box_xyxy is None else r.objects[0].box_xyxy[0] for r in results}


def test_both_directions_meet_where_they_agree_best() -> None:
    forward = {frame: Say(box=between(10 + 2 * min(frame - 10, 4))) for frame in range(11, 20)}  # sticks at 14
    backward = {frame: Say(box=between(30 - 2 * min(20 - frame, 8))) for frame in range(11, 20)}  # sticks at 12
    meetings: list[Meeting] = []
    found = lefts(fill(Sided(forward, backward), meetings))
    assert list(found) == list(range(11, 20))
    [meeting] = meetings
    assert meeting.frame in (13, 14)
    assert meeting.agreement > 0.85
    assert {frame: left for frame, left in found.items() if frame != 14} == {
        frame: 10 + 2 * (frame - 10) for frame in range(11, 20) if frame != 14}


def test_where_one_direction_is_lost_the_other_counts() -> None:
    forward = {frame: Say(box=LEFT) if frame < 13 else GONE for frame in range(11, 20)}
    backward = {frame: Say(box=RIGHT) for frame in range(11, 20)}
    assert lefts(fill(Sided(forward, backward))) == {11: 10, 12: 10} | dict.fromkeys(range(13, 20), 30)
    meetings: list[Meeting] = []
    gone = dict.fromkeys(range(11, 20), GONE)
    assert set(lefts(fill(Sided(gone, gone), meetings)).values()) <= {None}
    assert meetings[0].agreement == 0


def test_a_direction_that_arrives_at_the_other_mask_is_trusted_further() -> None:
    def block(left: int) -> Mask:
        return Mask.from_bitmap(np.ones((20, 20), bool), left, 10)

    def things(lefts: dict[int, int]) -> dict[int, TrackedObject]:
        return {frame: TrackedObject(1, 0, TrackState.RELIABLE, 0.9, block(left).box_xyxy, block(left),
                                     Evidence(9.0, 0.9)) for frame, left in lefts.items()}

    gap = Gap(1, 0, Prompt(10, mask=block(0)), Prompt(20, mask=block(20)))
    steady = things({frame: 2 * (frame - 10) for frame in range(11, 20)})
    astray = things(dict.fromkeys(range(11, 20), 40))
    assert meet(gap, steady, astray).frame >= 17
    assert meet(gap, astray, steady).frame <= 12
    assert meet(gap, steady, steady).frame in (14, 15)


def test_each_direction_remembers_its_far_end_first() -> None:
    segmenter = FakeSegmenter()
    gap = Gap(1, 0, Prompt(10, LEFT), Prompt(20, RIGHT))
    list(fill_gaps(FakeReader(), segmenter, [gap], lambda _: [], CancelToken(), SETTINGS, far_memory=True))
    prompted = [(frame, number) for frame, number, from_prompt in segmenter.memorised if from_prompt]
    assert prompted == [(20, 1), (10, 1), (10, 1), (20, 1)]


@pytest.mark.parametrize(("gap", "frames"), [((3, 4), []), ((3, 5), [4])])
def test_short_gaps(gap: tuple[int, int], frames: list[int]) -> None:
    assert list(lefts(fill(FakeSegmenter(), gap=gap))) == frames
    assert frames_to_do([Gap(1, 0, Prompt(gap[0], LEFT), Prompt(gap[1], RIGHT))]) == 2 * len(frames)


def test_cancelling_keeps_what_the_forward_direction_found() -> None:
    cancel = CancelToken()

    class Stopping(FakeSegmenter):
        def encode(self, frame: object) -> int:
            index: int = super().encode(frame)  # type: ignore[arg-type]
            if index == 14:
                cancel.cancel()
            return index

    assert list(lefts(fill(Stopping(), cancel=cancel))) == [11, 12, 13, 14]

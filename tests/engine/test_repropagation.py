from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from annotator.engine.prompting import FramePrompter
from annotator.engine.repropagation import Neighbour, PromptedObject, frames_to_do, repropagate
from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import OUTSIDE_RUN, Frame, FrameResult, Image, TrackState
from annotator.model.mask import Mask
from annotator.model.prompt import Point, Prompt
from annotator.video.reader import VideoReader
from tests.engine.fake_segmenter import SIDE, FakeSegmenter, Say

BOX = (10.0, 10.0, 30.0, 30.0)
ELSEWHERE = (40.0, 40.0, 60.0, 60.0)
SETTINGS = Sam2MotSettings(trajectories=TrajectorySettings(max_lost=3))


class FakeReader(VideoReader):
    """Thirty empty pictures."""

    def __init__(self) -> None:
        info: Any = type("FakeInfo", (), {"frame_count": 30, "name": "fake", "times": np.arange(30) / 25.0,
                                          "width": SIDE, "height": SIDE})()
        super().__init__(info, [])
        self.read_indices: list[int] = []

    def _picture(self, index: int) -> Image:
        self.read_indices.append(index)
        return np.zeros((SIDE, SIDE, 3), np.uint8)

    def duplicate(self) -> FakeReader:
        return FakeReader()


def prompted(number: int, *frames: int, first: int, last: int, box: tuple[float, float, float, float] = BOX,
             ) -> PromptedObject:
    return PromptedObject(number, 0, tuple(Prompt(frame, box) for frame in frames), first, last)


def run(objects: Sequence[PromptedObject], segmenter: FakeSegmenter | None = None,
        neighbours: dict[int, list[Neighbour]] | None = None) -> list[FrameResult]:
    around = neighbours or {}
    return list(repropagate(FakeReader(), segmenter or FakeSegmenter(), objects, lambda frame: around.get(frame, []),
                            CancelToken(), SETTINGS))


def frames_of(results: Sequence[FrameResult], number: int) -> list[int]:
    return [r.frame_index for r in results for o in r.objects if o.tracklet == number]


@pytest.mark.parametrize(("first", "last", "expected"), [
    (10, 14, [10, 11, 12, 13, 14]), (7, 10, [10, 9, 8, 7]), (8, 12, [10, 9, 8, 11, 12]), (10, 10, [10])])
def test_an_object_is_followed_between_its_barriers_and_seen_once_in_each_frame(first: int, last: int,
                                                                              expected: list[int]) -> None:
    objects = [prompted(1, 10, first=first, last=last)]
    results = run(objects)
    assert frames_of(results, 1) == expected
    assert len(results) <= frames_to_do(objects) <= len(expected) + 1
    flags = {r.frame_index: o.evidence.prompted for r in results for o in r.objects}
    assert [frame for frame, flag in flags.items() if flag] == [10]
    assert all(o.box_xyxy == BOX and o.mask is not None for r in results for o in r.objects)


@pytest.mark.parametrize(("first", "last"), [(0, 25), (0, 20), (10, 25)])
def test_what_lies_between_two_prompts_is_gone_through_once(first: int, last: int) -> None:
    segmenter = FakeSegmenter()
    found = frames_of(run([prompted(1, 10, 20, first=first, last=last)], segmenter), 1)
    assert sorted(found) == list(range(first, last + 1))
    assert {10, 20} <= {frame for frame, _, from_prompt in segmenter.memorised if from_prompt}


def test_objects_of_one_batch_enter_at_their_own_prompts_and_gaps_between_them_are_not_read() -> None:
    reader = FakeReader()
    objects = [prompted(1, 2, first=2, last=5), prompted(2, 4, first=3, last=6, box=ELSEWHERE),
               prompted(3, 20, first=20, last=22)]
    results = list(repropagate(reader, FakeSegmenter(), objects, lambda _: [], CancelToken(), SETTINGS))
    assert [sorted(frames_of(results, n)) for n in (1, 2, 3)] == [[2, 3, 4, 5], [3, 4, 5, 6], [20, 21, 22]]
    assert set(reader.read_indices) == {2, 3, 4, 5, 6, 20, 21, 22}
    assert [r.frame_index for r in results] == [4, 3, 2, 3, 4, 5, 6, 20, 21, 22]


def test_an_object_that_is_lost_for_long_is_not_followed_further() -> None:
    segmenter = FakeSegmenter(tracked={(frame, 1): Say(-5.0) for frame in range(14, 30)})
    results = run([prompted(1, 10, first=10, last=29)], segmenter)
    assert frames_of(results, 1) == list(range(10, 17))
    assert [o.state for r in results[4:] for o in r.objects] == [TrackState.LOST] * 3
    assert segmenter.forgotten == [1]
    found_again = FakeSegmenter(tracked={(frame, 1): Say(-5.0) for frame in (14, 15)})
    assert frames_of(run([prompted(1, 10, first=10, last=29)], found_again), 1) == list(range(10, 30))


def test_a_neighbour_that_absorbs_the_object_keeps_it_from_memorising() -> None:
    stored = Mask.from_bitmap(np.ones((20, 20), bool), 10, 10)
    segmenter = FakeSegmenter(tracked={(frame, 1): Say(5.0) for frame in (12, 13)})
    around = {frame: [Neighbour(7, BOX, stored, 20.0), Neighbour(8, ELSEWHERE, None, 20.0)] for frame in (12, 13)}
    results = run([prompted(1, 10, first=10, last=15)], segmenter, around)
    hidden = {r.frame_index: o.evidence.occluded_by for r in results for o in r.objects}
    assert hidden == {10: None, 11: None, 12: OUTSIDE_RUN, 13: OUTSIDE_RUN, 14: None, 15: None}
    assert [frame for frame, _, _ in segmenter.memorised] == [10, 11, 14, 15]
    weaker = {12: [Neighbour(7, BOX, None, 1.0)]}
    strong = FakeSegmenter()
    run([prompted(1, 10, first=10, last=15)], strong, weaker)
    assert len(strong.memorised) == 6


def test_prompted_objects_compete_with_each_other() -> None:
    segmenter = FakeSegmenter(tracked={(12, 1): Say(10.0, BOX), (12, 2): Say(4.0, BOX)})
    results = run([prompted(1, 10, first=10, last=13), prompted(2, 10, first=10, last=13, box=ELSEWHERE)], segmenter)
    at_12 = {o.tracklet: o.evidence.occluded_by for r in results if r.frame_index == 12 for o in r.objects}
    assert at_12 == {1: None, 2: 1}
    assert segmenter.writers(12) == [1]


def test_where_the_segmenter_sees_nothing_the_persons_box_stands() -> None:
    segmenter = FakeSegmenter(prompted={(10, BOX): Say(-5.0)})
    [result] = run([prompted(1, 10, first=10, last=10)], segmenter)
    [thing] = result.objects
    assert (thing.box_xyxy, thing.mask, thing.state) == (BOX, None, TrackState.SUSPICIOUS)


def test_cancelling_stops_at_a_frame() -> None:
    cancel = CancelToken()
    seen = []
    for result in repropagate(FakeReader(), FakeSegmenter(), [prompted(1, 10, first=5, last=20)], lambda _: [], cancel,
                              SETTINGS):
        seen.append(result.frame_index)
        if len(seen) == 3:
            cancel.cancel()
    assert seen == [10, 9, 8]


def test_a_paused_frame_is_encoded_once_for_all_its_prompts() -> None:
    class CountingSegmenter(FakeSegmenter):
        encoded = 0

        def encode(self, frame: Frame) -> int:
            self.encoded += 1
            return super().encode(frame)

    segmenter = CountingSegmenter()
    prompter = FramePrompter(segmenter, SIDE, SIDE)
    frame = Frame(3, np.zeros((SIDE, SIDE, 3), np.uint8), 0.0)
    for _ in range(2):
        prompter.look_at(frame)
        seen = prompter.ask({1: Prompt(3, BOX), 2: Prompt(3, ELSEWHERE, (Point(45, 45), Point(50, 50, False)))})
        assert [seen[n].mask.box_xyxy for n in (1, 2)] == [BOX, ELSEWHERE]
    assert (segmenter.encoded, segmenter.memorised) == (1, [])
    with pytest.raises(ValueError, match="prompt for frame 4 while frame 3"):
        prompter.ask({1: Prompt(4, BOX)})

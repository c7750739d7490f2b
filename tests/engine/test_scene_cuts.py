"""Cuts: found where they are and nowhere else, the same wherever a run goes on, and crossed by no tracklet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator.engine.scene_cuts import CutFinder, in_shots, warm_up
from annotator.engine.settings import SceneCutSettings
from annotator.engine.trackers.sam2mot import Sam2Mot
from annotator.engine.tracking import CutPlan, track
from annotator.errors import SettingsError, VideoError
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, EndReason, Frame, FrameResult, Image
from annotator.video import open_video
from annotator.video.reader import VideoReader
from tests.engine.fake_segmenter import SIDE, FakeSegmenter


def view(seed: int) -> Image:
    """A wide picture that a camera can pan over."""
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 255, (16, 60, 3), np.uint8), np.ones((8, 8, 1), np.uint8))


VIEWS = [view(seed) for seed in range(4)]


def shot(which: int, frames: int, speed: int = 1) -> list[Image]:
    return [np.ascontiguousarray(VIEWS[which][:, speed * t:speed * t + 160]) for t in range(frames)]


class FakeReader(VideoReader):
    """Pictures from memory; some may be damaged."""

    def __init__(self, images: Sequence[Image], damaged: Sequence[int] = ()) -> None:
        count = len(images)
        info: Any = type("FakeInfo", (), {"frame_count": count, "name": "fake", "times": np.arange(count) / 25.0})()
        super().__init__(info, [])
        self.images, self.damaged = images, damaged

    def _picture(self, index: int) -> Image:
        if index in self.damaged:
            raise VideoError(f"frame {index} is damaged")
        return self.images[index]

    def duplicate(self) -> FakeReader:
        return FakeReader(self.images, self.damaged)


class FakeDetector:
    """One box that is always there."""

    name = "fake"
    labels = ("object",)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.of([(4, 4, 20, 20)], [0.9]) for _ in frames]


def found(images: Sequence[Image], settings: SceneCutSettings | None = None) -> list[int]:
    frames = [Frame(k, image, k / 25) for k, image in enumerate(images)]
    return [seen.frame.index for seen in in_shots(frames, CutFinder(settings)) if seen.first]


@pytest.mark.parametrize("at", [3, 4, 9, 17])
def test_a_cut_is_found_at_its_frame(at: int) -> None:
    assert found(shot(0, at) + shot(1, 20 - at)) == [at]


def test_short_shots_are_shots() -> None:
    assert found(shot(0, 8) + shot(1, 5) + shot(2, 6) + shot(3, 8)) == [8, 13, 19]


@pytest.mark.parametrize("images", [
    shot(0, 30), shot(0, 30, speed=9), [VIEWS[0][:, :160]] * 30,
    [np.zeros((90, 160, 3), np.uint8)] * 30, shot(0, 2), shot(0, 1), []])
def test_a_camera_that_moves_or_stands_makes_no_cut(images: list[Image]) -> None:
    assert found(images) == []


def test_a_fast_pan_in_a_still_shot_makes_no_cut() -> None:
    assert found(shot(0, 10) + shot(0, 10, speed=12)[1:] + [VIEWS[0][:, 108:268]] * 10) == []


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length: int) -> None:
    images = shot(0, 24)
    for k in range(10, 10 + length):
        images[k] = np.full_like(images[k], 250)
    assert found(images) == []


def test_frames_come_with_their_place_in_their_shot_and_none_is_lost() -> None:
    frames = [Frame(k, image, 0.0) for k, image in enumerate(shot(0, 8) + shot(1, 7))]
    seen = list(in_shots(frames, CutFinder()))
    assert [s.frame.index for s in seen] == list(range(15))
    assert [s.frame.index for s in seen if s.last] == [7]
    assert not any(s.first or s.last for s in in_shots(frames, None))


def test_how_much_is_a_cut_can_be_set() -> None:
    images = shot(0, 10) + shot(1, 10)
    assert found(images, SceneCutSettings(min_change=200)) == []
    with pytest.raises(SettingsError, match="ratio is 1"):
        SceneCutSettings(ratio=1)
    with pytest.raises(SettingsError, match="min_change is 0"):
        SceneCutSettings(min_change=0)


@pytest.mark.parametrize("damaged", [(), (8,), (7, 9), (14, 15)])
def test_wherever_a_run_goes_on_the_cuts_are_the_same(damaged: tuple[int, ...]) -> None:
    images = shot(0, 9) + shot(1, 5) + shot(2, 9) + shot(3, 9)
    reader = FakeReader(images, damaged)
    whole = [(s.frame.index, s.first, s.last) for s in in_shots(reader.frames(2, on_error="skip"), CutFinder())]
    assert sum(first for _, first, _ in whole) == 3
    for resumed in range(2, len(images)):
        before = warm_up(reader, 2, resumed)
        parts = in_shots(reader.frames(resumed, on_error="skip"), CutFinder(), before)
        assert [(s.frame.index, s.first, s.last) for s in parts] == [w for w in whole if w[0] >= resumed], resumed


def tracked(reader: VideoReader, tracker: Sam2Mot, first: int = 0, last: int = 19, cuts: bool = True,
            run_first: int = 0) -> list[FrameResult]:
    plan = CutPlan(SceneCutSettings(), run_first) if cuts else None
    return list(track(reader, FakeDetector(), tracker, first, last, CancelToken(), cuts=plan))


def small(images: Sequence[Image]) -> list[Image]:
    return [np.ascontiguousarray(image[:SIDE, :SIDE]) for image in images]


def sam2mot() -> Sam2Mot:
    return Sam2Mot(FakeSegmenter(), SIDE, SIDE, 100)


def test_no_tracklet_crosses_a_cut_and_a_new_one_begins_at_once() -> None:
    reader = FakeReader(small(shot(0, 12) + shot(1, 8)))
    tracker = sam2mot()
    results = tracked(reader, tracker)
    assert [[o.tracklet for o in r.objects] for r in results] == [[1]] * 12 + [[2]] * 8
    assert [r.frame_index for r in results if r.cut] == [12]
    assert [(r.frame_index, r.ended) for r in results if r.ended] == [(11, ((1, EndReason.CUT),))]
    assert results[12].objects[0].evidence.prompted
    without = tracked(reader, sam2mot(), cuts=False)
    assert [[o.tracklet for o in r.objects] for r in without] == [[1]] * 20


@pytest.mark.parametrize("stop", [9, 10, 11, 12, 13])
def test_a_run_that_goes_on_near_a_cut_ends_the_same(stop: int) -> None:
    reader = FakeReader(small(shot(0, 12) + shot(1, 8)))
    whole = tracked(reader, sam2mot())
    part = sam2mot()
    results = track(reader, FakeDetector(), part, 0, 19, CancelToken(), cuts=CutPlan(SceneCutSettings(), 0))
    head = [next(results) for _ in range(stop + 1)]
    state = part.snapshot()
    results.close()
    other = sam2mot()
    other.restore(state)
    assert repr(head + tracked(reader, other, stop + 1)) == repr(whole)


DATA = Path(__file__).parents[2] / "../shared/data"
REAL = ("sam3_dancers/frames", "adl_rundle6_f1-60/img1", "davis_car-shadow/frames", "cutie_examples/images/judo",
        "aot_vipseg1001/frames")


@pytest.mark.skipif(not all((DATA / name).is_dir() for name in REAL), reason="the shared sequences are not there")
def test_real_shots_that_are_joined_are_cut_where_they_were_joined() -> None:
    images: list[Image] = []
    joints = []
    for name in REAL:
        joints.append(len(images))
        with open_video(DATA / name) as reader:
            for frame in reader.frames(0, 12):
                images.append(np.asarray(cv2.resize(frame.image, (480, 270)), np.uint8))
    assert found(images) == joints[1:]

"""ByteTrack behind the tracker protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.settings import ByteTrackSettings
from annotator.engine.trackers.bytetrack import ByteTrack
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Detections, EndReason, Frame, FrameResult, TrackState


def _frame(index: int) -> Frame:
    return Frame(index, np.zeros((200, 300, 3), np.uint8), index / 30)


def _run(tracker: ByteTrack, script: list[Detections], first: int = 0) -> list[FrameResult]:
    return [tracker.step(_frame(first + k), found) for k, found in enumerate(script)]


def _at(x: float, y: float = 50, score: float = 0.9, label: int = 0) -> tuple[list[float], float, int]:
    return [x, y, x + 40, y + 60], score, label


def _found(*rows: tuple[list[float], float, int]) -> Detections:
    return Detections.of([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _boxes(result: FrameResult) -> dict[int, Any]:
    return {o.tracklet: o.box_xyxy for o in result.objects}


def _assert_plain(value: object) -> None:
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for part in value.values():
            _assert_plain(part)
    elif isinstance(value, list):
        for part in value:
            _assert_plain(part)
    else:
        assert value is None or type(value) in (str, int, float, bool), repr(value)


def _random_script(seed: int, frames: int = 60) -> list[Detections]:
    rng = np.random.default_rng(seed)
    walkers = [(rng.uniform(0, 250), rng.uniform(0, 140), rng.uniform(-3, 3), int(rng.integers(2))) for _ in range(7)]
    script = []
    for t in range(frames):
        rows = [_at(x + v * t + rng.normal(0, 1), y + rng.normal(0, 1), float(rng.uniform(0.2, 1)), label)
                for x, y, v, label in walkers if rng.random() > 0.25]
        script.append(_found(*rows))
    return script


def test_two_objects_keep_their_numbers_from_1() -> None:
    results = _run(ByteTrack(), [_found(_at(10 + 2 * t), _at(200 - 2 * t, 120)) for t in range(20)])
    assert results[0].objects == ()
    for t, result in enumerate(results[1:], 1):
        assert _boxes(result) == {1: (10 + 2 * t, 50, 50 + 2 * t, 110), 2: (200 - 2 * t, 120, 240 - 2 * t, 180)}


def test_evidence_names_the_matched_detection_in_the_frame_as_given() -> None:
    script = [_found(_at(200, 120, 0.05), _at(250, 10, float("nan")), _at(20), _at(150)) for _ in range(4)]
    result = _run(ByteTrack(), script)[-1]
    assert len(result.objects) == 2
    for tracked in result.objects:
        index = tracked.evidence.detection
        assert index is not None
        assert tracked.box_xyxy == tuple(result.detections.box_xyxy[index])
        assert tracked.score == pytest.approx(0.9)
        assert tracked.state == TrackState.RELIABLE


def test_a_lost_tracklet_has_no_box_then_comes_back_with_its_number() -> None:
    script = [_found(_at(20)) for _ in range(5)] + [_found()] * 4 + [_found(_at(20))] * 2
    results = _run(ByteTrack(), script)
    for result in results[5:9]:
        (tracked,) = result.objects
        assert (tracked.state, tracked.box_xyxy, tracked.score) == (TrackState.LOST, None, 0.0)
    assert _boxes(results[-1]) == {1: (20, 50, 60, 110)}


def test_low_scores_carry_a_tracklet_on_but_start_none() -> None:
    strong = [_found(_at(20)) for _ in range(3)]
    weak = [_found(_at(20, score=0.3), _at(200, score=0.3)) for _ in range(10)]
    result = _run(ByteTrack(), strong + weak)[-1]
    (tracked,) = result.objects
    assert tracked.state == TrackState.PENDING
    assert tracked.box_xyxy == (20, 50, 60, 110)


@pytest.mark.parametrize(("frame_rate", "kept"), [(30.0, 30), (60.0, 60), (10.0, 10)])
def test_a_tracklet_ends_after_the_buffer_which_follows_the_frame_rate(frame_rate: float, kept: int) -> None:
    results = _run(ByteTrack(frame_rate=frame_rate), [_found(_at(20))] * 3 + [_found()] * 70)
    (end,) = [k for k, result in enumerate(results) if result.ended]
    assert results[end].ended == ((1, EndReason.LOST),)
    assert end == 3 + kept
    assert results[end].objects == ()


def test_numbers_are_never_used_twice() -> None:
    tracker = ByteTrack(ByteTrackSettings(lost_track_buffer=2))
    script = ([_found(_at(20))] * 3 + [_found()] * 5) * 3
    seen = [n for result in _run(tracker, script) for n in _boxes(result)]
    assert sorted(set(seen)) == [1, 2, 3]
    assert seen == sorted(seen)


@pytest.mark.parametrize("class_aware", [True, False])
def test_classes_are_matched_apart_if_wished(class_aware: bool) -> None:
    tracker = ByteTrack(ByteTrackSettings(class_aware=class_aware))
    script = [_found(_at(20, label=0))] * 3 + [_found(_at(20, label=1))] * 3
    with_box = {o.tracklet for o in _run(tracker, script)[-1].objects if o.box_xyxy}
    assert with_box == ({2} if class_aware else {1})


def test_boxes_are_cut_at_the_edge_and_bad_ones_ignored() -> None:
    bad: list[tuple[list[float], float, int]] = [
        ([float("nan"), 0, 9, 9], 0.9, 0), ([50, 50, 40, 40], 0.9, 0), ([400, 0, 420, 30], 0.9, 0)]
    results = _run(ByteTrack(), [_found(*bad, ([-20, 150, 30, 230], 0.9, 0))] * 3)
    assert _boxes(results[-1]) == {1: (0, 150, 30, 200)}


def test_the_same_input_gives_the_same_result_whatever_ran_before() -> None:
    script = _random_script(3)
    first = _run(ByteTrack(), script)
    _run(ByteTrack(), _random_script(4))
    second = _run(ByteTrack(), script)
    assert repr(first) == repr(second)
    assert any(result.ended for result in first) or len(first[-1].objects) > 3


def test_a_snapshot_carries_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    script = _random_script(5, 80)
    whole = _run(ByteTrack(), script)
    tracker = ByteTrack()
    _run(tracker, script[:37])
    state = tracker.snapshot()
    assert state is not None
    _assert_plain(state)
    torch.save(state, tmp_path / "state.pt")
    _run(tracker, script[37:])  # what happens to the first tracker must not reach the snapshot
    other = ByteTrack()
    other.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert repr(_run(other, script[37:], 37)) == repr(whole[37:])


def test_a_library_that_hides_its_state_gives_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = ByteTrack()
    _run(tracker, [_found(_at(20))] * 3)
    monkeypatch.setattr(ByteTrack, "counters", ("age", "renamed_in_the_next_release"))
    assert tracker.snapshot() is None


def test_a_snapshot_of_other_settings_is_refused() -> None:
    state = ByteTrack().snapshot()
    assert state is not None
    with pytest.raises(ModelError, match="frame_rate"):
        ByteTrack(frame_rate=25).restore(state)


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(SettingsError, match="minimum_iou_threshold"):
        ByteTrackSettings(minimum_iou_threshold=1.5)
    with pytest.raises(SettingsError, match="frame rate"):
        ByteTrack(frame_rate=0)


def test_a_video_without_detections() -> None:
    assert all(not result.objects for result in _run(ByteTrack(), [_found()] * 5))

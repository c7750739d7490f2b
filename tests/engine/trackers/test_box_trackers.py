"""What every tracker of the library must do behind the tracker protocol, whichever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.registry import make_box_tracker
from annotator.engine.settings import (
    TRACKERS,
    BotSortSettings,
    BoxTrackerSettings,
    ByteTrackSettings,
    CBIoUSettings,
    OcSortSettings,
    SortSettings,
)
from annotator.engine.trackers.botsort import BotSort
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Detections, EndReason, Frame, FrameResult

SETTINGS: dict[str, BoxTrackerSettings] = {
    "bytetrack": ByteTrackSettings(), "ocsort": OcSortSettings(), "botsort": BotSortSettings(),
    "sort": SortSettings(), "cbiou": CBIoUSettings()}
NAMES = sorted(SETTINGS)
RNG = np.random.default_rng(0)
#: Blocks, so that there are corners to follow.
BACKGROUND = np.kron(RNG.integers(0, 255, (40, 60, 3), np.uint8), np.ones((8, 8, 1), np.uint8))


def make(name: str, settings: BoxTrackerSettings | None = None) -> Any:
    return make_box_tracker(name, settings or SETTINGS[name], 30.0)


def frame(index: int, shift: int = 0) -> Frame:
    return Frame(index, np.ascontiguousarray(BACKGROUND[20:220, 20 + shift:320 + shift]), index / 30)


def walkers(frames: int, seed: int = 5) -> list[Detections]:
    """People who walk, are missed now and then, and wobble; of two classes."""
    rng = np.random.default_rng(seed)
    people = [(rng.uniform(0, 250), rng.uniform(0, 120), rng.uniform(-2, 2), int(rng.integers(2))) for _ in range(6)]
    script = []
    for t in range(frames):
        rows = [([x + v * t + e, y + e, x + v * t + 40 + e, y + 60 + e], float(rng.uniform(0.3, 1)), label)
                for (x, y, v, label), e in zip(people, rng.normal(0, 1, 6), strict=True) if rng.random() > 0.2]
        script.append(Detections.of([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]))
    return script


def run(tracker: Any, script: list[Detections], first: int = 0) -> list[FrameResult]:
    return [tracker.step(frame(first + k, (first + k) % 7), found) for k, found in enumerate(script)]


def still(count: int) -> list[Detections]:
    return [Detections.of([(20, 50, 60, 110), (200, 50, 240, 110)], [0.9, 0.9])] * count


def test_the_registry_makes_every_tracker_but_the_one_of_masks() -> None:
    assert set(TRACKERS) == {"sam2mot", *NAMES}
    assert [make(name).name for name in NAMES] == NAMES
    with pytest.raises(SettingsError, match="there is no tracker 'best': choose sam2mot, bytetrack"):
        make_box_tracker("best", SortSettings(), 30.0)


@pytest.mark.parametrize("name", NAMES)
def test_objects_that_stand_still_keep_their_numbers_from_1(name: str) -> None:
    results = run(make(name), still(10))
    assert {o.tracklet: o.box_xyxy for o in results[-1].objects} == {1: (20, 50, 60, 110), 2: (200, 50, 240, 110)}
    for result in results:
        for thing in result.objects:
            assert thing.evidence.detection is not None
            assert thing.box_xyxy == tuple(result.detections.box_xyxy[thing.evidence.detection])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stop", [1, 37])
def test_a_snapshot_carries_on_as_if_nothing_had_happened(name: str, stop: int, tmp_path: Path) -> None:
    script = walkers(70)
    whole = run(make(name), script)
    tracker = make(name)
    run(tracker, script[:stop])
    state = tracker.snapshot()
    torch.save(state, tmp_path / "state.pt")
    run(tracker, script[stop:], stop)  # what happens to the first tracker must not reach the snapshot
    other = make(name)
    other.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert repr(run(other, script[stop:], stop)) == repr(whole[stop:])
    assert sum(thing.box_xyxy is not None for result in whole for thing in result.objects) > 30


@pytest.mark.parametrize("name", NAMES)
def test_at_a_cut_every_tracklet_ends_and_numbers_go_on(name: str) -> None:
    tracker = make(name)
    run(tracker, still(6))
    assert tracker.end_shot() == ((1, EndReason.CUT), (2, EndReason.CUT))
    assert tracker.end_shot() == ()
    after = run(tracker, still(6), 6)
    assert [o.tracklet for o in after[-1].objects] == [3, 4]
    assert not any(result.ended for result in after)


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_of_another_tracker_is_refused(name: str) -> None:
    other = next(each for each in NAMES if each != name)
    with pytest.raises(ModelError, match="differs in tracker"):
        make(name).restore(make(other).snapshot())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("wanted", "born"), [(0.2, 1), (0.5, 0)])
def test_the_threshold_is_where_tracklets_begin(name: str, wanted: float, born: int) -> None:
    settings = SETTINGS[name].with_threshold(wanted)
    script = [Detections.of([(20, 50, 60, 110)], [0.4])] * 8
    # Association of some multiplies overlap by score, so that a weak match needs less than the default.
    weaker = {key: 0.05 for key in ("minimum_iou_threshold_first_assoc", "minimum_iou_threshold_unconfirmed_assoc")
              if hasattr(settings, key)}
    tracker = make(name, type(settings)(**{**_fields(settings), **weaker}))
    assert len(run(tracker, script)[-1].objects) == born


def _fields(settings: BoxTrackerSettings) -> dict[str, Any]:
    return {key: getattr(settings, key) for key in settings.__dataclass_fields__}


def test_the_camera_s_motion_is_followed_if_wished() -> None:
    """A camera that jumps 30 pixels: boxes no longer overlap enough, but the picture says where they went."""
    box = (100.0, 60.0, 130.0, 120.0)
    script = [Detections.of([box], [0.9])] * 6 + [Detections.of([(box[0] - 28, box[1], box[2] - 28, box[3])], [0.9])]

    def numbers(enabled: bool) -> set[int]:
        tracker = BotSort(BotSortSettings(enable_cmc=enabled))
        results = [tracker.step(frame(k, 28 if k == 6 else 0), found) for k, found in enumerate(script)]
        return {o.tracklet for o in results[-1].objects if o.box_xyxy is not None}

    assert numbers(True) == {1}
    assert numbers(False) == set()


@pytest.mark.parametrize(("kind", "values", "words"), [
    (OcSortSettings, {"delta_t": 0}, "ocsort: delta_t is 0: give at least 1"),
    (BotSortSettings, {"cmc_downscale": 0}, "botsort: cmc_downscale is 0"),
    (SortSettings, {"minimum_consecutive_frames": 0}, "sort: minimum_consecutive_frames is 0"),
    (CBIoUSettings, {"buffer_ratio_first": -0.1}, "cbiou: buffer_ratio_first is -0.1"),
    (SortSettings, {"lost_track_buffer": -1}, "sort: lost_track_buffer is -1"),
])
def test_settings_out_of_range_are_named(kind: Any, values: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        kind(**values)

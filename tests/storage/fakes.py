"""Fake results: objects that move right by one pixel a frame, one row each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from annotator.model.frame import Detections, EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import OnExisting, Run, RunStatus
from annotator.storage.store import Store

Lives = Mapping[int, tuple[int, int]]
"""Tracklet number -> first and last frame."""


def fake_box(number: int, frame: int) -> tuple[float, float, float, float]:
    return (frame + 0.25, number * 20.0, frame + 10.25, number * 20.0 + 10)


def fake_object(number: int, frame: int, born: int, lost: bool = False, mask: bool = False) -> TrackedObject:
    evidence = Evidence(7.5 - number, math.nan if number % 2 else 0.75, detection=number - 1, detection_iou=0.5,
                        prompted=frame == born, reprompted=frame % 7 == 3, occluded_by=1 if number == 2 else None)
    code = Mask.from_bitmap(np.ones((3, 4), bool), left=frame, top=number * 20) if mask and not lost else None
    return TrackedObject(number, 0, TrackState.LOST if lost else TrackState.RELIABLE, 0.9,
                         None if lost else fake_box(number, frame), code, evidence)


def fake_result(lives: Lives, frame: int, lost: frozenset[tuple[int, int]] = frozenset(), masks: bool = False,
                ) -> FrameResult:
    living = {number: life for number, life in sorted(lives.items()) if life[0] <= frame <= life[1]}
    objects = tuple(fake_object(number, frame, life[0], (number, frame) in lost, masks)
                    for number, life in living.items())
    ended = tuple((number, EndReason.LOST) for number, life in living.items() if life[1] == frame)
    rng = np.random.default_rng(frame)
    count = frame % 4
    detections = Detections(rng.random((count, 4)).astype(np.float32) * 500, rng.random(count).astype(np.float32),
                            np.zeros(count, np.int32))
    return FrameResult(frame, objects, detections, ended)


def fake_run(store: Store, lives: Lives, frames: Iterable[int] = range(100),
             on_existing: OnExisting = OnExisting.REPLACE, finish: bool = True,
             lost: frozenset[tuple[int, int]] = frozenset(), masks: bool = False, kind: str = "preannotate") -> Run:
    numbers = list(frames)
    video = store.videos()[0].id
    run = store.begin_run(video, kind, {"threshold": 0.5}, {"detector": "fake"}, ("car", "person"), numbers[0],
                          numbers[-1], on_existing, f"Run {on_existing.value}")
    store.write_frames(run.id, [fake_result(lives, frame, lost, masks) for frame in numbers])
    return store.finish_run(run.id, RunStatus.FINISHED) if finish else run


def picture(store: Store) -> dict[int, list[tuple[int, int, object, bool]]]:
    """What every frame shows: (track number, label, box, human), lost ones included."""
    video = store.videos()[0].id
    return {frame: [(o.number, o.label, o.box_xyxy, o.human) for o in shown]
            for frame, shown in store.iter_frames(video, 0, 99) if shown}


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that edits may touch, for comparing states to the bit."""
    tables = ("video", "label", "attribute", "detector_class", "proposal", "tracklet", "observation", "mask", "track",
              "span", "mark", "attribute_value", "note")
    with store.read_snapshot() as view:
        connection = view._connection
        return {table: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}")), key=repr)
                for table in tables}

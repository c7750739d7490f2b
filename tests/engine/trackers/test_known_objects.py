from __future__ import annotations

import numpy as np

from annotator.engine.registry import make_box_tracker
from annotator.engine.settings import ByteTrackSettings
from annotator.engine.trackers.known_objects import AroundKnownObjects, known_detections
from annotator.model.frame import Detections, Frame

KNOWN = np.array([[10, 10, 50, 90]], np.float32)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_each_known_object_takes_its_best_detection_only() -> None:
    near, exact, far = (14, 10, 54, 90), (10, 10, 50, 90), (200, 10, 240, 90)
    assert known_detections(boxes(near, far, exact), KNOWN).tolist() == [2]
    assert sorted(known_detections(boxes(near, far, exact), boxes(exact, near)).tolist()) == [0, 2]
    assert known_detections(boxes(far), KNOWN).tolist() == []
    assert known_detections(boxes(), KNOWN).tolist() == []
    assert known_detections(boxes((np.nan, 10, 50, 90), (np.inf,) * 4), KNOWN).tolist() == []


def test_it_tracks_all_but_the_known_objects_and_keeps_all_detections() -> None:
    plain = make_box_tracker("bytetrack", ByteTrackSettings(), 25)
    around = AroundKnownObjects(make_box_tracker("bytetrack", ByteTrackSettings(), 25),
                                dict.fromkeys(range(5), KNOWN))
    other = (200, 10, 240, 90)
    for frame in range(8):
        found = Detections.of([(11, 10, 51, 90), other], [0.9, 0.8])
        picture = Frame(frame, np.zeros((100, 300, 3), np.uint8), frame / 25)
        free, seen = plain.step(picture, found), around.step(picture, found)
        assert seen.detections is found
        if frame == 0:
            continue  # a track is shown from its second detection on
        assert [thing.evidence.detection for thing in free.objects] == [0, 1]
        assert [thing.evidence.detection for thing in seen.objects if thing.tracklet == 1] == [1]
        assert len(seen.objects) == (1 if frame < 6 else 2), "where it is not known, it is an object like any other"

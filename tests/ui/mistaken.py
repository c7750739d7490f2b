"""A clip of coloured squares, and a project in which a tracker has made known mistakes with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from annotator.jobs.project import add_source, open_project
from annotator.model.box import Box
from annotator.model.frame import Detections, EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import RunStatus
from testbed.synthetic_clips import Clip, ClipSpec
from testbed.videos import write_video

COUNT, WIDTH, HEIGHT = 60, 320, 240
#: Red and green pass each other and exchange their numbers in this frame; blue is lost and comes back as another.
MEETING, LOST, BACK = 30, 20, 26
#: What the detector sees from frame 5 to 50 and nobody follows.
MISSED = (250.0, 10.0, 290.0, 50.0)


def red(frame: int) -> Box:
    x = 20.0 + 4 * frame
    return x, 100, x + 40, 140


def green(frame: int) -> Box:
    x = 260.0 - 4 * frame
    return x, 105, x + 40, 145


def blue(frame: int) -> Box:
    x = 60.0 + frame
    return x, 180, x + 40, 220


def _square(image: np.ndarray, box: Box, color: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = map(round, box)
    image[max(y0, 0):y1, max(x0, 0):max(x1, 0)] = color


def write_clip(path: Path) -> None:
    """The squares as they really move."""
    images = np.full((COUNT, HEIGHT, WIDTH, 3), 120, np.uint8)
    for frame, image in enumerate(images):
        _square(image, MISSED, (230, 230, 60))
        _square(image, red(frame), (220, 40, 40))
        _square(image, green(frame), (40, 200, 60))
        _square(image, blue(frame), (50, 70, 220))
    spec = replace(ClipSpec(), frames=COUNT, width=WIDTH, height=HEIGHT)
    write_video(Clip(images, np.zeros(images.shape[:3], np.uint8), np.zeros((COUNT, 1), np.int64), spec), path)


def make_project(folder: Path) -> Path:
    """Tracks 1 and 2 are red and green until they meet, then exchanged; 3 goes on as 4; 5 is short."""
    write_clip(folder / "squares.mp4")
    path = folder / "squares.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, folder / "squares.mp4")
        run = session.store.begin_run(video.id, "preannotate", {"det_threshold": 0.5}, {}, ["square"], 0, COUNT - 1)
        for frame in range(COUNT):
            session.apply(run.id, _result(frame))
        session.store.finish_run(run.id, RunStatus.FINISHED)
    return path


def _result(frame: int) -> FrameResult:
    exchanged = frame >= MEETING
    boxes = {1: green(frame) if exchanged else red(frame), 2: red(frame) if exchanged else green(frame)}
    if frame < LOST:
        boxes[3] = blue(frame)
    elif frame >= BACK:
        boxes[4] = blue(frame)
    if 40 <= frame < 44:
        boxes[5] = (150, 20, 170, 40)
    ended = tuple((n, EndReason.LOST) for n, last in ((3, LOST - 1), (5, 43)) if frame == last)
    found = [box for n, box in sorted(boxes.items()) if n != 5] + ([MISSED] if 5 <= frame <= 50 else [])
    return FrameResult(frame, tuple(_thing(n, box, frame) for n, box in sorted(boxes.items())),
                       Detections.of(found, [0.9] * len(found)), ended)


def _thing(number: int, box: Box, frame: int) -> TrackedObject:
    hidden = 2 if number == 1 and MEETING - 3 <= frame <= MEETING else None
    evidence = Evidence(9.0, 0.9, prompted=frame == 0 or (number == 4 and frame == BACK),
                        reprompted=number == 2 and frame == MEETING + 4, occluded_by=hidden)
    return TrackedObject(number, 0, TrackState.RELIABLE, 0.95, box, None, evidence)

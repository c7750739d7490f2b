"""Cuts between shots, found while frames stream by, with PySceneDetect.

A track must not cross a cut: boxes, motion and memories of one view say nothing of the next, and a tracker that goes on
puts an old identity on whatever now lies there. That error looks right in each single frame, while a track that ends
and begins anew is seen at once and joined with one edit. So every tracklet ends at a cut, and what the detector finds
in the next shot are new ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scenedetect import AdaptiveDetector, FrameTimecode

from annotator.engine.settings import SceneCutSettings
from annotator.model.frame import Frame, Image
from annotator.video import VideoReader

#: Frames on each side that a change is compared with.
_WINDOW = 2
#: Frames that must be known after a frame, before it is known whether its shot ends with it.
LOOK_AHEAD = _WINDOW + 1
#: Frames that must be known before a frame, so that it is judged as in a run that began long before.
_WARM_UP = _WINDOW + 1
#: Pictures are compared at this width, which makes it cheap and blind to noise.
_WIDTH = 256
#: A change that is undone by more than this share within two frames was a flash.
_UNDONE = 0.5
_RATE = 25.0  # the library wants one; nothing here depends on it


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame and its place in its shot."""

    frame: Frame
    first: bool = False
    """The shot begins with it; not said of the first frame of all."""
    last: bool = False
    """The shot ends with it; not said of the last frame of all."""


class CutFinder:
    """Finds cuts in frames that are fed in order.

    PySceneDetect's adaptive detector compares the change between two frames with the changes around it, so a camera
    that moves fast makes no cut. A flash would; it is told apart by looking whether the old picture is back afterwards.
    Dissolves and fades are not found. The answer for a frame depends on the three frames before and the two after it
    and on nothing else, so it is the same wherever a run was resumed.
    """

    def __init__(self, settings: SceneCutSettings | None = None) -> None:
        self._settings = settings or SceneCutSettings()
        self._detector = AdaptiveDetector(adaptive_threshold=self._settings.ratio, window_width=_WINDOW,
                                          min_content_val=self._settings.min_change, min_scene_len=0)
        self._pictures: deque[Image] = deque(maxlen=_WARM_UP + 1 + _WINDOW)

    def feed(self, frame: Frame) -> int | None:
        """Take the next frame. Returns the index of the frame two before it if a shot begins with that one."""
        picture = _small(frame.image)
        self._pictures.append(picture)
        found = self._detector.process_frame(FrameTimecode(frame.index, _RATE), picture)
        return int(found[0].frame_num) if found and self._stays() else None

    def _stays(self) -> bool:
        """Whether a change that was just found leads from one scene to another, not into a flash or out of it."""
        earliest, before, at, latest = (self._pictures[k] for k in (0, -_WINDOW - 2, -_WINDOW - 1, -1))
        least = (1 - _UNDONE) * _change(before, at)
        return _change(before, latest) >= least and _change(earliest, at) >= least


def in_shots(frames: Iterable[Frame], finder: CutFinder | None, before: Iterable[Frame] = ()) -> Iterator[Seen]:
    """Frames with their place in their shot, each as soon as that is known: `LOOK_AHEAD` frames late.

    Args:
        finder: None hands all frames out at once, as one shot.
        before: frames before the first one, from `warm_up`.
    """
    if finder is None:
        yield from map(Seen, frames)
        return
    for frame in before:
        finder.feed(frame)
    waiting: deque[Frame] = deque()
    cuts: set[int] = set()
    for frame in frames:
        waiting.append(frame)
        cut = finder.feed(frame)
        if cut is not None:
            cuts.add(cut)
        if len(waiting) > LOOK_AHEAD:
            yield _next(waiting, cuts)
    while waiting:
        yield _next(waiting, cuts)


def warm_up(reader: VideoReader, first: int, resumed: int) -> list[Frame]:
    """The readable frames of a run that began at ``first`` that its cuts from ``resumed`` on depend on."""
    found: list[Frame] = []
    for frame in reader.frames(first, resumed, reverse=True, on_error="skip"):
        found.append(frame)
        if len(found) == _WARM_UP:
            break
    return found[::-1]


def _next(waiting: deque[Frame], cuts: set[int]) -> Seen:
    frame = waiting.popleft()
    return Seen(frame, frame.index in cuts, bool(waiting) and waiting[0].index in cuts)


def _small(image: Image) -> Image:
    """(H, W, 3) RGB to a picture of at most `_WIDTH` columns, BGR as the library wants it."""
    height, width = image.shape[:2]
    if width > _WIDTH:
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(image[..., ::-1])


def _change(one: Image, other: Image) -> float:
    """Mean difference of hue, saturation and value of two pictures."""
    converted = (cv2.cvtColor(picture, cv2.COLOR_BGR2HSV) for picture in (one, other))
    return float(np.mean(cv2.absdiff(*converted)))

"""Find cuts between shots in streamed frames, with PySceneDetect.

A track must not cross a cut: boxes, motion and memories of one shot do not apply to the next, and a tracker that
continues gives an old identity to whatever is now at that position. Such an error looks correct in each single frame,
whereas an interrupted track is easy to see and merged with one edit. So every tracklet ends at a cut, and detections
in the next shot start new ones.
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
#: Number of later frames needed to decide whether a shot ends with a frame.
LOOK_AHEAD = _WINDOW + 1
#: Number of earlier frames needed for the same decision as in a run that started earlier.
_WARM_UP = _WINDOW + 1
#: Frames are compared at this width, which is cheap and robust to noise.
_WIDTH = 256
#: A change that is reverted by more than this fraction within two frames was a flash.
_REVERTED = 0.5
_RATE = 25.0  # required by the library, but without effect on the result


@dataclass(frozen=True, slots=True)
class ShotFrame:
    """A frame and its position in its shot."""

    frame: Frame
    first: bool = False
    """The frame is the first of its shot; False for the first frame of the run."""
    last: bool = False
    """The frame is the last of its shot; False for the last frame of the run."""


class CutFinder:
    """Finds cuts in frames that are fed in order.

    PySceneDetect's adaptive detector compares the change between two frames with the changes around it, so fast camera
    motion causes no cut. A flash would, so it is ruled out by checking whether the earlier view returns afterwards.
    Dissolves and fades are not found. The decision for a frame depends only on the three frames before it and the two
    after it, so it does not depend on where a run was resumed.
    """

    def __init__(self, settings: SceneCutSettings | None = None) -> None:
        self._settings = settings or SceneCutSettings()
        self._detector = AdaptiveDetector(adaptive_threshold=self._settings.ratio, window_width=_WINDOW,
                                          min_content_val=self._settings.min_change, min_scene_len=0)
        self._images: deque[Image] = deque(maxlen=_WARM_UP + 1 + _WINDOW)

    def feed(self, frame: Frame) -> int | None:
        """Process the next frame. Returns the index of the frame two before it if a shot starts there, else None."""
        image = _small(frame.image)
        self._images.append(image)
        found = self._detector.process_frame(FrameTimecode(frame.index, _RATE), image)
        return int(found[0].frame_num) if found and self._is_cut() else None

    def _is_cut(self) -> bool:
        """Whether the change just found is a cut and not the start or end of a flash."""
        earliest, before, at, latest = (self._images[k] for k in (0, -_WINDOW - 2, -_WINDOW - 1, -1))
        least = (1 - _REVERTED) * _change(before, at)
        return _change(before, latest) >= least and _change(earliest, at) >= least


def in_shots(frames: Iterable[Frame], finder: CutFinder | None, before: Iterable[Frame] = ()) -> Iterator[ShotFrame]:
    """Yield frames with their position in their shot, with a delay of `LOOK_AHEAD` frames.

    Args:
        finder: None yields all frames without delay, as one shot.
        before: frames before the first one, from `warm_up`.
    """
    if finder is None:
        yield from map(ShotFrame, frames)
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
    """Return the readable frames before ``resumed`` that the cuts after it depend on; the run started at ``first``."""
    found: list[Frame] = []
    for frame in reader.frames(first, resumed, reverse=True, on_error="skip"):
        found.append(frame)
        if len(found) == _WARM_UP:
            break
    return found[::-1]


def _next(waiting: deque[Frame], cuts: set[int]) -> ShotFrame:
    frame = waiting.popleft()
    return ShotFrame(frame, frame.index in cuts, bool(waiting) and waiting[0].index in cuts)


def _small(image: Image) -> Image:
    """Return an (H, W, 3) RGB image as BGR, which the library expects, with at most `_WIDTH` columns."""
    height, width = image.shape[:2]
    if width > _WIDTH:
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(image[..., ::-1])


def _change(one: Image, other: Image) -> float:
    """Return the mean difference of hue, saturation and value of two images."""
    converted = (cv2.cvtColor(image, cv2.COLOR_BGR2HSV) for image in (one, other))
    return float(np.mean(cv2.absdiff(*converted)))

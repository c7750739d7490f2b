"""The appearance of an object in a few numbers: a colour histogram."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from annotator.model.box import Box
from annotator.model.frame import Frame
from annotator.model.mask import Mask

Signature = npt.NDArray[np.float32]

_HUES, _SATURATIONS, _VALUES = 12, 3, 3
#: Patches are subsampled to about this many pixels on the longer side, which is enough for colours.
_SIDE = 48
_INNER = 0.7  # of a box without a mask, only its central part is used


def signature(frame: Frame, box_xyxy: Box, mask: Mask | None = None) -> Signature | None:
    """(L,) float32 square roots of a colour histogram that sums to 1; None for a box outside the frame.

    The dot product of two signatures is the Bhattacharyya coefficient: 1 for equal colours, 0 for disjoint ones.
    """
    height, width = frame.image.shape[:2]
    x0, y0, x1, y1 = box_xyxy
    if mask is None or mask.is_empty():
        dx, dy = (x1 - x0) * (1 - _INNER) / 2, (y1 - y0) * (1 - _INNER) / 2
        x0, y0, x1, y1 = x0 + dx, y0 + dy, x1 - dx, y1 - dy
    left, top = max(round(x0), 0), max(round(y0), 0)
    right, bottom = min(max(round(x1), left + 1), width), min(max(round(y1), top + 1), height)
    if right <= left or bottom <= top:
        return None
    step = max(1, max(right - left, bottom - top) // _SIDE)
    patch = np.ascontiguousarray(frame.image[top:bottom:step, left:right:step])
    inside = np.ones(patch.shape[:2], np.uint8)
    if mask is not None and not mask.is_empty():
        inside = _cut(mask, left, top, right, bottom)[::step, ::step]
        if not inside.any():
            return None
    hsv = cv2.cvtColor(patch, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], inside, [_HUES, _SATURATIONS, _VALUES], [0, 180, 0, 256, 0, 256])
    return np.asarray(np.sqrt(counts.ravel() / max(float(counts.sum()), 1.0)), np.float32)


def _cut(mask: Mask, left: int, top: int, right: int, bottom: int) -> npt.NDArray[np.uint8]:
    """The part of a mask inside a rectangle of the frame."""
    part = np.zeros((bottom - top, right - left), np.uint8)
    crop = mask.crop()
    y0, x0 = mask.top - top, mask.left - left
    ys, xs = slice(max(y0, 0), min(y0 + mask.height, len(part))), slice(max(x0, 0), min(x0 + mask.width, right - left))
    part[ys, xs] = crop[ys.start - y0:ys.stop - y0, xs.start - x0:xs.stop - x0]
    return part


class Appearances:
    """Signatures by track and frame."""

    def __init__(self) -> None:
        self._frames: dict[int, list[int]] = defaultdict(list)
        self._signatures: dict[int, list[Signature]] = defaultdict(list)

    def add(self, track: int, frame: int, found: Signature) -> None:
        """Add a signature. The frames of a track must be added in ascending order."""
        self._frames[track].append(frame)
        self._signatures[track].append(found)

    def mean(self, track: int, first: int, last: int, skip: Iterable[int] = ()) -> Signature | None:
        """Mean of a track's signatures in frames ``first..last``, without those in ``skip`` unless no others remain.
        None if there are none at all."""
        frames = np.array(self._frames.get(track, ()), np.int64)
        rows = np.flatnonzero((frames >= first) & (frames <= last))
        crowded = set(skip)
        clean = [row for row in rows if int(frames[row]) not in crowded]
        chosen = clean or rows.tolist()
        if not chosen:
            return None
        mean = np.mean([self._signatures[track][row] for row in chosen], 0)
        length = float(np.linalg.norm(mean))
        return None if length == 0 else (mean / length).astype(np.float32)


def difference(one: Signature | None, other: Signature | None) -> float | None:
    """Colour difference: 0 for equal colours, 1 for disjoint ones; None if one is unknown."""
    return None if one is None or other is None else float(np.clip(1 - one @ other, 0, 1))

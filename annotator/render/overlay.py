"""Draws tracks over pictures: masks, boxes, names, and the way that each has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.model.box import Box
from annotator.model.frame import Image
from annotator.model.mask import Mask

Color = tuple[int, int, int]

_MASK_SHARE = 0.45
#: Line width and letter height of a picture of 1080 lines.
_LINE, _LETTERS, _LINES = 2.5, 22.0, 1080
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_HEIGHT = 22.0  # of that font's capitals at scale 1


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What is drawn beside boxes and names."""

    masks: bool = True
    trails: int = 30
    """Frames back to which a track's way is drawn; 0 for none."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One track in one frame."""

    track: int
    """Tells tracks apart; never drawn."""
    caption: str
    color: Color
    """RGB."""
    box_xyxy: Box
    """Float pixels, right and bottom exclusive."""
    mask: Mask | None = None


class Overlay:
    """Draws the frames of one video in their order."""

    def __init__(self, options: OverlayOptions | None = None) -> None:
        self.options = options or OverlayOptions()
        self._ways: dict[int, deque[tuple[int, float, float]]] = {}

    def draw(self, image: Image, frame_index: int, shown: Sequence[Shown]) -> Image:
        """The picture with its tracks; the one given is not changed. (H, W, 3) uint8 RGB -> the same."""
        canvas = image.copy()
        if self.options.masks:
            for thing in shown:
                if thing.mask is not None:
                    _tint(canvas, thing.mask, thing.color)
        size = image.shape[0] / _LINES
        width = max(1, round(_LINE * size))
        for thing in shown:
            self._draw_way(canvas, frame_index, thing, width)
        for thing in shown:
            x0, y0, x1, y1 = (round(edge) for edge in thing.box_xyxy)
            cv2.rectangle(canvas, (x0, y0), (x1 - 1, y1 - 1), thing.color, width)
        for thing in shown:
            _write(canvas, thing, max(_LETTERS * size, 9.0) / _FONT_HEIGHT)
        return canvas

    def _draw_way(self, canvas: Image, frame_index: int, thing: Shown, width: int) -> None:
        """A line through the middles of the last boxes. Of tracks that are not in the picture nothing is drawn."""
        x0, y0, x1, y1 = thing.box_xyxy
        way = self._ways.setdefault(thing.track, deque())
        way.append((frame_index, (x0 + x1) / 2, (y0 + y1) / 2))
        while way[0][0] < frame_index - self.options.trails:
            way.popleft()
        if len(way) > 1:
            points = np.array([(round(x), round(y)) for _, x, y in way], np.int32)
            cv2.polylines(canvas, [points], False, thing.color, width, cv2.LINE_AA)


def color_of(text: str) -> Color:
    """``#rrggbb`` to RGB."""
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def _tint(canvas: Image, mask: Mask, color: Color) -> None:
    height, width = canvas.shape[:2]
    x0, y0 = max(mask.left, 0), max(mask.top, 0)
    x1, y1 = min(mask.left + mask.width, width), min(mask.top + mask.height, height)
    if x0 >= x1 or y0 >= y1:
        return
    inside = mask.crop()[y0 - mask.top:y1 - mask.top, x0 - mask.left:x1 - mask.left]
    part = canvas[y0:y1, x0:x1]
    mixed = (1 - _MASK_SHARE) * part[inside] + _MASK_SHARE * np.array(color, np.float32)
    part[inside] = np.round(mixed).astype(np.uint8)


def _write(canvas: Image, thing: Shown, scale: float) -> None:
    """The caption on a plate of the track's colour: above the box, or within where there is no room."""
    weight = max(1, round(scale * 2))
    (wide, high), base = cv2.getTextSize(thing.caption, _FONT, scale, weight)
    left, top = round(thing.box_xyxy[0]), round(thing.box_xyxy[1])
    plate = high + base + 2
    bottom = top if top >= plate else top + plate
    left = max(0, min(left, canvas.shape[1] - wide - 4))
    cv2.rectangle(canvas, (left, bottom - plate), (left + wide + 3, bottom - 1), thing.color, cv2.FILLED)
    red, green, blue = thing.color
    ink = (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
    cv2.putText(canvas, thing.caption, (left + 2, bottom - base), _FONT, scale, ink, weight, cv2.LINE_AA)

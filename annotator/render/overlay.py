"""Draw tracks over frames: masks, boxes, captions and trails."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.model.box import Box
from annotator.model.frame import Image
from annotator.model.mask import Mask
from annotator.model.native import draw_line, draw_rectangle, draw_text, near

Color = tuple[int, int, int]

_MASK_SHARE = 0.45
#: Line width and letter height for a frame of 1080 lines.
_LINE, _LETTERS, _LINES = 2.5, 22.0, 1080
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_HEIGHT = 22.0  # of that font's capitals at scale 1


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What is drawn besides boxes and captions."""

    masks: bool = True
    trails: int = 30
    """Length of the trails in frames; 0 for none."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One track in one frame."""

    track: int
    """Distinguishes tracks; never drawn."""
    caption: str
    color: Color
    """RGB."""
    box_xyxy: Box
    """Float pixels, right and bottom exclusive."""
    mask: Mask | None = None


class Overlay:
    """Draws tracks over the frames of one video, in order."""

    def __init__(self, options: OverlayOptions | None = None) -> None:
        self.options = options or OverlayOptions()
        self._trails: dict[int, deque[tuple[int, float, float]]] = {}

    def draw(self, image: Image, frame_index: int, shown: Sequence[Shown]) -> Image:
        """Return a copy of the frame with its tracks drawn. (H, W, 3) uint8 RGB -> the same."""
        canvas = image.copy()
        if self.options.masks:
            for each in shown:
                if each.mask is not None:
                    _tint(canvas, each.mask, each.color)
        size = image.shape[0] / _LINES
        width = max(1, round(_LINE * size))
        for each in shown:
            self._draw_trail(canvas, frame_index, each, width)
        for each in shown:
            x0, y0, x1, y1 = (round(edge) for edge in near(each.box_xyxy))
            draw_rectangle(canvas, (x0, y0, x1 - 1, y1 - 1), each.color, width)
        for each in shown:
            _write(canvas, each, max(_LETTERS * size, 9.0) / _FONT_HEIGHT)
        return canvas

    def _draw_trail(self, canvas: Image, frame_index: int, shown: Shown, width: int) -> None:
        """Draw a line through the centers of the track's recent boxes. Tracks absent from this frame get no trail."""
        x0, y0, x1, y1 = shown.box_xyxy
        trail = self._trails.setdefault(shown.track, deque())
        trail.append((frame_index, (x0 + x1) / 2, (y0 + y1) / 2))
        while trail[0][0] < frame_index - self.options.trails:
            trail.popleft()
        if len(trail) > 1:
            draw_line(canvas, [(x, y) for _, x, y in trail], shown.color, width)


def color_of(text: str) -> Color:
    """Convert ``#rrggbb`` to RGB."""
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


def _write(canvas: Image, shown: Shown, scale: float) -> None:
    """Draw the caption on a plate of the track's color, above the box or, if there is no room, inside it."""
    weight = max(1, round(scale * 2))
    (wide, high), base = cv2.getTextSize(shown.caption, _FONT, scale, weight)
    left, top = (round(edge) for edge in near(shown.box_xyxy[:2]))
    plate = high + base + 2
    bottom = top if top >= plate else top + plate
    left = max(0, min(left, canvas.shape[1] - wide - 4))
    draw_rectangle(canvas, (left, bottom - plate, left + wide + 3, bottom - 1), shown.color, cv2.FILLED)
    red, green, blue = shown.color
    ink = (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
    draw_text(canvas, shown.caption, left + 2, bottom - base, _FONT, scale, ink, weight)

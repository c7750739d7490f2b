"""Boxes around turned boxes and ellipses, and the corners of ellipses."""

from __future__ import annotations

import math
from collections.abc import Sequence

from annotator.model.box import Box

_ELLIPSE_CORNERS = 72


def turned_hull(box_xyxy: Box, degrees: float) -> Box:
    """The upright box around a box that is turned clockwise about its center."""
    x1, y1, x2, y2 = box_xyxy
    quarter_turns = degrees / 90
    if quarter_turns == int(quarter_turns):
        # Exact, where sine and cosine are not.
        cosine, sine = (1.0, 0.0) if int(quarter_turns) % 2 == 0 else (0.0, 1.0)
    else:
        cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    half_width, half_height = (x2 - x1) / 2, (y2 - y1) / 2
    across, down = half_width * cosine + half_height * sine, half_width * sine + half_height * cosine
    center_x, center_y = (x1 + x2) / 2, (y1 + y2) / 2
    return (center_x - across, center_y - down, center_x + across, center_y + down)


def ellipse_corners(box_xyxy: Box, degrees: float) -> list[float]:
    """Corners ``x, y, x, y, ...`` of a polygon along the ellipse in a box that is turned clockwise about its center."""
    x1, y1, x2, y2 = box_xyxy
    turn = math.radians(degrees)
    corners = []
    for step in range(_ELLIPSE_CORNERS):
        angle = 2 * math.pi * step / _ELLIPSE_CORNERS
        across, down = (x2 - x1) / 2 * math.cos(angle), (y2 - y1) / 2 * math.sin(angle)
        corners += [(x1 + x2) / 2 + across * math.cos(turn) - down * math.sin(turn),
                    (y1 + y2) / 2 + across * math.sin(turn) + down * math.cos(turn)]
    return corners


def hull(corners: Sequence[float]) -> Box:
    """The box around corners ``x, y, x, y, ...``, of which there is at least one. Raises ValueError."""
    if len(corners) < 2 or len(corners) % 2:
        raise ValueError(f"{len(corners)} coordinates")
    xs, ys = corners[::2], corners[1::2]
    return (min(xs), min(ys), max(xs), max(ys))


def between(first: Box, last: Box, share: float) -> Box:
    """The box at this share of the way from one to another."""
    x1, y1, x2, y2 = (a + (b - a) * share for a, b in zip(first, last, strict=True))
    return (x1, y1, x2, y2)


def angle_between(first: float, last: float, share: float) -> float:
    """The angle in degrees at this share of the shorter way from one to another."""
    return first + ((last - first + 180) % 360 - 180) * share

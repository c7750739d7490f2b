"""Where names stand beside their boxes: none covers another, none leaves the picture. No Qt."""

from __future__ import annotations

from collections import defaultdict

Rect = tuple[float, float, float, float]
"""left, top, right, bottom"""


class NameLayout:
    """Gives places to names, first come, first served.

    All names have the same height, so one can only meet those in its own band of that height and the two next to it.
    """

    def __init__(self, limits: Rect, height: float) -> None:
        self._limits = limits
        self._height = height
        self._bands: dict[int, list[Rect]] = defaultdict(list)

    def place(self, box: Rect, width: float) -> Rect | None:
        """Above the box, else below it, else inside its top; None where nothing is free or the box is out of sight."""
        left, top, right, bottom = self._limits
        if box[0] >= right or box[2] <= left or box[1] >= bottom or box[3] <= top:
            return None
        x = max(min(box[0], right - width), left)
        for wanted in (box[1] - self._height, box[3], box[1]):
            y = max(min(wanted, bottom - self._height), top)
            found = (x, y, x + width, y + self._height)
            if self._is_free(found):
                self._bands[int(y // self._height)].append(found)
                return found
        return None

    def _is_free(self, rect: Rect) -> bool:
        left, top, right, bottom = rect
        band = int(top // self._height)
        for near in (band - 1, band, band + 1):
            for other in self._bands.get(near, ()):
                if left < other[2] and right > other[0] and top < other[3] and bottom > other[1]:
                    return False
        return True

"""Positions of names next to their boxes, without overlap and within the image. No Qt."""

from __future__ import annotations

from collections import defaultdict

Rect = tuple[float, float, float, float]
"""left, top, right, bottom"""


class NameLayout:
    """Assigns positions to names, first come, first served.

    All names have the same height, so a name can only overlap with names in its own band of that height or in the two
    adjacent bands.
    """

    def __init__(self, limits: Rect, height: float) -> None:
        self._limits = limits
        self._height = height
        self._bands: dict[int, list[Rect]] = defaultdict(list)

    def place(self, box: Rect, width: float) -> Rect | None:
        """Return a position above the box, else below it, else inside at its top; None if there is no space.

        None is also returned if the box is out of view.
        """
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

"""The effort of corrections: keys, clicks, drags and seconds per fix. Only counts: uses no window, clock or file.

A *fix* is one history step made by a person, or one undo or redo. Its effort is everything the person did since the
previous fix, looking and searching included, so it also covers false alarms that were inspected and left unchanged.

Seconds measure active time: the time from one input event (key, button, wheel, pointer) to the next counts, but at
most `IDLE_LIMIT` of a longer pause.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds of a pause that count. Watching a few seconds of video without touching anything is work; a phone call isn't.
IDLE_LIMIT = 20.0


@dataclass(frozen=True, slots=True)
class Effort:
    """Totals. A key with its modifiers (Ctrl+T) counts as one key, a double click as two clicks."""

    keys: int = 0
    clicks: int = 0
    drags: int = 0
    """Button presses released at another place."""
    seconds: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.keys + other.keys, self.clicks + other.clicks, self.drags + other.drags,
                      self.seconds + other.seconds)

    def __sub__(self, other: Effort) -> Effort:
        return Effort(self.keys - other.keys, self.clicks - other.clicks, self.drags - other.drags,
                      self.seconds - other.seconds)


class EffortMeter:
    """Counts what a person does until the count is taken. Times are seconds of any monotonic clock."""

    def __init__(self, idle_limit: float = IDLE_LIMIT) -> None:
        self._idle_limit = idle_limit
        self._keys = self._clicks = self._drags = 0
        self._seconds = 0.0
        self._last: float | None = None
        self._may_be_a_drag = False

    @property
    def effort(self) -> Effort:
        """The effort counted since the last `take`."""
        return Effort(self._keys, self._clicks, self._drags, self._seconds)

    def alive(self, at: float) -> None:
        """Note activity that is not counted: the pointer or wheel moved, or a key was released."""
        if self._last is not None:
            self._seconds += min(max(at - self._last, 0.0), self._idle_limit)
        self._last = at

    def key(self, at: float) -> None:
        """Count a key press. Callers leave out auto-repeats of a held key."""
        self.alive(at)
        self._keys += 1

    def press(self, at: float) -> None:
        """Count a mouse button press as a click, until it turns out to be a drag."""
        self.alive(at)
        self._clicks += 1
        self._may_be_a_drag = True

    def release(self, at: float, moved: bool) -> None:
        """Note that the button was released; ``moved`` means at another place, which makes the press a drag."""
        self.alive(at)
        if moved and self._may_be_a_drag:
            self._clicks -= 1
            self._drags += 1
        self._may_be_a_drag = False

    def take(self, at: float) -> Effort:
        """Return the effort up to the time ``at`` and start again from zero."""
        if self._last is not None:
            self.alive(at)
        taken = self.effort
        self._keys = self._clicks = self._drags = 0
        self._seconds = 0.0
        self._may_be_a_drag = False
        return taken

"""What corrections cost a person: keys, clicks, drags and seconds per fix. It only counts: no window, clock or file.

A *fix* is one step of the history that a person made, or one undo or redo. What a person did since the fix before is
its effort, looking and searching included, so false alarms that were looked at and left alone are in it too.

Seconds are those in which somebody was at work: the time from one sign of life (a key, a button, the wheel, the
pointer) to the next counts, but of a longer pause no more than `IDLE_LIMIT`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds of a pause that count. Watching a stretch of video without a hand on anything is work; a phone call is none.
IDLE_LIMIT = 20.0


@dataclass(frozen=True, slots=True)
class Effort:
    """Sums; a key with its modifiers (Ctrl+T) is one key, a double click is two clicks."""

    keys: int = 0
    clicks: int = 0
    drags: int = 0
    """Presses that ended somewhere else than where they began."""
    seconds: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.keys + other.keys, self.clicks + other.clicks, self.drags + other.drags,
                      self.seconds + other.seconds)

    def __sub__(self, other: Effort) -> Effort:
        return Effort(self.keys - other.keys, self.clicks - other.clicks, self.drags - other.drags,
                      self.seconds - other.seconds)


class EffortMeter:
    """Counts what a person does until it is taken. Times are seconds of any clock that does not run back."""

    def __init__(self, idle_limit: float = IDLE_LIMIT) -> None:
        self._idle_limit = idle_limit
        self._keys = self._clicks = self._drags = 0
        self._seconds = 0.0
        self._last: float | None = None
        self._may_be_a_drag = False

    @property
    def effort(self) -> Effort:
        """What was counted since it was taken last."""
        return Effort(self._keys, self._clicks, self._drags, self._seconds)

    def alive(self, at: float) -> None:
        """Somebody moved the pointer, turned the wheel, or let a key go."""
        if self._last is not None:
            self._seconds += min(max(at - self._last, 0.0), self._idle_limit)
        self._last = at

    def key(self, at: float) -> None:
        """A key was pressed; one that is held down repeats nothing."""
        self.alive(at)
        self._keys += 1

    def press(self, at: float) -> None:
        """A button of the mouse went down: a click, until it turns out to be a drag."""
        self.alive(at)
        self._clicks += 1
        self._may_be_a_drag = True

    def release(self, at: float, moved: bool) -> None:
        """It was let go; ``moved``: somewhere else."""
        self.alive(at)
        if moved and self._may_be_a_drag:
            self._clicks -= 1
            self._drags += 1
        self._may_be_a_drag = False

    def take(self, at: float) -> Effort:
        """What was counted, time until now included; then begin anew."""
        if self._last is not None:
            self.alive(at)
        taken = self.effort
        self._keys = self._clicks = self._drags = 0
        self._seconds = 0.0
        self._may_be_a_drag = False
        return taken

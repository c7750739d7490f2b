"""Deferred work that never takes much of the window's time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

#: Maximum share of the window's time that one kind of work may take.
_SHARE = 0.05


class ThrottledTimer(QTimer):
    """Runs work some time after `begin`; the longer it took the last time, the later it runs again.

    A running job commits many times a second. The views that reload after each commit may take a twentieth of the
    time, however large the project is. Users make few edits and look at each, so theirs are not deferred.
    """

    def __init__(self, work: Callable[[], object], least: int, parent: QObject, soonest: int | None = None) -> None:
        """Prepare the timer.

        Args:
            work: called when the time has come.
            least: shortest time between two calls in milliseconds.
            parent: the Qt object that owns the timer.
            soonest: shortest wait in milliseconds, for urgent work and after a pause; ``least`` if omitted.
        """
        super().__init__(parent)
        self.setSingleShot(True)
        self._work, self._least = work, least
        self._soonest = least if soonest is None else soonest
        self._between = least
        self._ended = 0.0
        self.timeout.connect(self._run)

    def begin(self, urgent: bool = False) -> None:
        """Schedule the work, unless it is scheduled already. ``urgent``: the user waits for the result."""
        since = round(1000 * (time.monotonic() - self._ended))
        wait = self._soonest if urgent else max(self._soonest, self._between - since)
        if not self.isActive() or self.remainingTime() > wait:
            self.start(wait)

    def _run(self) -> None:
        began = time.monotonic()
        self._work()
        self._ended = time.monotonic()
        self._between = max(self._least, round(1000 * (self._ended - began) / _SHARE))

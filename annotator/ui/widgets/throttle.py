"""Work that is put off, so that it never takes much of the window's time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

#: Most of the window's time that one such work may take.
_SHARE = 0.05


class SparingTimer(QTimer):
    """Does something a while after `begin`: the later, the longer it took the last time.

    A running job commits many times a second. What is read anew then may take a twentieth of the time, however large
    the project is. A person makes few edits and looks at each, so what they changed is not put off.
    """

    def __init__(self, work: Callable[[], object], least: int, parent: QObject, soonest: int | None = None) -> None:
        """``least``: shortest time between two works in milliseconds; ``soonest``: shortest wait, after a longer pause
        or for a person (as long, if left out)."""
        super().__init__(parent)
        self.setSingleShot(True)
        self._work, self._least = work, least
        self._soonest = least if soonest is None else soonest
        self._between = least
        self._ended = 0.0
        self.timeout.connect(self._run)

    def begin(self, at_once: bool = False) -> None:
        """Something is to be done; while that waits, more of it changes nothing. ``at_once``: a person waits for it."""
        since = round(1000 * (time.monotonic() - self._ended))
        wait = self._soonest if at_once else max(self._soonest, self._between - since)
        if not self.isActive() or self.remainingTime() > wait:
            self.start(wait)

    def _run(self) -> None:
        began = time.monotonic()
        self._work()
        self._ended = time.monotonic()
        self._between = max(self._least, round(1000 * (self._ended - began) / _SHARE))

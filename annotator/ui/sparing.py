"""Work that is put off, so that it never takes much of the window's time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

#: Most of the window's time that one such work may take.
_SHARE = 0.05


class SparingTimer(QTimer):
    """Does something a while after `start`: the later, the longer it took the last time.

    A running job commits many times a second. What is read anew then may take a twentieth of the time, however large
    the project is.
    """

    def __init__(self, work: Callable[[], object], least: int, parent: QObject) -> None:
        """``least``: shortest wait in milliseconds."""
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(least)
        self._work, self._least = work, least
        self.timeout.connect(self._run)

    def _run(self) -> None:
        began = time.monotonic()
        self._work()
        self.setInterval(max(self._least, round(1000 * (time.monotonic() - began) / _SHARE)))

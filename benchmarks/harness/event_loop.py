"""Run the window's event loop until a condition holds."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop


def run_until(loop: QEventLoop, done: Callable[[], bool], timeout: float = 120.0, pause: float = 0.0002) -> None:
    """Process events until ``done`` holds. ``pause``: seconds between two checks, in which other threads may work.

    Raises:
        TimeoutError: ``done`` did not hold within ``timeout`` seconds.
    """
    end = time.perf_counter() + timeout
    while not done():
        loop.processEvents()
        if time.perf_counter() > end:
            raise TimeoutError(f"the window did not reach the expected state within {timeout:.0f} seconds")
        if not done():
            time.sleep(pause)

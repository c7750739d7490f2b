"""The window's event loop, turned by hand."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop


def turn_until(loop: QEventLoop, done: Callable[[], bool], patience: float = 120.0, pause: float = 0.0002) -> None:
    """Handle events until something is so. ``pause``: seconds between two looks, in which other threads may work.

    Raises:
        TimeoutError: it was not so for ``patience`` seconds.
    """
    end = time.perf_counter() + patience
    while not done():
        loop.processEvents()
        if time.perf_counter() > end:
            raise TimeoutError(f"the window did not do in {patience:.0f} seconds what was asked of it")
        if not done():
            time.sleep(pause)

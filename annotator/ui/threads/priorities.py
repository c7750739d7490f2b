"""Priorities of the program's threads when several compete for a core. No Qt."""

from __future__ import annotations

import logging
import os
import sys
import threading
from enum import IntEnum

log = logging.getLogger(__name__)


class Niceness(IntEnum):
    """Priority below the window's thread, in steps of nice(2). Threads inherit it from the thread that starts them."""

    FRAMES = 4
    """Decodes the frames that are shown next; painting must not wait for it."""
    ENGINE = 9
    """Computes on all cores."""


def lower_priority(niceness: Niceness) -> None:
    """Lower the priority of the calling thread. Only Linux has priorities for single threads."""
    if sys.platform != "linux":
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    except OSError as error:
        log.debug("%s keeps the window's priority: %s", threading.current_thread().name, error)

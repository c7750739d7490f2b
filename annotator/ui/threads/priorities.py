"""Which of the program's threads goes first where several want a core. No Qt."""

from __future__ import annotations

import logging
import os
import sys
import threading
from enum import IntEnum

log = logging.getLogger(__name__)


class Niceness(IntEnum):
    """Steps below the window's own thread, as of nice(2). Threads that such a thread starts stand where it does."""

    PICTURES = 4
    """Decodes what will be looked at next: a picture that is being painted waits for none of it."""
    ENGINE = 9
    """Computes on every core there is."""


def give_way(niceness: Niceness) -> None:
    """Take the calling thread so many steps down. Only Linux has priorities of single threads."""
    if sys.platform != "linux":
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    except OSError as error:
        log.debug("%s keeps the window's priority: %s", threading.current_thread().name, error)

"""Ctrl-C and SIGTERM on the command line: a job stops at a frame's end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from annotator.cli.exit_codes import INTERRUPTED
from annotator.model.cancel import CancelToken


@contextmanager
def stopping() -> Iterator[CancelToken]:
    """A job's cancel token, set by Ctrl-C or SIGTERM; a second one ends the program on the spot.

    The first must not raise where it strikes: it may strike amid a transaction. The second may: a kill loses nothing.
    """
    token = CancelToken()

    def stop(*_: object) -> None:
        if token.cancelled:
            os._exit(INTERRUPTED)
        token.cancel()
        # Not through the console: the signal may have struck while it was writing.
        os.write(2, b"\nstopping after this frame (once more: at once)\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

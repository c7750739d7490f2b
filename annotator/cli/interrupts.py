"""Ctrl-C and SIGTERM on the command line: a job stops after the current frame."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from annotator.cli.exit_codes import INTERRUPTED
from annotator.model.cancel import CancelToken


@contextmanager
def cancel_on_interrupt() -> Iterator[CancelToken]:
    """Yield a cancel token that Ctrl-C or SIGTERM sets; a second signal ends the process immediately.

    The first signal must not raise an exception, because it may arrive during a transaction. The second may end the
    process, because a kill loses no committed work.
    """
    token = CancelToken()

    def stop(*_: object) -> None:
        if token.cancelled:
            os._exit(INTERRUPTED)
        token.cancel()
        # Not through the console: the signal may have arrived while the console was writing.
        os.write(2, b"\nstopping after this frame (press Ctrl-C again to stop immediately)\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Ctrl-C, SIGTERM and SIGHUP (a closed terminal) on the command line: a job stops after the current frame."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from annotator.cli.exit_codes import INTERRUPTED
from annotator.model.cancel import CancelToken


@contextmanager
def cancel_on_interrupt() -> Iterator[CancelToken]:
    """Yield a cancel token that Ctrl-C, SIGTERM or SIGHUP sets; a second signal ends the process immediately. A signal
    that the process was started to ignore, as ``nohup`` does with SIGHUP, stays ignored.

    The first signal must not raise an exception, because it may arrive during a transaction. The second may end the
    process, because a kill loses no committed work.
    """
    token = CancelToken()

    def stop(*_: object) -> None:
        if token.cancelled:
            os._exit(INTERRUPTED)
        token.cancel()
        # Not through the console: the signal may have arrived while the console was writing.
        with suppress(OSError):  # the terminal may be gone
            os.write(2, b"\nstopping after this frame (press Ctrl-C again to stop immediately)\n")

    before = {number: signal.signal(number, stop) for number in _signals()}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _signals() -> list[signal.Signals]:
    """The signals that stop a job. SIGINT too if it is ignored: a shell does that to every job in the background."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    known = [signal.Signals[name] for name in names if name in signal.Signals.__members__]
    return [number for number in known if number is signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN]

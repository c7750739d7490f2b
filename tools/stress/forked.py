"""Run a function in a forked child with limits of time and memory, and say how it ended.

A crash of native code ends only the child. Import everything that the function needs beforehand, so that a child starts
in milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

#: Output of a child that is kept, in bytes.
_KEPT = 2_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended."""

    status: int | None
    """Exit status, negative for a signal; None if it was killed after the time limit."""
    output: str
    errors: str
    seconds: float

    @property
    def problem(self) -> str:
        """What is wrong with this ending; empty for success and for a refusal without a traceback."""
        if self.status is None:
            return f"hang, killed after {self.seconds:.0f} s"
        if self.status < 0:
            return f"signal {-self.status} ({signal.Signals(-self.status).name})"
        if "Traceback (most recent call last)" in self.errors or "PROBLEM" in self.errors:
            return f"traceback: {_last_line(self.errors)}"
        if self.status not in (0, 2):
            return f"exit status {self.status}: {_last_line(self.errors)}"
        return ""

    @property
    def refusal(self) -> str:
        """The message of a refusal; empty if the child succeeded."""
        return _last_line(self.errors) if self.status == 2 else ""


def run(function: Callable[[], int], seconds: float, memory_bytes: int) -> Ending:
    """Call a function in a child process; its return value is the exit status."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _be_the_child(function, output, errors, memory_bytes)
        status = _wait(child, started + seconds)
        return Ending(status, _text(output), _text(errors), time.monotonic() - started)


def _be_the_child(function: Callable[[], int], output: BinaryIO, errors: BinaryIO, memory_bytes: int) -> None:
    status = 99
    try:
        os.setpgid(0, 0)
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout, sys.stderr = os.fdopen(1, "w", errors="replace"), os.fdopen(2, "w", errors="replace")
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            status = function()
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        except BaseException:  # noqa: BLE001  (whatever it is, the parent must be told)
            traceback.print_exc()
            status = 1
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os._exit(status)


def _wait(child: int, deadline: float) -> int | None:
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.005)


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read(_KEPT).decode(errors="replace"))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:240]

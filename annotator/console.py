"""The command line's output to standard error: messages, each warning once, and a progress line below them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TextIO


class Console:
    """Writes messages and a progress line, which is rewritten on a terminal and repeated at intervals elsewhere."""

    def __init__(self, stream: TextIO, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """``quiet`` suppresses progress, never messages."""
        self._stream = stream
        self._quiet = quiet
        self._clock = clock
        self._terminal = stream.isatty()
        self._last: float | None = None
        self._open = False

    def line(self, text: str) -> None:
        """Write a message on its own line."""
        self.end()
        self._write(text + "\n")

    def progress(self, text: str, done: bool = False) -> None:
        """Show progress; frequent calls are throttled. ``done``: the last update, always shown."""
        now = self._clock()
        wait = 0.2 if self._terminal else 10.0
        if self._quiet or (not done and self._last is not None and now - self._last < wait):
            return
        self._last = now
        self._write(f"\r{text:<78}" if self._terminal else text + "\n")
        self._open = self._terminal

    def end(self) -> None:
        """End the current progress line, if any."""
        if self._open:
            self._write("\n")
        self._open = False

    def restart(self) -> None:
        """Start another job, whose first progress is shown immediately."""
        self.end()
        self._last = None

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            # The reader or the terminal is gone, but the work continues.
            self._quiet = True


class ConsoleHandler(logging.Handler):
    """Writes log records to the console as single lines; repeated warnings only once."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        try:
            text = f"{record.levelname.lower()}: {one_line(record.getMessage())}"
            if record.levelno < logging.WARNING or text not in self._shown:
                self._console.line(text)
            self._shown.add(text)
        except Exception:  # noqa: BLE001 - a log line must never stop the work; logging's own handlers do the same
            self.handleError(record)


def one_line(text: str) -> str:
    """Return the text without line breaks and repeated spaces."""
    return " ".join(text.split())

"""Standard error of the command line: messages, warnings once each, and one line of progress that they do not break."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TextIO


class Console:
    """Writes lines and one line of progress, rewritten on a terminal and written now and then elsewhere."""

    def __init__(self, stream: TextIO, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """``quiet`` leaves out progress, never messages."""
        self._stream = stream
        self._quiet = quiet
        self._clock = clock
        self._terminal = stream.isatty()
        self._last: float | None = None
        self._open = False

    def line(self, text: str) -> None:
        """A message of its own."""
        self.end()
        self._write(text + "\n")

    def progress(self, text: str, done: bool = False) -> None:
        """Say how far the work is; may be called as often as one likes. ``done``: the last word, always shown."""
        now = self._clock()
        wait = 0.2 if self._terminal else 10.0
        if self._quiet or (not done and self._last is not None and now - self._last < wait):
            return
        self._last = now
        self._write(f"\r{text:<78}" if self._terminal else text + "\n")
        self._open = self._terminal

    def end(self) -> None:
        """Finish the line of progress, if one is open."""
        if self._open:
            self._write("\n")
        self._open = False

    def restart(self) -> None:
        """Another job begins: its first word is shown at once."""
        self.end()
        self._last = None

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            # Nobody reads it any more; the work goes on.
            self._quiet = True


class ConsoleHandler(logging.Handler):
    """Log records as single lines on the console; each warning once, however often it is found."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        try:
            text = f"{record.levelname.lower()}: {one_line(record.getMessage())}"
            if record.levelno < logging.WARNING or text not in self._said:
                self._console.line(text)
            self._said.add(text)
        except Exception:  # noqa: BLE001 - a log line must never stop the work; this is what logging's own handlers do
            self.handleError(record)


def one_line(text: str) -> str:
    """Without line breaks and repeated spaces."""
    return " ".join(text.split())

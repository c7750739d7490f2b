"""Progress of a job below a notebook's cell, or as one line of text elsewhere; and jobs that stop between frames."""

from __future__ import annotations

import html
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from annotator.console import Console
from annotator.model.cancel import CancelToken

#: Seconds between two updates of a notebook's display.
_INTERVAL = 0.1


class Display(Protocol):
    """Shows how far a job is."""

    def show(self, done: int, total: int, text: str) -> None:
        """Show that ``done`` of ``total`` frames are finished, and a short text."""

    def close(self) -> None:
        """Leave the last state where it is."""


class Nothing:
    """Shows nothing."""

    def show(self, done: int, total: int, text: str) -> None: ...

    def close(self) -> None: ...


class OneLine:
    """One line of text on standard error, updated in a terminal."""

    def __init__(self) -> None:
        self._console = Console(sys.stderr)

    def show(self, done: int, total: int, text: str) -> None:
        self._console.progress(f"{text}  {done}/{total}", done == total)

    def close(self) -> None:
        self._console.end()


class Below:
    """A bar below the cell of a Jupyter notebook. Needs no widgets, so a saved notebook shows its last state."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def show(self, done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + _INTERVAL
        from IPython.display import HTML, display

        bar = HTML(f'<progress value="{done}" max="{max(total, 1)}"></progress> {done}/{total} {html.escape(text)}')
        if self._handle is None:
            self._handle = display(bar, display_id=True)
        else:
            self._handle.update(bar)

    def close(self) -> None: ...


def display(shown: bool) -> Display:
    """Return the display for where the program runs."""
    if not shown:
        return Nothing()
    return Below() if in_jupyter() else OneLine()


def in_jupyter() -> bool:
    """Whether the code runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


@contextmanager
def stop_between_frames() -> Iterator[CancelToken]:
    """Yield a token that Ctrl-C or the notebook's stop button sets; a second one raises KeyboardInterrupt.

    The first must not raise, because it may arrive during a transaction. In other threads, which get no signals, the
    token stays unset.
    """
    token = CancelToken()
    if threading.current_thread() is not threading.main_thread():
        yield token
        return

    def stop(*_: object) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, before)

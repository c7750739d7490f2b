"""Cooperative cancellation of jobs."""

from __future__ import annotations

import threading

from annotator.errors import Cancelled


class CancelToken:
    """Asks a job to stop at the next frame boundary. Safe across threads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the job has been asked to stop."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled if `cancel` has been called."""
        if self._event.is_set():
            raise Cancelled

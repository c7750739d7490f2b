"""The base class of the window's features."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from annotator.ui.actions.registry import Actions
from annotator.ui.widgets.message import Message


class Feature(QObject):
    """One feature of the window, and the only interface between its room and the window.

    A feature receives what it uses when it is built. The window then calls `add_actions` once, `update` whenever
    another project or video is shown or a run begins or ends, and `close` once at the end, for the last feature first.
    While a feature is `busy`, the project stays open: closing the window asks first, then calls `stop` and waits for
    `stopped`. Every method has a default that does nothing.
    """

    message = Signal(Message)
    """One line for the status bar."""
    stopped = Signal()
    """Work that kept the feature busy has ended."""

    def add_actions(self, actions: Actions) -> None:
        """Register the feature's actions."""

    def update(self) -> None:
        """Show the current state."""

    @property
    def busy(self) -> bool:
        """Whether work is in progress that closing the window would interrupt."""
        return False

    def stop(self) -> None:
        """Ask that work to end."""

    def close(self) -> None:
        """Release threads, files and listeners. The feature is not used afterwards."""

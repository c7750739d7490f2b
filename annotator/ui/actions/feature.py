"""The shape that every feature of the window has."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from annotator.ui.actions.registry import Actions
from annotator.ui.widgets.message import Message


class Feature(QObject):
    """One feature of the window: a room's only door for the window that builds it.

    A feature is given what it uses when it is built. The window then calls `add_actions` once, `update` whenever
    another project or video is shown or a run begins or ends, and `close` once at the end, the newest feature first.
    Its work, if any, keeps the project open: while it is `busy`, closing the window asks first, and then calls `stop`
    and waits for `stopped`. Every method has a default that does nothing.
    """

    message = Signal(Message)
    """One line for the status bar."""
    stopped = Signal()
    """Work that kept the feature busy has ended."""

    def add_actions(self, actions: Actions) -> None:
        """Register what the user can do."""

    def update(self) -> None:
        """Show what holds now."""

    @property
    def busy(self) -> bool:
        """Whether work is in progress that closing the window would interrupt."""
        return False

    def stop(self) -> None:
        """Ask that work to end."""

    def close(self) -> None:
        """Release threads, files and listeners; the feature is not used again."""

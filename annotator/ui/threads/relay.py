"""From other threads to the window's: what is told of them is told there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Relay(QObject):
    """Runs functions on the thread that it lives in, for callers on others, who do not wait.

    Signals of the window's objects are emitted through it, so that all who listen hear them at once and on their own
    thread. Emitted elsewhere, a signal waits as an event of Qt's, and PySide delivers that to the method of a plain
    object even when the method was disconnected and its object freed meanwhile: the process crashes.
    """

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], object]) -> None:
        """Have a function called between two events of the relay's own thread, in the order of the calls.

        Raises:
            RuntimeError: the relay is gone, with the object that owned it.
        """
        self._posted.emit(function)

    def _run(self, function: Callable[[], object]) -> None:
        function()

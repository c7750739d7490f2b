"""Run functions on the window's thread on behalf of other threads."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Relay(QObject):
    """Runs functions on the thread that it lives in, for callers on other threads, which do not wait.

    Threads emit signals of the window's objects through it, so every slot is called directly and on its own thread. A
    signal that is emitted on another thread waits as a Qt event. PySide delivers that event to the method of a plain
    object even if the method was disconnected and its object freed meanwhile, and the process crashes.
    """

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], object]) -> None:
        """Queue a function to be called on the relay's thread, in the order of the calls.

        Raises:
            RuntimeError: the relay was deleted with the object that owned it.
        """
        self._posted.emit(function)

    def _run(self, function: Callable[[], object]) -> None:
        function()

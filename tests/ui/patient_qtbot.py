"""A QtBot that a busy machine does not outrun."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytestqt.qtbot import QtBot

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_PATIENCE_MS = int(1000 * PATIENCE_S)


class PatientQtBot(QtBot):
    """Ends a wait as soon as what is awaited is there; gives it up after `PATIENCE_S`, whatever timeout is asked for.

    A timeout in a test says how long its author's machine took, which says nothing of the next.
    """

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = _PATIENCE_MS) -> None:
        """Wait until a condition is true or, if it is written with assertions, until they hold."""
        super().waitUntil(callback, timeout=max(timeout, _PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = _PATIENCE_MS, **options: Any) -> Any:
        """Wait for a signal at the end of a ``with`` block."""
        return super().waitSignal(signal, timeout=max(timeout, _PATIENCE_MS), **options)

    def waitExposed(self, widget: QWidget, *, timeout: int = _PATIENCE_MS) -> Any:
        """Wait until a widget is shown."""
        return super().waitExposed(widget, timeout=max(timeout, _PATIENCE_MS))

"""An event filter that counts each press of a key or mouse button in the program's windows once."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from annotator.model.effort import EffortMeter

_Type = QEvent.Type
_KEYS = (_Type.ShortcutOverride, _Type.KeyPress)
_PRESSES = (_Type.MouseButtonPress, _Type.MouseButtonDblClick)
_SIGNS_OF_LIFE = (_Type.MouseMove, _Type.Wheel, _Type.KeyRelease)
_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)


class EffortWatch(QObject):
    """Feeds a meter. Qt sends one event to the window, a widget and its parents, and for a shortcut it sends only
    ShortcutOverride, never KeyPress. So only the first event of each press counts."""

    def __init__(self, meter: EffortMeter, parent: QObject | None = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._meter, self._clock = meter, clock
        self._down: dict[int, int] = {}
        """Timestamp of the press, by key."""
        self._button: tuple[Qt.MouseButton, QPointF, int] | None = None
        """Pressed button, position and timestamp."""
        self._watching = False

    def start(self) -> None:
        app = QApplication.instance()
        if app is not None and not self._watching:
            app.installEventFilter(self)
            self._watching = True

    def stop(self) -> None:
        app = QApplication.instance()
        if app is not None and self._watching:
            app.removeEventFilter(self)
            self._watching = False
        self._down, self._button = {}, None

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        kind = event.type()
        if kind in _KEYS and isinstance(event, QKeyEvent):
            self._on_key(event)
        elif kind in _PRESSES and isinstance(event, QMouseEvent):
            self._on_press(event)
        elif kind is _Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            self._on_release(event)
        elif kind in _SIGNS_OF_LIFE and event.spontaneous():
            if kind is _Type.KeyRelease and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
                self._down.pop(event.key(), None)
            self._meter.alive(self._clock())
        return False

    def _on_key(self, event: QKeyEvent) -> None:
        # Qt synthesises key presses after ShortcutOverride; real ones are spontaneous.
        made_up = event.type() is _Type.KeyPress and not event.spontaneous()
        if made_up or event.isAutoRepeat() or event.key() in _MODIFIERS:
            return
        # If the key was released over another program, the next press has another timestamp.
        if self._down.get(event.key()) != event.timestamp():
            self._down[event.key()] = event.timestamp()
            self._meter.key(self._clock())

    def _on_press(self, event: QMouseEvent) -> None:
        if event.spontaneous() and (self._button is None or self._button[2] != event.timestamp()):
            self._button = event.button(), event.globalPosition(), event.timestamp()
            self._meter.press(self._clock())

    def _on_release(self, event: QMouseEvent) -> None:
        if self._button is None or event.button() is not self._button[0]:
            return
        way = event.globalPosition() - self._button[1]
        self._button = None
        self._meter.release(self._clock(), way.manhattanLength() >= QApplication.startDragDistance())

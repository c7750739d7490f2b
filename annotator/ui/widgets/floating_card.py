"""A card that floats over another widget and keeps its position there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QWidget


class FloatingCard(QFrame):
    """A frame over a widget that does not affect the widget's layout; initially hidden. `settle` positions it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.over = over
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        over.installEventFilter(self)
        self.hide()

    def settle(self) -> None:
        """Set size and position; called when the widget below is shown or resized."""
        raise NotImplementedError

    def height_at(self, width: int) -> int:
        """Return the height in pixels that the card needs at a width."""
        layout = self.layout()
        assert layout is not None
        return layout.heightForWidth(width) if layout.hasHeightForWidth() else self.sizeHint().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        # The widget below is resized before it is shown for the first time.
        if watched is self.over and event.type() in (QEvent.Type.Resize, QEvent.Type.Show) and not self.isHidden():
            self.settle()
        return False

"""A button that opens a small panel next to it, and rows of sliders for the panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from annotator.ui.widgets.plain_text import Label


class Popover(QFrame):
    """A panel that opens at a button and closes with Esc or a click outside."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 12, 12, 12)
        self.column.setSpacing(8)

    def open_at(self, button: QWidget) -> None:
        """Open above the button if there is room, otherwise below it, always within the screen."""
        self.adjustSize()
        place = QRect(button.mapToGlobal(QPoint(button.width() - self.width(), -self.height() - 4)), self.size())
        screen = button.screen().availableGeometry()
        if place.top() < screen.top():
            place.moveTop(button.mapToGlobal(QPoint(0, button.height() + 4)).y())
        place.moveLeft(min(max(place.left(), screen.left()), max(screen.right() - place.width(), screen.left())))
        self.move(place.topLeft())
        self.show()


class PopoverButton(QToolButton):
    """A button that opens the panel; its text shows the current setting."""

    def __init__(self, popover: Popover, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setFixedHeight(24)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.clicked.connect(lambda: popover.open_at(self))


class Sliders(QWidget):
    """Aligned rows of a name, a slider and its value."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)

    def add(self, name: str, least: int, most: int, step: int, changed: Callable[[int], object],
            show: Callable[[int], str] = str) -> QSlider:
        """Add a row; ``changed`` is called with every new value, ``show`` formats a value as text."""
        row = self._grid.rowCount()
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(least, most)
        slider.setSingleStep(step)
        slider.setPageStep(step)
        slider.setMinimumWidth(160)
        slider.setAccessibleName(name)
        label, value = Label(name, self), Label(show(slider.value()), self)
        label.setBuddy(slider)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        value.setMinimumWidth(40)
        for column, widget in enumerate((label, slider, value)):
            self._grid.addWidget(widget, row, column)
        slider.valueChanged.connect(lambda number: value.setText(show(number)))
        slider.valueChanged.connect(changed)
        return slider

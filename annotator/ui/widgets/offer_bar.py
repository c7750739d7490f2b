"""A line above the frame that offers a next step until it is accepted or dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from annotator.ui.widgets.plain_text import Label, literal


class OfferBar(QFrame):
    """A bar that shows the newest offer, and the one before it when that is gone. Hidden without offers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Midlight)
        self._offers: dict[str, tuple[str, str, Callable[[], object]]] = {}
        self.text = Label(self)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton(self)
        self.dismiss = QToolButton(self, autoRaise=True)
        self.dismiss.setText("✕")
        self.dismiss.setToolTip(self.tr("Dismiss"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        layout.addWidget(self.dismiss)
        self.button.clicked.connect(self._take)
        self.dismiss.clicked.connect(lambda: self.withdraw(self.topic))
        self.hide()

    def offer(self, topic: str, text: str, button: str, do: Callable[[], object]) -> None:
        """Show a line with a button; ``topic`` identifies it for `withdraw`."""
        self._offers.pop(topic, None)
        self._offers[topic] = (text, button, do)
        self._update()

    def withdraw(self, topic: str) -> None:
        """Remove the offer with this topic, if there is one."""
        if self._offers.pop(topic, None) is not None:
            self._update()

    @property
    def topic(self) -> str:
        """Topic of the offer that is shown; empty if there is none."""
        return next(reversed(self._offers), "")

    def _take(self) -> None:
        if self.topic:
            self._offers[self.topic][2]()

    def _update(self) -> None:
        if self.topic:
            text, button, _ = self._offers[self.topic]
            self.text.setText(text)
            self.text.setToolTip(literal(text))
            self.button.setText(button)
        self.setVisible(bool(self.topic))

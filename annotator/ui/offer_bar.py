"""One line above the picture that offers a next step; it waits until it is taken or sent away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget


class OfferBar(QFrame):
    """Hidden while there is nothing to offer. A second offer takes the place of the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Midlight)
        self._do: Callable[[], object] = lambda: None
        self.topic = ""
        """What the present offer is about; empty without one."""
        self.text = QLabel(self)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton(self)
        self.dismiss = QToolButton(self, autoRaise=True)
        self.dismiss.setText("✕")
        self.dismiss.setToolTip(self.tr("Not now"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        layout.addWidget(self.dismiss)
        self.button.clicked.connect(lambda: self._do())
        self.dismiss.clicked.connect(lambda: self.withdraw(self.topic))
        self.hide()

    def offer(self, topic: str, text: str, button: str, do: Callable[[], object]) -> None:
        """Show a line with a button; ``topic`` names it for `withdraw`."""
        self.topic, self._do = topic, do
        self.text.setText(text)
        self.text.setToolTip(text)
        self.button.setText(button)
        self.show()

    def withdraw(self, topic: str) -> None:
        """Take an offer back, if it is the present one."""
        if topic == self.topic:
            self.topic, self._do = "", lambda: None
            self.hide()

"""The welcome page of an empty window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from annotator.ui.actions.registry import Actions
from annotator.ui.widgets.plain_text import Label, literal

#: Most recent projects on the page.
RECENT = 4


class Welcome(QWidget):
    """One line, two buttons, and the recent projects."""

    opened = Signal(Path)
    """Path of a recent project or video."""

    def __init__(self, actions: Actions, recent: Callable[[], Sequence[str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._actions, self._recent = actions, recent
        self.line = Label(self, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        font = self.line.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        self.line.setFont(font)
        self.open = QPushButton(self.tr("Open…"), self)
        self.demo = QPushButton(self.tr("Try the demo"), self)
        self.open.setDefault(True)
        self.open.clicked.connect(lambda: actions["file.open"].trigger())
        self.demo.clicked.connect(lambda: actions["help.demo"].trigger())
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.open, self.demo):
            button.setMinimumSize(128, 32)
            row.addWidget(button)
        row.addStretch(1)
        self._links = QVBoxLayout()
        self._links.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(24)
        layout.addStretch(3)
        layout.addWidget(self.line)
        layout.addLayout(row)
        layout.addLayout(self._links)
        layout.addStretch(4)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        keys = self._actions["file.open"].shortcut().toString()
        self.line.setText(self.tr("Drop a video or a project here, or press {0}").format(keys) if keys
                          else self.tr("Drop a video or a project here"))
        self._fill()
        super().showEvent(event)

    def links(self) -> list[QToolButton]:
        """Return the buttons of the recent projects."""
        items = [self._links.itemAt(k) for k in range(self._links.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    def _fill(self) -> None:
        for link in self.links():
            self._links.removeWidget(link)
            link.setParent(None)
            link.deleteLater()
        for name in [name for name in self._recent() if Path(name).exists()][:RECENT]:
            link = QToolButton(self)
            link.setAutoRaise(True)
            link.setText(self.fontMetrics().elidedText(Path(name).name, Qt.TextElideMode.ElideMiddle, 320))
            link.setToolTip(literal(name))
            link.setCursor(Qt.CursorShape.PointingHandCursor)
            link.clicked.connect(lambda _=False, path=name: self.opened.emit(Path(path)))
            self._links.addWidget(link, alignment=Qt.AlignmentFlag.AlignCenter)

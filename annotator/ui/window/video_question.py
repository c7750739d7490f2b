"""The question what a video means that is opened while a project is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from annotator.ui.widgets.plain_text import literal


class VideoQuestion(QMessageBox):
    """Asks whether videos are added to the open project or to a project of their own. Does not block the window."""

    def __init__(self, videos: Sequence[Path], current: Path, other: Path, busy: bool, parent: QWidget) -> None:
        """
        Args:
            videos: the videos; at least one.
            current: the open project.
            other: the project that the videos would go to otherwise; it may exist already.
            busy: whether a job uses the open project, which can then not be closed.
            parent: the window.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(self.tr("Open video"))
        what = videos[0].name if len(videos) == 1 else self.tr("%n videos", "", len(videos))
        self.setText(self.tr("Add {0} to {1}?").format(what, current.name))
        exists = other.exists()
        otherwise = self.tr("Otherwise, {0} is opened instead.") if exists else \
            self.tr("Otherwise, the new project {0} is created and opened instead.")
        self.setInformativeText(literal(otherwise.format(other)))
        self.add = self._button(self.tr("Add to this project"))
        self.new = self._button(self.tr("Open the other project") if exists else self.tr("New project"))
        self.setStandardButtons(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.add)
        self.new.setEnabled(not busy)
        if busy:
            self.new.setToolTip(self.tr("A job is using the open project: wait for it or cancel it first"))

    def _button(self, text: str) -> QPushButton:
        return self.addButton(text, QMessageBox.ButtonRole.AcceptRole)

    def ask(self, add: Callable[[], object], new: Callable[[], object]) -> None:
        """Show the question; one of these is called for the answer, none if it is cancelled."""
        self.add.clicked.connect(add)
        self.new.clicked.connect(new)
        self.open()


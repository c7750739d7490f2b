"""The files feature: projects and videos in the File menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.threads.reading_queue import ReadingQueue
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.widgets.task_bar import TaskBar
from annotator.ui.window.opening import Opening
from annotator.ui.window.project_check import ProjectCheck
from annotator.ui.window.projects import ProjectController


class FilesFeature(Feature):
    """Opens projects and videos, lists recent ones, and manages the videos of the project."""

    labels_dropped = Signal(object)
    """Path of a label file."""

    def __init__(self, document: Document, reading: ReadingQueue, canvas: CanvasController, offers: OfferBar,
                 settings: QSettings, is_labels: Callable[[Path], bool], window: QWidget) -> None:
        """``is_labels`` returns whether a dropped path holds labels."""
        super().__init__(window)
        self._reading, self._window = reading, window
        self.opening = Opening(document, reading, settings, is_labels, window)
        self.projects = ProjectController(document, canvas, offers, self.opening.open, reading, window)
        self.bar = TaskBar(reading.worker, window)
        """For the status bar: progress of reading a video."""
        self.check = ProjectCheck(document, window)
        self.check_bar = TaskBar(self.check.worker, window)
        """For the status bar: progress of checking a project that was not closed properly."""
        self.opening.labels_dropped.connect(self.labels_dropped)
        for part in (self.opening, self.projects, self.check):
            part.message.connect(self.message)

    def add_actions(self, actions: Actions) -> None:
        add, tr, menu = actions.add, self.tr, self.tr("File")
        self.opening.add_actions(actions)
        self.projects.add_actions(actions)
        add("file.close", menu, tr("Close project"), self.opening.close, ["Ctrl+W"], needs=Needs.PROJECT,
            group="close")
        add("file.quit", menu, tr("Quit"), self._window.close, ["Ctrl+Q"], group="close")

    def add_recent(self, menu: QMenu) -> None:
        """Add the submenu of recent projects and videos to a menu."""
        self.recent = QMenu(self.tr("Open recent"), menu)
        self.recent.aboutToShow.connect(lambda: self.opening.fill_recent(self.recent))
        menu.insertMenu(menu.actions()[2], self.recent)

    def open(self, path: Path) -> bool:
        """Open a project, or a video without a question. Returns whether it is open or being read."""
        return self.opening.open(path)

    def choose(self, path: Path) -> None:
        """Open what the user selected; ask where a video shall go if that is in doubt."""
        self.opening.choose([path])

    def open_demo(self) -> None:
        """Open the demo project, created if it does not exist."""
        self.opening.open_demo()

    def open_dropped(self, paths: Sequence[Path]) -> None:
        """Open what was dropped on the window."""
        self.opening.open_dropped(paths)

    def recent_paths(self) -> list[str]:
        return self.opening.recent_paths()

    def close(self) -> None:
        self._reading.close()
        self.check.close()

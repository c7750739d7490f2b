"""Layout of the window: canvas above, timeline below, panels at the sides."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget


class Middle(QSplitter):
    """The canvas or the welcome page; below it the toolbar and the timeline."""

    def __init__(self, offers: QWidget, welcome: QWidget, canvas: QWidget, timeline: QWidget,
                 parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._welcome, self._canvas = welcome, canvas
        self._stack = QStackedWidget(parent)
        self._stack.addWidget(welcome)
        self._stack.addWidget(canvas)
        self.bar = QHBoxLayout()
        """The toolbar above the timeline."""
        self.bar.setContentsMargins(8, 4, 8, 4)
        self.bar.setSpacing(4)
        upper, above = _column(parent)
        above.addWidget(offers)
        above.addWidget(self._stack, 1)
        lower, below = _column(parent)
        below.addLayout(self.bar)
        below.addWidget(timeline)
        self.addWidget(upper)
        self.addWidget(lower)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 1)
        self.setSizes([560, 220])
        self.setChildrenCollapsible(False)

    def show_canvas(self, shown: bool) -> None:
        """Show the canvas, or the welcome page."""
        self._stack.setCurrentWidget(self._canvas if shown else self._welcome)


class Docks(QObject):
    """The panels: tracks, review and history in tabs, the inspector below them, the log at the bottom."""

    def __init__(self, window: QMainWindow, table: QWidget, review: QWidget, inspector: QWidget, history: QWidget,
                 log: QWidget) -> None:
        super().__init__(window)
        self._window = window
        tracks = self._tracks = self._dock("tracks", self.tr("Tracks"), table)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, tracks)
        below = self._dock("inspector", self.tr("Inspector"), inspector)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, below)
        window.resizeDocks([tracks, below], [1, 1], Qt.Orientation.Vertical)
        self.review = self._dock("review", self.tr("Review"), review)
        window.tabifyDockWidget(tracks, self.review)
        steps = self._dock("history", self.tr("History"), history)
        window.tabifyDockWidget(self.review, steps)
        tracks.raise_()
        window.resizeDocks([tracks], [380], Qt.Orientation.Horizontal)
        self.log = self._dock("log", self.tr("Log"), log)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log)
        window.resizeDocks([self.log], [160], Qt.Orientation.Vertical)
        self.log.hide()

    def add_behind_tracks(self, dock: QDockWidget) -> None:
        """Add a panel as a tab next to the tracks, hidden until it is opened."""
        self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        self._window.tabifyDockWidget(self._tracks, dock)
        dock.hide()

    def show_tracks(self) -> None:
        """Bring the tab of the tracks to the front; hiding a tab may have brought another there."""
        self._tracks.raise_()

    def _dock(self, name: str, title: str, content: QWidget) -> QDockWidget:
        """Return a dock. Stored layouts identify it by its name."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(content)
        return dock


def _column(parent: QWidget) -> tuple[QWidget, QVBoxLayout]:
    widget = QWidget(parent)
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return widget, layout

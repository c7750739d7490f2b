"""The history list: every step with its time; clicking a step undoes or redoes up to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.session import Session
from annotator.storage.history.journal import HistoryStep
from annotator.ui.document.document import Document
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.theme import ACCENT

Index = QModelIndex | QPersistentModelIndex
_STEP, _TIME = range(2)
#: Seconds to undo or redo without returning to the event loop.
PIECE = 0.05


class HistoryModel(QAbstractTableModel):
    """The initial state, then one row per step; undone steps come last."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self._steps: list[HistoryStep] = []
        self._open = False
        self.done = 0
        """Number of steps that are not undone."""

    def set_steps(self, steps: list[HistoryStep] | None) -> None:
        """Set the steps; None if no project is open."""
        steps_now = steps or []
        if steps_now == self._steps and self._open == (steps is not None):
            return
        self.beginResetModel()
        self._steps, self._open = steps_now, steps is not None
        self.done = sum(not step.undone for step in steps_now)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return len(self._steps) + 1 if self._open and not parent.isValid() else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Step"), self.tr("Time"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        step = self._steps[row - 1] if row else None
        if role == Qt.ItemDataRole.DisplayRole:
            if column == _STEP:
                return self.tr("Initial state") if step is None else step.label
            return "" if step is None else short_time(step.created)
        if role == Qt.ItemDataRole.ToolTipRole and step is not None:
            return literal(f"{step.label}\n{long_time(step.created)}")
        if role == Qt.ItemDataRole.FontRole and row == self.done:
            font = QFont(self._widget.font())
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.DecorationRole and column == _STEP:
            return QColor(ACCENT) if row == self.done else QColor(Qt.GlobalColor.transparent)
        if role == Qt.ItemDataRole.ForegroundRole and row > self.done:
            return self._widget.palette().color(QPalette.ColorRole.PlaceholderText)
        return None


class HistoryList(QWidget):
    """All steps of the project, including earlier sessions. The current step is marked; undone steps are dimmed."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._unlisten: Callable[[], None] = lambda: None
        self.model = HistoryModel(self)
        self.view = QTableView(self)
        self.view.setModel(self.model)
        self.empty = Label(self.tr("Your edits are listed here. Click a step to return to it."), self,
                            wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._set_up_view()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.empty)
        layout.addWidget(self.view)
        self._stale = QTimer(self, singleShot=True, interval=60)
        self._stale.timeout.connect(self.reload)
        self._target, self._left = 0, 0
        self._on = QTimer(self, singleShot=True, interval=0)
        self._on.timeout.connect(self._travel)
        self.view.clicked.connect(lambda index: self.go_to(index.row()))
        self.view.activated.connect(lambda index: self.go_to(index.row()))
        document.opened.connect(self._on_opened)
        self.reload()

    def _set_up_view(self) -> None:
        view = self.view
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(22)
        header = view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(_STEP, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_TIME, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(_TIME, view.fontMetrics().horizontalAdvance("0000-00-00 00:00") + 16)

    def go_to(self, row: int) -> None:
        """Undo or redo until this row is the current one; stop if a step is refused.

        Many steps are done in pieces, with the event loop running in between.
        """
        session = self._document.session
        if session is None:
            return
        steps = session.history()
        self._target = min(max(row, 0), len(steps))
        self._left = abs(self._target - sum(not step.undone for step in steps))
        self._travel()

    @property
    def travelling(self) -> bool:
        """Whether the clicked row is not reached yet."""
        return self._left > 0

    def _travel(self) -> None:
        began = time.monotonic()
        while self._left:
            session = self._document.session
            done = 0 if session is None else sum(not step.undone for step in session.history())
            change = Session.undo if self._target < done else Session.redo
            # A new edit in the meantime may have removed the remaining steps.
            self._left = self._left - 1 if session is not None and done != self._target \
                and self._document.edit(change) else 0
            if time.monotonic() - began >= PIECE:
                break
        self.reload()
        if self._left:
            self._on.start()

    def reload(self) -> None:
        """Read the steps again."""
        session = self._document.session
        self.model.set_steps(None if session is None else session.history())
        self.empty.setVisible(self.model.rowCount() <= 1)
        self.view.setVisible(self.model.rowCount() > 1)
        if self.model.rowCount():
            self.view.scrollTo(self.model.index(self.model.done, _STEP))

    def _on_opened(self) -> None:
        self._unlisten()
        self._unlisten = lambda: None
        session = self._document.session
        if session is not None:
            # The document reports changes of the current video only; the history covers the whole project.
            self._unlisten = session.listen(self._on_changes)
        self.reload()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & ChangeKind.HISTORY and not self._stale.isActive():
            self._stale.start()


def _local(created: str) -> datetime:
    return datetime.fromisoformat(created).astimezone()


def short_time(created: str) -> str:
    """Return an ISO 8601 time in UTC as local time, with the date unless it is today."""
    moment = _local(created)
    today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


def long_time(created: str) -> str:
    """Return the local time in the system's long format."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(_local(created).timestamp())),
                              QLocale.FormatType.LongFormat)

"""The table of tracks: numbers align, columns sort, several are chosen at once."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    Qt,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import ReviewState
from annotator.ui.document import Document
from annotator.ui.lane_rows import Index, LaneFilter, LaneRows
from annotator.ui.lanes import Lane
from annotator.ui.sparing import SparingTimer

_NUMBER, _LABEL, _NAME, _FIRST, _LAST, _LENGTH, _REVIEW = range(7)
_SORT_ROLE = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TrackModel(LaneRows):
    """Tracks of the present video, as lanes say where they are."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._titles = (self.tr("No."), self.tr("Class"), self.tr("Name"), self.tr("First"), self.tr("Last"),
                        self.tr("Length"), self.tr("Review"))
        self._review = {ReviewState.UNSEEN: "", ReviewState.IN_PROGRESS: self.tr("begun"),
                        ReviewState.REVIEWED: self.tr("done")}

    def reload(self) -> None:
        self.set_lanes(self._document.lanes())

    def sort_key(self, lane: Lane, column: int) -> str | int:
        return self._value(lane, column)

    def track_of(self, index: Index) -> int:
        """Track id of a row."""
        return self._lanes[index.row()].track.id

    def rows_of(self, tracks: frozenset[int]) -> list[int]:
        return [row for row, lane in enumerate(self._lanes) if lane.track.id in tracks]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lanes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        lane, column = self._lanes[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, _SORT_ROLE):
            return self._value(lane, column)
        if role == Qt.ItemDataRole.DecorationRole and column == _NUMBER:
            return QColor(lane.track.color)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (_NUMBER, _FIRST, _LAST, _LENGTH):
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(self._value(lane, column))
        return None

    def _value(self, lane: Lane, column: int) -> str | int:
        track = lane.track
        if column == _LABEL:
            labels = self._document.labels()
            return labels[track.label].name if track.label in labels else ""
        if column == _NUMBER:
            return track.number
        if column == _NAME:
            return track.name
        if column == _REVIEW:
            return self._review[track.review]
        return lane.first if column == _FIRST else lane.last if column == _LAST else lane.length


class TrackTable(QWidget):
    """A filter and the table; its selection is the document's."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._syncing = False
        self.model = TrackModel(document)
        self._proxy = LaneFilter(self.model, self)
        self._proxy.setFilterKeyColumn(-1)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter = QLineEdit(self, placeholderText=self.tr("Filter tracks"), clearButtonEnabled=True)
        self.filter.textChanged.connect(self._proxy.setFilterFixedString)
        self.view = QTableView(self)
        self._set_up_view()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.filter)
        layout.addWidget(self.view)
        self._stale = SparingTimer(self._reload, 200, self)
        document.video_changed.connect(self._reload)
        document.changed.connect(self._on_changes)
        document.selection_changed.connect(lambda: self._show_selection(scroll=True))
        self.view.selectionModel().selectionChanged.connect(self._take_selection)
        self.view.doubleClicked.connect(self._go_to_start)

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self._proxy)
        view.setSortingEnabled(True)
        view.sortByColumn(_NUMBER, Qt.SortOrder.AscendingOrder)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(22)
        header = view.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((_NUMBER, 56), (_LABEL, 64), (_FIRST, 46), (_LAST, 46), (_LENGTH, 54), (_REVIEW, 56)):
            header.resizeSection(column, width)

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.LABELS | ChangeKind.RUNS
        if changes.kinds & kinds and not self._stale.isActive():
            self._stale.start()

    def _reload(self) -> None:
        self._syncing = True
        self.model.reload()
        self._syncing = False
        self._show_selection(scroll=False)

    def _show_selection(self, scroll: bool) -> None:
        if self._syncing:
            return
        self._syncing = True
        chosen = QItemSelection()
        indices = [self._proxy.mapFromSource(self.model.index(row, 0))
                   for row in self.model.rows_of(self._document.selection)]
        for index in indices:
            chosen.select(index, index)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().select(chosen, flags)
        if scroll and len(indices) == 1:
            self.view.scrollTo(indices[0])
        self._syncing = False

    def _take_selection(self) -> None:
        if self._syncing:
            return
        rows = self.view.selectionModel().selectedRows()
        self._syncing = True
        self._document.select(self.model.track_of(self._proxy.mapToSource(row)) for row in rows)
        self._syncing = False

    def _go_to_start(self, index: QModelIndex) -> None:
        source = self._proxy.mapToSource(index)
        self._document.go_to(self.model.index(source.row(), _FIRST).data(_SORT_ROLE))

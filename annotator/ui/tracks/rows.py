"""Lanes as rows of a table that is updated row by row: unchanged rows are not repainted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from annotator.ui.document.lanes import Lane
from annotator.ui.widgets.titled_table import TitledTable

#: With more separate removals than this, the model is reset.
_MOST_GROUPS = 16


class LaneRows(TitledTable):
    """A table model of lanes, sorted by a column. Subclasses define the columns."""

    def __init__(self, sort_key: Callable[[Lane, int], Any], parent: QObject | None = None) -> None:
        """``sort_key``: returns the sort key of a lane for a column; one type per column."""
        super().__init__(parent)
        self._sort_key_of = sort_key
        self._lanes: list[Lane] = []
        self._column, self._descending = 0, False

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Show these lanes. Rows that remain keep their selection."""
        new = {lane.track.id: lane for lane in lanes}
        gone = groups(row for row, lane in enumerate(self._lanes) if lane.track.id not in new)
        if not self._lanes or len(gone) > _MOST_GROUPS:
            self.beginResetModel()
            self._lanes = self._sorted(lanes)
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._lanes[first:last + 1]
            self.endRemoveRows()
        self._renew(new)
        known = {lane.track.id for lane in self._lanes}
        born = [lane for lane in lanes if lane.track.id not in known]
        if born:
            self.beginInsertRows(QModelIndex(), len(self._lanes), len(self._lanes) + len(born) - 1)
            self._lanes.extend(born)
            self.endInsertRows()
        self.restore_order()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = column, order is Qt.SortOrder.DescendingOrder
        self.restore_order()

    def restore_order(self) -> None:
        """Sort again after sort keys changed."""
        ordered = self._sorted(self._lanes)
        if all(one is other for one, other in zip(ordered, self._lanes, strict=True)):
            return
        self.layoutAboutToBeChanged.emit()
        places = {lane.track.id: row for row, lane in enumerate(ordered)}
        before = self.persistentIndexList()
        after = [self.index(places[self._lanes[index.row()].track.id], index.column()) for index in before]
        self._lanes = ordered
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _renew(self, new: dict[int, Lane]) -> None:
        changed = [row for row, lane in enumerate(self._lanes) if new[lane.track.id] != lane]
        for row in changed:
            self._lanes[row] = new[self._lanes[row].track.id]
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], self.columnCount() - 1))

    def _sorted(self, lanes: Sequence[Lane]) -> list[Lane]:
        return sorted(lanes, key=lambda lane: (self._sort_key_of(lane, self._column), lane.track.number),
                      reverse=self._descending)


class LaneFilter(QSortFilterProxyModel):
    """A filter that leaves sorting to the model, which sorts thousands of rows in a few milliseconds."""

    def __init__(self, model: LaneRows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self.setDynamicSortFilter(False)
        self.setSourceModel(model)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._rows.sort(column, order)


def groups(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Group ascending numbers into ranges without gaps, both ends inclusive."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found

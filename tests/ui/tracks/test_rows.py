from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt

from annotator.model.track import ReviewState, Track
from annotator.ui.document.lanes import Bar, Lane
from annotator.ui.tracks.rows import LaneFilter, LaneRows, groups


class FakeTable(LaneRows):
    """Two columns, number and length; counts what it announces."""

    def __init__(self) -> None:
        super().__init__(self.key)
        self.set_titles(("number", "length"))
        self.heard: list[str] = []
        self.modelReset.connect(lambda: self.heard.append("reset"))
        self.rowsRemoved.connect(lambda _, first, last: self.heard.append(f"removed {first}-{last}"))
        self.rowsInserted.connect(lambda _, first, last: self.heard.append(f"inserted {first}-{last}"))
        self.dataChanged.connect(lambda a, b: self.heard.append(f"changed {a.row()}-{b.row()}"))
        self.layoutChanged.connect(lambda: self.heard.append("sorted"))

    def key(self, lane: Lane, column: int) -> int:
        return lane.track.number if column == 0 else lane.length

    def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lanes)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.key(self._lanes[index.row()], index.column()) if role == 0 else None

    def numbers(self) -> list[int]:
        return [lane.track.number for lane in self._lanes]


def lane(number: int, length: int = 10) -> Lane:
    return Lane(Track(number, 1, number, 1, "", "#000000", ReviewState.UNSEEN), (Bar(0, length - 1),))


def test_groups_are_runs_of_numbers() -> None:
    assert groups([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]
    assert groups([]) == []


def test_what_did_not_change_is_not_announced() -> None:
    table = FakeTable()
    table.set_lanes([lane(1), lane(2), lane(3)])
    table.heard.clear()
    table.set_lanes([lane(1), lane(2), lane(3)])
    assert table.heard == []
    table.set_lanes([lane(1), lane(2, 11), lane(3), lane(4)])
    assert table.heard == ["changed 1-1", "inserted 3-3"]


def test_a_row_keeps_its_place_holders_when_others_come_and_go() -> None:
    table = FakeTable()
    table.set_lanes([lane(1, 30), lane(2, 20), lane(3, 10)])
    held = QPersistentModelIndex(table.index(1, 0))
    table.sort(1)
    assert table.numbers() == [3, 2, 1]
    table.set_lanes([lane(2, 50), lane(3, 10), lane(4, 5)])
    assert table.numbers() == [4, 3, 2]
    assert held.row() == 2
    assert held.data() == 2


def test_the_filter_hands_sorting_on_to_the_rows() -> None:
    table = FakeTable()
    proxy = LaneFilter(table)
    table.set_lanes([lane(1, 30), lane(2, 20), lane(3, 10)])
    proxy.sort(0, Qt.SortOrder.DescendingOrder)
    assert [proxy.index(row, 0).data() for row in range(3)] == [3, 2, 1]


lengths = st.dictionaries(st.integers(1, 60), st.integers(1, 5), max_size=40)


@given(lengths, lengths, st.sampled_from([0, 1]), st.booleans())
def test_any_change_ends_with_the_rows_sorted_anew(before: dict[int, int], after: dict[int, int], column: int,
                                                   descending: bool) -> None:
    table = FakeTable()
    table.sort(column, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
    proxy = LaneFilter(table)
    table.set_lanes([lane(number, length) for number, length in before.items()])
    chosen = {number: QPersistentModelIndex(proxy.mapFromSource(table.index(row, 0)))
              for row, number in enumerate(table.numbers())}
    table.set_lanes([lane(number, length) for number, length in after.items()])
    key = (lambda n: (n, n)) if column == 0 else (lambda n: (after[n], n))
    assert table.numbers() == sorted(after, key=key, reverse=descending)
    assert [proxy.index(row, 0).data() for row in range(proxy.rowCount())] == table.numbers()
    if "reset" not in table.heard[1:]:
        for number, index in chosen.items():
            assert index.isValid() == (number in after)
            assert not index.isValid() or index.data() == number


def test_other_columns_of_a_track_count_as_changes() -> None:
    table = FakeTable()
    table.set_lanes([lane(1), lane(2)])
    table.heard.clear()
    renamed = lane(2)
    table.set_lanes([lane(1), replace(renamed, track=replace(renamed.track, name="Ann"))])
    assert table.heard == ["changed 1-1"]

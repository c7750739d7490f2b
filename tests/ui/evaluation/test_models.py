from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSortFilterProxyModel, Qt

from annotator.ui.evaluation.models import SORT_ROLE, ErrorKind, ErrorModel, TrackScoreModel, error_rows
from tests.ui.evaluation import scored


def shown(model: ErrorModel | TrackScoreModel | QSortFilterProxyModel) -> list[list[str]]:
    return [[str(model.index(row, column).data()) for column in range(model.columnCount())]
            for row in range(model.rowCount())]


def test_errors_are_listed_by_frame_and_switches_before_what_they_cause() -> None:
    assert [(row.kind, row.frame, row.last, row.numbers, row.object) for row in error_rows(scored.project())] == [
        (ErrorKind.FALSE, 0, 4, (4,), None), (ErrorKind.MISS, 3, 7, (), 2), (ErrorKind.SWITCH, 10, 10, (4, 5), 1),
        (ErrorKind.FALSE, 10, 10, (9,), None)]


def test_a_row_says_what_is_wrong_and_for_how_long() -> None:
    model = ErrorModel()
    model.set_rows(error_rows(scored.project()))
    assert shown(model) == [["0", "5", "track 4 is a false positive"], ["3", "5", "object 2 is missed"],
                            ["10", "", "object 1 switches from track 4 to track 5"],
                            ["10", "1", "track 9 is a false positive"]]
    tip = Qt.ItemDataRole.ToolTipRole
    assert model.index(1, 2).data(tip) == "object 2 is missed, frames 3 to 7"
    assert model.index(3, 2).data(tip) == "track 9 is a false positive"


def test_a_kind_is_filtered_and_counted_and_stays_for_the_next_result() -> None:
    model = ErrorModel()
    model.set_rows(error_rows(scored.project()))
    model.set_kind(ErrorKind.FALSE)
    assert [model.row(model.index(row, 0)).numbers for row in range(model.rowCount())] == [(4,), (9,)]
    assert [model.count(kind) for kind in (None, *ErrorKind)] == [4, 1, 1, 2]
    model.set_rows(error_rows(scored.project("one", "two")))
    assert [row[2] for row in shown(model)] == [f"{name}: track {number} is a false positive"
                                                for name in ("one", "two") for number in (4, 9)]


def test_tracks_are_sorted_by_value_and_not_by_text() -> None:
    model, ordered = TrackScoreModel(), QSortFilterProxyModel()
    model.set_scores(scored.project())
    ordered.setSourceModel(model)
    ordered.setSortRole(SORT_ROLE)
    assert shown(model) == [["4", "1,200", "50%", "1", "75%", "1"], ["5", "20", "100%", "1", "100%", "1"],
                            ["9", "2", "0%", "-", "-", "0"]]
    ordered.sort(1)
    assert [row[1] for row in shown(ordered)] == ["2", "20", "1,200"]
    ordered.sort(3)
    assert [row[3] for row in shown(ordered)] == ["-", "1", "1"]
    assert model.track(model.index(2, 0)) == ("clip", 9)
    model.set_scores(None)
    assert model.rowCount() == 0

"""Reports in windows of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.ui.widgets.report_dialog import Report, ReportDialog, show_report

LONG = "A remark about boxes that were skipped, with many words, " * 8


def open_reports(window: QWidget) -> list[ReportDialog]:
    return [dialog for dialog in window.findChildren(ReportDialog) if dialog.isVisible()]


def test_a_report_replaces_the_one_before(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    show_report(Report("first", "1", []), window)
    second = show_report(Report("second", "2", []), window)
    assert open_reports(window) == [second]
    qtbot.waitUntil(lambda: len(window.findChildren(ReportDialog)) == 1)
    second.close()


def test_no_text_of_a_report_is_cut(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    path = Path("/data") / ("long-name-" * 20) / "labels.txt"
    dialog = show_report(Report("done", LONG, [("Skipped", LONG)], [LONG, "short"], [path], path.parent), window)
    qtbot.waitExposed(dialog)
    for view in (dialog.remarks, dialog.files):
        assert view.textElideMode() is Qt.TextElideMode.ElideNone
        for row in range(view.count()):
            index = view.model().index(row, 0)
            place = view.visualRect(index)
            text = view.item(row).text()
            inside = place.right() <= view.viewport().width() or view.horizontalScrollBar().maximum() > 0
            assert inside, text
            lines = max(place.height() // view.fontMetrics().lineSpacing(), 1)
            wide = view.fontMetrics().horizontalAdvance(text)
            assert lines * place.width() >= wide, text
    dialog.close()

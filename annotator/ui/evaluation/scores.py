"""The grid of scores: after the last run, now, and the change by correction."""

from __future__ import annotations

import html
import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from annotator.evaluation import Scores
from annotator.jobs.project_scores import ProjectScores
from annotator.ui.widgets.plain_text import Label

_SHOWN = ("hota", "deta", "assa", "idf1", "mota", "idsw")
_NOTHING = "-"


class ScoreGrid(QWidget):
    """Three aligned rows of scores."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        tips = (self.tr("Higher Order Tracking Accuracy: combines detection and association, percent"),
                self.tr("Detection accuracy, percent"), self.tr("Association accuracy, percent"),
                self.tr("F1 score of boxes with the correct identity, percent"),
                self.tr("1 minus misses, false positives and identity switches per ground-truth box, percent"),
                self.tr("Identity switches"))
        for column, (title, tip) in enumerate(zip(("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW"), tips, strict=True)):
            head = Label(title, self, alignment=Qt.AlignmentFlag.AlignRight)
            head.setToolTip(tip)
            grid.addWidget(head, 0, column + 1)
            grid.setColumnStretch(column + 1, 1)
        self.cells: list[list[Label]] = []
        self.heads: list[Label] = []
        for row, (name, tip) in enumerate((
                (self.tr("Before"), ""),
                (self.tr("Now"), self.tr("The tracks at the time of the evaluation")),
                (self.tr("Change"), self.tr("The effect of your corrections"))), 1):
            head = Label(name, self)
            head.setToolTip(tip)
            self.heads.append(head)
            grid.addWidget(head, row, 0)
            cells = [Label(_NOTHING, self, alignment=Qt.AlignmentFlag.AlignRight) for _ in _SHOWN]
            for column, cell in enumerate(cells):
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                cell.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                grid.addWidget(cell, row, column + 1)
            self.cells.append(cells)
        bold = self.cells[1][0].font()
        bold.setBold(True)
        for cell in self.cells[1]:
            cell.setFont(bold)

    def show_scores(self, scores: ProjectScores | None) -> None:
        """Show scores; None clears them."""
        before = None if scores is None or scores.before is None else scores.before.combined
        now = None if scores is None else scores.after.combined
        self._name_runs(scores)
        for column, name in enumerate(_SHOWN):
            self.cells[0][column].setText(_text(before, name))
            self.cells[1][column].setText(_text(now, name))
            self.cells[2][column].setText(_change(before, now, name))


    def _name_runs(self, scores: ProjectScores | None) -> None:
        """Say which run the first row is of."""
        head, runs = self.heads[0], () if scores is None else scores.runs
        head.setText(self.tr("Run {0}").format(runs[0].run) if len(runs) == 1 else self.tr("Before"))
        head.setTextFormat(Qt.TextFormat.PlainText)
        lines = (self.tr("Tracks of the last run in the history, without edits"), *map(str, runs))
        head.setToolTip("<br>".join(map(html.escape, lines)))


def _text(scores: Scores | None, name: str) -> str:
    if scores is None:
        return _NOTHING
    value = getattr(scores, name)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1f}" if math.isfinite(value) else _NOTHING


def _change(before: Scores | None, now: Scores | None, name: str) -> str:
    if before is None or now is None:
        return _NOTHING
    change = getattr(now, name) - getattr(before, name)
    if isinstance(change, int):
        return f"{change:+,}" if change else "0"
    return (f"{change:+.1f}" if abs(change) >= 0.05 else "0.0") if math.isfinite(change) else _NOTHING

"""The preview of an import: the first boxes of a label file as they would be imported."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.jobs.labels.import_preview import FoundVideo
from annotator.model.sequence import LabelledBox
from annotator.ui.widgets.plain_text import Label

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CLASS = 2


class ImportPreviewPanel(QWidget):
    """A summary line and a table of the first boxes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = Label(self)
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        titles = (self.tr("Frame"), self.tr("Track"), self.tr("Class"), self.tr("Left"), self.tr("Top"),
                  self.tr("Right"), self.tr("Bottom"), self.tr("Score"), self.tr("Remarks"))
        self.table = QTableWidget(0, len(titles), self)
        self.table.setHorizontalHeaderLabels(titles)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setAlternatingRowColors(True)
        self.table.setMinimumHeight(180)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)

    def show_waiting(self) -> None:
        """Show that the file is being read."""
        self.table.setRowCount(0)
        self.summary.setText(self.tr("Reading the file…"))

    def clear(self) -> None:
        """Show nothing."""
        self.table.setRowCount(0)
        self.summary.clear()

    def show_video(self, found: FoundVideo) -> None:
        """Show one of the file's videos."""
        frames = self.tr("{0:,} frames").format(found.info.frame_count)
        notes = [self.tr("{0:,} boxes; {1}; classes: {2}.").format(found.boxes, frames, ", ".join(found.info.labels))]
        notes += [f"{note}." for note in found.notes]
        self.summary.setText(" ".join(notes))
        self.table.setRowCount(len(found.rows))
        for place, (frame, box) in enumerate(found.rows):
            for column, text in enumerate(self._cells(frame, box, found.info.labels)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_RIGHT if column != _CLASS and column < self.table.columnCount() - 1 else
                                      Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(place, column, item)

    def _cells(self, frame: int, box: LabelledBox, labels: tuple[str, ...]) -> list[str]:
        remarks = [text for text, holds in (
            (self.tr("ignore region"), box.ignored and box.number is None),
            (self.tr("ignored"), box.ignored and box.number is not None), (self.tr("occluded"), box.occluded),
            (self.tr("interpolated"), box.interpolated), (self.tr("mask"), box.mask is not None)) if holds]
        return [str(frame), "" if box.number is None else str(box.number), labels[box.label],
                *(f"{edge:.2f}" for edge in box.box_xyxy), f"{box.score:.3f}", ", ".join(remarks)]

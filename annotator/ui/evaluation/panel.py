"""The evaluation panel: scores before and after correction, errors, and scores of each track."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.jobs.project_scores import ProjectScores
from annotator.ui.evaluation.models import SORT_ROLE, ErrorKind, ErrorModel, ErrorRow, TrackScoreModel, error_rows
from annotator.ui.evaluation.scores import ScoreGrid
from annotator.ui.threads.tasks import TaskWorker
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.task_bar import TaskBar


class EvaluatePanel(QWidget):
    """Shows scores and emits requests; it computes nothing."""

    path_typed = Signal(str)
    """A path that the user typed and entered; empty for none."""
    file_wanted = Signal()
    folder_wanted = Signal()
    evaluation_wanted = Signal()
    error_chosen = Signal(ErrorRow)
    """The selected error."""
    track_chosen = Signal(str, int)
    """Video and number of the clicked track."""

    def __init__(self, worker: TaskWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = QLineEdit(self, placeholderText=self.tr("ground truth: a gt.txt file or its folder"))
        self.file, self.folder = QToolButton(self), QToolButton(self)
        self.evaluate = QPushButton(self.tr("Evaluate"), self)
        self.all_videos = QCheckBox(self.tr("All videos of the project"), self)
        self.all_videos.setToolTip(self.tr("The ground truth must then be a folder with one subfolder per video name"))
        self.all_videos.hide()
        self.notice = Label(self)
        self.notice.setWordWrap(True)
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.scores = ScoreGrid(self)
        self.errors, self.tracks = ErrorModel(self), TrackScoreModel(self)
        self.kind = QComboBox(self)
        self.error_view, self.track_view = QTableView(self), QTableView(self)
        self.sorted_tracks = QSortFilterProxyModel(self)
        self.tabs = QTabWidget(self)
        self.task = TaskBar(worker, self)
        self._lay_out()
        self._set_up_views()
        for button, text, tip, signal in (
                (self.file, "…", self.tr("Select a ground-truth file"), self.file_wanted),
                (self.folder, "▤", self.tr("Select a ground-truth folder"), self.folder_wanted)):
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(signal)
        self.evaluate.clicked.connect(self.evaluation_wanted)
        self.path.editingFinished.connect(self._on_path)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.say("")
        self.show_scores(None)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.path, 1)
        for button in (self.file, self.folder, self.evaluate):
            row.addWidget(button)
        errors = QWidget(self)
        inside = QVBoxLayout(errors)
        inside.setContentsMargins(0, 4, 0, 0)
        inside.setSpacing(4)
        inside.addWidget(self.kind)
        inside.addWidget(self.error_view)
        self.tabs.addTab(errors, self.tr("Errors"))
        self.tabs.addTab(self.track_view, self.tr("Tracks"))
        self.tabs.setDocumentMode(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(row)
        for widget in (self.all_videos, self.task, self.notice, self.scores):
            layout.addWidget(widget)
        layout.addWidget(self.tabs, 1)

    def _set_up_views(self) -> None:
        self.sorted_tracks.setSourceModel(self.tracks)
        self.sorted_tracks.setSortRole(SORT_ROLE)
        self.error_view.setModel(self.errors)
        self.track_view.setModel(self.sorted_tracks)
        self.track_view.setSortingEnabled(True)
        self.track_view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        for view in (self.error_view, self.track_view):
            view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
            view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
            view.setAlternatingRowColors(True)
            view.setShowGrid(False)
            view.setWordWrap(False)
            view.verticalHeader().hide()
            view.verticalHeader().setDefaultSectionSize(22)
            view.horizontalHeader().setHighlightSections(False)
            view.horizontalHeader().setMinimumSectionSize(36)
        header = self.error_view.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate((56, 56)):
            header.resizeSection(column, width)
        self.track_view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        # Arrow keys change the current row without a click; a click may be on the row that is current already.
        self.error_view.selectionModel().currentRowChanged.connect(lambda now, _before: self._on_error(now))
        self.error_view.clicked.connect(self._on_error)
        self.track_view.clicked.connect(self._on_track)

    def show_ground_truth(self, path: Path | None) -> None:
        self.path.setText("" if path is None else literal(str(path)))
        self.path.setToolTip("" if path is None else literal(str(path)))
        self.path.setCursorPosition(len(self.path.text()))
        self.path.setModified(False)

    def _on_path(self) -> None:
        if self.path.isModified():
            self.path.setModified(False)
            self.path_typed.emit(self.path.text().strip())

    def show_scores(self, scores: ProjectScores | None) -> None:
        """Show the result of an evaluation; None clears the panel."""
        self.scores.show_scores(scores)
        self.tracks.set_scores(scores)
        self.errors.set_rows([] if scores is None else error_rows(scores))
        chosen = self.kind.currentData()
        self.kind.blockSignals(True)
        self.kind.clear()
        for text, kind in ((self.tr("All errors ({0})"), None), (self.tr("Identity switches ({0})"), ErrorKind.SWITCH),
                           (self.tr("Misses ({0})"), ErrorKind.MISS),
                           (self.tr("False positives ({0})"), ErrorKind.FALSE)):
            self.kind.addItem(text.format(self.errors.count(kind)), kind)
        self.kind.setCurrentIndex(max(self.kind.findData(chosen), 0) if chosen is not None else 0)
        self.kind.blockSignals(False)
        self._on_kind()
        self.tabs.setEnabled(scores is not None)

    def say(self, text: str, warning: bool = False) -> None:
        """Show one line below the buttons; an empty text hides it."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        role = QPalette.ColorRole.Link if warning else QPalette.ColorRole.PlaceholderText
        self.notice.setForegroundRole(role)

    def _on_kind(self) -> None:
        kind = self.kind.currentData()  # a combo box returns the enum member as a plain string
        self.errors.set_kind(None if kind is None else ErrorKind(kind))

    def _on_error(self, index: QModelIndex) -> None:
        if index.isValid():
            self.error_chosen.emit(self.errors.row(index))

    def _on_track(self, index: QModelIndex) -> None:
        self.track_chosen.emit(*self.tracks.track(self.sorted_tracks.mapToSource(index)))

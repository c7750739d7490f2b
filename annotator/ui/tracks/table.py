"""The table of tracks, with filters."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import ReviewState
from annotator.ui.document.document import Document
from annotator.ui.tracks.mean_scores import MeanScores
from annotator.ui.tracks.model import (
    ATTRIBUTES,
    FIRST,
    LABEL,
    LAST,
    LENGTH,
    NAME,
    NUMBER,
    REVIEW,
    SCORE,
    SORT_ROLE,
    TrackFilter,
    TrackModel,
)
from annotator.ui.widgets.plain_text import Label
from annotator.ui.widgets.swatch import swatch
from annotator.ui.widgets.throttle import ThrottledTimer


class TrackTable(QWidget):
    """Filters and the table. The selected rows are the document's selection."""

    menu_requested = Signal(QMenu)
    """A context menu for the selected tracks is about to open; receivers add their actions to it."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._syncing = False
        self._to_reveal = False
        self.scores = MeanScores(document)
        self.model = TrackModel(document, self.scores)
        self._proxy = TrackFilter(self.model, self)
        self.filter = QLineEdit(self, placeholderText=self.tr("Filter tracks"), clearButtonEnabled=True)
        self.filter.textChanged.connect(self._proxy.setFilterFixedString)
        self.label_filter = QComboBox(self)
        self.label_filter.setToolTip(self.tr("Filter by class"))
        self.label_filter.currentIndexChanged.connect(
            lambda: self._proxy.set_label(self.label_filter.currentData()))
        self.review_filter = QComboBox(self)
        self.review_filter.setToolTip(self.tr("Filter by review state"))
        for text, state in ((self.tr("Any state"), None), (self.tr("Not started"), ReviewState.UNSEEN),
                            (self.tr("In progress"), ReviewState.IN_PROGRESS), (self.tr("Done"), ReviewState.REVIEWED),
                            (self.tr("Needs work"), ReviewState.NEEDS_WORK)):
            self.review_filter.addItem(text, state)
        self.review_filter.currentIndexChanged.connect(self._on_review_filter)
        self.view = QTableView(self)
        self._empty = Label(self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._set_up_view()
        self._lay_out()
        self._reload_timer = ThrottledTimer(self._reload, 200, self, soonest=20)
        document.video_changed.connect(self._reload)
        document.changed.connect(self._on_changes)
        document.selection_changed.connect(lambda: self._show_selection(scroll=True))
        self.view.selectionModel().selectionChanged.connect(self._take_selection)
        self.view.doubleClicked.connect(self._go_to_start)
        self.view.customContextMenuRequested.connect(self._show_menu)
        for signal in (self._proxy.modelReset, self._proxy.rowsInserted, self._proxy.rowsRemoved):
            signal.connect(self._show_emptiness)
        self._fill_labels()
        self._show_emptiness()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.filter, 1)
        for box in (self.label_filter, self.review_filter):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            row.addWidget(box)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.view)
        self._pages.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._pages)

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self._proxy)
        view.setSortingEnabled(True)
        view.sortByColumn(NUMBER, Qt.SortOrder.AscendingOrder)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(22)
        header = view.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setHighlightSections(False)
        for column, width in ((NUMBER, 52), (LABEL, 64), (NAME, 64), (FIRST, 44), (LAST, 44), (LENGTH, 52),
                              (SCORE, 44), (REVIEW, 52), (ATTRIBUTES, 160)):
            header.resizeSection(column, width)
        self._show_what_is_used()

    def _show_what_is_used(self) -> None:
        """Show optional columns only if the project uses them."""
        unused = self.model.unused
        for column in (NAME, ATTRIBUTES):
            self.view.setColumnHidden(column, column in unused)

    def _show_menu(self, place: QPoint) -> None:
        if not self._document.selection:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menu_requested.emit(menu)
        if not menu.isEmpty():
            menu.popup(self.view.viewport().mapToGlobal(place))

    def _on_review_filter(self) -> None:
        state = self.review_filter.currentData()  # a combo box hands the member back as a plain string
        self._proxy.set_review(None if state is None else ReviewState(state))

    def _fill_labels(self) -> None:
        """Fill the label filter, keeping its selection."""
        box, chosen = self.label_filter, self.label_filter.currentData()
        box.blockSignals(True)
        box.clear()
        box.addItem(self.tr("Any class"), None)
        for label in self._document.labels().values():
            box.addItem(swatch(label.color), label.name, label.id)
        box.setCurrentIndex(max(box.findData(chosen), 0) if chosen is not None else 0)
        box.blockSignals(False)
        self._proxy.set_label(box.currentData())

    def _show_emptiness(self) -> None:
        tracks = self.model.rowCount()
        self._empty.setText(self.tr("No tracks match the filter") if tracks else self.tr(
            "No tracks yet: run the tracker (Ctrl+E) or prompt an object (N)"))
        self._pages.setCurrentIndex(0 if self._proxy.rowCount() else 1)

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.LABELS | ChangeKind.RUNS
        if changes.kinds & kinds:
            self._reload_timer.begin(urgent=not self._document.in_use())

    def _reload(self) -> None:
        self._syncing = True
        self._fill_labels()
        self.model.reload()
        self._syncing = False
        self._proxy.refresh()
        self._show_what_is_used()
        self._show_selection(scroll=self._to_reveal)
        self._show_emptiness()

    def _show_selection(self, scroll: bool) -> None:
        if self._syncing:
            return
        self._syncing = True
        chosen = QItemSelection()
        rows = self.model.rows_of(self._document.selection)
        # A new track gets its row only when the table is read again; it is scrolled to then.
        self._to_reveal = scroll and len(rows) < len(self._document.selection)
        indices = [self._proxy.mapFromSource(self.model.index(row, 0)) for row in rows]
        for index in indices:
            chosen.select(index, index)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().select(chosen, flags)
        if scroll and indices:
            self.view.updateGeometries()  # a row that was just added is else beyond the end of the scroll bar
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
        self._document.go_to(self.model.index(source.row(), FIRST).data(SORT_ROLE))

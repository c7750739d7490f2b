"""The page for classes: order, names, colors and number of tracks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.model.track import Label
from annotator.storage.edits import labels
from annotator.ui.document.document import Document
from annotator.ui.labels.page import EditorPage
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.swatch import swatch

_KEY, _COLOR, _NAME, _USES = range(4)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LabelList(EditorPage):
    """A table of classes. Names are edited in place; a double click changes a color."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self._labels: list[Label] = []
        self._rows: dict[int, tuple[Label, int]] = {}
        self.table = QTableWidget(0, 4, self)
        self._set_up_table()
        self.add = self._button(self.tr("Add"), self._add)
        self.color = self._button(self.tr("Color…"), self._ask_color)
        self.up = self._button(self.tr("Up"), lambda: self._move(-1))
        self.down = self._button(self.tr("Down"), lambda: self._move(1))
        self.merge = QToolButton(self)
        self.merge.setText(self.tr("Merge into"))
        self.merge.setToolTip(self.tr("Assign all tracks of this class to another class and remove this one"))
        self.merge.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.merge.setMenu(QMenu(self.merge))
        self.merge.menu().aboutToShow.connect(self._fill_merge)
        self.remove = self._button(self.tr("Remove"), self._remove)
        self.remove.setToolTip(self.tr("Remove this class, if it has no tracks"))
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.add, self.color, self.up, self.down):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.merge)
        row.addWidget(self.remove)
        self.merge.setFixedHeight(self.remove.sizeHint().height())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.table)
        layout.addLayout(row)

    def _set_up_table(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels([self.tr("Key"), "", self.tr("Class"), self.tr("Tracks")])
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(28)
        header.setHighlightSections(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((_KEY, 40), (_COLOR, 32), (_USES, 64)):
            header.resizeSection(column, width)
        for column, side in ((_NAME, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), (_USES, _RIGHT)):
            title = table.horizontalHeaderItem(column)
            assert title is not None
            title.setTextAlignment(side)
        table.itemChanged.connect(self._on_item)
        table.cellDoubleClicked.connect(lambda _row, column: self._ask_color() if column == _COLOR else None)
        table.itemSelectionChanged.connect(self._update_buttons)

    def _button(self, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self, autoDefault=False)
        button.clicked.connect(lambda: slot())
        return button

    # Display

    def reload(self) -> None:
        """Show the current state; the selected class stays selected."""
        chosen, session = self.chosen, self._document.session
        self._labels = list(self._document.labels().values())
        uses = {} if session is None else session.store.label_uses()
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._labels))
            self._rows = {row: content for row, content in self._rows.items() if row < len(self._labels)}
            for row, label in enumerate(self._labels):
                content = (label, uses.get(label.id, 0))
                if self._rows.get(row) != content:  # touching an equal row would reset the text that is being typed
                    self._set_row(row, *content)
                self._rows[row] = content
        self.choose(None if chosen is None else chosen.id)
        self._update_buttons()

    def _set_row(self, row: int, label: Label, uses: int) -> None:
        still = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        texts = {_KEY: str(row + 1) if row < 9 else "", _COLOR: "", _NAME: label.name, _USES: str(uses)}
        for column, text in texts.items():
            item = self.table.item(row, column) or QTableWidgetItem()
            item.setText(text)
            item.setFlags(still | Qt.ItemFlag.ItemIsEditable if column == _NAME else still)
            item.setToolTip(self.tr("Double-click to change the color") if column == _COLOR else literal(text))
            if column == _KEY:
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            elif column == _USES:
                item.setTextAlignment(_RIGHT)
            elif column == _COLOR:
                item.setIcon(swatch(label.color))
            if item.tableWidget() is None:
                self.table.setItem(row, column, item)

    @property
    def chosen(self) -> Label | None:
        """The class of the selected row."""
        rows = self.table.selectionModel().selectedRows()
        return self._labels[rows[0].row()] if rows and rows[0].row() < len(self._labels) else None

    def choose(self, label_id: int | None) -> None:
        """Select the row of a class."""
        for row, label in enumerate(self._labels):
            if label.id == label_id and self.table.currentRow() != row:
                self.table.selectRow(row)

    def _update_buttons(self) -> None:
        chosen = self.chosen
        row = -1 if chosen is None else self._labels.index(chosen)
        for button in (self.color, self.remove):
            button.setEnabled(chosen is not None)
        self.merge.setEnabled(chosen is not None and len(self._labels) > 1)
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < len(self._labels) - 1)

    # Edits

    def _add(self) -> None:
        taken = {label.name for label in self._labels}
        name = next(name for k in range(1, len(taken) + 2) if (name := self.tr("class {0}").format(k)) not in taken)
        made: list[Label] = []
        if self._edit(lambda session: made.append(labels.add_label(session.store, name))):
            self.reload()
            self.choose(made[0].id)
            self.table.edit(self.table.model().index(self.table.currentRow(), _NAME))

    def _on_item(self, item: QTableWidgetItem) -> None:
        label, name = self._labels[item.row()], item.text()
        self._rows.pop(item.row(), None)  # the cell shows what was typed, also where it is refused
        self._edit(lambda session: labels.change_label(session.store, label.id, name))

    def _ask_color(self) -> None:
        label = self.chosen
        if label is None:
            return
        dialog = QColorDialog(QColor(label.color), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self._edit(
            lambda session: labels.change_label(session.store, label.id, color=color.name())))
        dialog.open()

    def _move(self, by: int) -> None:
        label = self.chosen
        if label is not None:
            place = self._labels.index(label) + by
            self._edit(lambda session: labels.move_label(session.store, label.id, place))

    def _fill_merge(self) -> None:
        menu, chosen = self.merge.menu(), self.chosen
        menu.clear()
        for other in self._labels:
            if chosen is not None and other.id != chosen.id:
                menu.addAction(swatch(other.color), other.name, partial(self._merge, chosen, other))

    def _merge(self, label: Label, into: Label) -> None:
        if self._edit(lambda session: labels.merge_labels(session.store, label.id, into.id)):
            self.choose(into.id)

    def _remove(self) -> None:
        label = self.chosen
        if label is not None:
            self._edit(lambda session: labels.remove_label(session.store, label.id))

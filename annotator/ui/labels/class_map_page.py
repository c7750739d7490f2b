"""The page that maps detector classes to classes of the project, or drops them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.storage.edits import labels
from annotator.ui.document.document import Document
from annotator.ui.labels.page import EditorPage
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.swatch import swatch

#: Data of the first two entries of each list, which are not labels.
KEPT, DROPPED = "kept", "dropped"


class ClassMap(EditorPage):
    """A table with one row per detector class that a run has used or that was added here."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self.boxes: dict[str, QComboBox] = {}
        """Lists for the target of each class, by class name."""
        about = Label(self.tr("The mapping applies to future runs. Classes that are not listed keep their names."),
                       self)
        about.setWordWrap(True)
        self.table = QTableWidget(0, 2, self)
        self.table.setHorizontalHeaderLabels([self.tr("Detector class"), self.tr("Project class")])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.name = QLineEdit(self, placeholderText=self.tr("Name of a detector class"))
        completer = QCompleter(COCO_LABELS, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.setCompleter(completer)
        self.name.returnPressed.connect(self._add)
        self.add = QPushButton(self.tr("Add"), self, autoDefault=False)
        self.add.clicked.connect(self._add)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.name)
        row.addWidget(self.add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(about)
        layout.addWidget(self.table)
        layout.addLayout(row)
        self._named: set[str] = set()

    def reload(self) -> None:
        """Show the current state."""
        session = self._document.session
        mapping = {} if session is None else session.store.class_labels()
        seen = set() if session is None else {name for run in session.store.runs() for name in run.labels}
        classes = sorted(seen | mapping.keys() | self._named, key=str.casefold)
        if classes != list(self.boxes):
            self.table.setRowCount(0)
            self.table.setRowCount(len(classes))
            self.boxes = {}
            for row, name in enumerate(classes):
                item = QTableWidgetItem(name)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                item.setToolTip(literal(name))
                self.table.setItem(row, 0, item)
                self.boxes[name] = self._box(name)
                self.table.setCellWidget(row, 1, self.boxes[name])
        for name, box in self.boxes.items():
            self._show(box, name in mapping, mapping.get(name))

    def _box(self, name: str) -> QComboBox:
        box = QComboBox(self.table)
        box.activated.connect(lambda: self._map(name, box.currentData()))
        return box

    def _show(self, box: QComboBox, mapped: bool, label: str | None) -> None:
        box.clear()
        box.addItem(self.tr("(same name)"), KEPT)
        box.addItem(self.tr("(dropped)"), DROPPED)
        for each in self._document.labels().values():
            box.addItem(swatch(each.color), each.name, each.id)
            if mapped and each.name == label:
                box.setCurrentIndex(box.count() - 1)
        if not mapped or label is None:
            box.setCurrentIndex(1 if mapped else 0)

    def _map(self, name: str, chosen: object) -> None:
        if chosen == KEPT:
            self._edit(lambda session: labels.unmap_class(session.store, name))
        else:
            label = chosen if isinstance(chosen, int) else None
            self._edit(lambda session: labels.map_class(session.store, name, label))

    def _add(self) -> None:
        name = self.name.text().strip()
        if name:
            self._named.add(name)
            self.name.clear()
            self.reload()

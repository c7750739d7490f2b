"""The editor of classes, attributes and detector classes. Every change is made immediately and can be undone."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTabWidget, QVBoxLayout, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.ui.document.document import Document
from annotator.ui.labels.attribute_page import AttributeEditor
from annotator.ui.labels.class_map_page import ClassMap
from annotator.ui.labels.list_page import LabelList
from annotator.ui.widgets.plain_text import Label


class LabelDialog(QDialog):
    """A dialog with three pages, and a line for refused changes."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Classes and attributes"))
        self.resize(560, 440)
        self._document = document
        self.labels, self.attributes, self.classes = LabelList(document), AttributeEditor(document), ClassMap(document)
        for page in (self.labels, self.attributes, self.classes):
            page.refused.connect(self._show_error)
        self._pages = QTabWidget(self)
        self._pages.addTab(self.labels, self.tr("Classes"))
        self._pages.addTab(self.attributes, self.tr("Attributes"))
        self._pages.addTab(self.classes, self.tr("Detector classes"))
        self.error = Label(self)
        self.error.setWordWrap(True)
        self.error.hide()
        self._pages.currentChanged.connect(self.error.hide)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self._pages)
        layout.addWidget(self.error)
        layout.addWidget(buttons)
        # Deferred, because the change may come from the field that is losing the focus.
        self._reload_timer = QTimer(self, singleShot=True, interval=0)
        self._reload_timer.timeout.connect(self.reload)
        document.changed.connect(self._on_changes)
        document.opened.connect(self._on_opened)
        self.reload()

    def reload(self) -> None:
        """Show the current state."""
        for page in (self.labels, self.attributes, self.classes):
            page.reload()
            page.setEnabled(self._document.writable)

    def _on_opened(self) -> None:
        if self._document.session is None:
            self.close()
        else:
            self.reload()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & (ChangeKind.LABELS | ChangeKind.HISTORY):
            self.error.hide()
            self._reload_timer.start()

    def _show_error(self, message: str) -> None:
        palette = self.palette()
        is_dark = palette.color(QPalette.ColorRole.Window).lightness() < 128
        palette.setColor(QPalette.ColorRole.WindowText, QColor("#ff8a80" if is_dark else "#b3261e"))
        self.error.setPalette(palette)
        self.error.setText(message)
        self.error.show()
        self._reload_timer.start()  # replace the refused input with the current values

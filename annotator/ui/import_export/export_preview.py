"""The preview of an export: the tree of files, and the first rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHeaderView, QPlainTextEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from annotator.jobs.labels.export_preview import ExportPreview
from annotator.ui.widgets.plain_text import Label, literal

#: Most files listed per folder.
_MOST_FILES = 4


class ExportPreviewPanel(QWidget):
    """Shows the preview, or why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = QTreeWidget(self, columnCount=1)
        self.tree.setHeaderHidden(True)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.title = Label(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.text = QPlainTextEdit(self, readOnly=True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.note = Label(self)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(Label(self.tr("Output files"), self))
        layout.addWidget(self.tree, 2)
        layout.addWidget(self.title)
        layout.addWidget(self.text, 3)
        layout.addWidget(self.note)
        self.setMinimumWidth(380)

    def show_waiting(self) -> None:
        """Show that a new preview is being made, next to the old one."""
        self.note.setText(self.tr("Updating the preview…"))

    def show_error(self, message: str) -> None:
        """Show why these options cannot be exported."""
        self.tree.clear()
        self.title.clear()
        self.text.clear()
        self.note.setText(message)

    def show_preview(self, found: ExportPreview, folder: Path) -> None:
        """Show a preview. ``folder``: where the files will be written."""
        self.tree.clear()
        root = QTreeWidgetItem(self.tree, [str(folder)])
        root.setToolTip(0, literal(str(folder)))
        _fill(root, [place.split("/") for place in found.places])
        self.tree.expandAll()
        self.title.setText(self.tr("First rows of {0}").format(found.shown) if found.shown else
                           self.tr("These files are binary"))
        self.text.setPlainText("\n".join(found.lines))
        notes = [self.tr("Based on the first {0} frames.").format(found.frames)]
        if found.more_videos:
            notes.append(self.tr("{0} more videos are not shown.").format(found.more_videos))
        notes += [self.tr("Skipped in these frames: {0} x {1}.").format(count, what)
                  for what, count in found.dropped.items()]
        self.note.setText(" ".join(notes))


def _fill(parent: QTreeWidgetItem, places: Iterable[list[str]]) -> None:
    """Add folders with their contents, then files; of many files, the first few."""
    folders: dict[str, list[list[str]]] = {}
    files = []
    for first, *rest in places:
        if rest:
            folders.setdefault(first, []).append(rest)
        else:
            files.append(first)
    for name, inner in folders.items():
        item = QTreeWidgetItem(parent, [f"{name}/"])
        _fill(item, inner)
    for name in files if len(files) <= _MOST_FILES else [*files[:_MOST_FILES - 1], "…"]:
        QTreeWidgetItem(parent, [name])

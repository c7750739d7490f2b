"""All keyboard shortcuts and mouse gestures on one page, on the screen or as a PDF."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMarginsF, QSizeF, Qt
from PySide6.QtGui import QKeyEvent, QPageLayout, QPageSize, QPalette, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from annotator.ui.actions.registry import Actions
from annotator.ui.widgets.plain_text import Label

COLUMNS = 4
Group = tuple[str, list[tuple[str, str]]]


class CheatSheet(QDialog):
    """A dialog over the window; F1, ? or Esc closes it."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard and mouse reference"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.groups = [*_groups(actions), self._gestures()]
        self.page = QTextBrowser(self)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.setHtml(sheet_html(self.groups, self.palette()))
        title = Label(self.tr("Keyboard and mouse reference"), self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        title.setFont(font)
        self.save = QPushButton(self.tr("Save as PDF…"), self)
        close = QPushButton(self.tr("Close"), self)
        close.setDefault(True)
        self.save.clicked.connect(self._ask_save)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(title)
        row.addStretch(1)
        row.addWidget(self.save)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addLayout(row)
        layout.addWidget(self.page)
        self.resize(min(parent.width() - 64, 1160), min(parent.height() - 64, 680))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_F1, Qt.Key.Key_Question):
            self.accept()
            return
        super().keyPressEvent(event)

    def save_pdf(self, path: Path) -> None:
        """Write the sheet as A4 pages in landscape format. An existing file is replaced."""
        writer = QPdfWriter(str(path))
        writer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Landscape,
                                         QMarginsF(12, 12, 12, 12), QPageLayout.Unit.Millimeter))
        writer.setTitle(self.tr("Keyboard and mouse reference"))
        document = QTextDocument()
        paper = QPalette(Qt.GlobalColor.white)
        paper.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)
        document.setHtml(sheet_html(self.groups, paper))
        document.setPageSize(QSizeF(writer.width(), writer.height()) * 96 / writer.resolution())
        document.print_(writer)

    def _ask_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save as PDF"), "keys.pdf", "PDF (*.pdf)")
        if name:
            self.save_pdf(Path(name))

    def _gestures(self) -> Group:
        tr = self.tr
        return tr("Mouse"), [
            (tr("Select; add to the selection"), tr("Click; Shift+click")),
            (tr("Move or resize the selected box"), tr("Drag the box or a handle")),
            (tr("Draw the box of a selected track without one"), tr("Drag")),
            (tr("Prompt a new object"), tr("Ctrl+drag")),
            (tr("Paint a mask; erase"), tr("Drag with the brush; Alt+drag")),
            (tr("Size of the brush"), tr("Wheel")),
            (tr("Corners of a mask's outline: move, add, delete"), tr("Drag a corner; drag an edge; Alt+click")),
            (tr("Reshape the selected region"), tr("Drag a corner, an edge or the inside")),
            (tr("Delete a corner of the region"), tr("Alt+click")),
            (tr("Zoom at the pointer"), tr("Wheel")),
            (tr("Pan"), tr("Drag; middle-button drag")),
            (tr("Play; hold to pan"), tr("Space")),
            (tr("Cancel the current action"), tr("Esc")),
            (tr("Move the playhead"), tr("Click the timeline")),
            (tr("Select a range"), tr("Shift+drag on the timeline")),
            (tr("Zoom the timeline"), tr("Ctrl+wheel")),
        ]


def _groups(actions: Actions) -> list[Group]:
    """Return the menus, each with its actions that have shortcuts."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in actions:
        if entry.keys_text:
            found.setdefault(entry.menu_path, []).append((entry.title, entry.keys_text))
    return list(found.items())


def balanced(groups: Sequence[Group], columns: int) -> list[list[Group]]:
    """Distribute groups over columns of about the same height, the largest group first."""
    filled: list[list[Group]] = [[] for _ in range(columns)]
    heights = [0] * columns
    for group in sorted(groups, key=lambda one: len(one[1]), reverse=True):
        least = heights.index(min(heights))
        filled[least].append(group)
        heights[least] += len(group[1]) + 2
    return filled


def sheet_html(groups: Sequence[Group], palette: QPalette) -> str:
    """Return the page as HTML, in the colors of a palette."""
    text = palette.color(QPalette.ColorRole.Text).name()
    faint = palette.color(QPalette.ColorRole.PlaceholderText).name()
    cells = []
    for column in balanced(groups, COLUMNS):
        blocks = []
        for title, rows in column:
            lines = "".join(
                f'<tr><td style="padding:1px 8px 1px 0; color:{text}">{html.escape(name)}</td>'
                f'<td style="padding:1px 0; color:{text}"><b>{html.escape(keys)}</b></td></tr>' for name, keys in rows)
            blocks.append(f'<p style="margin:8px 0 2px 0; color:{faint}"><b>{html.escape(title)}</b></p>'
                          f'<table cellspacing="0" width="100%">{lines}</table>')
        cells.append(f'<td width="{100 // COLUMNS}%" valign="top" style="padding-right:16px">{"".join(blocks)}</td>')
    return f'<table width="100%" cellspacing="0"><tr>{"".join(cells)}</tr></table>'

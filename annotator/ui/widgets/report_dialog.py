"""A report after an export or import: counts, skipped items, and the written files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QListWidget, QVBoxLayout, QWidget

from annotator.ui.widgets.plain_text import Label, literal


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an export or import."""

    title: str
    summary: str
    rows: Sequence[tuple[str, str]]
    """Names and values."""
    remarks: Sequence[str] = ()
    files: Sequence[Path] = ()
    folder: Path | None = None
    """The folder that 'Show folder' opens."""


def show_report(report: Report, window: QWidget) -> ReportDialog:
    """Show a report in place of an earlier one of the window, so that reports do not pile up."""
    for before in window.findChildren(ReportDialog):
        before.close()
    dialog = ReportDialog(report, window)
    dialog.show()
    return dialog


class ReportDialog(QDialog):
    """A report in a dialog that does not block the window."""

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(report.title)
        self.setMinimumWidth(480)
        self._folder = report.folder
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        summary = Label(report.summary, self)
        summary.setWordWrap(True)
        layout.addWidget(summary)
        form = QFormLayout()
        form.setSpacing(4)
        form.setHorizontalSpacing(16)
        for name, value in report.rows:
            number = Label(value, self)
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            number.setWordWrap(True)
            form.addRow(name, number)
        layout.addLayout(form)
        self.remarks, self.files = QListWidget(self), QListWidget(self)
        for view, lines in ((self.remarks, report.remarks), (self.files, [str(path) for path in report.files])):
            _fill(view, lines)
            layout.addWidget(view)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        self.show_folder = buttons.addButton(self.tr("Show folder"), QDialogButtonBox.ButtonRole.ActionRole)
        self.show_folder.setVisible(report.folder is not None)
        self.show_folder.clicked.connect(self._show_folder)
        layout.addWidget(buttons)

    def _show_folder(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def _fill(view: QListWidget, lines: Sequence[str]) -> None:
    """Fill a list that shows at most six lines without scrolling. No text is cut: sentences wrap, paths scroll."""
    for line in lines:
        view.addItem(line)
        view.item(view.count() - 1).setToolTip(literal(line))
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setTextElideMode(Qt.TextElideMode.ElideNone)
    view.setWordWrap(True)
    view.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
    view.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustIgnored)
    row = max(view.sizeHintForRow(0), 16) if lines else 0
    view.setMinimumHeight(row * min(len(lines), 6) + 8)
    view.setVisible(bool(lines))

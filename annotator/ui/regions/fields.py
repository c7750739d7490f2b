"""Fields of an ignore region: its frames, and a button to delete it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QFormLayout, QPushButton, QSpinBox, QWidget

from annotator.model.track import Mark
from annotator.storage.edits import drawn_boxes
from annotator.ui.document.document import Document
from annotator.ui.regions.feature import RegionsFeature
from annotator.ui.widgets.plain_text import Label


class RegionFields(QWidget):
    """A form with the first and last frame of a region."""

    def __init__(self, document: Document, regions: RegionsFeature) -> None:
        super().__init__()
        self._document, self._regions = document, regions
        self._region: Mark | None = None
        title = Label(self.tr("Ignore region"), self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        title.setToolTip(self.tr("Objects inside it are ignored in evaluation"))
        self.first, self.last = QSpinBox(self), QSpinBox(self)
        for box in (self.first, self.last):
            box.setKeyboardTracking(False)
        self.to_end = QCheckBox(self.tr("To the end of the video"), self)
        self.remove = QPushButton(self.tr("Delete region"), self)
        self.first.valueChanged.connect(self._change)
        self.last.valueChanged.connect(self._change)
        self.to_end.clicked.connect(self._change)
        self.remove.clicked.connect(regions.delete_selected)
        form = QFormLayout(self)
        form.setContentsMargins(8, 8, 8, 8)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(4)
        form.addRow(title)
        form.addRow(self.tr("First frame"), self.first)
        form.addRow(self.tr("Last frame"), self.last)
        form.addRow("", self.to_end)
        form.addRow(self.remove)

    def show_region(self, region: Mark) -> None:
        """Show this region."""
        video = self._document.video
        end = 0 if video is None else video.frame_count - 1
        self._region = region
        with QSignalBlocker(self.first), QSignalBlocker(self.last):
            self.first.setRange(0, end if region.last is None else region.last)
            self.first.setValue(region.first)
            self.last.setRange(region.first, end)
            self.last.setValue(end if region.last is None else region.last)
        self.to_end.setChecked(region.last is None)
        for widget in (self.first, self.to_end, self.remove):
            widget.setEnabled(self._document.writable)
        self.last.setEnabled(self._document.writable and region.last is not None)

    def _change(self) -> None:
        region = self._region
        if region is None:
            return
        first, last = self.first.value(), None if self.to_end.isChecked() else self.last.value()
        if (first, last) != (region.first, region.last):
            self._document.edit(lambda session: drawn_boxes.change_mark(session.store, region.id, first, last))

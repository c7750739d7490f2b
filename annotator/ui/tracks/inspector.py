"""The inspector: fields of the selected tracks or of the selected ignore region."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.ui.document.document import Document
from annotator.ui.regions.feature import RegionsFeature
from annotator.ui.regions.fields import RegionFields
from annotator.ui.tracks.mean_scores import MeanScores
from annotator.ui.tracks.track_fields import TrackFields
from annotator.ui.widgets.plain_text import Label

_KINDS = ChangeKind.TRACKS | ChangeKind.LABELS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.RUNS


class Inspector(QStackedWidget):
    """Pages with the fields of the selected tracks, the fields of the selected region, or a hint."""

    def __init__(self, document: Document, scores: MeanScores, regions: RegionsFeature, parent: QWidget | None = None,
                 ) -> None:
        super().__init__(parent)
        self._document, self._regions = document, regions
        self._empty = Label(self.tr("Select a track to view and edit its properties"), self,
                             alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(16, 16, 16, 16)
        self.tracks = TrackFields(document, scores)
        self.region = RegionFields(document, regions)
        for page in (self._empty, self.tracks, self.region):
            self.addWidget(_scrolled(page))
        self._reload_timer = QTimer(self, singleShot=True, interval=150)
        self._reload_timer.timeout.connect(self.refresh)
        document.video_changed.connect(self.refresh)
        document.selection_changed.connect(self._on_selection)
        document.changed.connect(self._on_changes)
        regions.selection_changed.connect(self._on_selection)
        scores.updated.connect(self._reload_timer.start)
        self.refresh()

    def refresh(self) -> None:
        """Show the current state."""
        self._reload_timer.stop()
        selection = self._document.selection
        chosen = [track for key, track in self._document.tracks().items() if key in selection] if selection else []
        region = self._regions.selected
        if chosen:
            self.tracks.show_tracks(chosen)
            self.setCurrentIndex(1)
        elif region is not None:
            self.region.show_region(region)
            self.setCurrentIndex(2)
        else:
            self.setCurrentIndex(0)

    def focus_attribute(self, name: str) -> None:
        """Set the focus to the field of an attribute of the selected tracks."""
        self.refresh()
        field = self.tracks.fields.get(name)
        if field is not None:
            dock = self.parentWidget()
            if dock is not None:
                dock.show()
                dock.raise_()
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_selection(self) -> None:
        self.tracks.commit()  # typed text belongs to the tracks that were selected before
        self.refresh()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & _KINDS and not self._reload_timer.isActive():
            self._reload_timer.start()


def _scrolled(page: QWidget) -> QScrollArea:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(page)
    if not isinstance(page, QLabel):
        layout.addStretch(1)
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(holder)
    return area

"""The table of tracks and the inspector."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.document.document import Document
from annotator.ui.regions.feature import RegionsFeature
from annotator.ui.tracks.inspector import Inspector
from annotator.ui.tracks.table import TrackTable


class TracksFeature(Feature):
    """The two panels, which share the mean scores of tracks."""

    def __init__(self, document: Document, regions: RegionsFeature, window: QWidget) -> None:
        super().__init__(window)
        self.table = TrackTable(document, window)
        self.inspector = Inspector(document, self.table.scores, regions, window)

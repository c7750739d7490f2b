"""Editing identities: where its parts meet the picture, the timeline and the table."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.edits.actions import IdentityActions
from annotator.ui.edits.controller import EditDesk
from annotator.ui.edits.plans import Plans
from annotator.ui.edits.question_bar import EditBar
from annotator.ui.labels.actions import LabelActions
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.tracks.table import TrackTable


class Identity(QObject):
    """Swap, merge, split and all other edits of tracks, from keys and from the menus of all three views."""

    told = Signal(str)
    """One line for the status bar."""

    def __init__(self, document: Document, canvas: Canvas, timeline: Timeline, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self.plans = Plans(document)
        self.bar = EditBar(canvas)
        self.desk = EditDesk(document, self.bar)
        self.desk.told.connect(self.told)
        canvas.menu_wanted.connect(self._show_menu)
        timeline.menu_wanted.connect(self._show_menu)
        canvas.hovered.connect(self.desk.point_at)
        self.desk.shown.connect(timeline.set_preview)

    def add_actions(self, actions: Actions, table: TrackTable, labels: LabelActions) -> None:
        """Register the edits; menus of the selected tracks get them, and what can be said of tracks."""
        self.actions = IdentityActions(self._document, self.plans, self.desk, actions, self._window)
        self.actions.menu_filled.connect(labels.fill_menu)
        table.menu_requested.connect(self.actions.fill_menu)
        table.menu_requested.connect(labels.fill_menu)

    def _show_menu(self, track: int | None, place: QPoint) -> None:
        self.actions.show_menu(track, place)

    def delete_here(self) -> None:
        """Take the selected tracks out of this frame."""
        self.desk.do(self.plans.delete_here)

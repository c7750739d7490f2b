"""The edits feature: actions on tracks, their previews and questions, undo, and the history list."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.edits.actions import IdentityActions
from annotator.ui.edits.controller import EditController
from annotator.ui.edits.history_list import HistoryList
from annotator.ui.edits.plans import Plans
from annotator.ui.edits.question_bar import EditBar
from annotator.ui.edits.rerun_offer import RerunOffer
from annotator.ui.labels.feature import LabelsFeature
from annotator.ui.regions.feature import RegionsFeature
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.tracks.table import TrackTable
from annotator.ui.widgets.offer_bar import OfferBar


class EditsFeature(Feature):
    """All edits of tracks, by key and in the context menus of canvas, timeline and track table."""

    rerun_wanted = Signal(object)
    """Batches of prompts for the frames in which a deleted track hid other objects."""

    def __init__(self, document: Document, canvas: Canvas, timeline: Timeline, table: TrackTable,
                 labels: LabelsFeature, regions: RegionsFeature, offers: OfferBar, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window, self._table = document, window, table
        self._labels, self._regions = labels, regions
        self._done: list[str] = []
        self._undone: list[str] = []
        self.plans = Plans(document)
        self.bar = EditBar(canvas)
        self.controller = EditController(document, self.bar)
        self.history = HistoryList(document, window)
        self.rerun_offer = RerunOffer(document, self.controller, offers, self)
        self.rerun_offer.rerun_wanted.connect(self.rerun_wanted)
        self.controller.message.connect(self.message)
        canvas.menu_wanted.connect(self._show_menu)
        timeline.menu_wanted.connect(self._show_menu)
        canvas.hovered.connect(self.controller.point_at)
        self.controller.shown.connect(timeline.set_preview)

    def add_actions(self, actions: Actions) -> None:
        add, tr, document = actions.add, self.tr, self._document
        self._undo = add("edit.undo", tr("Edit"), tr("Undo"), document.undo, ["Ctrl+Z"], needs=Needs.WRITABLE,
                         when=lambda: bool(self._done), group="history")
        self._redo = add("edit.redo", tr("Edit"), tr("Redo"), document.redo, ["Ctrl+Shift+Z", "Ctrl+Y"],
                         needs=Needs.WRITABLE, when=lambda: bool(self._undone), group="history")
        add("edit.delete", tr("Edit"), tr("Delete in this frame"), self._delete, ["Del"],
            tr("Delete the selected tracks' boxes in this frame, or the selected ignore region"),
            needs=Needs.EDITABLE, group="delete")
        self.actions = IdentityActions(document, self.plans, self.controller, actions, self._window)
        self.actions.menu_filled.connect(self._labels.fill_menu)
        self._table.menu_requested.connect(self.actions.fill_menu)
        self._table.menu_requested.connect(self._labels.fill_menu)
        document.changed.connect(self._on_changes)

    def update(self) -> None:
        """Name the next steps to undo and to redo in their actions."""
        session = self._document.session
        history = [] if session is None else session.history()
        self._done = [step.label for step in history if not step.undone]
        self._undone = [step.label for step in history if step.undone]
        self._undo.setText(self.tr("Undo {0}").format(self._done[-1]) if self._done else self.tr("Undo"))
        self._redo.setText(self.tr("Redo {0}").format(self._undone[0]) if self._undone else self.tr("Redo"))

    def close(self) -> None:
        self.rerun_offer.close()

    def delete_here(self) -> None:
        """Delete the boxes of the selected tracks in this frame."""
        self.controller.do(self.plans.delete_here)

    def _delete(self) -> None:
        if not self._regions.delete_selected():
            self.delete_here()

    def _show_menu(self, track: int | None, place: QPoint) -> None:
        self.actions.show_menu(track, place)

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & ChangeKind.HISTORY:
            self.update()

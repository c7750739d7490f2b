"""Whether drawn boxes last: chosen per project, and reversed for one box by Shift."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, QSignalBlocker, Qt

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.widgets.project_key import project_key

_KEY = "lasting_boxes"


class LastingBoxes(QObject):
    """Turns drawn boxes into tracks and boxes. They last from their frame on, or are of one frame only."""

    def __init__(self, document: Document, canvas: Canvas, actions: Actions, settings: QSettings) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._settings = document, canvas, settings
        self._action = actions.add(
            "track.lasting", self.tr("Track"), self.tr("Drawn boxes last"), self._store, ["Shift+K"],
            self.tr("A drawn box holds from its frame on until the next keyframe or until it is outside; Shift while "
                    "drawing does the opposite"), needs=Needs.PROJECT, group="new", checkable=True, checked=True)
        canvas.box_drawn.connect(self._on_drawn)
        canvas.missing_drawn.connect(self._on_missing_drawn)
        canvas.draws_missing = self._draws_missing
        document.opened.connect(self._on_opened)

    @property
    def lasting(self) -> bool:
        """Whether the box that is drawn now lasts."""
        held = bool(self._canvas.pressed_with & Qt.KeyboardModifier.ShiftModifier)
        return self._action.isChecked() != held

    def _on_drawn(self, box: tuple[float, float, float, float]) -> None:
        self._document.draw_track(box, self.lasting)

    def _on_missing_drawn(self, box: tuple[float, float, float, float]) -> None:
        if len(self._document.selection) == 1:
            (track,) = self._document.selection
            self._document.draw_box(track, box, self.lasting)

    def _draws_missing(self) -> bool:
        """Return whether exactly one track is selected and has no box in this frame, so that a drag draws one."""
        document, session = self._document, self._document.session
        if session is None or not document.writable or len(document.selection) != 1:
            return False
        if session.store.locked(document.selection):
            return False
        return not any(seen.track in document.selection and seen.box_xyxy is not None
                       for seen in document.observations(document.frame, masks=False))

    def _on_opened(self) -> None:
        path = self._document.path
        if path is not None:
            with QSignalBlocker(self._action):
                self._action.setChecked(bool(self._settings.value(project_key(_KEY, path), True, bool)))

    def _store(self) -> None:
        path = self._document.path
        if path is not None:
            self._settings.setValue(project_key(_KEY, path), self._action.isChecked())

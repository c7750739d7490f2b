"""Copy a box in one frame, paste it in another."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from annotator.model.box import Box, clip_boxes
from annotator.session import Session
from annotator.storage.edits import drawn_boxes
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import LEAST_SIDE
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message


class BoxClipboard(QObject):
    """Keeps copied boxes while the project is open. What is pasted is a person's box."""

    def __init__(self, document: Document, actions: Actions) -> None:
        super().__init__(document)
        self._document = document
        self._boxes: dict[int, Box] = {}
        document.opened.connect(self._boxes.clear)
        actions.add("edit.copy", self.tr("Edit"), self.tr("Copy boxes"), self.copy, ["Ctrl+C"],
                    self.tr("Copy the boxes of the selected tracks in this frame"), needs=Needs.VIDEO | Needs.TRACK,
                    group="clipboard")
        actions.add("edit.paste", self.tr("Edit"), self.tr("Paste boxes"), self.paste, ["Ctrl+V"],
                    self.tr("Put the copied boxes into this frame"), needs=Needs.EDITABLE, group="clipboard")

    @property
    def boxes(self) -> dict[int, Box]:
        """Track id to xyxy in image pixels."""
        return dict(self._boxes)

    def copy(self) -> None:
        """Keep the boxes that the selected tracks have in the present frame."""
        document = self._document
        found = {o.track: o.box_xyxy for o in document.observations(document.frame, masks=False)
                 if o.track in document.selection and o.box_xyxy is not None}
        if found:
            self._boxes = found
        else:
            document.message.emit(Message.refused(
                self.tr("Nothing to copy: select a track that has a box in this frame")))

    def paste(self) -> None:
        """Give the copied boxes to their tracks in the present frame; a single one to the one that is selected."""
        document, frame, wanted = self._document, self._document.frame, self._wanted()
        if not wanted:
            document.message.emit(Message.refused(
                self.tr("Nothing to paste: copy a box of this video first"), lambda: not self._wanted()))
            return

        def put(session: Session) -> None:
            with session.store.transaction("Paste boxes") as transaction:
                for track, box in wanted.items():
                    drawn_boxes.set_box(session.store, track, frame, box)
                if len(wanted) == 1:
                    transaction.label = f"Paste box of track {document.tracks()[next(iter(wanted))].number}"

        if document.edit(put):
            document.select(wanted)

    def _wanted(self) -> dict[int, Box]:
        """Which box goes to which track: only tracks of this video, only what lies inside its picture."""
        document, video = self._document, self._document.video
        if video is None or not self._boxes:
            return {}
        pairs = list(self._boxes.items())
        if len(pairs) == 1 and len(document.selection) == 1:
            (target,) = document.selection
            pairs = [(target, pairs[0][1])]
        clipped = clip_boxes(np.array([box for _, box in pairs], np.float64), video.width, video.height)
        return {track: (float(x1), float(y1), float(x2), float(y2))
                for (track, _), (x1, y1, x2, y2) in zip(pairs, clipped, strict=True)
                if track in document.tracks() and x2 - x1 >= LEAST_SIDE and y2 - y1 >= LEAST_SIDE}

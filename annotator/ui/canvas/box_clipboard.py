"""Copy boxes from one frame and paste them into another."""

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
    """Keeps copied boxes while the project is open. A pasted box is a manual box."""

    def __init__(self, document: Document, actions: Actions) -> None:
        super().__init__(document)
        self._document = document
        self._boxes: dict[int, Box] = {}
        document.opened.connect(self._forget)
        actions.add("edit.copy", self.tr("Edit"), self.tr("Copy boxes"), self.copy, ["Ctrl+C"],
                    self.tr("Copy the boxes of the selected tracks in this frame"), needs=Needs.VIDEO | Needs.TRACK,
                    group="clipboard")
        actions.add("edit.paste", self.tr("Edit"), self.tr("Paste boxes"), self.paste, ["Ctrl+V"],
                    self.tr("Paste the copied boxes into this frame"), needs=Needs.EDITABLE, group="clipboard")

    @property
    def boxes(self) -> dict[int, Box]:
        """Copied boxes by track id, xyxy in image pixels."""
        return dict(self._boxes)

    def copy(self) -> None:
        """Copy the boxes of the selected tracks in the current frame."""
        document = self._document
        found = {o.track: o.box_xyxy for o in document.observations(document.frame, masks=False)
                 if o.track in document.selection and o.box_xyxy is not None}
        if found:
            self._boxes = found
        else:
            document.message.emit(Message.refused(
                self.tr("Nothing to copy: select a track that has a box in this frame")))

    def paste(self) -> None:
        """Paste the copied boxes into the current frame.

        Each box goes to the track that it was copied from; a single box goes to the selected track, if there is one.
        """
        document, frame, wanted = self._document, self._document.frame, self._wanted()
        if not wanted:
            document.message.emit(Message.refused(
                self.tr("Nothing to paste: copy a box in this video first"), lambda: not self._wanted()))
            return

        def put(session: Session) -> None:
            with session.store.transaction(f"Paste boxes in frame {frame}") as transaction:
                for track, box in wanted.items():
                    drawn_boxes.set_box(session.store, track, frame, box)
                if len(wanted) == 1:
                    number = document.tracks()[next(iter(wanted))].number
                    transaction.label = f"Paste box of track {number} in frame {frame}"

        if document.edit(put):
            document.select(wanted)

    def _forget(self) -> None:
        self._boxes = {}

    def _wanted(self) -> dict[int, Box]:
        """Boxes to paste by track id: only for tracks of this video, clipped to the image."""
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

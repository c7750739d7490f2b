"""The mask that a gesture changes: of the selected track in the current frame, or of a new track."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.painting.brush import Painting
from annotator.model.track import TrackObservation
from annotator.storage.edits import masks
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.masks.layer import MaskPaintLayer
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.theme import ACCENT


class MaskTarget(QObject):
    """Begins a painting for a gesture and makes one edit of it, or drops it."""

    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, canvas: Canvas, layer: MaskPaintLayer) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._layer = document, canvas, layer
        self.hold_box = False
        """Whether the box stays as it is while its mask is painted."""
        self._track: int | None = None
        self._before = EMPTY_MASK
        self.painting: Painting | None = None
        """The mask of the current gesture."""

    def shown(self) -> TrackObservation | None:
        """Return what the selected track shows in the current frame; None unless exactly one is selected."""
        document = self._document
        if len(document.selection) != 1:
            return None
        (track,) = document.selection
        return next((seen for seen in document.observations(document.frame, masks=True) if seen.track == track), None)

    def mask(self) -> Mask | None:
        """Return the mask of the selected track in the current frame."""
        seen = self.shown()
        return None if seen is None else seen.mask

    def begin(self) -> Painting | None:
        """Begin to paint the mask of the selected track, or of a new one; None and a message if that is refused."""
        document, video, session = self._document, self._document.video, self._document.session
        if video is None or session is None or not document.writable:
            return None
        if len(document.selection) > 1:
            self.message.emit(Message.refused(self.tr("Select a single track to paint its mask"),
                                              lambda: len(document.selection) > 1))
            return None
        self._track = next(iter(document.selection), None)
        if self._track is not None and self._track in session.store.locked([self._track]):
            number, track = document.tracks()[self._track].number, self._track
            self.message.emit(Message.refused(self.tr("Track {0} is locked; unlock it first").format(number),
                                              lambda: track in document.selection))
            return None
        seen = self.shown()
        self._before = EMPTY_MASK if seen is None or seen.mask is None else seen.mask
        guarded = masks.protected_tracks(session.store, video.id, document.frame) - {self._track}
        others = [other.mask for other in document.observations(document.frame, masks=True)
                  if other.track in guarded and other.mask is not None] if guarded else []
        self.painting = Painting(video.width, video.height, self._before, others)
        self._canvas.overlay.set_replaced(self._track)
        known = None if self._track is None else document.tracks().get(self._track)
        self._layer.set_painting(self.painting, QColor(ACCENT if known is None else known.color),
                                 self._canvas.overlay.look.opacity)
        return self.painting

    def commit(self) -> None:
        """Store the painted mask as one step, unless nothing changed."""
        painting, track = self.painting, self._track
        if painting is None:
            return
        mask = painting.mask()
        done = mask != self._before and self._document.set_mask(track, mask, self.hold_box)
        if done or painting.refused:
            self._report(mask, painting.refused)
        self.drop()

    def drop(self) -> None:
        """End the gesture without an edit."""
        self.painting = None
        self._canvas.overlay.set_replaced(None)
        self._layer.set_painting(None)

    def _report(self, mask: Mask, refused: int) -> None:
        text = self.tr("The mask has {0} pixels").format(mask.area())
        if refused:
            text += self.tr("; {0} pixels were left to locked or reviewed tracks").format(refused)
        self.message.emit(Message.done(text))

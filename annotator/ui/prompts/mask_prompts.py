"""Masks as prompts: clean up a drawn mask, propagate it, fill the frames between two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from annotator.errors import UserError
from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import mask_requests, masks_around
from annotator.model.mask import Mask
from annotator.storage.edits import masks
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.prompts.batch import Batch
from annotator.ui.prompts.engine import Cleaned, PromptEngine
from annotator.ui.prompts.propagation import Propagation
from annotator.ui.widgets.message import Message

_NEEDS = Needs.EDITABLE | Needs.ONE_TRACK


class MaskPrompts(QObject):
    """Takes the mask that the selected track shows in the current frame."""

    message = Signal(Message)

    def __init__(self, document: Document, controller: CanvasController, engine: PromptEngine,
                 choice: Callable[[], Choice], propagation: Propagation, actions: Actions) -> None:
        super().__init__(document)
        self._document, self._controller, self._engine = document, controller, engine
        self._choice, self._propagation = choice, propagation
        tr, menu = self.tr, f"{self.tr('Track')}/{self.tr('Mask')}"
        add = partial(actions.add, needs=_NEEDS, group="segmenter")
        add("mask.clean-up", menu, tr("Clean up with SAM 2"), self.clean_up, ["Ctrl+M"],
            tr("Let the segmenter find the object that the drawn mask means"))
        for name, text, direction, key in (
                ("propagate", tr("Propagate the mask"), Direction.BOTH, "Ctrl+P"),
                ("propagate-forward", tr("Propagate the mask forward"), Direction.FORWARD, "Ctrl+]"),
                ("propagate-backward", tr("Propagate the mask backward"), Direction.BACKWARD, "Ctrl+[")):
            add(f"mask.{name}", menu, text, partial(self.propagate, direction), [key],
                tr("Propagate the mask of this frame up to the next manual mask or box"))
        add("mask.between", menu, tr("Fill between two masks"), self.fill_between, ["Ctrl+Shift+G"],
            tr("Fill the frames between the manual masks before and after this frame, from both ends"))

    def propagate(self, direction: Direction) -> None:
        """Propagate the mask of the current frame."""
        document = self._document
        self._propagate(lambda track: [document.frame], direction, between=False)

    def fill_between(self) -> None:
        """Fill the frames between the manual masks around the current frame."""
        document, session = self._document, self._document.session
        if session is None:
            return
        store = session.store
        self._propagate(lambda track: masks_around(store, track, document.frame), Direction.BOTH, between=True)

    def _propagate(self, frames: Callable[[int], Sequence[int]], direction: Direction, between: bool) -> None:
        session, video = self._document.session, self._document.video
        if session is None or video is None or len(self._document.selection) != 1:
            return
        (track,) = self._document.selection
        try:
            requests = mask_requests(session.store, video, track, frames(track), direction)
        except UserError as error:
            self.message.emit(Message.refused(str(error)))
            return
        self._propagation.propagate(Batch(tuple(requests), between=between))

    # Cleaning up

    def clean_up(self) -> None:
        """Replace the mask of the selected track by the object that the segmenter finds for it."""
        document, video, frame = self._document, self._document.video, self._controller.present_frame()
        if video is None or len(document.selection) != 1:
            return
        (track,) = document.selection
        mask = next((seen.mask for seen in document.observations(document.frame, masks=True) if seen.track == track),
                    None)
        if mask is None:
            self.message.emit(Message.refused(self.tr("Nothing to clean up: the track has no mask in this frame")))
            return
        if frame is None:
            self.message.emit(Message.refused(self.tr("The image of this frame is not decoded yet; try again")))
            return
        self.message.emit(Message.hint(self.tr("Cleaning up the mask"), lambda: document.frame == frame.index))
        self._engine.clean_up(video, frame, mask, self._choice(),
                              partial(self._on_cleaned, track, frame.index, video.id, mask),
                              lambda text: self.message.emit(Message.failed(text)))

    def _on_cleaned(self, track: int, frame: int, video: int, before: Mask, found: Cleaned) -> None:
        document = self._document
        if document.video is None or document.video.id != video or track not in document.tracks():
            return
        if found.mask is None:
            text = self.tr("{0} finds no object like this mask (best IoU {1:.2f}); the mask is unchanged")
            self.message.emit(Message.refused(text.format(found.segmenter, found.agreement)))
            return
        shown = next((seen.mask for seen in document.observations(frame, masks=True) if seen.track == track), None)
        if shown != before:
            self.message.emit(Message.refused(self.tr("The mask has changed meanwhile; clean it up again")))
            return
        cleaned = found.mask
        if document.edit(lambda session: masks.set_masks(session.store, track, {frame: cleaned},
                                                         title="Clean up mask")):
            text = self.tr("Cleaned up by {0}: IoU {1:.2f} with the drawn mask")
            self.message.emit(Message.done(text.format(found.segmenter, found.agreement)))

"""Actions that change whole masks of the selected track, in this frame or in the selected range."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from annotator.errors import StorageError
from annotator.model.track import Track
from annotator.storage.edits import masks
from annotator.storage.store import Store
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message

#: Distance in pixels, and factor, of one press of the keys that move and scale masks.
STEP, FACTOR = 1, 1.05
_NEEDS = Needs.EDITABLE | Needs.ONE_TRACK


class MaskActions(QObject):
    """One action per edit. Those that can be made over frames take the selected range if the current frame lies in it.
    """

    message = Signal(Message)

    def __init__(self, document: Document, actions: Actions, menu: str) -> None:
        super().__init__(document)
        self._document, self._actions, self._menu = document, actions, menu
        self._copied: tuple[int, int] | None = None
        document.video_changed.connect(self._forget)
        self._add_copies()
        self._add_changes()

    def _add(self, name: str, text: str, slot: Callable[[], object], key: str, tip: str, group: str) -> None:
        self._actions.add(f"mask.{name}", self._menu, text, slot, [key] if key else [], tip, needs=_NEEDS, group=group)

    def _add_copies(self) -> None:
        tr, add = self.tr, self._add
        add("copy-next", tr("Copy to the next frame"), self.copy_to_next, "Ctrl+D",
            tr("Copy the mask to the next frame and go there"), "copy")
        add("copy", tr("Copy mask"), self.copy, "Ctrl+Shift+C",
            tr("Remember the mask of the selected track in this frame"), "copy")
        add("paste", tr("Paste mask"), self.paste, "Ctrl+Shift+P",
            tr("Paste the copied mask for the selected track, in this frame or in the selected range"), "copy")

    def _add_changes(self) -> None:
        tr, add = self.tr, self._add
        add("holes", tr("Fill holes"), partial(self._change, masks.fill_mask_holes), "Shift+W",
            tr("Fill the holes of the mask, in this frame or in the selected range"), "clean")
        add("specks", tr("Drop specks"), partial(self._change, masks.drop_mask_specks), "Shift+Y",
            tr("Drop all parts of the mask but the largest, in this frame or in the selected range"), "clean")
        add("front", tr("Bring to the front"), partial(self._change, masks.bring_to_front), "U",
            tr("Give pixels that masks share to the selected track, in this frame or in the selected range"), "order")
        add("back", tr("Send to the back"), partial(self._change, masks.send_to_back), "Shift+U",
            tr("Give pixels that masks share to the other tracks, in this frame or in the selected range"), "order")
        for name, text, key, dx, dy in (
                ("left", tr("Move left"), "Left", -STEP, 0), ("right", tr("Move right"), "Right", STEP, 0),
                ("up", tr("Move up"), "Up", 0, -STEP), ("down", tr("Move down"), "Down", 0, STEP)):
            add(f"move-{name}", text, partial(self._change, partial(masks.place_masks, dx=dx, dy=dy)),
                f"Ctrl+Alt+{key}", tr("Move the mask by a pixel, in this frame or in the selected range"), "place")
        for name, text, key, factor in (("larger", tr("Larger"), "Ctrl+Alt+=", FACTOR),
                                        ("smaller", tr("Smaller"), "Ctrl+Alt+-", 1 / FACTOR)):
            add(name, text, partial(self._change, partial(masks.place_masks, factor=factor)), key,
                tr("Scale the mask by 5 %, in this frame or in the selected range"), "place")
        add("delete", tr("Delete mask"), partial(self._change, masks.delete_masks), "Shift+Backspace",
            tr("Delete the manual mask, in this frame or in the selected range; the predicted one is visible again"),
            "delete")

    # Edits

    def copy_to_next(self) -> None:
        """Copy the mask of the selected track to the next frame, and go there."""
        frame = self._document.frame
        if self._do(lambda store, track: masks.copy_mask(store, track.id, frame, frame + 1, frame + 1)):
            self._document.go_to(frame + 1)

    def copy(self) -> None:
        """Remember which mask to paste."""
        document, frame = self._document, self._document.frame
        (track,) = document.selection
        if any(seen.track == track and seen.mask is not None for seen in document.observations(frame, masks=True)):
            self._copied = track, frame
            self.message.emit(Message.done(self.tr("Copied the mask of track {0} in frame {1}").format(
                document.tracks()[track].number, frame)))
        else:
            self.message.emit(Message.refused(self.tr("Nothing to copy: the selected track has no mask in this frame")))

    def paste(self) -> None:
        """Give the selected track the copied mask."""
        if self._copied is None or self._copied[0] not in self._document.tracks():
            self.message.emit(Message.refused(self.tr("Nothing to paste: copy a mask in this video first"),
                                              lambda: self._copied is None))
            return
        source, frame = self._copied
        first, last = self._frames()
        self._do(lambda store, track: masks.copy_mask(store, source, frame, first, last,
                                                      to_track=None if track.id == source else track.id))

    def _change(self, change: Callable[[Store, int, int, int], object]) -> None:
        first, last = self._frames()
        self._do(lambda store, track: change(store, track.id, first, last))

    def _frames(self) -> tuple[int, int]:
        """The selected range if the current frame lies in it, else the current frame."""
        frame, chosen = self._document.frame, self._document.range
        return chosen if chosen is not None and chosen[0] <= frame <= chosen[1] else (frame, frame)

    def _do(self, change: Callable[[Store, Track], object]) -> bool:
        document = self._document
        if len(document.selection) != 1:
            raise StorageError("one track must be selected")  # the registry has checked it
        (key,) = document.selection
        track = document.tracks()[key]
        done = document.edit(lambda session: change(session.store, track))
        if done and document.session is not None:
            steps = [step for step in document.session.history() if not step.undone]
            self.message.emit(Message.done(steps[-1].label))
        return done

    def _forget(self) -> None:
        self._copied = None

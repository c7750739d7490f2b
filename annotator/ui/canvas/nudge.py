"""Move the selected box with the arrow keys."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from annotator.storage.edits import masks
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message

#: Distance that one press moves a box, in image pixels, without and with Shift.
STEP, LEAP = 1, 10
#: Milliseconds after the last press until the move is stored, unless Alt is released before.
PAUSE = 800


class Nudge(QObject):
    """Moves the selected box. All presses while Alt is held are one undo step; until it ends, the box is a draft."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, actions: Actions) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._controller = document, canvas, controller
        self._moved: tuple[int, int, QRectF] | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.finish)
        self._add_actions(actions)
        for signal in (document.frame_changed, document.selection_changed, document.video_changed):
            signal.connect(lambda *_: self.finish())
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def _add_actions(self, actions: Actions) -> None:
        tr = self.tr
        menu = f"{tr('Edit')}/{tr('Move box')}"
        for name, text, far, key, dx, dy in (
                ("left", tr("Left"), tr("Left by %n pixels", "", LEAP), "Left", -1, 0),
                ("right", tr("Right"), tr("Right by %n pixels", "", LEAP), "Right", 1, 0),
                ("up", tr("Up"), tr("Up by %n pixels", "", LEAP), "Up", 0, -1),
                ("down", tr("Down"), tr("Down by %n pixels", "", LEAP), "Down", 0, 1)):
            actions.add(f"edit.move-{name}", menu, text, partial(self.move, dx * STEP, dy * STEP), [f"Alt+{key}"],
                        tr("Move the selected box by %n pixels", "", STEP),
                        needs=Needs.EDITABLE | Needs.ONE_TRACK)
            actions.add(f"edit.move-far-{name}", menu, far, partial(self.move, dx * LEAP, dy * LEAP),
                        [f"Alt+Shift+{key}"], tr("Move the selected box by %n pixels", "", LEAP),
                        needs=Needs.EDITABLE | Needs.ONE_TRACK)

    def move(self, dx: float, dy: float) -> None:
        """Move the selected box by a distance in image pixels; it is stored when the gesture ends."""
        rect = self._controller.selected_rect()
        if rect is None or not self._document.writable:
            self._document.message.emit(Message.refused(
                self.tr("Select a single track with a box in this frame to move its box"),
                lambda: self._controller.selected_rect() is None))
            return
        (track,) = self._document.selection
        if self._moved is not None:
            rect = self._moved[2]
        self._moved = (track, self._document.frame, rect.translated(dx, dy))
        self._canvas.overlay.set_draft(self._moved[2])
        self._pause.start()

    def finish(self) -> None:
        """Store the moved box."""
        self._pause.stop()
        if self._moved is None:
            return
        track, frame, rect = self._moved
        self._moved = None
        self._canvas.overlay.set_draft(None)
        box = (rect.left(), rect.top(), rect.right(), rect.bottom())
        self._document.edit(lambda session: masks.place_box(session.store, track, frame, box))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if self._moved is not None and event.type() is QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) \
                and event.key() == Qt.Key.Key_Alt:
            self.finish()
        return False

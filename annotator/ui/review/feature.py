"""The review feature: connects the queue, its panel and actions with the views."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPen
from PySide6.QtWidgets import QDockWidget, QGraphicsRectItem, QWidget

from annotator.review import Entry, Fix
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.edits.controller import EditController
from annotator.ui.review.controller import ReviewController
from annotator.ui.review.crops import CropSource
from annotator.ui.review.panel import ReviewPanel
from annotator.ui.review.queue_builder import QueueBuilder
from annotator.ui.widgets.theme import ACCENT

#: Share of the view that the tracks of a moment fill when zoomed to.
_FILL = 0.4


class Spot(QGraphicsRectItem):
    """The box of an untracked object, in the frame of its suggestion."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        pen = QPen(QColor(ACCENT), 2, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.setPen(pen)
        canvas.add_layer(self)
        self.hide()

    def show_for(self, entry: Entry | None, frame: int) -> None:
        """Show the box that an entry suggests to prompt, if it is in this frame."""
        fix = None if entry is None else entry.suggestion
        seen = fix is not None and fix.box_xyxy is not None and fix.frame == frame
        if seen and fix is not None and fix.box_xyxy is not None:
            x0, y0, x1, y1 = fix.box_xyxy
            self.setRect(x0, y0, x1 - x0, y1 - y0)
        self.setVisible(seen)


class ReviewFeature(Feature):
    """Actions to step through suspicious moments and to resolve each with a key."""

    prompt_wanted = Signal(int, object)
    """Frame and box (xyxy, image pixels) of an object that a moment suggests to prompt."""

    def __init__(self, document: Document, canvas: Canvas, player: Player, edits: EditController,
                 busy: Callable[[], bool], window: QWidget) -> None:
        super().__init__(window)
        self._document, self._canvas, self._player = document, canvas, player
        self.builder = QueueBuilder(document, busy, self)
        self.crops = CropSource(document)
        self.controller = ReviewController(document, edits, self.builder, self)
        self.panel = ReviewPanel(document, self.controller, self.builder, self.crops, edits)
        self.spot = Spot(canvas)
        self._dock: QDockWidget | None = None
        self.builder.message.connect(self.message)
        self.controller.message.connect(self.message)
        self.controller.prompt_wanted.connect(self.prompt_wanted)
        self.controller.changed.connect(self._show_title)
        self.controller.visited.connect(self._on_visited)
        self.controller.current_changed.connect(self._show_spot)
        document.frame_changed.connect(lambda _frame: self._show_spot())
        document.video_changed.connect(self._want_if_seen)

    def add_actions(self, actions: Actions) -> None:
        """Register the actions. Tab and Shift+Tab work while the canvas has the focus."""
        add, tr, controller, menu = actions.add, self.tr, self.controller, self.tr("Review")
        after = add("review.next", menu, tr("Next suspicious moment"), lambda: self.go(1), ["Tab"],
                        tr("Go to the next moment at which a track may be wrong"), needs=Needs.VIDEO, group="go")
        before = add("review.previous", menu, tr("Previous suspicious moment"), lambda: self.go(-1), ["Shift+Tab"],
                     needs=Needs.VIDEO, group="go")
        for action in (after, before):
            self._bind_to_canvas(action)
        accept = add("review.accept", menu, tr("Apply suggestion"), controller.accept, ["A"],
                     tr("Apply the suggested edit and go to the next moment"), needs=Needs.EDITABLE, group="decide")
        fine = add("review.fine", menu, tr("No error"), partial(controller.decide, Fix.FINE), ["X"],
                   tr("Mark this moment as reviewed and go to the next"), needs=Needs.EDITABLE,
                   group="decide")
        others = {
            fix: add(f"review.{fix.value}", menu, text, partial(controller.decide, fix), [f"Alt+{k}"], tip,
                     needs=Needs.EDITABLE, group="decide")
            for k, (fix, text, tip) in enumerate((
                (Fix.SWAP, tr("Swap"), tr("Swap the two tracks of this moment and go to the next")),
                (Fix.MERGE, tr("Merge"), tr("Merge the two tracks of this moment and go to the next")),
                (Fix.SPLIT, tr("Split"), tr("Split the track of this moment and go to the next")),
                (Fix.DELETE, tr("Delete"), tr("Delete the track of this moment and go to the next"))), 1)}
        self.zoom = add("review.zoom", menu, tr("Zoom to each moment"), lambda: None, [],
                        tr("Zoom to the tracks of a moment when going to it"), group="view", checkable=True)
        look = add("review.colours", menu, tr("Compare colours or stop"), self._toggle_colours, [],
                   tr("Read the video and rank moments also by changes of appearance"), needs=Needs.VIDEO, group="view")
        self.panel.set_actions(accept, fine, others, look)

    def _bind_to_canvas(self, action: QAction) -> None:
        """Limit an action to the canvas; elsewhere, Tab moves the focus."""
        window = self.parent()
        assert isinstance(window, QWidget)
        window.removeAction(action)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._canvas.addAction(action)

    def set_dock(self, dock: QDockWidget) -> None:
        """Set the dock of the panel. Stepping through moments raises it, its title shows the number of open moments,
        and showing it builds the queue."""
        self._dock = dock
        self._title = dock.windowTitle()
        dock.visibilityChanged.connect(lambda _seen: self._want_if_seen())

    def go(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) moment."""
        self._player.pause()
        if self._dock is not None and not self._is_seen:
            self._dock.show()
            self._dock.raise_()
        self.controller.go(direction)

    def refresh(self) -> None:
        """Rank again after a run ended."""
        self.builder.refresh()

    def close(self) -> None:
        self.builder.close()
        self.crops.close()

    def _toggle_colours(self) -> None:
        if self.builder.looked is not None:
            self.builder.cancel()
        else:
            self.builder.look_at_colours()

    def _show_title(self) -> None:
        if self._dock is not None:
            done, total = self.controller.counts
            left = total - done
            self._dock.setWindowTitle(self.tr("{0} {1}").format(self._title, left) if left else self._title)

    def _show_spot(self) -> None:
        self.spot.show_for(self.controller.current, self._document.frame)

    def _on_visited(self, entry: Entry) -> None:
        if not self.zoom.isChecked():
            return
        rects = [shape.rect for shape in self._canvas.overlay.shapes if shape.track in entry.tracks
                 and shape.rect is not None]
        if not rects and entry.suggestion.box_xyxy is not None:
            x0, y0, x1, y1 = entry.suggestion.box_xyxy
            rects = [QRectF(x0, y0, x1 - x0, y1 - y0)]
        if rects:
            whole = QRectF(rects[0])
            for rect in rects[1:]:
                whole = whole.united(rect)
            self._canvas.look_at(whole, _FILL)

    @property
    def _is_seen(self) -> bool:
        """Whether the panel is on screen: Qt also calls docks in background tabs visible."""
        return not self.panel.visibleRegion().isEmpty()

    def _want_if_seen(self) -> None:
        if self._is_seen and self._document.video is not None:
            self.builder.want()

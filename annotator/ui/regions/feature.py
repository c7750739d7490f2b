"""Draw, select and delete ignore regions on the canvas, one undo step each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Mark, MarkKind
from annotator.storage.edits import drawn_boxes
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.document.document import Document
from annotator.ui.regions.layer import RegionLayer
from annotator.ui.regions.shaping import Corners, RegionShaping
from annotator.ui.widgets.message import Message

#: Distance from the first corner within which a click closes a polygon, in device-independent pixels.
CLOSING = 10
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)


class RegionsFeature(Feature):
    """Shows the regions of the frame, and turns gestures into edits.

    With the tool, a drag draws a rectangle, and clicks set the corners of a polygon. Enter or a click on the first
    corner closes the polygon; Backspace removes the last corner. The region applies to the selected range, or to the
    whole video. The selected region is reshaped by its corners and edges (`shaping.py`).
    """

    selection_changed = Signal()

    def __init__(self, document: Document, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._document, self._canvas = document, canvas
        self._regions: list[Mark] = []
        self._selected: int | None = None
        self._corners: list[QPointF] = []
        self.layer = RegionLayer()
        canvas.add_layer(self.layer)
        self._shaping = RegionShaping(canvas, self.layer, self._selected_here, self._reshape)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        document.video_changed.connect(self._on_video)
        document.frame_changed.connect(self._show)
        document.changed.connect(self._on_changes)
        document.selection_changed.connect(self._on_track_selection)
        canvas.region_drawn.connect(self._on_drawn)
        canvas.pointed.connect(self._on_pointed)
        canvas.missed.connect(self._on_missed)
        canvas.tool_changed.connect(self._on_tool)

    def add_actions(self, actions: Actions) -> None:
        actions.add("tool.ignore", self.tr("Track"), self.tr("Draw ignore region"),
                    lambda: self._canvas.set_tool(Tool.IGNORE), ["Shift+N"],
                    self.tr("Draw a region that is ignored in evaluation: drag a rectangle or click its corners"),
                    needs=Needs.EDITABLE, group="new")

    def _on_tool(self, tool: Tool) -> None:
        self._set_corners([])
        if tool is Tool.IGNORE:
            text = self.tr("Drag a rectangle, or click the corners and press Enter; press Esc to cancel")
            self.message.emit(Message.hint(text, lambda: self._canvas.tool is Tool.IGNORE))

    @property
    def selected(self) -> Mark | None:
        """The selected region."""
        return next((region for region in self._regions if region.id == self._selected), None)

    def _selected_here(self) -> Mark | None:
        """Return the selected region if it applies to the current frame."""
        return next((region for region in self.layer.regions if region.id == self._selected), None)

    def select(self, region: int | None) -> None:
        """Select a region by its id; None for none."""
        if region == self._selected:
            return
        self._selected = region
        if region is not None:
            self._document.select(())
        self._show()
        self.selection_changed.emit()

    def delete_selected(self) -> bool:
        """Delete the selected region. Returns whether one was deleted."""
        region = self.selected
        if region is None:
            return False
        return self._document.edit(lambda session: drawn_boxes.remove_mark(session.store, region.id))

    # The document

    def _on_video(self) -> None:
        video = self._document.video
        self.layer.set_picture_size(*((0, 0) if video is None else (video.width, video.height)))
        self._reload()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & ChangeKind.MARKS:
            self._reload()

    def _reload(self) -> None:
        video, session = self._document.video, self._document.session
        self._regions = [] if video is None or session is None else session.store.ignore_regions(video.id)
        if self._selected is not None and self.selected is None:
            self._selected = None
        self._show()
        self.selection_changed.emit()

    def _show(self) -> None:
        frame = self._document.frame
        shown = [region for region in self._regions
                 if region.first <= frame and (region.last is None or frame <= region.last)]
        self.layer.set_regions(shown, self._selected)

    def _on_track_selection(self) -> None:
        if self._document.selection:
            self.select(None)

    # Gestures

    def _on_missed(self, point: QPointF) -> None:
        region = self.layer.at(point)
        self.select(None if region is None else region.id)

    def _on_drawn(self, box: Box) -> None:
        x1, y1, x2, y2 = box
        self._add([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])

    def _on_pointed(self, point: QPointF) -> None:
        if self._canvas.tool is not Tool.IGNORE:
            return
        if len(self._corners) > 2 and self._is_near_start(point):
            self._close()
            return
        self._set_corners([*self._corners, point])

    def _is_near_start(self, point: QPointF) -> bool:
        distance = self._canvas.to_widget(self._corners[0]) - self._canvas.to_widget(point)
        return distance.manhattanLength() <= CLOSING

    def _set_corners(self, corners: list[QPointF]) -> None:
        self._corners = corners
        self.layer.set_draft([*corners, corners[-1]] if corners else ())

    def _close(self) -> None:
        corners = [(point.x(), point.y()) for point in self._corners]
        self._canvas.set_tool(Tool.SELECT)
        self._add(corners)

    def _add(self, corners: Sequence[tuple[float, float]]) -> None:
        video = self._document.video
        if video is None:
            return
        first, last = self._document.range or (0, None)
        cut = [(min(max(x, 0.0), float(video.width)), min(max(y, 0.0), float(video.height))) for x, y in corners]
        made: list[int] = []
        self._document.edit(lambda session: made.append(
            drawn_boxes.add_mark(session.store, video.id, MarkKind.IGNORE, first, last, region=cut)))
        if made:
            self.select(made[0])

    def _reshape(self, region: Mark, corners: Corners) -> None:
        self._document.edit(lambda session: drawn_boxes.reshape_region(session.store, region.id, corners))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Handle a polygon in progress: Enter closes it, Backspace removes a corner, a line follows the pointer."""
        if not self._corners:
            return False
        if isinstance(event, QKeyEvent) and watched is self._canvas:
            if event.type() is QEvent.Type.ShortcutOverride and event.key() in _KEYS:
                event.accept()  # otherwise an action with this shortcut would receive it
                return True
            return event.type() is QEvent.Type.KeyPress and event.key() in _KEYS and self._on_key(event.key())
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseMove:
            self.layer.set_draft([*self._corners, self._canvas.to_picture(event.position())])
        return False

    def _on_key(self, key: int) -> bool:
        if key == Qt.Key.Key_Backspace:
            self._set_corners(self._corners[:-1])
        elif len(self._corners) > 2:
            self._close()
        return True

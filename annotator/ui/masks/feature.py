"""The masks feature: tools that paint masks on the canvas, and actions that change them."""

from __future__ import annotations

from functools import partial

from annotator.model.changes import ChangeKind, Changes
from annotator.model.painting.brush import BrushShape
from annotator.storage.edits.masks import overlaps
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.document.document import Document
from annotator.ui.masks.actions import MaskActions
from annotator.ui.masks.brush import BrushTool
from annotator.ui.masks.layer import MaskPaintLayer
from annotator.ui.masks.outline import OutlineTool
from annotator.ui.masks.polygon import PolygonTool
from annotator.ui.masks.target import MaskTarget
from annotator.ui.widgets.message import Message

MASK_TOOLS = (Tool.BRUSH, Tool.ERASER, Tool.POLYGON, Tool.OUTLINE)


class MasksFeature(Feature):
    """Owns the tools. A tool stays active until Esc or another tool, so that strokes can follow each other."""

    def __init__(self, document: Document, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._document, self._canvas = document, canvas
        self.layer = MaskPaintLayer()
        canvas.add_layer(self.layer, above=True)
        self.target = MaskTarget(document, canvas, self.layer)
        self.brush = BrushTool(canvas, self.layer, self.target)
        self.polygon = PolygonTool(canvas, self.layer, self.target)
        self.outline = OutlineTool(canvas, self.layer, self.target)
        self.target.message.connect(self.message)
        self.outline.message.connect(self.message)
        self.brush.changed.connect(lambda: self._hint(canvas.tool))
        canvas.tool_changed.connect(self._on_tool)
        canvas.gesture_cancelled.connect(self.target.drop)
        document.video_changed.connect(self._on_video)
        document.frame_changed.connect(self._on_moved)
        document.selection_changed.connect(self._on_moved)
        document.changed.connect(self._on_changes)

    def add_actions(self, actions: Actions) -> None:
        tr, menu = self.tr, f"{self.tr('Track')}/{self.tr('Mask')}"
        for name, text, tool, key, tip in (
                ("brush", tr("Brush"), Tool.BRUSH, "P", tr("Paint the mask of the selected track, or of a new one")),
                ("eraser", tr("Eraser"), Tool.ERASER, "Shift+P", tr("Erase pixels of the selected track's mask")),
                ("polygon", tr("Polygon"), Tool.POLYGON, "Y",
                 tr("Add the inside of a polygon to the mask: click its corners, or drag a line around it")),
                ("outline", tr("Corners of the outline"), Tool.OUTLINE, "W",
                 tr("Move, add and delete corners of the mask's outline"))):
            actions.add(f"mask.{name}", menu, text, partial(self._use, tool), [key], tip, needs=Needs.EDITABLE,
                        group="tools")
        self._square = actions.add("mask.square", menu, tr("Square brush"), self._on_shape, ["Alt+P"],
                                   tr("Paint with a square tip instead of a round one"), group="brush", checkable=True)
        actions.add("mask.brush-larger", menu, tr("Larger brush"), partial(self.brush.resize, 1), ["Alt+="],
                    tr("The wheel does the same"), group="brush")
        actions.add("mask.brush-smaller", menu, tr("Smaller brush"), partial(self.brush.resize, -1), ["Alt+-"],
                    tr("The wheel does the same"), group="brush")
        self._hold = actions.add("mask.hold-box", menu, tr("Hold the box"), self._on_hold, ["Shift+B"],
                                 tr("Keep the box as it is while its mask is painted, instead of fitting it"),
                                 group="brush", checkable=True)
        self.actions = MaskActions(self._document, actions, menu)
        self.actions.message.connect(self.message)

    def _use(self, tool: Tool) -> None:
        """Select a tool; the same again puts it away."""
        self._canvas.set_tool(Tool.SELECT if self._canvas.tool is tool else tool)

    def _on_shape(self) -> None:
        self.brush.set_shape(BrushShape.SQUARE if self._square.isChecked() else BrushShape.ROUND)

    def _on_hold(self) -> None:
        self.target.hold_box = self._hold.isChecked()

    # What is shown

    def _on_video(self) -> None:
        video = self._document.video
        self.layer.set_picture_size(*((0, 0) if video is None else (video.width, video.height)))

    def _on_moved(self, *_: object) -> None:
        if self._canvas.tool in MASK_TOOLS:
            self._canvas.cancel_gesture()
            self.polygon.drop()
            self.outline.refresh()
            self._show_shared()

    def _on_changes(self, changes: Changes) -> None:
        if self._canvas.tool in MASK_TOOLS and changes.kinds & (
                ChangeKind.MASKS | ChangeKind.OBSERVATIONS | ChangeKind.SPANS | ChangeKind.MARKS):
            self.outline.refresh()
            self._show_shared()

    def _show_shared(self) -> None:
        """Mark the pixels that the selected track shares with others, while a mask tool is in use."""
        document, tool = self._document, self._canvas.tool
        if tool not in MASK_TOOLS or len(document.selection) != 1:
            self.layer.set_shared(())
            return
        (track,) = document.selection
        found = [each for each in overlaps(document.observations(document.frame, masks=True))
                 if track in (each.track, each.other)]
        self.layer.set_shared([each.mask for each in found])
        if found:
            self._hint(tool, sum(each.pixels for each in found))

    def _on_tool(self, tool: Tool) -> None:
        self.target.drop()
        self._canvas.overlay.set_handles(tool not in MASK_TOOLS)
        self._hint(tool)
        self._show_shared()

    def _hint(self, tool: Tool, shared: int = 0) -> None:
        texts = {
            Tool.BRUSH: self.tr("Drag to paint, Alt-drag to erase; wheel: size ({0} pixels), Ctrl+wheel: zoom"),
            Tool.ERASER: self.tr("Drag to erase, Alt-drag to paint; wheel: size ({0} pixels), Ctrl+wheel: zoom"),
            Tool.POLYGON: self.tr("Click corners or drag a line; Enter adds the inside, Alt+Enter erases it"),
            Tool.OUTLINE: self.tr("Drag a corner to move it, drag an edge to add one, Alt-click a corner to delete it")}
        if tool not in texts:
            return
        text = texts[tool].format(self.brush.brush.size)
        if shared:
            more = self.tr(". {0} pixels are shared with other tracks: U takes them, Shift+U gives them")
            text += more.format(shared)
        self.message.emit(Message.hint(text, lambda: self._canvas.tool is tool))

"""The canvas: shows the frame; zoom, pan, select, draw, move and resize."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from annotator.model.box import Box
from annotator.model.frame import Image
from annotator.ui.canvas.overlay import REACH, Overlay, Shape
from annotator.ui.canvas.picture import Picture, shown_size

#: Shortest side of a drawn box in image pixels, and the distance in widget pixels up to which a drag is still a click.
LEAST_SIDE, CLICK_SLIP = 2.0, 3.0


#: Modifiers with which a click adds to the selection.
_ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class Tool(Enum):
    """The tool that a press on the canvas uses."""

    SELECT = auto()
    DRAW = auto()
    PROMPT = auto()
    IGNORE = auto()
    BRUSH = auto()
    ERASER = auto()
    POLYGON = auto()
    OUTLINE = auto()


Gesture = tuple[Callable[[QPointF], object], Callable[[], object]]
"""What to do on each move, with the position in widget coordinates, and what to do on release."""
BeginGesture = Callable[[QPointF, Qt.KeyboardModifier], "Gesture | None"]
"""Begins a gesture at a press, in image pixels; None if the press was all."""


class Canvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows a frame and its shapes, and emits signals for the user's gestures. It changes no data itself."""

    clicked = Signal(object, bool)
    """Track id or None, and whether to add it to the selection."""
    hovered = Signal(object)
    box_drawn = Signal(tuple)
    """A new box, xyxy in image pixels."""
    box_changed = Signal(int, tuple)
    """Track id, and its moved or resized box, xyxy in image pixels."""
    missing_drawn = Signal(tuple)
    """The box of the selected track, which has none in this frame, xyxy in image pixels."""
    tool_changed = Signal(Tool)
    region_drawn = Signal(tuple)
    """A rectangular ignore region, xyxy in image pixels."""
    prompt_began = Signal()
    """The user began to draw the box of a prompt."""
    prompt_drawn = Signal(tuple, bool)
    """The box of a prompt, xyxy in image pixels, and whether the prompt tool is active, so that more may follow."""
    prompt_pointed = Signal(QPointF, bool)
    """A click with the prompt tool, in image pixels, and whether the point is positive (True) or negative (Alt)."""
    pointed = Signal(QPointF)
    """A click with a drawing tool, in image pixels."""
    missed = Signal(QPointF)
    """A click with the selection tool that hit no track, in image pixels."""
    gesture_cancelled = Signal()
    """A gesture ended without effect, by Esc or because another tool was selected."""
    menu_wanted = Signal(object, QPoint)
    """A right click: track id or None, and the position on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background="#202124")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        # Otherwise the graphics scene would swallow drags of files, which the window handles.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self._view = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0.0)
        self._view.setMouseEnabled(False, False)
        self.setCentralItem(self._view)
        self.picture, self.overlay = Picture(), Overlay()
        self._view.addItem(self.picture, ignoreBounds=True)
        self._view.addItem(self.overlay, ignoreBounds=True)
        self._size = (0, 0)
        self._tool = Tool.SELECT
        self._editable = True
        self._press: QPointF | None = None
        self._drag: Callable[[QPointF], object] | None = None
        self._drop: Callable[[], object] | None = None
        self._space = False
        self.pointer: Callable[[QPointF], Qt.CursorShape | None] = lambda _: None
        """Returns the cursor over a handle of another feature; the position is in widget coordinates."""
        self.gestures: dict[Tool, BeginGesture] = {}
        """Gestures of other features by tool."""
        self.wheels: dict[Tool, Callable[[float], object]] = {}
        """What the wheel does with a tool, called with steps away from the user; it zooms with Ctrl, and otherwise."""
        self.draws_missing: Callable[[], bool] = lambda: False
        """Whether a drag draws the box of the selected track, because it has none in this frame."""
        self.pressed_with = Qt.KeyboardModifier.NoModifier
        """Modifiers of the last press."""
        self.panned = False
        """Whether the view was panned since Space was pressed."""
        self._fitted = True

    # Content

    def set_picture_size(self, width: int, height: int) -> None:
        """Prepare for a video of this size; 0 x 0 for none."""
        self._size = (width, height)
        self.overlay.set_picture_size(width, height)
        if width == 0:
            self.picture.set_image(None)
        self.fit()

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the frame in pixels; 0, 0 without a video."""
        return self._size

    def set_image(self, image: Image, scaled: Image | None = None) -> None:
        """Show a frame; ``scaled`` is the same frame in `shown_size`, if available. Both are (H, W, 3) uint8 RGB."""
        self.picture.set_image(image, scaled)

    def set_shapes(self, shapes: Sequence[Shape]) -> None:
        self.overlay.set_shapes(shapes)

    def add_layer(self, item: QGraphicsItem, above: bool = False) -> None:
        """Add an item between the frame and the tracks, or ``above`` both."""
        self.overlay.setZValue(1)
        item.setZValue(2 if above else 0.5)
        self._view.addItem(item, ignoreBounds=True)

    def set_editable(self, editable: bool) -> None:
        """Set whether boxes can be drawn and moved."""
        self._editable = editable
        if not editable:
            self.set_tool(Tool.SELECT)

    @property
    def editable(self) -> bool:
        return self._editable

    @property
    def panning(self) -> bool:
        """Whether Space is held, so that a drag pans."""
        return self._space

    @property
    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        if tool is not Tool.SELECT and not self._editable:
            return
        self._cancel_drag()
        if tool is not self._tool:
            self._tool = tool
            self.tool_changed.emit(tool)
        self._update_cursor()

    # View

    def fit(self) -> None:
        """Show the whole frame, also after the canvas is resized, until the user zooms or pans."""
        width, height = self._size
        self._fitted = True
        if width and height:
            self._view.setRange(QRectF(0, 0, width, height), padding=0.01)

    def zoom(self, factor: float, center: QPointF | None = None) -> None:
        """Zoom in for factors above 1, else out; ``center`` (image pixels) keeps its position."""
        if not self._size[0]:
            return
        now = self.scale_factor()
        factor = min(max(now * factor, 0.02), 64.0) / now
        self._fitted = False
        self._view.scaleBy((1 / factor, 1 / factor), center=None if center is None else (center.x(), center.y()))

    def pixel_view(self) -> None:
        """Show one pixel of the video as one pixel of the screen."""
        self.zoom(1 / (self.scale_factor() * self.devicePixelRatioF()))

    def scale_factor(self) -> float:
        """Return device-independent pixels per image pixel."""
        return float(1 / max(self._view.viewPixelSize()[0], 1e-9))

    def shown_size(self) -> tuple[int, int]:
        """Return the width and height of the frame on the screen, in screen pixels."""
        place = self._view.childGroup.sceneTransform().mapRect(self._bounds())
        return shown_size(place, self.devicePixelRatioF())

    def to_picture(self, position: QPointF) -> QPointF:
        """Convert widget coordinates to image pixels."""
        return QPointF(self._view.mapSceneToView(self.mapToScene(position.toPoint())))

    def to_picture_exactly(self, position: QPointF) -> QPointF:
        """Convert widget coordinates to image pixels, without rounding to whole pixels of the screen."""
        return QPointF(self._view.mapSceneToView(self.viewportTransform().inverted()[0].map(position)))

    def to_widget(self, point: QPointF) -> QPointF:
        """Convert image pixels to widget coordinates."""
        return QPointF(self.mapFromScene(self._view.mapViewToScene(point)))

    def view_rect(self) -> QRectF | None:
        """Return the part of the frame in view, in image pixels; None if the whole frame is fitted into the view."""
        return None if self._fitted else QRectF(self._view.viewRect())

    def show_view(self, rect: QRectF) -> None:
        """Zoom and pan to a part of the frame that `view_rect` returned."""
        self._fitted = False
        self._view.setRange(rect, padding=0)

    def show_rect(self, rect: QRectF) -> None:
        """Pan so that a part of the frame is in view, unless it is already."""
        if not self._view.viewRect().contains(rect):
            offset = rect.center() - self._view.viewRect().center()
            self._fitted = False
            self._view.translateBy((offset.x(), offset.y()))

    def look_at(self, rect: QRectF, share: float) -> None:
        """Zoom and pan so that a part of the frame is centered and takes up this share of the view."""
        self._fitted = False
        width, height = max(rect.width(), 1.0) / share, max(rect.height(), 1.0) / share
        center = rect.center()
        self._view.setRange(QRectF(center.x() - width / 2, center.y() - height / 2, width, height), padding=0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if getattr(self, "_fitted", False):
            self.fit()

    # The mouse

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        steps, turn = event.angleDelta().y() / 120, self.wheels.get(self._tool)
        if turn is not None and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turn(steps)
        else:
            self.zoom(1.2 ** steps, self.to_picture(event.position()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        button, position = event.button(), event.position()
        self.pressed_with = event.modifiers()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._drag is not None:
            return
        if button is Qt.MouseButton.MiddleButton or (button is Qt.MouseButton.LeftButton and self._space):
            self._begin_pan(position)
        elif button is Qt.MouseButton.RightButton and self._size[0]:
            self.menu_wanted.emit(self.track_at(self.to_picture(position)), event.globalPosition().toPoint())
        elif button is Qt.MouseButton.LeftButton and self._size[0]:
            self._press = position
            self._begin(position, event.modifiers())
        self._update_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Treat the second press of a double click like any other press."""
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        position = event.position()
        if self._drag is not None:
            if self._press is None or (position - self._press).manhattanLength() > CLICK_SLIP:
                self._press = None
                self._drag(position)
            return
        track = self.track_at(self.to_picture(position))
        self.overlay.set_hovered(track)
        self.hovered.emit(track)
        self._update_cursor(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        press, drop = self._press, self._drop
        self._press = self._drag = self._drop = None
        if press is not None:
            self.overlay.set_draft(None)
            modifiers = event.modifiers()
            self.click_at(self.to_picture(press), modifiers)
        elif drop is not None:
            drop()
        self._update_cursor(event.position())

    def click_at(self, point: QPointF, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Handle a click in the frame with the current tool and these modifiers."""
        if self._tool is Tool.PROMPT:
            self.prompt_pointed.emit(point, not modifiers & Qt.KeyboardModifier.AltModifier)
            return
        if self._tool is not Tool.SELECT:
            self.pointed.emit(point)
            return
        track = self.track_at(point)
        self.clicked.emit(track, bool(modifiers & _ADDING))
        if track is None:
            self.missed.emit(point)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.overlay.set_hovered(None)
        self.hovered.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and (self._drag is not None or self._tool is not Tool.SELECT):
            self.set_tool(Tool.SELECT)
            return
        event.ignore()

    def set_panning(self, held: bool) -> None:
        """Set whether the left button pans, as while Space is held."""
        self._space = held
        if held:
            self.panned = False
        self._update_cursor()

    # Gestures

    def _begin(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        point, control = self.to_picture(position), bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if self._editable and not control and self._tool in self.gestures:
            # A stroke begins with the press: there is no click to tell from it.
            self._press = None
            self._drag, self._drop = self.gestures[self._tool](point, modifiers) or (None, None)
            return
        if self._editable and (self._tool is not Tool.SELECT or control):
            if control or self._tool is Tool.PROMPT:
                self._begin_prompt(point, careful=not control)
            else:
                self._begin_draw(point, (self.box_drawn if self._tool is Tool.DRAW else self.region_drawn).emit)
            return
        grip = self._grip_at(position) if self._editable else None
        if grip is not None:
            self._begin_change(*grip, point)
        elif self._editable and self.draws_missing():
            self._begin_draw(point, self.missing_drawn.emit)
        else:
            self._begin_pan(position, click=True)

    def _begin_pan(self, position: QPointF, click: bool = False) -> None:
        last = position
        if not click:
            self._press = None

        def drag(to: QPointF) -> None:
            nonlocal last
            offset = self.to_picture(last) - self.to_picture(to)
            last = to
            self._fitted, self.panned = False, True
            self._view.translateBy((offset.x(), offset.y()))

        self._drag, self._drop = drag, None

    def _begin_prompt(self, start: QPointF, careful: bool) -> None:
        self.prompt_began.emit()
        # The prompt tool stays active: more boxes and points may follow.
        self._begin_draw(start, lambda box: self.prompt_drawn.emit(box, careful), stay=self._tool is Tool.PROMPT)

    def _begin_draw(self, start: QPointF, drawn: Callable[[Box], object], stay: bool = False) -> None:
        def drag(to: QPointF) -> None:
            self.overlay.set_draft(QRectF(start, self.to_picture(to)).normalized().intersected(self._bounds()))

        def drop() -> None:
            rect = self.overlay.draft
            self.overlay.set_draft(None)
            if rect is not None and rect.width() >= LEAST_SIDE and rect.height() >= LEAST_SIDE:
                if not stay:
                    self.set_tool(Tool.SELECT)
                drawn(_box(rect))

        self._drag, self._drop = drag, drop

    def _begin_change(self, shape: Shape, grip: int, start: QPointF) -> None:
        rect = shape.rect
        assert rect is not None
        original = QRectF(rect)

        def drag(to: QPointF) -> None:
            self.overlay.set_draft(_changed(original, grip, self.to_picture(to) - start))

        def drop() -> None:
            changed = self.overlay.draft
            self.overlay.set_draft(None)
            if changed is not None and changed.width() >= LEAST_SIDE and changed.height() >= LEAST_SIDE:
                self.box_changed.emit(shape.track, _box(changed))

        self._drag, self._drop = drag, drop

    def cancel_gesture(self) -> bool:
        """Cancel the current gesture. Returns whether there was one."""
        active = self._drag is not None
        self._cancel_drag()
        return active

    def _cancel_drag(self) -> None:
        active = self._drag is not None
        self._press = self._drag = self._drop = None
        self.overlay.set_draft(None)
        if active:
            self.gesture_cancelled.emit()

    # Hit tests

    def track_at(self, point: QPointF) -> int | None:
        """Return the track with the smallest box that contains the point, so nested boxes can be selected."""
        found = [(shape.rect.width() * shape.rect.height(), shape.track) for shape in self.overlay.shapes
                 if shape.rect is not None and shape.rect.contains(point)]
        return min(found)[1] if found else None

    def _grip_at(self, position: QPointF) -> tuple[Shape, int] | None:
        """Return the selected shape, and the handle (0-7) or inside (8) at this position."""
        selected = self.overlay.selected
        if len(selected) != 1:
            return None
        for shape in self.overlay.shapes:
            rect = shape.rect
            if shape.track not in selected or rect is None:
                continue
            distances = [(self.to_widget(handle) - position).manhattanLength() for handle in self.overlay.handles(rect)]
            if min(distances) <= REACH:
                return shape, int(np.argmin(distances))
            if rect.contains(self.to_picture(position)):
                return shape, 8
        return None

    def within(self, points: Sequence[QPointF], together: bool) -> list[QPointF]:
        """Clamp points to the frame: each by itself, or all by the same offset, which keeps their shape."""
        width, height = self._size
        if together:
            x, y = [point.x() for point in points], [point.y() for point in points]
            by = QPointF(max(0.0, -min(x)) or min(0.0, width - max(x)), max(0.0, -min(y)) or min(0.0, height - max(y)))
            points = [point + by for point in points]
        return [QPointF(min(max(point.x(), 0.0), width), min(max(point.y(), 0.0), height)) for point in points]

    def _bounds(self) -> QRectF:
        return QRectF(0, 0, *self._size)

    def _update_cursor(self, position: QPointF | None = None) -> None:
        cursors = (Qt.CursorShape.SizeFDiagCursor, Qt.CursorShape.SizeVerCursor, Qt.CursorShape.SizeBDiagCursor,
                   Qt.CursorShape.SizeHorCursor)
        grip = self._grip_at(position) if position is not None and self._editable else None
        if self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._tool is not Tool.SELECT:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif grip is not None:
            self.setCursor(Qt.CursorShape.SizeAllCursor if grip[1] == 8 else cursors[grip[1] % 4])
        else:
            other = None if position is None else self.pointer(position)
            self.setCursor(Qt.CursorShape.ArrowCursor if other is None else other)


def _changed(rect: QRectF, grip: int, by: QPointF) -> QRectF:
    """Return the box after a handle, or the whole box, was moved; normalized."""
    changed = QRectF(rect)
    if grip == 8:
        return changed.translated(by)
    if grip in (0, 6, 7):
        changed.setLeft(changed.left() + by.x())
    if grip in (2, 3, 4):
        changed.setRight(changed.right() + by.x())
    if grip in (0, 1, 2):
        changed.setTop(changed.top() + by.y())
    if grip in (4, 5, 6):
        changed.setBottom(changed.bottom() + by.y())
    return changed.normalized()


def _box(rect: QRectF) -> Box:
    return rect.left(), rect.top(), rect.right(), rect.bottom()



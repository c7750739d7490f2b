"""The layer that marks the notes of a frame on the canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.native import near
from annotator.model.note import Note
from annotator.ui.timeline.marks import NOTE
from annotator.ui.widgets.theme import ACCENT

#: Size of a mark, and of its tail, in device-independent pixels.
_WIDTH, _HEIGHT, _TAIL = 18.0, 13.0, 5.0


class NoteLayer(QGraphicsItem):
    """A speech bubble for each note, of the same size on the screen at any zoom; its tail points to the place."""

    def __init__(self, box_of: Callable[[int], QRectF | None]) -> None:
        """``box_of`` returns the displayed box of a track (id) in image pixels."""
        super().__init__()
        self._box_of = box_of
        self._rect = QRectF()
        self._notes: Sequence[Note] = ()
        self._selected: int | None = None

    @property
    def notes(self) -> Sequence[Note]:
        """Displayed notes."""
        return self._notes

    def set_picture_size(self, width: int, height: int) -> None:
        """Set the size of the frame in pixels."""
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, width, height)

    def set_notes(self, notes: Sequence[Note], selected: int | None) -> None:
        """Set the notes of the frame, and the id of the selected one."""
        self._notes, self._selected = notes, selected
        self.update()

    def place(self, note: Note) -> QPointF:
        """Return where a note points to in image pixels: its place, else the corner of its track's box, else the
        frame's corner."""
        if note.place is not None:
            return QPointF(*near(note.place))
        box = None if note.track is None else self._box_of(note.track)
        return QPointF(0, 0) if box is None else box.topRight()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        loose = 0
        for note in self._notes:
            tip = transform.map(self.place(note))
            if note.place is None and (note.track is None or self._box_of(note.track) is None):
                tip += QPointF(4 + loose * (_WIDTH + 4), _HEIGHT + _TAIL + 4)  # in a row, inside the frame
                loose += 1
            self._paint_bubble(painter, tip, note)
        painter.restore()

    def _paint_bubble(self, painter: QPainter, tip: QPointF, note: Note) -> None:
        color = QColor(NOTE)
        color.setAlpha(110 if note.done else 240)
        painter.setPen(QPen(QColor(ACCENT) if note.id == self._selected else QColor(0, 0, 0, 180),
                            2.5 if note.id == self._selected else 1.2))
        painter.setBrush(color)
        body = QRectF(tip.x(), tip.y() - _TAIL - _HEIGHT, _WIDTH, _HEIGHT)
        painter.drawRoundedRect(body, 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([tip, QPointF(tip.x() + 3, body.bottom()), QPointF(tip.x() + 9, body.bottom())]))
        painter.setBrush(QColor(0, 0, 0, 200))
        for k in range(3):
            painter.drawEllipse(QPointF(body.left() + 4.5 + 4.5 * k, body.center().y()), 1.3, 1.3)

"""The timeline: a lane per track, an overview above them, the playhead across."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import TrackState
from annotator.ui.document import Document
from annotator.ui.lanes import Lane, Order, Stretch, object_counts, sort_lanes, stretches
from annotator.ui.sparing import SparingTimer
from annotator.ui.timeline_marks import (
    Places,
    TimelineMarks,
    paint_on_lanes,
    paint_on_overview,
    paint_on_ruler,
    read_marks,
)

#: Heights and widths in device-independent pixels.
LANE, OVERVIEW, RULER, NAMES = 20, 36, 20, 132
#: Least pixels between two ticks of the ruler; most pixels that a frame may take.
TICK_GAP, WIDEST_FRAME = 70, 40.0
#: Trajectories whose states are kept, and how many are read before the event loop gets its turn.
KEPT_STATES, STATES_AT_ONCE = 512, 4
_SHADE = {TrackState.RELIABLE: 1.0, TrackState.PENDING: 0.75, TrackState.SUSPICIOUS: 0.3}


class Timeline(QAbstractScrollArea):
    """Draws only what is in sight, so that thousands of tracks cost what thirty do."""

    track_clicked = Signal(int, bool)
    """Track id, and whether it is added to the selection."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._lanes: list[Lane] = []
        self._order, self._grouped = Order.NUMBER, False
        self._suspicion: Mapping[int, int] = {}
        self._marks = TimelineMarks()
        self._counts = np.zeros(0, np.int32)
        self._outline: tuple[int, QPolygonF] | None = None
        self._playhead = 0.0
        self._states: OrderedDict[int, list[Stretch]] = OrderedDict()
        self._pixels = 1.0
        self._fitted = True
        self._drag: str | None = None
        self._anchor = 0
        self._stale = SparingTimer(self.reload, 60, self)
        self._reading = QTimer(self, singleShot=True, interval=0)
        self._reading.timeout.connect(self._read_states)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setMinimumHeight(OVERVIEW + RULER + 3 * LANE)
        self.viewport().setMouseTracking(True)
        document.video_changed.connect(self._on_video)
        document.changed.connect(self._on_changes)
        document.frame_changed.connect(self._on_frame)
        document.selection_changed.connect(self._on_selection)
        document.range_changed.connect(self.viewport().update)

    # What it shows

    @property
    def lanes(self) -> Sequence[Lane]:
        """In the order in which they are shown."""
        return self._lanes

    def set_order(self, order: Order, grouped: bool = False) -> None:
        """Sort lanes; ``grouped`` keeps the lanes of a class together."""
        self._order, self._grouped = order, grouped
        self._sort(self._lanes)

    def set_suspicion(self, counts: Mapping[int, int]) -> None:
        """Track id to number of suspicious frames, for the order of that name."""
        self._suspicion = counts
        self._sort(self._lanes)

    def _sort(self, lanes: Sequence[Lane]) -> None:
        self._lanes = sort_lanes(lanes, self._order, self._grouped, self._suspicion)
        self.viewport().update()

    @property
    def marks(self) -> TimelineMarks:
        """Runs and cuts of the present video."""
        return self._marks

    def fit(self) -> None:
        """The whole video in sight."""
        self._fitted = True
        count = self._frame_count()
        if count:
            self._pixels = max(self._track_width() / count, 1e-6)
        self._update_bars()

    def zoom(self, factor: float, frame: float | None = None) -> None:
        """Closer for factors above 1; the frame given, or the present one, stays where it is."""
        count = self._frame_count()
        if not count:
            return
        centre = self._document.frame + 0.5 if frame is None else frame
        x = self._x(centre)
        least = self._track_width() / count
        self._pixels = min(max(self._pixels * factor, least), max(WIDEST_FRAME, least))
        self._fitted = self._pixels == least
        self._update_bars()
        self.horizontalScrollBar().setValue(round(centre * self._pixels - (x - NAMES)))

    def reload(self) -> None:
        """Read lanes anew."""
        lanes = self._document.lanes()
        self._sort(lanes)
        self._counts = object_counts(lanes, self._frame_count())
        session, video = self._document.session, self._document.video
        self._marks = TimelineMarks() if session is None or video is None else read_marks(session, video.id)
        self._outline = None
        self._update_bars()

    # Places

    def _frame_count(self) -> int:
        return 0 if self._document.video is None else self._document.video.frame_count

    def _track_width(self) -> int:
        return max(self.viewport().width() - NAMES, 1)

    def _x(self, frame: float) -> float:
        return NAMES + frame * self._pixels - self.horizontalScrollBar().value()

    def _places(self) -> Places:
        return Places(NAMES, self.viewport().width(), OVERVIEW + RULER, self.viewport().height(), self._x(0),
                      self._pixels, self._frame_count())

    def frame_at(self, x: float) -> int:
        """The frame that lies here, brought inside the video."""
        frame = int((x - NAMES + self.horizontalScrollBar().value()) / self._pixels)
        return min(max(frame, 0), max(self._frame_count() - 1, 0))

    def lane_at(self, y: float) -> Lane | None:
        row = int((y - OVERVIEW - RULER + self.verticalScrollBar().value()) // LANE)
        return self._lanes[row] if y >= OVERVIEW + RULER and 0 <= row < len(self._lanes) else None

    def _lanes_in_sight(self) -> range:
        top = self.verticalScrollBar().value()
        height = self.viewport().height() - OVERVIEW - RULER
        return range(top // LANE, min((top + height) // LANE + 1, len(self._lanes)))

    def _update_bars(self) -> None:
        width, height = self._track_width(), self.viewport().height() - OVERVIEW - RULER
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setRange(0, max(round(self._frame_count() * self._pixels) - width, 0))
        horizontal.setPageStep(width)
        vertical.setRange(0, max(len(self._lanes) * LANE - height, 0))
        vertical.setPageStep(max(height, 1))
        vertical.setSingleStep(LANE)
        self.viewport().update()

    # Changes

    def _on_video(self) -> None:
        self._states.clear()
        self.reload()
        self.fit()

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.OBSERVATIONS | ChangeKind.MARKS | ChangeKind.RUNS \
            | ChangeKind.LABELS
        if not changes.kinds & kinds:
            return
        for track in changes.tracks or list(self._states):
            self._states.pop(track, None)
        if not self._stale.isActive():
            self._stale.start()  # a running job commits many times a second

    def _on_frame(self, frame: int) -> None:
        x = self._x(frame + 0.5)
        if not NAMES <= x <= self.viewport().width():
            page = self.horizontalScrollBar().pageStep()
            self.horizontalScrollBar().setValue(round(frame * self._pixels - page / 4))
        self._update_playhead()

    def _update_playhead(self) -> None:
        """Paint again what lies under the playhead, where it was and where it is: a step moves nothing else."""
        height = self.viewport().height()
        for frame in (self._playhead, self._document.frame):
            self.viewport().update(QRect(round(self._x(frame + 0.5)) - 3, OVERVIEW, 6, height - OVERVIEW))
            self.viewport().update(QRect(round(self._overview_x(frame)) - 3, 0, 6, OVERVIEW))

    def _on_selection(self) -> None:
        rows = [row for row, lane in enumerate(self._lanes) if lane.track.id in self._document.selection]
        if rows and not set(rows) & set(self._lanes_in_sight()[:-1]):
            self.verticalScrollBar().setValue(rows[0] * LANE - LANE)
        self.viewport().update()

    def _read_states(self) -> None:
        """Read what the lanes in sight lack, a few at a time."""
        session = self._document.session
        if session is None:
            return
        missing = [self._lanes[row].track.id for row in self._lanes_in_sight()
                   if self._lanes[row].track.id not in self._states]
        for track in missing[:STATES_AT_ONCE]:
            self._states[track] = stretches(session.store.trajectory(track))
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)
        if missing:
            self.viewport().update()

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        if self._fitted:
            self.fit()
        else:
            self._update_bars()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        try:
            self._paint(painter)
        finally:
            painter.end()  # at once, also where an error keeps this call's variables alive

    def _paint(self, painter: QPainter) -> None:
        self._playhead = self._document.frame
        painter.fillRect(self.viewport().rect(), self.palette().color(QPalette.ColorRole.Base))
        if not self._frame_count():
            return
        self._paint_lanes(painter)
        paint_on_lanes(painter, self._marks, self._places(), self.palette())
        self._paint_range(painter)
        self._paint_overview(painter)
        self._paint_ruler(painter)
        paint_on_ruler(painter, self._marks, self._places(), self.palette())
        self._paint_playhead(painter)

    def _paint_lanes(self, painter: QPainter) -> None:
        palette, width = self.palette(), self.viewport().width()
        offset = OVERVIEW + RULER - self.verticalScrollBar().value()
        labels = self._document.labels()
        missing = False
        for row in self._lanes_in_sight():
            lane, y = self._lanes[row], offset + row * LANE
            selected = lane.track.id in self._document.selection
            if selected:
                chosen = palette.color(QPalette.ColorRole.Highlight)
                chosen.setAlpha(50)
                painter.fillRect(0, y, width, LANE, chosen)
            elif row % 2:
                painter.fillRect(0, y, width, LANE, palette.color(QPalette.ColorRole.AlternateBase))
            painter.save()
            painter.setClipRect(NAMES, OVERVIEW + RULER, width - NAMES, self.viewport().height())
            states = self._states.get(lane.track.id)
            missing = missing or states is None
            self._paint_lane(painter, lane, states, y)
            painter.restore()
            name = lane.track.name or (labels[lane.track.label].name if lane.track.label in labels else "")
            self._paint_name(painter, QRect(0, y, NAMES, LANE), lane, name, selected)
            if self._grouped and row and self._lanes[row - 1].track.label != lane.track.label:
                painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1))
                painter.drawLine(0, y, width, y)
        if missing and not self._reading.isActive():
            self._reading.start()

    def _paint_lane(self, painter: QPainter, lane: Lane, states: list[Stretch] | None, y: int) -> None:
        color = QColor(lane.track.color)
        if states is None:
            for bar in lane.bars:
                self._fill(painter, bar.first, bar.last, y, color)
            return
        for stretch in states:
            self._paint_stretch(painter, stretch, color, y)
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(QColor("black"), 1))
        self._paint_keyframes(painter, lane, y)

    def _paint_stretch(self, painter: QPainter, stretch: Stretch, color: QColor, y: int) -> None:
        """Full where it is sure, paler where it is pending, hatched where suspicious, a line where lost."""
        left, right = max(self._x(stretch.first), NAMES), min(self._x(stretch.last + 1), self.viewport().width())
        if right < left:
            return
        rect = QRectF(left, y + 4, max(right - left, 1.0), LANE - 8)
        if stretch.state is TrackState.LOST:
            painter.fillRect(QRectF(rect.left(), y + LANE / 2 - 1, rect.width(), 2), color)
            return
        shade = QColor(color)
        shade.setAlphaF(_SHADE[stretch.state])
        painter.fillRect(rect, shade)
        if stretch.state is TrackState.SUSPICIOUS:
            painter.fillRect(rect, QBrush(color, Qt.BrushStyle.BDiagPattern))

    def _paint_keyframes(self, painter: QPainter, lane: Lane, y: int) -> None:
        """A dot per box that a person drew; dots that would hide one another are left out."""
        first, last = self.frame_at(NAMES), self.frame_at(self.viewport().width())
        reach = 0.0
        for bar in lane.bars:
            if not bar.human:
                continue
            for frame in range(max(bar.first, first), min(bar.last, last) + 1):
                x = self._x(frame + 0.5)
                if x - reach >= 4:
                    painter.drawEllipse(QPointF(x, y + LANE / 2), 3, 3)
                    reach = x

    def _fill(self, painter: QPainter, first: int, last: int, y: int, color: QColor) -> None:
        left, right = self._x(first), self._x(last + 1)
        if right >= NAMES and left <= self.viewport().width():
            painter.fillRect(QRectF(left, y + 4, max(right - left, 1.0), LANE - 8), color)

    def _paint_name(self, painter: QPainter, rect: QRect, lane: Lane, name: str, selected: bool) -> None:
        palette = self.palette()
        if rect.bottom() < OVERVIEW + RULER:
            return
        painter.save()
        painter.setClipRect(0, OVERVIEW + RULER, NAMES, self.viewport().height())
        painter.fillRect(QRect(4, rect.top() + 4, 4, LANE - 8), QColor(lane.track.color))
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        font = painter.font()
        font.setBold(selected)
        painter.setFont(font)
        number = QRect(12, rect.top(), 36, LANE)
        painter.drawText(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(lane.track.number))
        place = QRect(56, rect.top(), NAMES - 60, LANE)
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _paint_range(self, painter: QPainter) -> None:
        chosen = self._document.range
        if chosen is None:
            return
        color = self.palette().color(QPalette.ColorRole.Highlight)
        color.setAlpha(60)
        left, right = max(self._x(chosen[0]), NAMES), self._x(chosen[1] + 1)
        if right > left:
            painter.fillRect(QRectF(left, OVERVIEW, right - left, self.viewport().height() - OVERVIEW), color)

    def _paint_overview(self, painter: QPainter) -> None:
        """Objects per frame, over the whole video whatever the zoom."""
        palette, width = self.palette(), self._track_width()
        painter.fillRect(0, 0, self.viewport().width(), OVERVIEW, palette.color(QPalette.ColorRole.Window))
        count = self._frame_count()
        if self._outline is None or self._outline[0] != width:
            self._outline = (width, self._overview_outline(width))
        color = palette.color(QPalette.ColorRole.Text)
        color.setAlpha(110)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(self._outline[1])
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(QRect(8, 0, NAMES - 16, OVERVIEW), Qt.AlignmentFlag.AlignVCenter,
                         self.tr("%n tracks", "", len(self._lanes)))
        if not self._fitted:
            scroll, scale = self.horizontalScrollBar(), width / max(count * self._pixels, 1)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(QRectF(NAMES + scroll.value() * scale, 1, width * scale - 1, OVERVIEW - 3))
        paint_on_overview(painter, self._marks, NAMES, width, OVERVIEW, count)
        x = self._overview_x(self._document.frame)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, OVERVIEW))

    def _overview_x(self, frame: float) -> float:
        return NAMES + frame / max(self._frame_count(), 1) * self._track_width()

    def _overview_outline(self, width: int) -> QPolygonF:
        """Most objects per pixel column."""
        edges = np.linspace(0, self._frame_count(), width + 1).astype(int)[:-1]
        most = max(int(self._counts.max(initial=0)), 1)
        heights = np.zeros(width)
        if len(self._counts):
            heights = np.maximum.reduceat(self._counts, edges) * (OVERVIEW - 8) / most
        outline = [QPointF(NAMES + x, OVERVIEW - 2 - h) for x, h in enumerate(heights.tolist())]
        return QPolygonF([QPointF(NAMES, OVERVIEW - 2), *outline, QPointF(NAMES + width, OVERVIEW - 2)])

    def _paint_ruler(self, painter: QPainter) -> None:
        palette, width = self.palette(), self.viewport().width()
        painter.fillRect(0, OVERVIEW, width, RULER, palette.color(QPalette.ColorRole.Window))
        step = _nice_step(TICK_GAP / self._pixels)
        first = self.frame_at(NAMES) // step * step
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        for frame in range(first, self._frame_count(), step):
            x = self._x(frame)
            if x > width:
                break
            if x >= NAMES:
                painter.drawLine(QPointF(x, OVERVIEW + RULER - 5), QPointF(x, OVERVIEW + RULER))
                painter.drawText(QPointF(x + 3, OVERVIEW + RULER - 6), str(frame))

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self._x(self._document.frame + 0.5)
        if x < NAMES:
            return
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.drawLine(QPointF(x, OVERVIEW), QPointF(x, self.viewport().height()))

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() is not Qt.MouseButton.LeftButton or not self._frame_count():
            return
        position = event.position()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if position.y() < OVERVIEW:
            self._drag = "overview"
        elif shift and position.x() >= NAMES:
            self._drag, self._anchor = "range", self.frame_at(position.x())
        else:
            lane = self.lane_at(position.y())
            if lane is not None:
                self.track_clicked.emit(lane.track.id, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
            self._drag = "scrub" if position.x() >= NAMES else None
            if self._drag and self._document.range is not None and lane is None:
                self._document.set_range(None)
        self._follow(position.toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._follow(event.position().toPoint())
        self.viewport().setToolTip(self._tip_at(event.position()))

    def _tip_at(self, position: QPointF) -> str:
        lane = self.lane_at(position.y())
        if lane is not None:
            return self.tr("Track {0}, frames {1} to {2}").format(lane.track.number, lane.first, lane.last)
        if position.y() < OVERVIEW or position.x() < NAMES:
            return ""
        frame = self.frame_at(position.x())
        lines = [self.tr("Run with {0}, frames {1} to {2}").format(run.tracker or "?", run.first, run.last)
                 for run in self._marks.runs_at(frame)]
        if any(abs(self._x(cut) - position.x()) <= 4 for cut in self._marks.cuts):
            lines.append(self.tr("Another view begins here"))
        return "\n".join(lines)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._drag = None

    def _follow(self, position: QPoint) -> None:
        if self._drag == "scrub":
            self._document.go_to(self.frame_at(position.x()))
        elif self._drag == "overview":
            share = (position.x() - NAMES) / self._track_width()
            self._document.go_to(int(share * self._frame_count()))
        elif self._drag == "range":
            frame = self.frame_at(position.x())
            self._document.set_range((min(self._anchor, frame), max(self._anchor, frame)))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            frame = (event.position().x() - NAMES + self.horizontalScrollBar().value()) / self._pixels
            self.zoom(1.25 ** (delta.y() / 120), frame)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or delta.x():
            scroll = self.horizontalScrollBar()
            scroll.setValue(scroll.value() - (delta.x() or delta.y()))
        else:
            scroll = self.verticalScrollBar()
            scroll.setValue(scroll.value() - delta.y() * LANE * 3 // 120)
        event.accept()


def _nice_step(least: float) -> int:
    """1, 2 or 5 times a power of ten, at least this."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10

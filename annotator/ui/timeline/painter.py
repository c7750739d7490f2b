"""Paint the timeline. Which lanes and frames are in view is decided by the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPalette, QPen, QPolygonF

from annotator.model.frame import TrackState
from annotator.model.track import Label
from annotator.storage.edits.preview import EditPreview
from annotator.ui.document.lanes import Event, Lane, Letter, Stretch
from annotator.ui.timeline.groups import Heading, Row
from annotator.ui.timeline.marks import (
    REVIEWED,
    TimeAxis,
    TimelineMarks,
    paint_on_lanes,
    paint_on_overview,
    paint_on_ruler,
)
from annotator.ui.timeline.proposed_frames import ProposedFrames
from annotator.ui.timeline.proposed_frames import paint_on_lane as paint_proposal_on_lane
from annotator.ui.timeline.proposed_frames import paint_on_overview as paint_proposal_on_overview
from annotator.ui.timeline.proposed_frames import paint_on_ruler as paint_proposal_on_ruler
from annotator.ui.timeline.value_strip import ValueStrip
from annotator.ui.timeline.value_strip import paint_on_lane as paint_strip_on_lane
from annotator.ui.widgets.name_plates import readable_on

#: Heights and widths in device-independent pixels.
LANE, OVERVIEW, RULER, NAMES = 20, 36, 20, 132
#: Width of the triangle before a heading, including the gap.
FOLD = 12
#: Minimum distance between two letters on a lane, in pixels.
LETTER = 9
#: Minimum distance between the centers of two dots of manual boxes, in pixels.
DOT_GAP = 10
#: Minimum distance between two ticks that replace letters, in pixels.
TICK = 2
#: Minimum distance between two ticks of the ruler, in pixels.
TICK_GAP = 70
_SHADE = {TrackState.RELIABLE: 1.0, TrackState.PENDING: 0.75, TrackState.SUSPICIOUS: 0.3}


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that the timeline shows in one repaint."""

    axis: TimeAxis
    rows: Sequence[Row]
    """Lanes and the headings of their groups."""
    visible: range
    """Rows in view."""
    top: int
    """Top of the first row; may be out of view."""
    states: Mapping[int, list[Stretch]]
    """By track, for the tracks that have been read."""
    letters: Mapping[int, Sequence[Letter]]
    """By track, for the tracks that have been read."""
    labels: Mapping[int, Label]
    selection: frozenset[int]
    marks: TimelineMarks
    strip: ValueStrip
    """Values of the attribute that is shown."""
    proposed: ProposedFrames
    """Frames that the displayed proposal would change."""
    selected_range: tuple[int, int] | None
    """First and last frame of the selected range."""
    preview: EditPreview | None
    """Changes of the edit under the pointer or in question."""
    frame: int
    """Frame of the playhead."""
    outline: QPolygonF
    """Outline of the overview; see `overview_outline`."""
    fitted: bool
    """Whether the whole video is in view."""
    count: str
    """Number of tracks as text."""


class TimelinePainter:
    """A painter for one scene."""

    def __init__(self, painter: QPainter, scene: Scene, palette: QPalette) -> None:
        self._painter, self._scene, self._axis, self._palette = painter, scene, scene.axis, palette
        self._letter_font = QFont(painter.font())
        self._letter_font.setBold(True)
        self._letter_font.setPixelSize(10)
        self._width, self._height = int(scene.axis.right), int(scene.axis.bottom)

    def paint(self) -> None:
        """Paint everything from back to front."""
        self._paint_lanes()
        paint_on_lanes(self._painter, self._scene.marks, self._axis, self._palette)
        self._paint_range()
        self._paint_preview()
        self._paint_overview()
        self._paint_ruler()
        paint_on_ruler(self._painter, self._scene.marks, self._axis, self._palette)
        paint_proposal_on_ruler(self._painter, self._scene.proposed, self._axis)
        self._paint_playhead()

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self._palette.color(role)

    # Lanes

    def _paint_lanes(self) -> None:
        painter, scene, width = self._painter, self._scene, self._width
        for number in scene.visible:
            lane, y = scene.rows[number], scene.top + number * LANE
            if isinstance(lane, Heading):
                self._paint_heading(lane, y)
                continue
            selected = lane.track.id in scene.selection
            if selected:
                chosen = self._color(QPalette.ColorRole.Highlight)
                chosen.setAlpha(50)
                painter.fillRect(0, y, width, LANE, chosen)
            elif number % 2:
                painter.fillRect(0, y, width, LANE, self._color(QPalette.ColorRole.AlternateBase))
            painter.save()
            painter.setClipRect(NAMES, OVERVIEW + RULER, width - NAMES, self._height)
            self._paint_lane(lane, scene.states.get(lane.track.id), y)
            paint_strip_on_lane(painter, scene.strip.by_track.get(lane.track.id, ()), self._axis, y, LANE)
            paint_proposal_on_lane(painter, scene.proposed.by_track.get(lane.track.id, ()), self._axis, y, LANE)
            painter.restore()
            name = lane.track.name or (scene.labels[lane.track.label].name if lane.track.label in scene.labels else "")
            self._paint_name(QRect(0, y, NAMES, LANE), lane, name, selected)

    def _paint_heading(self, heading: Heading, y: int) -> None:
        """Paint a band across the whole width, with the text at the left for any scroll position."""
        painter = self._painter
        painter.save()
        painter.setClipRect(0, OVERVIEW + RULER, self._width, self._height)
        painter.fillRect(0, y, self._width, LANE, self._color(QPalette.ColorRole.Window))
        painter.setPen(QPen(self._color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(0, y, self._width, y)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self._color(QPalette.ColorRole.Text))
        count = f"  {heading.count}"
        room = self._width - 20 - FOLD - painter.fontMetrics().horizontalAdvance(count)
        text = painter.fontMetrics().elidedText(heading.text, Qt.TextElideMode.ElideRight, room)
        self._paint_fold(heading.folded, y)
        painter.drawText(QRect(8 + FOLD, y, self._width - 16 - FOLD, LANE), Qt.AlignmentFlag.AlignVCenter, text + count)
        painter.restore()

    def _paint_fold(self, folded: bool, y: int) -> None:
        """Paint a triangle that points down if the group is expanded, and right if it is collapsed."""
        middle = y + LANE / 2
        tips = ((9.0, middle - 4), (14.0, middle), (9.0, middle + 4)) if folded else (
            (7.0, middle - 2.5), (15.0, middle - 2.5), (11.0, middle + 2.5))
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color(QPalette.ColorRole.Text))
        painter.drawPolygon(QPolygonF([QPointF(*tip) for tip in tips]))
        painter.restore()

    def _paint_lane(self, lane: Lane, states: list[Stretch] | None, y: int) -> None:
        color = QColor(lane.track.color)
        if states is None:
            for bar in lane.bars:
                self._fill(bar.first, bar.last, y, color)
            return
        for stretch in states:
            self._paint_stretch(stretch, color, y)
        self._paint_unread(lane, states, color, y)
        for first, last in self._scene.marks.reviewed.get(lane.track.id, ()):
            self._paint_reviewed(first, last, y)
        self._paint_letters(lane, color, y)
        self._painter.setBrush(QColor("white"))
        self._painter.setPen(QPen(QColor("black"), 1))
        self._paint_keyframes(lane, y)

    def _paint_unread(self, lane: Lane, states: list[Stretch], color: QColor, y: int) -> None:
        """Paint the frames after the known states: a running job has added them since those were read."""
        known = states[-1].last if states else -1
        for bar in lane.bars:
            if bar.last > known >= bar.first - 1:
                self._fill(known + 1, bar.last, y, color)

    def _paint_stretch(self, stretch: Stretch, color: QColor, y: int) -> None:
        """Paint a stretch: solid if reliable, paler if pending, hatched if suspicious, a line if lost."""
        painter, axis = self._painter, self._axis
        left, right = max(axis.x(stretch.first), axis.left), min(axis.x(stretch.last + 1), axis.right)
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

    def _paint_reviewed(self, first: int, last: int, y: int) -> None:
        """Paint a line below reviewed frames."""
        left, right = max(self._axis.x(first), self._axis.left), min(self._axis.x(last + 1), self._axis.right)
        if right > left:
            self._painter.fillRect(QRectF(left, y + LANE - 4, right - left, 2), QColor(REVIEWED))

    def _paint_letters(self, lane: Lane, color: QColor, y: int) -> None:
        """Paint the letters R, P and X on a lane.

        Letters that would overlap are omitted, and a letter close behind an equal one becomes a tick. The prompt at the
        start of a lane is not shown, because every track begins with one.
        """
        painter, axis = self._painter, self._axis
        painter.save()
        painter.setFont(self._letter_font)
        ink = readable_on(_over(self._color(QPalette.ColorRole.Base), color, _SHADE[TrackState.PENDING]))
        painter.setPen(ink)
        letters = ((axis.x(each.frame + 0.5), each.event) for each in self._scene.letters.get(lane.track.id, ())
                   if each.frame != lane.first)
        for x, event in spread(takewhile(lambda each: each[0] <= axis.right, letters), axis.left):
            if event is None:
                painter.fillRect(QRectF(x - 0.5, y + LANE - 8, 1, 3), ink)
            else:
                painter.drawText(QRectF(x - LETTER, y + 4, 2 * LETTER, LANE - 8), Qt.AlignmentFlag.AlignCenter, event)
        painter.restore()

    def _paint_keyframes(self, lane: Lane, y: int) -> None:
        """Paint a dot for each manual box, where that leaves most of the lane in view.

        Boxes in consecutive frames, as from an import or a video that was labeled frame by frame, have dots of their
        own only if frames are wide enough; else a line joins the dots of the first and the last one. Dots of single
        boxes that would overlap are omitted.
        """
        axis = self._axis
        each = axis.x(1) - axis.x(0) >= DOT_GAP
        first, last = axis.frame_at(axis.left), axis.frame_at(axis.right)
        reach = float("-inf")
        for bar in lane.bars:
            if not bar.human or bar.last < first or bar.first > last:
                continue
            shown = range(max(bar.first, first), min(bar.last, last) + 1) if each else sorted({bar.first, bar.last})
            if not each and bar.last > bar.first:
                left, right = (min(max(axis.x(frame + 0.5), axis.left), axis.right) for frame in (bar.first, bar.last))
                self._painter.drawLine(QPointF(left, y + LANE / 2), QPointF(right, y + LANE / 2))
            for frame in shown:
                x = axis.x(frame + 0.5)
                if x - reach >= DOT_GAP and axis.left <= x <= axis.right:
                    self._painter.drawEllipse(QPointF(x, y + LANE / 2), 3, 3)
                    reach = x

    def _fill(self, first: int, last: int, y: int, color: QColor) -> None:
        left, right = self._axis.x(first), self._axis.x(last + 1)
        if right >= self._axis.left and left <= self._axis.right:
            self._painter.fillRect(QRectF(left, y + 4, max(right - left, 1.0), LANE - 8), color)

    def _paint_name(self, rect: QRect, lane: Lane, name: str, selected: bool) -> None:
        painter = self._painter
        if rect.bottom() < OVERVIEW + RULER:
            return
        painter.save()
        painter.setClipRect(0, OVERVIEW + RULER, NAMES, self._height)
        painter.fillRect(QRect(4, rect.top() + 4, 4, LANE - 8), QColor(lane.track.color))
        painter.setPen(self._color(QPalette.ColorRole.Text))
        font = painter.font()
        font.setBold(selected)
        painter.setFont(font)
        number = QRect(12, rect.top(), 36, LANE)
        painter.drawText(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(lane.track.number))
        if lane.track.id in self._scene.marks.locked:
            self._paint_lock(QPointF(NAMES - 12, rect.top() + LANE / 2))
        place = QRect(56, rect.top(), NAMES - (76 if lane.track.id in self._scene.marks.locked else 60), LANE)
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _paint_lock(self, center: QPointF) -> None:
        """Paint a small padlock."""
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._color(QPalette.ColorRole.Text)
        painter.setPen(QPen(ink, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(center.x() - 2.5, center.y() - 6, 5, 7), 0, 180 * 16)
        painter.fillRect(QRectF(center.x() - 4, center.y() - 2, 8, 6), ink)
        painter.restore()

    # Time

    def _paint_range(self) -> None:
        chosen = self._scene.selected_range
        if chosen is None:
            return
        color = self._color(QPalette.ColorRole.Highlight)
        color.setAlpha(60)
        left, right = max(self._axis.x(chosen[0]), self._axis.left), self._axis.x(chosen[1] + 1)
        if right > left:
            self._painter.fillRect(QRectF(left, OVERVIEW, right - left, self._height - OVERVIEW), color)

    def _paint_preview(self) -> None:
        """Paint a frame around the boxes that would move to another track, on the lanes of both tracks."""
        seen, scene, axis = self._scene.preview, self._scene, self._axis
        if seen is None or seen.first_frame is None or seen.last_frame is None:
            return
        changed = {change.track for change in seen.tracks}
        left = max(axis.x(seen.first_frame), axis.left)
        right = min(axis.x(seen.last_frame + 1), axis.right)
        if right < left:
            return
        painter = self._painter
        painter.save()
        painter.setClipRect(NAMES, OVERVIEW + RULER, self._width - NAMES, self._height)
        painter.setPen(QPen(self._color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number in scene.visible:
            row = scene.rows[number]
            if isinstance(row, Lane) and row.track.id in changed:
                top = scene.top + number * LANE
                painter.drawRect(QRectF(left, top + 1.5, max(right - left, 2), LANE - 3))
        painter.restore()

    def _paint_overview(self) -> None:
        """Paint the number of objects per frame, for the whole video at any zoom."""
        painter, scene, axis = self._painter, self._scene, self._axis
        painter.fillRect(0, 0, self._width, OVERVIEW, self._color(QPalette.ColorRole.Window))
        color = self._color(QPalette.ColorRole.Text)
        color.setAlpha(110)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(scene.outline)
        painter.setPen(self._color(QPalette.ColorRole.Text))
        painter.drawText(QRect(8, 0, NAMES - 16, OVERVIEW), Qt.AlignmentFlag.AlignVCenter, scene.count)
        if not scene.fitted:
            scale = axis.width / max(axis.frame_count * axis.pixels, 1)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(QRectF(axis.left + (axis.left - axis.origin) * scale, 1, axis.width * scale - 1,
                                    OVERVIEW - 3))
        paint_on_overview(painter, scene.marks, axis.left, axis.width, OVERVIEW, axis.frame_count)
        paint_proposal_on_overview(painter, scene.proposed, axis, OVERVIEW)
        x = axis.overview_x(scene.frame)
        painter.setPen(QPen(self._color(QPalette.ColorRole.Highlight), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, OVERVIEW))

    def _paint_ruler(self) -> None:
        painter, axis = self._painter, self._axis
        painter.fillRect(0, OVERVIEW, self._width, RULER, self._color(QPalette.ColorRole.Window))
        step = _nice_step(TICK_GAP / axis.pixels)
        first = axis.frame_at(axis.left) // step * step
        painter.setPen(self._color(QPalette.ColorRole.Text))
        for frame in range(first, axis.frame_count, step):
            x = axis.x(frame)
            if x > axis.right:
                break
            if x >= axis.left:
                painter.drawLine(QPointF(x, OVERVIEW + RULER - 5), QPointF(x, OVERVIEW + RULER))
                painter.drawText(QPointF(x + 3, OVERVIEW + RULER - 6), str(frame))

    def _paint_playhead(self) -> None:
        x = self._axis.x(self._scene.frame + 0.5)
        if x < self._axis.left:
            return
        self._painter.setPen(QPen(self._color(QPalette.ColorRole.Highlight), 2))
        self._painter.drawLine(QPointF(x, OVERVIEW), QPointF(x, self._height))


def spread(letters: Iterable[tuple[float, Event]], left: float) -> Iterator[tuple[float, Event | None]]:
    """Yield the positions of letters and ticks (None); those without enough space are omitted.

    Args:
        letters: positions in pixels, ascending, with their events.
        left: nothing is drawn to the left of it.
    """
    reach, before = left - LETTER, dict[Event, float]()
    for x, event in letters:
        near = x - before.get(event, -np.inf)
        if x < left or near < TICK:
            continue
        before[event] = x
        if near < 2 * LETTER:
            yield x, None
        elif x - reach >= LETTER:
            yield x, event
            reach = x


def overview_outline(counts: npt.NDArray[np.int32], frame_count: int, width: int) -> QPolygonF:
    """Return the outline of the overview: the maximum number of objects per pixel column.

    Args:
        counts: (frame_count,) int32 objects per frame; empty if there are none.
        frame_count: number of frames of the video.
        width: width of the overview in pixels, without the names to its left.
    """
    edges = np.linspace(0, frame_count, width + 1).astype(int)[:-1]
    most = max(int(counts.max(initial=0)), 1)
    heights = np.zeros(width)
    if len(counts):
        heights = np.maximum.reduceat(counts, edges) * (OVERVIEW - 8) / most
    outline = [QPointF(NAMES + x, OVERVIEW - 2 - h) for x, h in enumerate(heights.tolist())]
    return QPolygonF([QPointF(NAMES, OVERVIEW - 2), *outline, QPointF(NAMES + width, OVERVIEW - 2)])


def _nice_step(least: float) -> int:
    """Return the smallest number of at least ``least`` that is 1, 2 or 5 times a power of ten."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10


def _over(ground: QColor, color: QColor, share: float) -> QColor:
    """Blend a color over another. Letters are written mostly on pending stretches, which are paler than the color."""
    def mixed(top: int, below: int) -> int:
        return round(share * top + (1 - share) * below)

    return QColor(mixed(color.red(), ground.red()), mixed(color.green(), ground.green()),
                  mixed(color.blue(), ground.blue()))

"""The timeline: one lane per track, an overview above, and the playhead."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPolygonF, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.storage.edits.preview import EditPreview
from annotator.ui.document.document import Document
from annotator.ui.document.lanes import (
    Event,
    Lane,
    Letter,
    Order,
    Stretch,
    letters,
    object_counts,
    sort_lanes,
    stretches,
)
from annotator.ui.timeline.group_texts import GroupTexts
from annotator.ui.timeline.groups import Grouping, Heading, Row, group_key, with_headings
from annotator.ui.timeline.marks import TimeAxis, TimelineMarks, read_marks
from annotator.ui.timeline.painter import LANE, NAMES, OVERVIEW, RULER, Scene, TimelinePainter, overview_outline
from annotator.ui.timeline.proposed_frames import ProposedFrames
from annotator.ui.timeline.value_strip import ValueStrip, read_strip
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.throttle import ThrottledTimer

#: Maximum width of a frame in pixels.
WIDEST_FRAME = 40.0
#: Number of trajectories whose states are cached, and number that is read per turn of the event loop.
KEPT_STATES, STATES_AT_ONCE = 512, 4


class Timeline(QAbstractScrollArea):
    """A widget that draws only the lanes in view, so thousands of tracks are as fast as thirty."""

    track_clicked = Signal(int, bool)
    """Track id, and whether to add it to the selection."""
    menu_wanted = Signal(object, QPoint)
    """A right click on the lanes: track id or None, and the position on the screen."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._lanes: list[Lane] = []
        self._rows: Sequence[Row] = ()
        self._order = Order.NUMBER
        self._grouping: Grouping | None = None
        self._texts = GroupTexts(document)
        self._suspicion: Mapping[int, int] = {}
        self._marks = TimelineMarks()
        self._attribute = ""
        self._strip = ValueStrip()
        self._preview: EditPreview | None = None
        self._folded: set[int] = set()
        self._proposed = ProposedFrames()
        self._counts = np.zeros(0, np.int32)
        self._outline: tuple[int, QPolygonF] | None = None
        self._playhead = 0.0
        self._states: OrderedDict[int, list[Stretch]] = OrderedDict()
        self._letters: dict[int, list[Letter]] = {}
        self._stale: set[int] = set()
        self._to_reveal = False
        self._pixels = 1.0
        self._fitted = True
        self._drag: str | None = None
        self._anchor = 0
        self._reload_timer = ThrottledTimer(self.reload, 60, self, soonest=5)
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

    # Content

    @property
    def lanes(self) -> Sequence[Lane]:
        """All lanes in the displayed order."""
        return self._lanes

    @property
    def rows(self) -> Sequence[Row]:
        """Displayed rows: lanes and headings, without the lanes of collapsed groups."""
        return self._rows

    def set_order(self, order: Order, grouping: Grouping | None = None) -> None:
        """Sort the lanes, in groups with headings if ``grouping`` is given."""
        if grouping is not self._grouping:
            self._folded.clear()
        self._order, self._grouping = order, grouping
        self._sort(self._lanes)

    def fold(self, key: int, folded: bool) -> None:
        """Collapse or expand a group of lanes."""
        (self._folded.add if folded else self._folded.discard)(key)
        self._sort(self._lanes)

    def set_suspicion(self, counts: Mapping[int, int]) -> None:
        """Set the number of suspicious frames by track id, for sorting and grouping by suspicion."""
        self._suspicion = counts
        self._sort(self._lanes)

    def set_preview(self, seen: EditPreview | None) -> None:
        """Show what an edit would change; None ends the preview."""
        self._preview = seen
        self.viewport().update()

    def _sort(self, lanes: Sequence[Lane]) -> None:
        video, grouping = self._document.video, self._grouping
        if video is None or grouping is None:
            self._lanes = sort_lanes(lanes, self._order, None, self._suspicion)
            self._rows = self._lanes
        else:
            group = group_key(grouping, video.fps, video.frame_count, self._suspicion)
            self._lanes = sort_lanes(lanes, self._order, group, self._suspicion)
            self._rows = with_headings(self._lanes, group, partial(self._texts.text, grouping), self._folded)
        self._update_bars()

    @property
    def marks(self) -> TimelineMarks:
        """Runs, scene cuts and marks of the current video."""
        return self._marks

    @property
    def strip(self) -> ValueStrip:
        """Values of the shown attribute."""
        return self._strip

    def show_attribute(self, name: str) -> None:
        """Show the values of an attribute on the lanes; none if the name is empty."""
        self._attribute = name
        self._read_strip()
        self.viewport().update()

    def _read_strip(self) -> None:
        document = self._document
        self._strip = ValueStrip() if not self._attribute or document.video is None else read_strip(
            self._attribute, document.tracks(), document.attributes(), document.values(), document.video.frame_count,
            (self.tr("yes"), self.tr("no")))

    @property
    def proposed(self) -> ProposedFrames:
        """Frames that a proposal would change."""
        return self._proposed

    def set_proposed(self, proposed: ProposedFrames) -> None:
        """Mark the frames that a proposal would change."""
        if proposed != self._proposed:
            self._proposed = proposed
            self.viewport().update()

    def fit(self) -> None:
        """Show the whole video."""
        self._fitted = True
        count = self._frame_count()
        if count:
            self._pixels = max(self._track_width() / count, 1e-6)
        self._update_bars()

    def zoom(self, factor: float, frame: float | None = None) -> None:
        """Zoom in for factors above 1, else out; ``frame``, or the current frame, keeps its position."""
        count = self._frame_count()
        if not count:
            return
        center = self._document.frame + 0.5 if frame is None else frame
        x = self._x(center)
        least = self._track_width() / count
        self._pixels = min(max(self._pixels * factor, least), max(WIDEST_FRAME, least))
        self._fitted = self._pixels == least
        self._update_bars()
        self.horizontalScrollBar().setValue(round(center * self._pixels - (x - NAMES)))

    def reload(self) -> None:
        """Read the lanes again."""
        lanes = self._document.lanes()
        self._sort(lanes)
        self._counts = object_counts(lanes, self._frame_count())
        session, video = self._document.session, self._document.video
        self._marks = TimelineMarks() if session is None or video is None else read_marks(
            session, video.id, video.frame_count)
        self._read_strip()
        self._outline = None
        self._update_bars()
        if self._to_reveal:
            self._reveal_selected()

    # Geometry

    def _frame_count(self) -> int:
        return 0 if self._document.video is None else self._document.video.frame_count

    def _track_width(self) -> int:
        return max(self.viewport().width() - NAMES, 1)

    def _x(self, frame: float) -> float:
        return NAMES + frame * self._pixels - self.horizontalScrollBar().value()

    def _axis(self) -> TimeAxis:
        return TimeAxis(NAMES, self.viewport().width(), OVERVIEW + RULER, self.viewport().height(), self._x(0),
                      self._pixels, self._frame_count())

    def frame_at(self, x: float) -> int:
        """Return the frame at a position, clamped to the video."""
        return self._axis().frame_at(x)

    def row_at(self, y: float) -> Row | None:
        row = int((y - OVERVIEW - RULER + self.verticalScrollBar().value()) // LANE)
        return self._rows[row] if y >= OVERVIEW + RULER and 0 <= row < len(self._rows) else None

    def lane_at(self, y: float) -> Lane | None:
        row = self.row_at(y)
        return row if isinstance(row, Lane) else None

    def _visible_rows(self) -> range:
        top = self.verticalScrollBar().value()
        height = self.viewport().height() - OVERVIEW - RULER
        return range(top // LANE, min((top + height) // LANE + 1, len(self._rows)))

    def _whole_rows(self) -> range:
        """Rows that are in view from edge to edge."""
        top = self.verticalScrollBar().value()
        height = self.viewport().height() - OVERVIEW - RULER
        return range(-(-top // LANE), min((top + height) // LANE, len(self._rows)))

    def _update_bars(self) -> None:
        width, height = self._track_width(), self.viewport().height() - OVERVIEW - RULER
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setRange(0, max(round(self._frame_count() * self._pixels) - width, 0))
        horizontal.setPageStep(width)
        vertical.setRange(0, max(len(self._rows) * LANE - height, 0))
        vertical.setPageStep(max(height, 1))
        vertical.setSingleStep(LANE)
        self.viewport().update()

    # Changes

    def _on_video(self) -> None:
        self._states.clear()
        self._letters.clear()
        self._stale.clear()
        self._folded.clear()
        self.reload()
        self.fit()

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.OBSERVATIONS | ChangeKind.MARKS | ChangeKind.RUNS \
            | ChangeKind.LABELS | ChangeKind.NOTES
        if not changes.kinds & kinds:
            return
        # Old states stay on display until they are read again: a lane without states has no gaps.
        self._stale.update(self._states.keys() & changes.tracks if changes.tracks else self._states)
        # A running job commits many times a second; without a job, the user made the change and waits for it.
        self._reload_timer.begin(urgent=not self._document.in_use())

    def _on_frame(self, frame: int) -> None:
        x = self._x(frame + 0.5)
        if not NAMES <= x <= self.viewport().width():
            page = self.horizontalScrollBar().pageStep()
            self.horizontalScrollBar().setValue(round(frame * self._pixels - page / 4))
        self._update_playhead()

    def _update_playhead(self) -> None:
        """Repaint the old and the new position of the playhead; nothing else changes with the frame."""
        height = self.viewport().height()
        for frame in (self._playhead, self._document.frame):
            self.viewport().update(QRect(round(self._x(frame + 0.5)) - 3, OVERVIEW, 6, height - OVERVIEW))
            self.viewport().update(QRect(round(self._axis().overview_x(frame)) - 3, 0, 6, OVERVIEW))

    def _on_selection(self) -> None:
        self._reveal_selected()
        self.viewport().update()

    def _reveal_selected(self) -> None:
        """Scroll to the selected lanes if none is wholly in view; a new track gets its lane at the next reading."""
        self._unfold_selected()
        self._to_reveal = not self._document.selection <= {lane.track.id for lane in self._lanes}
        rows = [number for number, row in enumerate(self._rows)
                if isinstance(row, Lane) and row.track.id in self._document.selection]
        if rows and not set(rows) & set(self._whole_rows()):
            self.verticalScrollBar().setValue(rows[0] * LANE - LANE)

    def _unfold_selected(self) -> None:
        """Expand the groups of the selected tracks, if all of them are collapsed."""
        video, grouping, chosen = self._document.video, self._grouping, self._document.selection
        if video is None or grouping is None or not self._folded or not chosen:
            return
        group = group_key(grouping, video.fps, video.frame_count, self._suspicion)
        keys = {group(lane) for lane in self._lanes if lane.track.id in chosen}
        if keys and keys <= self._folded:
            self._folded -= keys
            self._sort(self._lanes)

    def _read_states(self) -> None:
        """Read missing states of the lanes in view, a few at a time."""
        session = self._document.session
        if session is None:
            return
        missing = self._missing()
        for track in missing[:STATES_AT_ONCE]:
            self._stale.discard(track)
            self._states[track] = stretches(self._document.trajectory(track))
            self._letters[track] = letters(self._document.read(partial(session.store.track_events, track), []))
        while len(self._states) > KEPT_STATES:
            forgotten, _ = self._states.popitem(last=False)
            self._letters.pop(forgotten, None)
            self._stale.discard(forgotten)
        if missing:
            self.viewport().update()

    def _missing(self) -> list[int]:
        """Tracks in view whose states have not been read since they changed."""
        rows = (self._rows[number] for number in self._visible_rows())
        return [row.track.id for row in rows
                if isinstance(row, Lane) and (row.track.id not in self._states or row.track.id in self._stale)]

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
            painter.end()  # explicitly, because an error may keep this call's variables alive

    def _paint(self, painter: QPainter) -> None:
        self._playhead = self._document.frame
        painter.fillRect(self.viewport().rect(), self.palette().color(QPalette.ColorRole.Base))
        if not self._frame_count():
            return
        scene = self._scene()
        TimelinePainter(painter, scene, self.palette()).paint()
        if self._missing() and not self._reading.isActive():
            self._reading.start()

    def _scene(self) -> Scene:
        document, width = self._document, self._track_width()
        if self._outline is None or self._outline[0] != width:
            self._outline = (width, overview_outline(self._counts, self._frame_count(), width))
        return Scene(
            axis=self._axis(), rows=self._rows, visible=self._visible_rows(),
            top=OVERVIEW + RULER - self.verticalScrollBar().value(), states=self._states, letters=self._letters,
            labels=document.labels(), selection=document.selection, marks=self._marks, strip=self._strip,
            proposed=self._proposed,
            selected_range=document.range, preview=self._preview, frame=document.frame, outline=self._outline[1],
            fitted=self._fitted, count=self.tr("%n tracks", "", len(self._lanes)))

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() is Qt.MouseButton.RightButton and self._frame_count():
            self._ask_for_menu(event)
        if event.button() is not Qt.MouseButton.LeftButton or not self._frame_count():
            return
        position = event.position()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if position.y() < OVERVIEW:
            self._drag = "overview"
        elif shift and position.x() >= NAMES:
            self._drag, self._anchor = "range", self.frame_at(position.x())
        else:
            row = self.row_at(position.y())
            if isinstance(row, Heading):
                self.fold(row.key, not row.folded)
                return
            lane = self.lane_at(position.y())
            if lane is not None:
                self.track_clicked.emit(lane.track.id, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
            self._drag = "scrub" if position.x() >= NAMES else None
            if self._drag and self._document.range is not None and lane is None:
                self._document.set_range(None)
        self._drag_to(position.toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Treat the second press of a double click like any other press."""
        self.mousePressEvent(event)

    def _ask_for_menu(self, event: QMouseEvent) -> None:
        """Request a menu. The playhead moves to the click, so the frame that the menu refers to is visible."""
        lane, position = self.lane_at(event.position().y()), event.position()
        if position.x() >= NAMES and position.y() >= OVERVIEW and self._document.range is None:
            self._document.go_to(self.frame_at(position.x()))
        self.menu_wanted.emit(None if lane is None else lane.track.id, event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._drag_to(event.position().toPoint())
        self.viewport().setToolTip(literal(self._tip_at(event.position())))

    def _tip_at(self, position: QPointF) -> str:
        row = self.row_at(position.y())
        if isinstance(row, Heading):
            does = self.tr("Click to expand") if row.folded else self.tr("Click to collapse")
            return f"{row.text}: {self.tr('%n tracks', '', row.count)}\n{does}"
        lane = self.lane_at(position.y())
        if lane is not None:
            return "\n".join(self._lane_tip(lane, position.x()))
        if position.y() < OVERVIEW or position.x() < NAMES:
            return ""
        frame = self.frame_at(position.x())
        lines = [self.tr("Run with {0}, frames {1} to {2}").format(run.tracker or "?", run.first, run.last)
                 for run in self._marks.runs_at(frame)]
        if any(abs(self._x(cut) - position.x()) <= 4 for cut in self._marks.cuts):
            lines.append(self.tr("Scene cut"))
        return "\n".join(lines)

    def _lane_tip(self, lane: Lane, x: float) -> Iterator[str]:
        """Yield lines about the track, and about the letters under the pointer."""
        if lane.track.name:
            yield lane.track.name
        yield self.tr("Track {0}, frames {1} to {2}").format(lane.track.number, lane.first, lane.last)
        if lane.track.id in self._marks.locked:
            yield self.tr("Locked: neither edits nor runs can change it")
        words = {Event.PROMPT: self.tr("Prompted in frame {0}"), Event.REPROMPT: self.tr("Re-prompted in frame {0}"),
                 Event.CONFLICT: self.tr("Occluded by another track from frame {0}")}
        for letter in self._letters.get(lane.track.id, ()):
            if abs(self._x(letter.frame + 0.5) - x) <= 5 and letter.frame != lane.first:
                yield words[letter.event].format(letter.frame)
        frame = self.frame_at(x)
        part = self._strip.at(lane.track.id, frame) if x >= NAMES else None
        if part is not None:
            yield self.tr("{0}: {1}, frames {2} to {3}").format(self._strip.name, part.text, part.first, part.last)
        if x >= NAMES and any(a <= frame <= b for a, b in self._marks.reviewed.get(lane.track.id, ())):
            yield self.tr("Reviewed")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._drag = None

    def _drag_to(self, position: QPoint) -> None:
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

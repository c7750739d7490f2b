"""What the timeline shows beside boxes: where runs began and ended, where the view is cut, what people looked at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF

from annotator.jobs.tracking.preannotate import DETECT
from annotator.model.ranges import joined
from annotator.model.track import MarkKind, RunStatus
from annotator.session import Session
from annotator.storage.rows.runs import REPROPAGATE

#: Kinds of runs that show nothing of their own.
_UNSEEN = (DETECT, REPROPAGATE)
#: The color of cuts, readable on both themes.
CUT = "#e0853d"
#: The color of what a person has looked at, readable on both themes.
REVIEWED = "#3fa66b"

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RunRange:
    """Frames that one run went over, both inclusive."""

    first: int
    last: int
    tracker: str
    status: RunStatus


@dataclass(frozen=True, slots=True)
class TimelineMarks:
    """Runs in the order in which they were made, and frames with which another view begins."""

    runs: tuple[RunRange, ...] = ()
    cuts: tuple[int, ...] = ()
    reviewed: dict[int, Ranges] = field(default_factory=dict)
    """Track id -> frames that a person has looked at, both ends inclusive."""
    looked_at: Ranges = ()
    """Frames in which something was looked at, whatever it was; rising, none touches the next."""
    locked: frozenset[int] = frozenset()
    """Track ids."""

    @property
    def boundaries(self) -> list[int]:
        """Frames before which a run began, or after which one ended; rising."""
        return sorted({frame for run in self.runs for frame in (run.first, run.last + 1)})

    def runs_at(self, frame: int) -> list[RunRange]:
        return [run for run in self.runs if run.first <= frame <= run.last]


def read_marks(session: Session, video_id: int, frame_count: int) -> TimelineMarks:
    """Runs whose step is in effect, the cuts that they saw, and what people said. Runs that only detected or followed
    prompts are left out."""
    undone = {step.run for step in session.history() if step.undone}
    runs = [run for run in session.store.runs(video_id)
            if run.finished_frame is not None and run.id not in undone and run.kind not in _UNSEEN]
    cuts = {frame for run in runs for frame in session.store.scene_cuts(run.id)}
    ranges: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    locked = set()
    for mark in session.store.marks(video_id):
        if mark.kind is MarkKind.REVIEWED:
            ranges[mark.track].append((mark.first, frame_count - 1 if mark.last is None else mark.last))
        elif mark.kind is MarkKind.LOCK and mark.track is not None:
            locked.add(mark.track)
    return TimelineMarks(
        tuple(RunRange(run.first_frame, run.finished_frame, str(run.settings.get("tracker") or ""), run.status)
              for run in runs if run.finished_frame is not None), tuple(sorted(cuts)),
        {track: joined(found) for track, found in ranges.items() if track is not None},
        joined(each for found in ranges.values() for each in found), frozenset(locked))


def paint_on_lanes(painter: QPainter, marks: TimelineMarks, axis: TimeAxis, palette: QPalette) -> None:
    """Faint lines across the lanes: dashed where a run ends or begins, solid at cuts."""
    faint = palette.color(QPalette.ColorRole.Text)
    faint.setAlpha(90)
    painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
    for frame in marks.boundaries:
        if 0 < frame < axis.frame_count:
            _line(painter, axis, frame)
    cut = QColor(CUT)
    cut.setAlpha(150)
    painter.setPen(QPen(cut, 1))
    for frame in marks.cuts:
        _line(painter, axis, frame)


def paint_on_ruler(painter: QPainter, marks: TimelineMarks, axis: TimeAxis, palette: QPalette) -> None:
    """A bar with ends for each run at the ruler's foot, a wedge for each cut."""
    color = palette.color(QPalette.ColorRole.PlaceholderText)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for run in marks.runs:
        left, right = axis.x(run.first), axis.x(run.last + 1)
        if right >= axis.left and left <= axis.right:
            left = max(left, axis.left)
            painter.drawRect(QRectF(left, axis.top - 2, max(min(right, axis.right) - left - 1, 1), 2))
    painter.setBrush(QColor(CUT))
    for frame in marks.cuts:
        x = axis.x(frame)
        if axis.left <= x <= axis.right:
            painter.drawPolygon(QPolygonF([QPointF(x - 4, axis.top - 8), QPointF(x + 4, axis.top - 8),
                                           QPointF(x, axis.top - 2)]))


def paint_on_overview(painter: QPainter, marks: TimelineMarks, left: float, width: float, height: float,
                      frame_count: int) -> None:
    """A line per cut, a bar at the foot under what a person has looked at."""
    scale = width / max(frame_count, 1)
    for first, last in marks.looked_at:
        painter.fillRect(QRectF(left + first * scale, height - 4, max((last + 1 - first) * scale, 2), 3),
                         QColor(REVIEWED))
    painter.setPen(QPen(QColor(CUT), 1))
    for frame in marks.cuts:
        x = left + frame / max(frame_count, 1) * width
        painter.drawLine(QPointF(x, 2), QPointF(x, height - 2))


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Where frames lie in the timeline's viewport, in device-independent pixels."""

    left: float
    right: float
    top: float
    """Where lanes begin, below the ruler."""
    bottom: float
    origin: float
    """Where frame 0 begins; may lie out of sight."""
    pixels: float
    """Width of a frame."""
    frame_count: int

    def x(self, frame: float) -> float:
        """Where a frame begins."""
        return self.origin + frame * self.pixels

    def frame_at(self, x: float) -> int:
        """The frame that lies here, brought inside the video."""
        return min(max(int((x - self.origin) / self.pixels), 0), max(self.frame_count - 1, 0))

    @property
    def width(self) -> float:
        """Of what shows frames, right of the names."""
        return max(self.right - self.left, 1)

    def overview_x(self, frame: float) -> float:
        """Where a frame begins on the overview, which always shows the whole video."""
        return self.left + frame / max(self.frame_count, 1) * self.width


def _line(painter: QPainter, axis: TimeAxis, frame: int) -> None:
    x = axis.x(frame)
    if axis.left <= x <= axis.right:
        painter.drawLine(QPointF(x, axis.top), QPointF(x, axis.bottom))

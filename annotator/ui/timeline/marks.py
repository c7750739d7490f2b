"""What the timeline shows besides boxes: ranges of runs, scene cuts, and reviewed frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF

from annotator.jobs.tracking.preannotate import DETECT
from annotator.model.ranges import joined
from annotator.model.track import MarkKind, RunStatus
from annotator.session import Session
from annotator.storage.rows.runs import REPROPAGATE

#: Kinds of runs that are not shown.
_UNSEEN = (DETECT, REPROPAGATE)
#: Color of scene cuts, visible in both themes.
CUT = "#e0853d"
#: Color of reviewed frames, visible in both themes.
REVIEWED = "#3fa66b"
#: Color of notes, visible in both themes.
NOTE = "#e3c443"

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RunRange:
    """First and last frame of one run, both inclusive."""

    first: int
    last: int
    tracker: str
    status: RunStatus


@dataclass(frozen=True, slots=True)
class TimelineMarks:
    """Runs in the order in which they were started, the first frames after scene cuts, and the user's marks."""

    runs: tuple[RunRange, ...] = ()
    cuts: tuple[int, ...] = ()
    reviewed: dict[int, Ranges] = field(default_factory=dict)
    """Ranges of frames that were reviewed, by track id; both ends inclusive."""
    looked_at: Ranges = ()
    """Ranges of frames in which anything was reviewed; ascending, not adjacent."""
    locked: frozenset[int] = frozenset()
    """Ids of locked tracks."""
    notes: tuple[int, ...] = ()
    """Frames with open notes, ascending."""

    @property
    def boundaries(self) -> list[int]:
        """First frames of runs, and the frames after their last ones; ascending."""
        return sorted({frame for run in self.runs for frame in (run.first, run.last + 1)})

    def runs_at(self, frame: int) -> list[RunRange]:
        return [run for run in self.runs if run.first <= frame <= run.last]


def read_marks(session: Session, video_id: int, frame_count: int) -> TimelineMarks:
    """Read the runs that are not undone, their scene cuts, and the user's marks.

    Runs that only detected objects or propagated prompts are omitted.
    """
    runs = [run for run in session.store.standing_runs(video_id)
            if run.finished_frame is not None and run.kind not in _UNSEEN]
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
        joined(each for found in ranges.values() for each in found), frozenset(locked),
        tuple(sorted({note.frame for note in session.store.video_notes(video_id) if not note.done})))


def paint_on_lanes(painter: QPainter, marks: TimelineMarks, axis: TimeAxis, palette: QPalette) -> None:
    """Paint faint lines across the lanes: dashed where a run begins or ends, solid at scene cuts."""
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
    """Paint a bar for each run at the bottom of the ruler, a wedge for each scene cut and a square for
    each frame with an open note."""
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
    _paint_notes(painter, [axis.x(frame + 0.5) for frame in marks.notes], axis.left, axis.right, axis.top - 12)


def _paint_notes(painter: QPainter, places: Iterable[float], left: float, right: float, top: float) -> None:
    """Paint a small square for each place from ``left`` to ``right``."""
    for x in places:
        if left <= x <= right:
            painter.fillRect(QRectF(x - 3, top, 6, 6), QColor(NOTE))


def paint_on_overview(painter: QPainter, marks: TimelineMarks, left: float, width: float, height: float,
                      frame_count: int) -> None:
    """Paint a line for each scene cut, a square for each frame with an open note, and a bar at the bottom for
    reviewed frames."""
    scale = width / max(frame_count, 1)
    for first, last in marks.looked_at:
        painter.fillRect(QRectF(left + first * scale, height - 4, max((last + 1 - first) * scale, 2), 3),
                         QColor(REVIEWED))
    painter.setPen(QPen(QColor(CUT), 1))
    for frame in marks.cuts:
        x = left + frame / max(frame_count, 1) * width
        painter.drawLine(QPointF(x, 2), QPointF(x, height - 2))
    _paint_notes(painter, [left + (frame + 0.5) * scale for frame in marks.notes], left, left + width, 1)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The horizontal axis: positions of frames in the timeline's viewport, in device-independent pixels."""

    left: float
    right: float
    top: float
    """Top of the lanes, below the ruler."""
    bottom: float
    origin: float
    """Left edge of frame 0; may be out of view."""
    pixels: float
    """Width of a frame."""
    frame_count: int

    def x(self, frame: float) -> float:
        """Return the left edge of a frame."""
        return self.origin + frame * self.pixels

    def frame_at(self, x: float) -> int:
        """Return the frame at a position, clamped to the video."""
        return min(max(int((x - self.origin) / self.pixels), 0), max(self.frame_count - 1, 0))

    @property
    def width(self) -> float:
        """Width of the area with frames, to the right of the names."""
        return max(self.right - self.left, 1)

    def overview_x(self, frame: float) -> float:
        """Return the left edge of a frame in the overview, which always shows the whole video."""
        return self.left + frame / max(self.frame_count, 1) * self.width


def _line(painter: QPainter, axis: TimeAxis, frame: int) -> None:
    x = axis.x(frame)
    if axis.left <= x <= axis.right:
        painter.drawLine(QPointF(x, axis.top), QPointF(x, axis.bottom))

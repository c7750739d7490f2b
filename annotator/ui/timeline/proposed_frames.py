"""Frames that a proposal would change, on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from annotator.ui.timeline.marks import TimeAxis
from annotator.ui.widgets.theme import ACCENT

Stretches = tuple[tuple[int, int], ...]

#: Height of the band at the bottom of the ruler.
_BAND = 4


@dataclass(frozen=True, slots=True)
class ProposedFrames:
    """Stretches of frames that would change, first and last inclusive."""

    all: Stretches = ()
    """Of all objects."""
    by_track: Mapping[int, Stretches] = field(default_factory=dict)
    """Of existing tracks, by track id."""


def paint_on_ruler(painter: QPainter, proposed: ProposedFrames, axis: TimeAxis) -> None:
    """Paint a band at the bottom of the ruler."""
    for rect in _rects(proposed.all, axis, axis.top - _BAND, _BAND):
        painter.fillRect(rect, QColor(ACCENT))


def paint_on_lane(painter: QPainter, stretches: Stretches, axis: TimeAxis, y: float, height: float) -> None:
    """Paint a dashed frame around the stretches of a track that would change."""
    for rect in _rects(stretches, axis, y + 1, height - 2):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(ACCENT), 2, Qt.PenStyle.DashLine))
        painter.drawRect(rect)


def paint_on_overview(painter: QPainter, proposed: ProposedFrames, axis: TimeAxis, height: float) -> None:
    """Paint a line at the bottom of the overview."""
    for first, last in proposed.all:
        left, right = axis.overview_x(first), axis.overview_x(last + 1)
        painter.fillRect(QRectF(left, height - 4, max(right - left, 1.5), 4), QColor(ACCENT))


def _rects(stretches: Stretches, axis: TimeAxis, top: float, height: float) -> list[QRectF]:
    rects = []
    for first, last in stretches:
        left, right = max(axis.x(first), axis.left), min(axis.x(last + 1), axis.right)
        if right > axis.left and left < axis.right:
            rects.append(QRectF(left, top, max(right - left, 1.5), height))
    return rects

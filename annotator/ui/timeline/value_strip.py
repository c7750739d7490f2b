"""The strip on each lane that shows the values of one attribute over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from annotator.model.attribute import Attribute, AttributeKind, Value, attributes_of
from annotator.model.track import Track
from annotator.model.values import ValuesOverTime
from annotator.storage.spans.palette import default_color
from annotator.ui.timeline.marks import TimeAxis
from annotator.ui.widgets.name_plates import readable_on

#: Height of the strip at the bottom of a lane.
HEIGHT = 10
#: Color of the value "no" of a flag, visible in both themes.
NO = "#8a8a8a"
_EDGE = QColor(0, 0, 0, 140)


@dataclass(frozen=True, slots=True)
class Part:
    """A value in frames ``first..last``, both inclusive."""

    first: int
    last: int
    text: str
    color: str


@dataclass(frozen=True, slots=True)
class ValueStrip:
    """The values of one attribute; empty if none is shown."""

    name: str = ""
    by_track: Mapping[int, Sequence[Part]] = field(default_factory=dict)

    def changes(self, tracks: frozenset[int]) -> list[int]:
        """The frames in which a value begins or ends, ascending; of these tracks, or of all if there are none."""
        return sorted({frame for track, parts in self.by_track.items() if not tracks or track in tracks
                       for part in parts for frame in (part.first, part.last + 1)})

    def at(self, track: int, frame: int) -> Part | None:
        """The value of a track in a frame."""
        parts = self.by_track.get(track, ())
        place = bisect_right(parts, frame, key=lambda part: part.first) - 1
        return parts[place] if place >= 0 and parts[place].last >= frame else None


def read_strip(name: str, tracks: Mapping[int, Track], attributes: Sequence[Attribute], values: ValuesOverTime,
               frame_count: int, words: tuple[str, str]) -> ValueStrip:
    """Return the strip of an attribute. ``words``: for the values of a flag, yes and no."""
    by_track: dict[int, Sequence[Part]] = {}
    colors: dict[Value, str] = {}
    for key, track in tracks.items():
        found = [each for each in attributes_of(track.label, attributes) if each.name == name]
        if found:
            parts = [Part(first, last, _text(value, words), _color(found[0], value, colors))
                     for first, last, stored in values.stretches(key, name, frame_count)
                     if (value := found[0].fitting(stored)) is not None]
            if parts:
                by_track[key] = parts
    return ValueStrip(name, by_track)


def paint_on_lane(painter: QPainter, parts: Sequence[Part], axis: TimeAxis, top: float, lane: int) -> None:
    """Paint the parts in view on the lower edge of a lane, each with its text where there is room for it."""
    if not parts:
        return
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(9)
    painter.setFont(font)
    start = max(bisect_right(parts, axis.frame_at(axis.left), key=lambda part: part.first) - 1, 0)
    for part in parts[start:]:
        left, right = max(axis.x(part.first), axis.left), min(axis.x(part.last + 1), axis.right)
        if left > axis.right:
            break
        if right <= left:
            continue
        place = QRectF(left, top + lane - HEIGHT, max(right - left, 1.0), HEIGHT)
        painter.fillRect(place, QColor(part.color))
        painter.fillRect(QRectF(place.left(), place.top(), place.width(), 1), _EDGE)  # the lane may have the same color
        if painter.fontMetrics().horizontalAdvance(part.text) + 6 <= place.width():
            painter.setPen(readable_on(QColor(part.color)))
            painter.drawText(place.adjusted(3, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, part.text)
    painter.restore()


def _color(attribute: Attribute, value: Value, colors: dict[Value, str]) -> str:
    """Of a choice, the color of the option; else one for each value, in the order of first use."""
    if attribute.kind is AttributeKind.FLAG:
        return default_color(0) if value is True else NO
    if attribute.kind is AttributeKind.CHOICE and value in attribute.options:
        return default_color(attribute.options.index(str(value)))
    return colors.setdefault(value, default_color(len(colors)))


def _text(value: Value, words: tuple[str, str]) -> str:
    if isinstance(value, bool):
        return words[0] if value else words[1]
    return f"{value:g}" if isinstance(value, float) else str(value)

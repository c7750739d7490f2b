"""Publish imported tracks one after the other, a few journaled rows at a time."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from annotator.model.box import Box
from annotator.model.frame import EndReason
from annotator.model.track import MarkKind, ReviewState
from annotator.model.values import TrackAttributes, ValueRow
from annotator.storage.file import schema
from annotator.storage.file.schema import history_of
from annotator.storage.history import journal
from annotator.storage.imports.keyframes import Keyframes
from annotator.storage.rows.manual import manual_spans
from annotator.storage.rows.runs import END_TRACKLETS, insert_many
from annotator.storage.spans.algebra import meeting
from annotator.storage.spans.palette import default_color

#: Journaled rows per transaction, which takes about 5 ms on a desktop computer.
JOURNALED_ROWS = 250

_span, _tracklet, _track, _value = schema.span, schema.tracklet, schema.track, schema.attribute_value


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark, or a span if it has no kind."""

    kind: MarkKind | None
    first: int
    last: int | None
    region: Box | None = None


Piece = Mark | ValueRow


@dataclass(slots=True, eq=False)
class Incoming:
    """A track that is being imported."""

    number: int
    label: int
    """Label index of the file."""
    first: int
    last: int
    attributes: TrackAttributes
    order: int
    """Position among the tracks of the file, from 1."""
    tracklet: int = 0
    """Tracklet id; 0 until the first box is stored."""
    label_id: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of consecutive frames with a manual box, both ends inclusive."""
    marks: list[Mark] = field(default_factory=list)
    keyframes: Keyframes = field(default_factory=Keyframes)

    def add_frame(self, frame: int) -> None:
        """Add a frame with a manual box, the frames in ascending order."""
        if self.stretches and self.stretches[-1][1] == frame - 1:
            self.stretches[-1] = (self.stretches[-1][0], frame)
        else:
            self.stretches.append((frame, frame))


@dataclass(slots=True)
class _Part:
    """A track, or the video if there is no track, and its rows that are not published yet."""

    incoming: Incoming | None
    stretches: list[tuple[int, int]]
    """Ranges of frames that get a span each."""
    marks: Sequence[Piece]
    """Marks and values."""
    track: int | None = None
    """The track that the next rows belong to; an edit may have moved the tracklet to another track."""
    done: int = 0

    @property
    def left(self) -> bool:
        return self.done < len(self.stretches) + len(self.marks)

    def take(self, count: int) -> list[Piece]:
        """The next rows, spans first. Created on demand, because a track may have very many."""
        start, end = self.done, self.done + count
        rows: list[Piece] = [Mark(None, first, last) for first, last in self.stretches[start:end]]
        rows += self.marks[max(start - len(self.stretches), 0):max(end - len(self.stretches), 0)]
        self.done += len(rows)
        return rows


class TrackPublisher:
    """Creates the tracks, spans and marks of stored tracklets.

    Each track is completed before the next one starts, so that edits find whole tracks. Only a track with more rows
    than fit in a transaction is published in parts. Later parts follow the tracklet to the track that it belongs to by
    then, never override a manual box drawn in the meantime, and are skipped if the track is gone.
    """

    def __init__(self, video: int, tracks: Sequence[Incoming], regions: Sequence[Mark], human: bool) -> None:
        self._video = video
        self._human = human
        self._highest = max((track.number for track in tracks), default=0)
        self._waiting: deque[Incoming | None] = deque(tracks)
        self._regions = list(regions)
        if regions:
            self._waiting.append(None)
        self._part: _Part | None = None
        self.renumbered = 0
        """Number of tracks that got another number because theirs was taken."""

    @property
    def left(self) -> bool:
        """Whether anything is not published yet."""
        return bool(self._waiting) or self._part is not None

    def publish_some(self, connection: Connection, step: int) -> set[int]:
        """Write some rows under this history step. Returns the ids of the affected tracks."""
        journal.record(connection, None)
        pieces = []
        room = JOURNALED_ROWS
        fresh: list[_Part] = []
        key = journal.next_id(connection, _track)
        while room > 0 and self.left:
            part, begun = self._part, self._part is not None
            if part is None:
                part = self._part = self._next_part(key + len(fresh))
                if part.incoming is not None:
                    fresh.append(part)
                    room -= 1
            taken = part.take(max(room, 1))
            room -= len(taken)
            pieces.append((part, self._still_wanted(connection, part, taken) if begun else taken))
            if not part.left:
                self._part = None
        self._end_tracklets(connection, fresh)
        journal.record(connection, step)
        self._insert_tracks(connection, step, fresh)
        self._insert_rows(connection, pieces)
        return {part.track for part, _ in pieces if part.track is not None}

    def _next_part(self, key: int) -> _Part:
        incoming = self._waiting.popleft()
        if incoming is None:
            return _Part(None, [], self._regions)
        if self._human:
            return _Part(incoming, incoming.stretches, [*incoming.marks, *incoming.attributes.values()], key)
        return _Part(incoming, [], [Mark(None, incoming.first, None), *incoming.marks, *incoming.attributes.values()],
                     key)

    def _still_wanted(self, connection: Connection, part: _Part, rows: list[Piece]) -> list[Piece]:
        """Filter further rows of a track: skip those that conflict with edits made in the meantime."""
        if part.incoming is None:
            return rows
        newest = select(_span.c.track).where(_span.c.tracklet == part.incoming.tracklet).order_by(
            _span.c.first.desc()).limit(1)
        part.track = connection.execute(newest).scalar()
        if part.track is None:
            return []
        spans = [row for row in rows if isinstance(row, Mark) and row.kind is None and row.last is not None]
        if not spans:
            return rows
        drawn = [(span.first, span.end) for span in manual_spans(
            connection, part.track, min(row.first for row in spans), max(row.last or 0 for row in spans))]
        return [*(piece for row in spans for piece in _undrawn(row, drawn)),
                *(row for row in rows if isinstance(row, ValueRow) or row.kind is not None)]

    def _end_tracklets(self, connection: Connection, parts: Sequence[_Part]) -> None:
        if parts and not self._human:
            connection.execute(END_TRACKLETS, [
                {"key": part.incoming.tracklet, "frame": part.incoming.last, "reason": int(EndReason.LOST)}
                for part in parts if part.incoming is not None])

    def _insert_tracks(self, connection: Connection, step: int, parts: Sequence[_Part]) -> None:
        taken = set(connection.execute(select(_track.c.number).where(_track.c.video == self._video)).scalars())
        kept = history_of["track"]
        taken |= set(connection.execute(select(kept.c.number).where(
            kept.c.video == self._video, kept.c.step > step)).scalars())
        # Above every number of the file, so that no later track of the file finds its number taken.
        free = max([*taken, self._highest]) + 1
        rows = []
        for part in parts:
            track = part.incoming
            assert track is not None
            number = track.number
            if number in taken:
                number, free = free, free + 1
                self.renumbered += 1
            taken.add(number)
            rows.append((part.track, self._video, number, track.label_id, "", default_color(number - 1),
                         ReviewState.UNSEEN.value, json.dumps(track.attributes.whole()), "", ""))
        insert_many(connection, _track, rows)

    def _insert_rows(self, connection: Connection, pieces: Sequence[tuple[_Part, list[Piece]]]) -> None:
        span, mark, value = (journal.next_id(connection, table) for table in (_span, schema.mark, _value))
        spans: list[tuple[Any, ...]] = []
        marks: list[tuple[Any, ...]] = []
        values: list[tuple[Any, ...]] = []
        for part, rows in pieces:
            for row in rows:
                if isinstance(row, ValueRow):
                    values.append((value + len(values), self._video, part.track, row.name, row.first, row.last,
                                   json.dumps(row.value)))
                elif row.kind is None:
                    assert part.incoming is not None
                    spans.append((span + len(spans), part.incoming.tracklet, row.first, row.last, part.track))
                else:
                    marks.append((mark + len(marks), self._video, part.track, row.first, row.last, row.kind.value,
                                  _region(row.region)))
        insert_many(connection, _span, spans)
        insert_many(connection, schema.mark, marks)
        insert_many(connection, _value, values)


def _undrawn(row: Mark, drawn: Sequence[tuple[int, int]]) -> Iterator[Mark]:
    """The parts of a span without a manual box; ``drawn`` are the ordered ranges with one."""
    first, last = row.first, row.last or row.first
    for start, end in meeting(drawn, first, last):
        if start > first:
            yield Mark(None, first, start - 1)
        first = end + 1
    if first <= last:
        yield Mark(None, first, last)


def _region(corners: Box | None) -> str | None:
    if corners is None:
        return None
    x1, y1, x2, y2 = corners
    return json.dumps([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])

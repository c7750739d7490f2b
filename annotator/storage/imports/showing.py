"""Imported tracks are shown one after the other, a few journaled rows at a time."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from annotator.model.box import Box
from annotator.model.frame import EndReason
from annotator.model.track import MarkKind, ReviewState
from annotator.storage.file import schema
from annotator.storage.file.schema import history_of
from annotator.storage.history import journal
from annotator.storage.imports.keyframes import Keyframes
from annotator.storage.rows.runs import END_TRACKLETS, insert_many
from annotator.storage.spans.palette import default_color

#: Journaled rows per transaction: some 5 ms on a desktop computer.
JOURNALED_ROWS = 250

_span, _tracklet, _track = schema.span, schema.tracklet, schema.track



@dataclass(frozen=True, slots=True)
class Mark:
    """A mark, or with no kind a span."""

    kind: MarkKind | None
    first: int
    last: int | None
    region: Box | None = None


@dataclass(slots=True, eq=False)
class Incoming:
    """A track while it comes in."""

    number: int
    label: int
    """As the file counts."""
    first: int
    last: int
    attributes: dict[str, object]
    order: int
    """Its place among the file's tracks, from 1."""
    tracklet: int = 0
    """Its id; 0 before the first box is stored."""
    label_id: int = 0
    frames: list[int] = field(default_factory=list)
    """Those with a person's box."""
    marks: list[Mark] = field(default_factory=list)
    keyframes: Keyframes = field(default_factory=Keyframes)


@dataclass(slots=True)
class _Part:
    """A track, or with none the video, and what of it is yet to be shown."""

    incoming: Incoming | None
    frames: list[int]
    """Frames that get a span each."""
    marks: list[Mark]
    track: int | None = None
    """The track that the next rows belong to: an edit may have moved the tracklet to another."""
    done: int = 0

    @property
    def left(self) -> bool:
        return self.done < len(self.frames) + len(self.marks)

    def take(self, count: int) -> list[Mark]:
        """The next rows, spans first; made only now, because a track may have very many."""
        start, end = self.done, self.done + count
        rows = [Mark(None, frame, frame) for frame in self.frames[start:end]]
        rows += self.marks[max(start - len(self.frames), 0):max(end - len(self.frames), 0)]
        self.done += len(rows)
        return rows


class TrackShowing:
    """Gives stored tracklets their tracks, spans and marks.

    A track is complete before the next one begins, so an edit finds whole tracks. Only one with more rows than a
    transaction holds is shown in parts; the later ones go where the tracklet is then, never over a box that a person
    drew meanwhile, and nowhere when the track is gone.
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
        """Tracks whose number was taken."""

    @property
    def left(self) -> bool:
        """Whether there is something yet to be shown."""
        return bool(self._waiting) or self._part is not None

    def show_some(self, connection: Connection, step: int) -> set[int]:
        """Write some rows under this step of the history. Returns the ids of the tracks concerned."""
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
            return _Part(incoming, incoming.frames, incoming.marks, key)
        return _Part(incoming, [], [Mark(None, incoming.first, None), *incoming.marks], key)

    def _still_wanted(self, connection: Connection, part: _Part, rows: list[Mark]) -> list[Mark]:
        """Of more rows of a track, those that edits made meanwhile leave room for."""
        if part.incoming is None:
            return rows
        newest = select(_span.c.track).where(_span.c.tracklet == part.incoming.tracklet).order_by(
            _span.c.first.desc()).limit(1)
        part.track = connection.execute(newest).scalar()
        if part.track is None:
            return []
        frames = [row.first for row in rows]
        others = select(_span.c.first).join(_tracklet, _tracklet.c.id == _span.c.tracklet).where(
            _span.c.track == part.track, _span.c.first.between(min(frames), max(frames)), _tracklet.c.run.is_(None))
        drawn = set(connection.execute(others).scalars())
        return [row for row in rows if row.kind is not None or row.first not in drawn]

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
        # Above every number of the file, so that no later track of it finds its own taken.
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
                         ReviewState.UNSEEN.value, json.dumps(track.attributes)))
        insert_many(connection, _track, rows)

    def _insert_rows(self, connection: Connection, pieces: Sequence[tuple[_Part, list[Mark]]]) -> None:
        span, mark = journal.next_id(connection, _span), journal.next_id(connection, schema.mark)
        spans: list[tuple[Any, ...]] = []
        marks: list[tuple[Any, ...]] = []
        for part, rows in pieces:
            for row in rows:
                if row.kind is None:
                    assert part.incoming is not None
                    spans.append((span + len(spans), part.incoming.tracklet, row.first, row.last, part.track))
                else:
                    marks.append((mark + len(marks), self._video, part.track, row.first, row.last, row.kind.value,
                                  _region(row.region)))
        insert_many(connection, _span, spans)
        insert_many(connection, schema.mark, marks)


def _region(corners: Box | None) -> str | None:
    if corners is None:
        return None
    x1, y1, x2, y2 = corners
    return json.dumps([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])

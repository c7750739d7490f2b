"""Writing labels that come from a file: runs of kind ``import``, as a machine's work or as a person's.

They are written frame by frame like any run, so that a window stays usable and people may edit meanwhile; all of it is
one step of the history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from annotator.model.changes import Changes
from annotator.model.frame import FrameResult
from annotator.storage import history, schema
from annotator.storage.runs import RunWriter
from annotator.storage.schema import history_of

#: Kind of these runs; the setting that makes their boxes a person's; the one with the highest number in the file.
IMPORT, AS_HUMAN, HIGHEST = "import", "as_human", "highest_number"

_span, _tracklet, _track = schema.span, schema.tracklet, schema.track


def writer_of(connection: Connection, run: int) -> RunWriter:
    """What writes this run's frames."""
    row = connection.execute(select(schema.run.c.kind, schema.run.c.settings).where(schema.run.c.id == run)).first()
    if row is None or row.kind != IMPORT:
        return RunWriter(connection, run)
    settings = json.loads(row.settings)
    kind = HumanImportWriter if settings.get(AS_HUMAN) else ImportWriter
    return kind(connection, run, int(settings.get(HIGHEST, 0)))


class ImportWriter(RunWriter):
    """Tracks keep the numbers that they have in the file, where those are free."""

    def __init__(self, connection: Connection, run: int, highest: int) -> None:
        super().__init__(connection, run)
        self._highest = highest

    def _track_numbers(self, tracklets: Sequence[int]) -> list[int]:
        kept = history_of["track"]
        taken = set(self._connection.execute(select(_track.c.number).where(_track.c.video == self._video)).scalars())
        taken |= set(self._connection.execute(select(kept.c.number).where(
            kept.c.video == self._video, kept.c.step > (self._step or 0))).scalars())
        wanted = {key: number for number, key in self._tracklets.items()}
        # Above every number of the file, so that no later track of it finds its own taken.
        free = max([*taken, self._highest], default=0) + 1
        numbers = []
        for tracklet in tracklets:
            number = wanted[tracklet]
            if number < 1 or number in taken:
                number, free = free, free + 1
            taken.add(number)
            numbers.append(number)
        return numbers


class HumanImportWriter(ImportWriter):
    """Boxes count as drawn by a person: no machine replaces them, and each frame has a span of its own.

    Where a person has drawn a box of the track in the same frame, that one stays.
    """

    def __init__(self, connection: Connection, run: int, highest: int) -> None:
        super().__init__(connection, run, highest)
        self._owner = None
        self._fresh: dict[int, int] = {}  # tracklet to track, for those of the present call

    def write(self, results: Sequence[FrameResult]) -> Changes:
        """See `RunWriter.write`."""
        self._fresh = {}
        return super().write(results)

    def _known(self) -> dict[int, int]:
        # Without a run in their rows, the step's journal tells which tracklets are the import's.
        kept = history_of["tracklet"]
        mine = select(kept.c.id).where(kept.c.step == self._step)
        rows = self._connection.execute(select(_tracklet.c.number, _tracklet.c.id).where(_tracklet.c.id.in_(mine)))
        return {row.number: row.id for row in rows}

    def _insert_tracklets(self, rows: list[dict[str, Any]]) -> None:
        history.record(self._connection, self._step)
        super()._insert_tracklets(rows)
        history.record(self._connection, None)

    def _open_spans(self, tracks: Mapping[int, int], first: Mapping[int, int]) -> None:
        self._fresh = dict(tracks)

    def _write_objects(self, results: Sequence[FrameResult]) -> None:
        owners = self._owners({self._tracklets[thing.tracklet] for result in results for thing in result.objects})
        frames = [result.frame_index for result in results]
        drawn = self._drawn(set(owners.values()), min(frames), max(frames))
        kept: list[FrameResult] = []
        spans: list[dict[str, int]] = []
        span = history.next_id(self._connection, _span)
        for result in results:
            objects = []
            for thing in result.objects:
                tracklet = self._tracklets[thing.tracklet]
                track = owners.get(tracklet)
                if track is not None and (track, result.frame_index) not in drawn:
                    drawn.add((track, result.frame_index))
                    objects.append(thing)
                    spans.append({"id": span + len(spans), "tracklet": tracklet, "first": result.frame_index,
                                  "last": result.frame_index, "track": track})
            kept.append(FrameResult(result.frame_index, tuple(objects)))
        history.record(self._connection, self._step)
        super()._write_objects(kept)
        if spans:
            self._connection.execute(insert(_span), spans)
        history.record(self._connection, None)

    def _write_ends(self, results: Sequence[FrameResult]) -> None:
        """A person may go on with the track: its tracklet stays open."""

    def _owners(self, tracklets: Iterable[int]) -> dict[int, int]:
        """Tracklet to the track that has it now; a tracklet whose track was deleted has none."""
        owners = {}
        for tracklet in tracklets:
            newest = select(_span.c.track).where(_span.c.tracklet == tracklet).order_by(_span.c.first.desc()).limit(1)
            track = self._fresh.get(tracklet) or self._connection.execute(newest).scalar()
            if track is not None:
                owners[tracklet] = int(track)
        return owners

    def _drawn(self, tracks: set[int], first: int, last: int) -> set[tuple[int, int]]:
        """Tracks and frames in which a person has drawn a box already."""
        query = select(_span.c.track, _span.c.first).join(_tracklet, _tracklet.c.id == _span.c.tracklet).where(
            _span.c.track.in_(tracks), _span.c.first.between(first, last), _tracklet.c.run.is_(None))
        return {(row.track, row.first) for row in self._connection.execute(query)}

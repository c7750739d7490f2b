"""Read the evidence that runs recorded for every box of the current tracks."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from annotator.model.evidence import NO_TRACK, NOBODY, EvidenceTable
from annotator.model.track import MarkKind
from annotator.storage.file import schema
from annotator.storage.rows import records
from annotator.storage.rows.resolve import IN_SPAN
from annotator.storage.spans.algebra import OPEN

_o, _s, _k = schema.observation, schema.span, schema.tracklet
_ROWS = select(
    _s.c.track, _o.c.frame, _o.c.x1, _o.c.y1, _o.c.x2, _o.c.y2, _o.c.score_logit, _k.c.run, _o.c.flags,
    _o.c.occluded_by, _o.c.detection_iou,
).select_from(_s.join(_k, _k.c.id == _s.c.tracklet).join(_o, IN_SPAN))
#: Rows held as Python objects at a time, which take several times more memory than arrays.
_CHUNK = 50_000
_STRETCHES = (MarkKind.OUTSIDE.value, MarkKind.INTERPOLATE.value)


def read_evidence(connection: Connection, video: int) -> EvidenceTable:
    """The evidence of a video's tracks. Frames marked as outside have no box; manual boxes override predicted ones."""
    parts = [np.array([tuple(row) for row in rows], np.float64)  # NULL becomes NaN
             for rows in connection.execute(_ROWS.where(_k.c.video == video)).partitions(_CHUNK)]
    values = np.concatenate(parts) if parts else np.zeros((0, 11))
    human = np.isnan(values[:, 7])
    order = np.lexsort((~human, values[:, 1], values[:, 0]))
    values, human = values[order], human[order]
    first = np.ones(len(values), bool)
    first[1:] = (values[1:, :2] != values[:-1, :2]).any(1)
    values, human = values[first], human[first]
    flags = values[:, 8].astype(np.int64)
    boxes = values[:, 2:6].copy()
    track, frame = values[:, 0].astype(np.int64), values[:, 1].astype(np.int64)
    _apply_marks(connection, video, track, frame, boxes, human)
    return EvidenceTable(track, frame, boxes, values[:, 6], human, (flags & schema.PROMPTED) > 0,
                         (flags & schema.REPROMPTED) > 0, _hidden_by(connection, video, values),
                         np.nan_to_num(values[:, 10]))


def _apply_marks(connection: Connection, video: int, track: Any, frame: Any, boxes: Any, human: Any) -> None:
    mark = schema.mark
    query = select(mark).where(mark.c.video == video, mark.c.track.is_not(None), mark.c.kind.in_(_STRETCHES))
    for row in connection.execute(query):
        start, end = np.searchsorted(track, (row.track, row.track + 1))  # ordered by track, then frame
        low = np.searchsorted(frame[start:end], row.first)
        high = np.searchsorted(frame[start:end], OPEN if row.last is None else row.last, "right")
        inside = slice(start + low, start + high)
        if row.kind == MarkKind.OUTSIDE:
            boxes[inside] = np.nan
        else:
            human[inside] = True


def _hidden_by(connection: Connection, video: int, values: Any) -> Any:
    """Map tracklet numbers of a run to the tracks that those tracklets belong to now, frame by frame."""
    found = np.full(len(values), NOBODY, np.int64)
    rows = np.flatnonzero(np.isfinite(values[:, 9]))
    if not len(rows):
        return found
    numbers = {key: (run, number) for key, run, number in connection.execute(
        select(_k.c.id, _k.c.run, _k.c.number).where(_k.c.video == video, _k.c.run.is_not(None)))}
    owners: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for span in map(records.span_record, connection.execute(records.SPANS.where(_k.c.video == video))):
        if span.tracklet in numbers:
            owners[numbers[span.tracklet]].append((span.first, span.end, span.track))
    for row in rows:
        frame, run, number = int(values[row, 1]), int(values[row, 7]), int(values[row, 9])
        found[row] = next((track for first, end, track in owners[run, number] if first <= frame <= end), NO_TRACK)
    return found

"""Runs: the results of a job, stored frame by frame while it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, and_, bindparam, delete, func, insert, or_, select, update

from annotator.errors import Cancelled, StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import EndReason, FrameResult, TrackedObject
from annotator.model.track import OnExisting, ReviewState, RunStatus
from annotator.storage.file import integrity, schema
from annotator.storage.file.database import among
from annotator.storage.file.schema import history_of
from annotator.storage.history import journal
from annotator.storage.rows import replacing
from annotator.storage.rows.corrected import corrected_tracks
from annotator.storage.rows.ownership import check_owned
from annotator.storage.rows.records import run_labels
from annotator.storage.rows.referring import said_of_tracks
from annotator.storage.spans.palette import default_color
from annotator.storage.spans.rows import unretire_labels

Rows = list[tuple[Any, ...]]

#: Kind of a run whose results come from a file.
IMPORT = "import"
#: Kinds of runs that do not run a detector; ``track`` uses the detections that another run stored.
KINDS_WITHOUT_DETECTION = frozenset({IMPORT, "repropagate", "track"})
#: Kind of a run that propagates prompts forward and backward, so its frames may also come in descending order.
REPROPAGATE = "repropagate"

#: Ends tracklets; executed with the ``key``, ``frame`` and ``reason`` of each.
END_TRACKLETS = update(schema.tracklet).where(schema.tracklet.c.id == bindparam("key")).values(
    ended_frame=bindparam("frame"), end_reason=bindparam("reason"))


def begin(connection: Connection, video: int, kind: str, settings: Mapping[str, object], models: Mapping[str, str],
          labels: Sequence[int], first_frame: int, last_frame: int, on_existing: OnExisting, title: str) -> int:
    """Add a run and its history step. Returns the run's id."""
    run = journal.next_id(connection, schema.run)
    connection.execute(insert(schema.run).values(
        id=run, video=video, kind=kind, settings=json.dumps(settings), models=json.dumps(models),
        labels=json.dumps(list(labels)), first_frame=first_frame, last_frame=last_frame, finished_frame=None,
        on_existing=on_existing.value, status=RunStatus.RUNNING.value,
        started=datetime.now(UTC).isoformat("T", "seconds"), message=""))
    if on_existing is OnExisting.PROPOSE:
        connection.execute(insert(schema.proposal).values(run=run))
        return run
    journal.drop_undone(connection)
    step = journal.open_step(connection, title, run)
    if on_existing.replaces:
        journal.record(connection, step)
        replacing.split_at(connection, video, first_frame, last_frame)
        journal.record(connection, None)
    return run


class RunWriter:
    """Writes the frames of one run. Lives as long as the run; the caller holds the transaction.

    Raises:
        Cancelled: by `write`, if the run has been stopped or undone.
        StorageError: the run cannot be written.
    """

    def __init__(self, connection: Connection, run: int) -> None:
        self._connection = connection
        self._id = run
        row = connection.execute(select(schema.run).where(schema.run.c.id == run)).first()
        if row is None:
            raise StorageError(f"run {run} does not exist, so nothing can be written to it; start a new run")
        self._video: int = row.video
        self._first: int = row.first_frame
        self._on_existing = OnExisting(row.on_existing)
        self._labels = run_labels(row.labels)
        self._detects = row.kind not in KINDS_WITHOUT_DETECTION
        # Frames of such a run may be written in parts, so its checksums come at its end.
        self._any_order = row.kind == REPROPAGATE
        known = select(schema.tracklet.c.number, schema.tracklet.c.id).where(schema.tracklet.c.run == run)
        self._tracklets: dict[int, int] = {row.number: row.id for row in connection.execute(known)}
        self._step = None
        if row.status == RunStatus.RUNNING:  # else `write` says why not
            self._step = check_owned(connection, row)
        self._kept = (corrected_tracks(connection, self._video, run) if self._on_existing is OnExisting.REPLACE
                      else set())

    def write(self, results: Sequence[FrameResult]) -> Changes:
        """Store the results of frames, given in the order of the run."""
        self._check_running()
        if not results:
            return Changes()
        changes = ChangeKind.OBSERVATIONS | ChangeKind.MASKS | ChangeKind.RUNS | ChangeKind.DETECTIONS
        detections = self._write_detections(results)
        born = self._write_births(results)
        observations, masks = self._write_objects(results)
        if not self._any_order:
            stored = zip(results, observations, masks, detections, strict=True)
            insert_many(self._connection, schema.checksum, [
                (self._id, result.frame_index, integrity.checksum(*rows)) for result, *rows in stored])
        self._write_ends(results)
        self._write_cuts(results)
        frames = [result.frame_index for result in results]
        trimmed: set[int] = set()
        if self._on_existing.replaces and self._step is not None:
            trimmed = replacing.trim(self._connection, self._id, self._video, self._first, max(frames), self._step,
                                     self._kept)
        self._connection.execute(
            update(schema.run).where(schema.run.c.id == self._id).values(finished_frame=frames[-1]))
        if born:
            changes |= ChangeKind.TRACKS | ChangeKind.LABELS
        if born or trimmed:
            changes |= ChangeKind.SPANS
        return Changes(changes, frozenset(), min(frames), max(frames), self._video)

    def _check_running(self) -> None:
        status = self._connection.execute(select(schema.run.c.status).where(schema.run.c.id == self._id)).scalar()
        if status == RunStatus.CANCELLED:
            raise Cancelled
        if status != RunStatus.RUNNING:
            raise StorageError(f"run {self._id} is {status}; resume it or start a new one")

    def _write_detections(self, results: Sequence[FrameResult]) -> list[Rows]:
        """Returns the rows of each frame, as do the following."""
        looked = [{"run": self._id, "frame": result.frame_index} for result in results
                  if self._detects or len(result.detections)]
        if looked:
            self._connection.execute(insert(schema.detected_frame), looked)
        rows: list[Rows] = []
        for result in results:
            found = result.detections
            # float32 converts to float64 exactly, so reading gives the same bits back, but for -0.0.
            boxes, scores = _stored(found.box_xyxy), _stored(found.score)
            numbered = enumerate(zip(boxes, scores, found.label.tolist(), strict=True))
            rows.append([(self._id, result.frame_index, number, *box, score, label)
                         for number, (box, score, label) in numbered])
        insert_many(self._connection, schema.detection, list(chain.from_iterable(rows)))
        return rows

    def _write_births(self, results: Sequence[FrameResult]) -> set[int]:
        # Ordered by frame, then number, however the frames are batched.
        born: dict[int, tuple[TrackedObject, int]] = {}
        for result in results:
            for tracked in result.objects:
                if tracked.tracklet not in self._tracklets and tracked.tracklet not in born:
                    born[tracked.tracklet] = (tracked, result.frame_index)
        if not born:
            return set()
        key = journal.next_id(self._connection, schema.tracklet)
        rows = [{"id": key + index, "video": self._video, "run": self._id, "number": number,
                 "label": self._labels[tracked.label], "first_frame": frame}
                for index, (number, (tracked, frame)) in enumerate(born.items())]
        self._connection.execute(insert(schema.tracklet), rows)
        self._tracklets.update({row["number"]: row["id"] for row in rows})
        if self._on_existing is OnExisting.PROPOSE:
            return set()
        journal.record(self._connection, self._step)
        tracks = self._give_tracks([(row["id"], row["first_frame"], row["label"]) for row in rows])
        journal.record(self._connection, None)
        return tracks

    def _give_tracks(self, tracklets: Sequence[tuple[int, int, int]]) -> set[int]:
        """Add a track with one open span for each (tracklet id, first frame, label id). Returns the track ids."""
        connection = self._connection
        unretire_labels(connection, (label for _, _, label in tracklets))
        track = journal.next_id(connection, schema.track)
        number = journal.next_track_number(connection, self._video, self._step)
        span = journal.next_id(connection, schema.span)
        connection.execute(insert(schema.track), [
            {"id": track + index, "video": self._video, "number": number + index, "label": label, "name": "",
             "color": default_color(number + index - 1), "review": ReviewState.UNSEEN.value, "attributes": "{}"}
            for index, (_, _, label) in enumerate(tracklets)])
        connection.execute(insert(schema.span), [
            {"id": span + index, "tracklet": tracklet, "first": first, "last": None, "track": track + index}
            for index, (tracklet, first, _) in enumerate(tracklets)])
        return set(range(track, track + len(tracklets)))

    def _write_objects(self, results: Sequence[FrameResult]) -> tuple[list[Rows], list[Rows]]:
        observations: list[Rows] = []
        masks: list[Rows] = []
        for result in results:
            seen: Rows = []
            drawn: Rows = []
            for tracked in sorted(result.objects, key=self._key):
                place = (self._tracklets[tracked.tracklet], result.frame_index)
                seen.append((*place, self._video, *_observation_values(tracked)))
                mask = tracked.mask
                if mask is not None:
                    drawn.append((*place, mask.left, mask.top, mask.width, mask.height, mask.rle))
            observations.append(seen)
            masks.append(drawn)
        insert_many(self._connection, schema.observation, list(chain.from_iterable(observations)))
        insert_many(self._connection, schema.mask, list(chain.from_iterable(masks)))
        return observations, masks

    def _key(self, tracked: TrackedObject) -> int:
        return self._tracklets[tracked.tracklet]

    def _write_ends(self, results: Sequence[FrameResult]) -> None:
        ended = [{"key": self._tracklets[number], "frame": result.frame_index, "reason": int(reason)}
                 for result in results for number, reason in result.ended if number in self._tracklets]
        if ended:
            self._connection.execute(END_TRACKLETS, ended)

    def _write_cuts(self, results: Sequence[FrameResult]) -> None:
        cuts = [{"run": self._id, "frame": result.frame_index} for result in results if result.cut]
        if cuts:
            self._connection.execute(insert(schema.scene_cut), cuts)


def insert_many(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns. Takes half the time of named values."""
    if rows:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        places = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', rows)


def _observation_values(tracked: TrackedObject) -> tuple[Any, ...]:
    """The values from x1 on, in the order of the table's columns."""
    evidence = tracked.evidence
    box = (None, None, None, None) if tracked.box_xyxy is None else tuple(map(_plain, tracked.box_xyxy))
    flags = (schema.PROMPTED if evidence.prompted else 0) | (schema.REPROMPTED if evidence.reprompted else 0)
    return (
        *box, _plain(tracked.score), int(tracked.state), _plain(evidence.score_logit), _plain(evidence.iou_estimate),
        None if evidence.detection is None else int(evidence.detection), _plain(evidence.detection_iou), flags,
        None if evidence.occluded_by is None else int(evidence.occluded_by),
    )


def _plain(value: float) -> float | None:
    """Convert to a Python float as SQLite stores it (NumPy scalars would be blobs): NaN becomes NULL, -0.0 becomes 0.0.
    """
    return None if math.isnan(value) else float(value) + 0.0


def _stored(values: Any) -> list[Any]:
    """An array as nested lists of floats as SQLite stores them: NaN becomes NULL, -0.0 becomes 0.0."""
    wide = np.asarray(values, np.float64) + 0.0
    if np.isnan(wide).any():
        cells = wide.astype(object)
        cells[np.isnan(wide)] = None
        return list(cells.tolist())
    return list(wide.tolist())


def finish(connection: Connection, run: int, status: RunStatus, message: str) -> None:
    """Close a run. A complete run also ends its live tracklets and removes the tracks that it emptied."""
    row = connection.execute(select(schema.run).where(schema.run.c.id == run)).first()
    if row is None:
        raise StorageError(f"run {run} does not exist, so it cannot be finished; check the run's number")
    step = journal.step_of_run(connection, run)
    if row.on_existing != OnExisting.PROPOSE and (step is None or step.undone):
        status = RunStatus.CANCELLED  # undone before it could finish
    connection.execute(update(schema.run).where(schema.run.c.id == run).values(status=status.value, message=message))
    if row.kind == REPROPAGATE:
        update_range(connection, run)
    if status is RunStatus.FINISHED:
        if row.finished_frame is not None:
            connection.execute(update(schema.tracklet).where(
                schema.tracklet.c.run == run, schema.tracklet.c.ended_frame.is_(None),
            ).values(ended_frame=row.finished_frame, end_reason=int(EndReason.RUN_ENDED)))
        if step is not None and OnExisting(row.on_existing).replaces:
            journal.record(connection, step.id)
            replacing.clean_up(connection, run, row.video, step.id)
            journal.record(connection, None)
        if step is not None and journal.is_empty(connection, step.id):
            journal.drop_steps(connection, [step.id])


def rewind(connection: Connection, run: int, frame: int) -> None:
    """Delete the results of a run after ``frame`` and make it writable again.

    Tracklets that start later are deleted with their spans and tracks, unless a person has edited these: then they are
    kept and filled again when the run continues.
    """
    row = connection.execute(select(schema.run).where(schema.run.c.id == run)).first()
    if row is None:
        raise StorageError(f"run {run} does not exist, so it cannot be resumed; check the run's number")
    step = check_owned(connection, row)
    later = _tracklets_after(connection, run, frame)
    _discard_tracklets(connection, run, later, frame, step)
    ended = schema.tracklet.c.ended_frame
    forgotten = or_(ended > frame, and_(schema.tracklet.c.end_reason == int(EndReason.RUN_ENDED), ended == frame))
    connection.execute(update(schema.tracklet).where(schema.tracklet.c.run == run, forgotten)
                       .values(ended_frame=None, end_reason=None))
    for table in (schema.detection, schema.detected_frame, schema.scene_cut, schema.checksum):
        connection.execute(delete(table).where(table.c.run == run, table.c.frame > frame))
    if OnExisting(row.on_existing).replaces and step is not None:
        journal.record(connection, step)
        replacing.restore(connection, run, frame, step)
        journal.record(connection, None)
    finished = None if row.finished_frame is None or frame < row.first_frame else min(frame, row.finished_frame)
    connection.execute(update(schema.run).where(schema.run.c.id == run).values(
        finished_frame=finished, status=RunStatus.RUNNING.value, message=""))


def _tracklets_after(connection: Connection, run: int, frame: int) -> list[int]:
    query = select(schema.tracklet.c.id).where(schema.tracklet.c.run == run, schema.tracklet.c.first_frame > frame)
    return list(connection.execute(query).scalars())


def _discard_tracklets(connection: Connection, run: int, later: list[int], frame: int, step: int | None) -> None:
    of_run = select(schema.tracklet.c.id).where(schema.tracklet.c.run == run)
    for table in (schema.mask, schema.observation):
        connection.execute(delete(table).where(table.c.tracklet.in_(of_run), table.c.frame > frame))
    untouched = _untouched(connection, later, step or 0)
    span, track = schema.span, schema.track
    tracks = set(connection.execute(select(span.c.track).where(among(span.c.tracklet, untouched))).scalars())
    for table, column, keys in ((span, span.c.tracklet, untouched), (track, track.c.id, sorted(tracks)),
                                (schema.tracklet, schema.tracklet.c.id, untouched)):
        kept = history_of[table.name]
        connection.execute(delete(kept).where(kept.c.step == step, kept.c.id.in_(
            select(table.c.id).where(among(column, keys)))))
        connection.execute(delete(table).where(among(column, keys)))


def _untouched(connection: Connection, tracklets: list[int], step: int) -> list[int]:
    """The tracklets whose spans and tracks have not been edited since the run started, and whose tracks contain
    nothing else."""
    span = schema.span
    spans_later, tracks_later = history_of["span"], history_of["track"]
    edited_spans = select(spans_later.c.id).where(spans_later.c.step > step)
    edited_tracks = select(tracks_later.c.id).where(tracks_later.c.step > step)
    others = span.alias()
    shared = select(others.c.id).where(others.c.track == span.c.track, others.c.tracklet != span.c.tracklet)
    edited = or_(
        span.c.id.in_(edited_spans), span.c.track.in_(edited_tracks), shared.exists(),
        *(span.c.track.in_(said) for said in said_of_tracks(step)))
    touched = set(connection.execute(
        select(span.c.tracklet).where(among(span.c.tracklet, tracklets), edited)).scalars())
    # Tracklets whose spans a person has removed are kept too, because undo can restore the spans.
    touched |= set(connection.execute(select(spans_later.c.tracklet).where(
        spans_later.c.step > step, among(spans_later.c.tracklet, tracklets))).scalars())
    return sorted(set(tracklets) - touched)


def cancel_of_removed(connection: Connection) -> None:
    """Cancel the running jobs of removed videos. A proposing run has no step of its own, so undo may remove the video
    under it."""
    removed = select(schema.video.c.id).where(schema.video.c.removed)
    connection.execute(update(schema.run).where(
        schema.run.c.status == RunStatus.RUNNING.value, schema.run.c.video.in_(removed),
    ).values(status=RunStatus.CANCELLED.value, message="its video was removed"))


def interrupt_orphans(connection: Connection) -> None:
    """Close runs whose program died: they are marked as running although no program had the project open."""
    running = schema.run.c.status == RunStatus.RUNNING.value
    repropagated = connection.execute(select(schema.run.c.id).where(running, schema.run.c.kind == REPROPAGATE))
    for run in repropagated.scalars().all():
        update_range(connection, run)
    # An import cannot be resumed, and its unpublished part is useless: `compact` removes it.
    connection.execute(update(schema.run).where(running, schema.run.c.kind == IMPORT).values(
        status=RunStatus.FAILED.value))
    connection.execute(update(schema.run).where(running).values(status=RunStatus.INTERRUPTED.value))


def update_range(connection: Connection, run: int) -> None:
    """Store the actual first and last frames of a run in both directions, and of its tracklets, and its checksums."""
    integrity.record(connection, run)
    o, k = schema.observation, schema.tracklet
    query = select(o.c.tracklet, func.min(o.c.frame), func.max(o.c.frame)).join(k, k.c.id == o.c.tracklet).where(
        k.c.run == run).group_by(o.c.tracklet)
    found = connection.execute(query).all()
    for key, first, last in found:
        connection.execute(update(k).where(k.c.id == key).values(
            first_frame=first, ended_frame=last, end_reason=int(EndReason.RUN_ENDED)))
    if found:
        first, last = min(row[1] for row in found), max(row[2] for row in found)
        connection.execute(update(schema.run).where(schema.run.c.id == run).values(
            first_frame=first, last_frame=last, finished_frame=last))

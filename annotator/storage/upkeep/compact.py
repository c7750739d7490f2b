"""Reclaim the space of data that nothing refers to any more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import RunStatus
from annotator.storage.file import integrity, schema
from annotator.storage.file.database import among
from annotator.storage.file.schema import history_of
from annotator.storage.history import journal
from annotator.storage.rows.ownership import owned
from annotator.storage.store import Store

_tracklet, _span, _run, _proposal = schema.tracklet, schema.span, schema.run, schema.proposal


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What `compact` removed."""

    tracklets: int
    runs: int
    videos: int
    """Removed videos that no undo step could bring back, with all that belonged to them."""
    bytes_before: int
    bytes_after: int


def compact(store: Store, forget_history: bool = False) -> CompactReport:
    """Shrink the file: remove tracklets that no span, undo step or open proposal refers to, with their boxes and masks,
    and runs that are then empty, except for the newest detections of each video. Removed videos go with everything that
    belongs to them.

    Undo steps keep the data that they would restore. With ``forget_history`` they are deleted first, so nothing can be
    undone afterwards; but the step of an unfinished run, and those after it, stay, because a run without a step cannot
    be resumed.
    """
    before = store.path.stat().st_size
    with store.writing("compact") as transaction:
        connection = transaction.connection
        if forget_history:
            journal.drop_steps(connection, _forgettable(store))
        videos = _purge_videos(connection)
        unused = select(_tracklet.c.id).where(_unused())
        tracklets = connection.execute(select(func.count()).select_from(unused.subquery())).scalar_one()
        thinned = list(connection.execute(
            select(_tracklet.c.run).where(_unused(), _tracklet.c.run.is_not(None)).distinct()).scalars())
        for run in thinned:
            _check_whole(store, connection, run)
        for table in (schema.mask, schema.observation):
            connection.execute(delete(table).where(table.c.tracklet.in_(unused)))
        connection.execute(delete(_tracklet).where(_unused()))
        for run in thinned:
            integrity.record(connection, run)
        empty = list(connection.execute(select(_run.c.id).where(_spent())).scalars())
        for run in empty:
            for table in (schema.detection, schema.detected_frame, schema.scene_cut, schema.checksum):
                connection.execute(delete(table).where(table.c.run == run))
            connection.execute(delete(_run).where(_run.c.id == run))
        transaction.touch(Changes(ChangeKind.RUNS | ChangeKind.DETECTIONS | ChangeKind.HISTORY))
    store.vacuum()
    return CompactReport(int(tracklets), len(empty), videos, before, store.path.stat().st_size)


def _purge_videos(connection: Connection) -> int:
    """Delete the removed videos that no step of the history concerns. Returns how many they are."""
    video, kept = schema.video, history_of["video"]
    of_runs = select(_run.c.video).join(schema.history, schema.history.c.run == _run.c.id)
    gone = list(connection.execute(select(video.c.id).where(
        video.c.removed, video.c.id.not_in(select(kept.c.id)), video.c.id.not_in(of_runs))).scalars())
    if not gone:
        return 0
    tracklets = select(_tracklet.c.id).where(among(_tracklet.c.video, gone))
    runs = select(_run.c.id).where(among(_run.c.video, gone))
    for table, condition in (
            *((table, table.c.tracklet.in_(tracklets)) for table in (schema.mask, schema.observation, _span)),
            *((table, among(table.c.video, gone)) for table in (
                schema.note, schema.mark, schema.attribute_value, schema.track, _tracklet)),
            *((table, table.c.run.in_(runs)) for table in (
                _proposal, schema.detection, schema.detected_frame, schema.scene_cut, schema.checksum)),
            *((table, among(table.c.video, gone)) for table in (_run, schema.video_times)),
            (video, among(video.c.id, gone))):
        connection.execute(delete(table).where(condition))
    return len(gone)


def _check_whole(store: Store, connection: Connection, run: int) -> None:
    """Check a run whose checksums will be computed again, which would hide a damage."""
    damaged = integrity.damaged_frames(connection, run)
    if damaged:
        raise StorageError(f"{store.path}: frame {damaged[0]} of run {run} differs from what was stored; restore a "
                           "backup copy before compacting")


def _forgettable(store: Store) -> list[int]:
    """The undone steps, and those before the first step of a run that is going on or may be resumed."""
    history = store.history()
    needed = {run.id for video in store.videos() for run in (
        *store.resumable_runs(video.id), *(run for run in store.runs(video.id) if run.status is RunStatus.RUNNING))}
    first = next((step.id for step in history if step.run in needed and not step.undone), None)
    return [step.id for step in history if step.undone or first is None or step.id < first]


def _unused() -> ColumnElement[bool]:
    spans, proposals, tracklets = history_of["span"], history_of["proposal"], history_of["tracklet"]
    referred = or_(
        select(_span.c.id).where(_span.c.tracklet == _tracklet.c.id).exists(),
        _tracklet.c.id.in_(select(spans.c.tracklet).where(spans.c.tracklet.is_not(None))),
        _tracklet.c.id.in_(select(tracklets.c.id)))
    kept_runs = select(_run.c.id).where(or_(
        _run.c.id.in_(select(_proposal.c.run)), _run.c.id.in_(select(proposals.c.run)), _continues()))
    return and_(~referred, or_(_tracklet.c.run.is_(None), _tracklet.c.run.not_in(kept_runs)))


def _continues() -> ColumnElement[bool]:
    """Whether a run is going on or may be resumed, also after its step is redone."""
    redoable = _run.c.id.in_(select(schema.history.c.run).where(schema.history.c.run.is_not(None)))
    unfinished = _run.c.status.in_([RunStatus.INTERRUPTED.value, RunStatus.CANCELLED.value])
    return or_(_run.c.status == RunStatus.RUNNING.value, and_(unfinished, or_(owned(), redoable)))


def _spent() -> ColumnElement[bool]:
    newest = select(func.max(schema.detected_frame.c.run)).join(
        _run, _run.c.id == schema.detected_frame.c.run).group_by(_run.c.video)
    kept = history_of["proposal"]
    return and_(
        ~_continues(), _run.c.id.not_in(newest),
        _run.c.id.not_in(select(_proposal.c.run)), _run.c.id.not_in(select(kept.c.run)),
        _run.c.id.not_in(select(schema.history.c.run).where(schema.history.c.run.is_not(None))),
        ~select(_tracklet.c.id).where(_tracklet.c.run == _run.c.id).exists())

"""Who owns the rows of a run: its history step, or for a proposal the decision that it waits for.

Rows that no step owns could not be taken back by undo. So a run is continued only while its owner exists: not after its
step was undone, was dropped by a later edit or with the whole history, not after its proposal was decided, and not
while its video is removed from the project.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from annotator.errors import StorageError
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.file import schema
from annotator.storage.history import journal

_video, _run, _history, _tracklet, _span = schema.video, schema.run, schema.history, schema.tracklet, schema.span


def check_owned(connection: Connection, run: Row[tuple[object, ...]]) -> int | None:
    """Check that a run may be continued. Returns the id of its step; None for a proposal.

    Args:
        run: a row of the table of runs.

    Raises:
        StorageError: no step that is done owns the run, its proposal was decided, or its video was removed.
    """
    check_not_removed(connection, run.video)
    if run.on_existing == OnExisting.PROPOSE:
        waiting = select(schema.proposal.c.run).where(schema.proposal.c.run == run.id)
        if connection.execute(waiting).first() is None:
            raise StorageError(f"run {run.id} proposed its results, and the proposal was accepted or discarded; undo "
                               "that, or start a new run")
        return None
    step = journal.step_of_run(connection, run.id)
    if step is None:
        raise StorageError(f"run {run.id} was undone and can no longer be redone, or its history was deleted; start a "
                           "new run")
    if step.undone:
        raise StorageError(f"run {run.id} was undone; redo it before resuming it, or start a new run")
    return step.id


def check_not_removed(connection: Connection, video: int) -> None:
    """Raise StorageError if a video was removed from the project, or never was in it."""
    row = connection.execute(select(_video.c.name, _video.c.removed).where(_video.c.id == video)).first()
    if row is None:
        raise StorageError(f"the project has no video with id {video}; select one of its videos")
    if row.removed:
        raise StorageError(f"the video {row.name} was removed from the project; undo that, or add it again")


def owned() -> ColumnElement[bool]:
    """Whether a run may be continued, if it is unfinished; `check_owned` gives the reason if not."""
    proposed = _run.c.on_existing == OnExisting.PROPOSE.value
    shown = _run.c.video.in_(select(_video.c.id).where(~_video.c.removed))
    return and_(shown, or_(and_(proposed, _run.c.id.in_(select(schema.proposal.c.run))),
                           and_(~proposed, _run.c.id.in_(select(_history.c.run).where(
                               _history.c.run.is_not(None), ~_history.c.undone)))))


def standing() -> ColumnElement[bool]:
    """Whether the results of a run count: it was neither undone nor dropped with its undone step.

    A finished run that found nothing has no step. One whose history was deleted has none either, but its spans are in
    the project for good.
    """
    with_step = _run.c.id.in_(select(_history.c.run).where(_history.c.run.is_not(None)))
    tracklets = _of_run(select(_tracklet.c.id))
    placed = _of_run(select(_span.c.id).join(_tracklet, _tracklet.c.id == _span.c.tracklet))
    without = or_(placed.exists(), and_(_run.c.status == RunStatus.FINISHED.value, ~tracklets.exists()))
    return or_(_run.c.on_existing == OnExisting.PROPOSE.value, owned(), and_(~with_step, without))


def _of_run(query: Select[tuple[int]]) -> Select[tuple[int]]:
    return query.where(_tracklet.c.run == _run.c.id).correlate(_run)

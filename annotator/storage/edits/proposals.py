"""Proposals: run results that await a decision. Accepting one moves spans; discarding one changes no box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Run, RunStatus
from annotator.storage.edits.editable import in_frames, unlocked_tracks
from annotator.storage.file import schema
from annotator.storage.spans.algebra import Span, subtract
from annotator.storage.spans.rows import new_track, save_spans
from annotator.storage.store import Store


def accept_proposal(store: Store, run_id: int, targets: Mapping[int, int] | None = None) -> Changes:
    """Accept a proposal. ``targets`` maps a tracklet (number) to the track (id) that it continues and whose predicted
    boxes it replaces in its frames; the other tracklets become new tracks. Manual boxes are kept.

    Raises:
        StorageError: the run is not an open proposal or is still running, or a target is locked.
    """
    run = open_proposal(store, run_id)
    with store.transaction(f"Accept proposal{where(run)}") as transaction:
        place_proposal(store, run_id, targets or {})
    return transaction.changes


def place_proposal(store: Store, run_id: int, targets: Mapping[int, int]) -> dict[int, int]:
    """Like `accept_proposal`, but returns the track (id) of each tracklet (number) that has a box."""
    run = open_proposal(store, run_id)
    if targets:
        unlocked_tracks(store, *sorted(set(targets.values())))
    placed: dict[int, int] = {}
    with store.transaction(f"Accept proposal{where(run)}") as transaction:
        connection = transaction.connection
        for tracklet, number, label, first, last in proposed_tracklets(connection, run_id):
            track = targets.get(number)
            if track is None:
                track, _ = new_track(connection, run.video, label)
            _put(store, connection, track, tracklet, first, last)
            placed[number] = track
        connection.execute(delete(schema.proposal).where(schema.proposal.c.run == run_id))
        kinds = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.RUNS
        transaction.touch(Changes(kinds, frozenset(placed.values()), run.first_frame, run.last_frame, run.video))
    return placed


def discard_proposal(store: Store, run_id: int) -> Changes:
    """Discard a proposal. Its boxes stay in the file, invisible, until `compact`."""
    run = open_proposal(store, run_id)
    with store.transaction(f"Discard proposal{where(run)}") as transaction:
        transaction.connection.execute(delete(schema.proposal).where(schema.proposal.c.run == run_id))
        transaction.touch(Changes(ChangeKind.RUNS, frozenset(), run.first_frame, run.last_frame, run.video))
    return transaction.changes


def where(run: Run) -> str:
    """The frames of a proposal as the end of a step label."""
    return in_frames(run.first_frame, run.last_frame)


def proposed_tracklets(connection: Connection, run: int) -> Sequence[Any]:
    """Id, number, label id, first and last frame with a box of each tracklet of a run that has a box."""
    tracklet, observation = schema.tracklet, schema.observation
    query = select(tracklet.c.id, tracklet.c.number, tracklet.c.label, func.min(observation.c.frame),
                   func.max(observation.c.frame)).join(observation, observation.c.tracklet == tracklet.c.id).where(
        tracklet.c.run == run, observation.c.x1.is_not(None)).group_by(tracklet.c.id).order_by(tracklet.c.number)
    return connection.execute(query).all()


def open_proposal(store: Store, run_id: int) -> Run:
    """Return a run that awaits a decision. Raises StorageError if it does not, or is still running."""
    run = store.run(run_id)
    store.check_video(run.video)
    if not any(proposal.id == run_id for proposal in store.proposals(run.video)):
        raise StorageError(f"run {run_id} is not an open proposal; it may have been accepted or discarded already")
    if run.status is RunStatus.RUNNING:
        raise StorageError(f"run {run_id} is still running; wait until it ends or cancel it first")
    return run


def _put(store: Store, connection: Connection, track: int, tracklet: int, first: int, last: int) -> None:
    """Assign these frames of a tracklet to a track, replacing its predicted boxes in them."""
    spans = store.spans([track])
    kept = subtract([span for span in spans if not span.human], [(first, last)])
    fresh = Span(id=None, track=track, first=first, last=last, end=last, tracklet=tracklet, human=False)
    save_spans(connection, spans, [*kept, *(span for span in spans if span.human), fresh])

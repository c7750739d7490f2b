"""The review queue of a project's video: collect the evidence, rank it, apply the user's decisions."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from annotator.errors import SettingsError
from annotator.jobs.project import check_video
from annotator.jobs.review.colours import Colours, parts_with_tracks, signatures
from annotator.model.cancel import CancelToken
from annotator.model.changes import Changes
from annotator.model.evidence import EvidenceTable
from annotator.model.frame import Frame
from annotator.model.track import MarkKind, Run, VideoRecord
from annotator.review import Entry, Fix, Kind, ReviewInput, ReviewQueue, Suggestion, build_queue
from annotator.review.appearance import Appearances
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.edits.editable import in_frames
from annotator.storage.edits.track_marks import mark_tracks
from annotator.storage.reader import Reader
from annotator.video import open_video

_DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """Progress of building the queue."""

    done: int
    """Frames processed."""
    total: int
    queue: ReviewQueue | None = None
    """The finished queue, in the last progress."""


def build(session: Session, video: VideoRecord, appearance: bool = True, cancel: CancelToken | None = None,
          ) -> Generator[ReviewProgress]:
    """Build the queue of a video. ``appearance``: also decode the video and compare colours, which takes as long as
    the decoding. Reads a snapshot, so edits may continue in the meantime. Raises UserError."""
    cancel = cancel or CancelToken()
    with session.store.read_snapshot() as reader:
        found = Appearances()
        if appearance:
            with open_video(check_video(session, video), fps=video.fps) as source:
                frames = chain.from_iterable(source.frames(part.start, part.stop, on_error="skip")
                                             for part in parts_with_tracks(reader, video))
                for done in add_appearances(reader, video, frames, found):
                    if cancel.cancelled:
                        return
                    yield ReviewProgress(done, video.frame_count)
        queue = build_queue(review_input(reader, video, found))
    yield ReviewProgress(video.frame_count, video.frame_count, queue)


def kinds_named(names: Sequence[str]) -> list[Kind]:
    """Return kinds of suspicious moments by name. Raises SettingsError for an unknown name."""
    known = {kind.value: kind for kind in Kind}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise SettingsError(f"there is no kind of moment {unknown!r}: choose one of {', '.join(known)}")
    return [known[name] for name in names]


def add_appearances(reader: Reader, video: VideoRecord, frames: Iterable[Frame], found: Appearances) -> Generator[int]:
    """Add every track's appearance in each frame to ``found``; yields the number of frames done."""
    for frame in frames:
        for seen, colours in signatures(reader, video, frame):
            found.add(seen.track, frame.index, colours)
        yield frame.index + 1


def rank_again(reader: Reader, video: VideoRecord, colours: Colours) -> ReviewQueue:
    """Build the queue for the current tracks, with the colours computed so far."""
    table = reader.evidence(video.id)
    return build_queue(review_input(reader, video, colours.appearances(reader, video, table), table))


def review_input(reader: Reader, video: VideoRecord, appearances: Appearances | None = None,
                 table: EvidenceTable | None = None) -> ReviewInput:
    """Collect the ranking's input for a video from the project. ``table``: the evidence, if it has been read."""
    runs = reader.detection_runs(video.id)
    newest = runs[-1] if runs else None
    cuts = sorted({cut for run in reader.runs(video.id) for cut in reader.scene_cuts(run.id)})
    last = video.frame_count - 1
    reviewed = [(mark.track, mark.first, last if mark.last is None else mark.last)
                for mark in reader.marks(video.id) if mark.kind is MarkKind.REVIEWED]
    return ReviewInput(video.width, video.height, video.frame_count,
                       reader.evidence(video.id) if table is None else table,
                       appearances or Appearances(), () if newest is None else reader.detections(newest.id),
                       _DEFAULT_THRESHOLD if newest is None else _threshold(newest), cuts, reviewed)


def mark_reviewed(session: Session, video: VideoRecord, entry: Entry, made: Sequence[int] = ()) -> Changes:
    """Mark an entry as reviewed: its tracks in its frames, or whole frames if it concerns no track. ``made``: ids of
    tracks that a fix created from them."""
    store = session.store
    concerned = store.tracks_by_id((*entry.tracks, *made))
    unlocked = [track.id for track in concerned if track.id not in store.locked([track.id])]
    last = min(entry.last, video.frame_count - 1)
    with store.transaction(f"Mark as reviewed{in_frames(entry.first, last)}") as transaction:
        if unlocked:
            mark_tracks(store, unlocked, MarkKind.REVIEWED, entry.first, last)
        elif not entry.tracks:
            drawn_boxes.add_mark(store, video.id, MarkKind.REVIEWED, entry.first, last)
    return transaction.changes


def apply_fix(session: Session, video: VideoRecord, entry: Entry, fix: Suggestion | None = None) -> Changes:
    """Apply an entry's suggestion, or another fix (`annotator.review.fixes_for`), and mark the entry as reviewed, in
    one undo step.

    Raises:
        StorageError: the edit is not possible.
        SettingsError: the fix is a prompt, which is a separate job (`annotator.jobs.prompts.propagate`).
    """
    store, fix = session.store, fix or entry.suggestion
    if fix.fix is Fix.PROMPT:
        raise SettingsError(f"the suggestion is a box prompt in frame {fix.frame}; run it with `annotator prompt`")
    made: list[int] = []
    with store.transaction(f"Review: {fix.fix.value} at frame {entry.frame}") as transaction:
        if fix.fix is Fix.SWAP:
            identities.swap_tracks(store, fix.tracks[0], fix.tracks[1], fix.frame or 0)
        elif fix.fix is Fix.MERGE:
            identities.merge_tracks(store, fix.tracks[0], fix.tracks[1:])
        elif fix.fix is Fix.SPLIT:
            # The user decided where the new track begins, so the queue must not flag it.
            made.append(identities.split_track(store, fix.tracks[0], fix.frame or 0))
        elif fix.fix is Fix.DELETE:
            identities.delete_tracks(store, fix.tracks)
        mark_reviewed(session, video, entry, made)
    return transaction.changes


def entry_json(entry: Entry, numbers: Mapping[int, int]) -> dict[str, Any]:
    """Return an entry as plain data, with tracks by number (``numbers``: track id -> number)."""
    fix = entry.suggestion
    return {
        "frame": entry.frame, "first": entry.first, "last": entry.last, "chance": round(entry.chance, 4),
        "tracks": [numbers[track] for track in entry.tracks], "kinds": [kind.value for kind in entry.kinds],
        "reason": entry.reason(numbers), "reviewed": entry.reviewed,
        "suggestion": {"fix": fix.fix.value, "tracks": [numbers[track] for track in fix.tracks], "frame": fix.frame,
                       "box": fix.box_xyxy}}


def _threshold(run: Run) -> float:
    value = run.settings.get("det_threshold")
    if value is None:
        nested = run.settings.get("sam2mot")
        value = nested.get("det_threshold") if isinstance(nested, dict) else None
    return float(value) if isinstance(value, int | float) else _DEFAULT_THRESHOLD

"""Queries on a project file. Everything here only reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from annotator.errors import NetworkPathError, StorageError
from annotator.files.consent import NetworkConsent
from annotator.files.network_paths import network_place
from annotator.model.attribute import Attribute
from annotator.model.bounds import MOST_FRAMES
from annotator.model.cancel import CancelToken
from annotator.model.evidence import EvidenceTable, TrackEvent
from annotator.model.frame import Detections, EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.note import Note
from annotator.model.track import Label, Mark, MarkKind, Run, RunStatus, Track, TrackObservation, VideoRecord
from annotator.model.values import TrackValue, ValuesOverTime
from annotator.storage.file import schema
from annotator.storage.file.checked_types import refuse
from annotator.storage.file.database import among
from annotator.storage.file.integrity import Examination, Progress, examine
from annotator.storage.history import journal
from annotator.storage.history.journal import HistoryStep
from annotator.storage.rows import corrected, records, resolve
from annotator.storage.rows.contents import VideoContents, video_contents
from annotator.storage.rows.evidence import read_evidence
from annotator.storage.rows.ownership import check_not_removed, check_owned, owned, standing
from annotator.storage.spans.algebra import OPEN, Span

#: Frames read at a time by the streaming queries, so that memory use does not depend on the length of the video.
_CHUNK = 32
#: Frames by which a box may lie beyond twice the frame count of a video's header.
_FRAMES_BEYOND = 10_000


class Reader:
    """Reads a project through one connection, in the thread that created it."""

    def __init__(self, connection: Connection, path: Path, network: NetworkConsent | None = None) -> None:
        self._connection = connection
        self._path = path
        self.network = network or NetworkConsent(path)
        """The shares of servers that videos may be read from."""

    @property
    def path(self) -> Path:
        """The project file."""
        return self._path

    def examine(self, progress: Progress | None = None, cancel: CancelToken | None = None) -> Examination:
        """Check the whole file: structure, references, spans, and checksums of what runs stored. Takes some seconds
        per million boxes.

        ``progress`` is called with the frames that were compared and all frames with checksums.

        Raises:
            Cancelled: ``cancel`` was called.
        """
        return examine(self._connection, progress=progress, cancel=cancel)

    # Videos and labels

    def videos(self) -> list[VideoRecord]:
        """The videos of the project, in the order in which they were added; without removed ones."""
        rows = self._connection.execute(records.VIDEOS.where(~schema.video.c.removed).order_by(schema.video.c.id))
        return [records.video_record(row) for row in rows]

    def video_count(self) -> int:
        """Number of videos of the project."""
        return int(self._connection.execute(
            select(func.count()).select_from(schema.video).where(~schema.video.c.removed)).scalar() or 0)

    def video(self, name: str | None = None) -> VideoRecord:
        """The video with this name, or the only one if no name is given.

        Raises:
            StorageError: no such video, or several videos and no name is given; the message lists the names.
        """
        videos = self.videos()
        chosen = [video for video in videos if name is None or video.name == name]
        if len(chosen) == 1:
            return chosen[0]
        names = ", ".join(video.name for video in videos)
        if not videos:
            raise StorageError(f"{self._path} has no video; add one first")
        if name is None:
            raise StorageError(f"{self._path} has {len(videos)} videos; choose one by name: {names}")
        raise StorageError(f"{self._path} has no video named {name!r}; it has: {names}")

    def check_video(self, video_id: int) -> None:
        """Check that a video is in the project. Raises StorageError if it was removed or never was in it."""
        check_not_removed(self._connection, video_id)

    def video_contents(self, video_id: int) -> VideoContents:
        """Count what would go with a video if it were removed. Takes about a second per million boxes."""
        return video_contents(self._connection, video_id)

    def video_path(self, video: VideoRecord) -> Path:
        """The expected path of the video, whether or not the file exists. Touches no file of the video.

        This is the only way to a video's path, so that nothing looks at one on another computer unasked.

        Raises:
            NetworkPathError: it is on another computer, and the user has not agreed to connect to it.
        """
        place = self._refused_place(video)
        if place is not None:
            raise NetworkPathError(
                f"{video.path} is on another computer ({place}), which only the project names, so it was not touched: "
                "looking there can tell that computer your name and password hash. If you trust the project, add "
                "--trust-project (once, it is remembered) or agree in the window; or find a copy with `annotator "
                f"relink {self._path} --search DIR`")
        return self._joined(video)

    def allowed_path(self, video: VideoRecord) -> Path | None:
        """Like `video_path`, but None for a video on another computer that the user has not agreed to connect to."""
        return None if self._refused_place(video) is not None else self._joined(video)

    def refused_places(self) -> dict[str, list[str]]:
        """Shares of servers that the project names and the user has not agreed to -> names of the videos there."""
        found: dict[str, list[str]] = {}
        for video in self.videos():
            place = self._place(video.path)
            if place is not None:
                found.setdefault(place, []).append(video.name)
        return {place: names for place, names in found.items() if not self.network.allows(place)}

    def _refused_place(self, video: VideoRecord) -> str | None:
        place = self._place(video.path)
        return None if place is None or self.network.allows(place) else place

    def _place(self, path: str) -> str | None:
        # The text itself too: on other systems than its author's, it may look like the name of a file in the folder.
        return network_place(path) or network_place(str(self._folder.joinpath(path)))

    def _joined(self, video: VideoRecord) -> Path:
        return self._folder.joinpath(video.path)

    @cached_property
    def _folder(self) -> Path:
        return self._path.resolve().parent

    def video_times(self, video_id: int) -> npt.NDArray[np.float64] | None:
        """(frame_count,) float64 presentation times in seconds; None if none are stored."""
        query = select(schema.video_times.c.seconds).where(schema.video_times.c.video == video_id)
        data = self._connection.execute(query).scalar()
        if data is None:
            return None
        times = np.frombuffer(data[:len(data) // 8 * 8], "<f8").astype(np.float64)
        if len(data) % 8 or not np.isfinite(times).all():
            raise refuse("video_times.seconds", f"{len(data)} bytes", "finite times in seconds")
        return times

    def labels(self) -> list[Label]:
        """All labels in the user's order, without removed ones."""
        label = schema.label
        # An undo during a job may retire a label that tracks still have, so also include labels in use.
        used = select(schema.track.c.id).join(schema.video, schema.video.c.id == schema.track.c.video).where(
            schema.track.c.label == label.c.id, ~schema.video.c.removed).exists()
        query = select(label).where(or_(~label.c.retired, used)).order_by(label.c.position, label.c.id)
        return [records.label_record(row) for row in self._connection.execute(query)]

    def label(self, label_id: int) -> Label:
        """One label, even if it was removed.

        Raises:
            StorageError: there is no label with this id.
        """
        row = self._connection.execute(select(schema.label).where(schema.label.c.id == label_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no class with id {label_id}; choose one of its classes")
        return records.label_record(row)

    def label_uses(self) -> dict[int, int]:
        """Label id -> number of tracks with it in all videos; labels without tracks are omitted."""
        query = select(schema.track.c.label, func.count()).join(
            schema.video, schema.video.c.id == schema.track.c.video).where(~schema.video.c.removed).group_by(
            schema.track.c.label)
        return {int(label): int(count) for label, count in self._connection.execute(query)}

    def attributes(self) -> list[Attribute]:
        """All attributes, in the order in which they were added."""
        query = select(schema.attribute).order_by(schema.attribute.c.position, schema.attribute.c.id)
        return [records.attribute_record(row) for row in self._connection.execute(query)]

    def attribute(self, attribute_id: int) -> Attribute:
        """One attribute.

        Raises:
            StorageError: there is no attribute with this id.
        """
        found = [attribute for attribute in self.attributes() if attribute.id == attribute_id]
        if not found:
            raise StorageError(f"{self._path} has no attribute with id {attribute_id}; it may have been removed")
        return found[0]

    def class_labels(self) -> dict[str, str | None]:
        """Detector class -> label that it is mapped to, None if it is discarded; other classes keep their names."""
        query = select(schema.detector_class.c.name, schema.label.c.name.label("here")).join(
            schema.label, schema.label.c.id == schema.detector_class.c.label, isouter=True).order_by(
            schema.detector_class.c.name)
        return {row.name: row.here for row in self._connection.execute(query)}

    # Tracks

    def tracks(self, video_id: int) -> list[Track]:
        """Tracks of the video, ordered by number."""
        query = select(schema.track).where(schema.track.c.video == video_id).order_by(schema.track.c.number)
        return [records.track_record(row) for row in self._connection.execute(query)]

    def track(self, track_id: int) -> Track:
        """One track.

        Raises:
            StorageError: there is no track with this id.
        """
        row = self._connection.execute(select(schema.track).where(schema.track.c.id == track_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no track with id {track_id}; it may have been deleted or undone")
        return records.track_record(row)

    def tracks_by_id(self, track_ids: Iterable[int]) -> list[Track]:
        """The tracks with these ids that exist, ordered by number."""
        query = select(schema.track).where(among(schema.track.c.id, track_ids)).order_by(schema.track.c.number)
        return [records.track_record(row) for row in self._connection.execute(query)]

    def boxes_between(self, tracklet: int, first: int, last: int) -> tuple[int, int, int]:
        """Number of boxes of a tracklet in frames ``first..last``, and the first and last frame with a box (0 if there
        is none)."""
        o = schema.observation
        query = select(func.count(), func.min(o.c.frame), func.max(o.c.frame)).where(
            o.c.tracklet == tracklet, o.c.frame.between(first, last), o.c.x1.is_not(None))
        count, start, end = self._connection.execute(query).one()
        return count, start or 0, end or 0

    def spans(self, track_ids: Iterable[int]) -> list[Span]:
        """Spans of these tracks, ordered by first frame."""
        query = records.SPANS.where(among(schema.span.c.track, track_ids)).order_by(schema.span.c.first,
                                                                                   schema.span.c.id)
        return [records.span_record(row) for row in self._connection.execute(query)]

    def video_spans(self, video_id: int) -> list[Span]:
        """Spans of all tracks of the video, ordered by first frame."""
        query = records.SPANS.where(schema.tracklet.c.video == video_id).order_by(schema.span.c.first, schema.span.c.id)
        return [records.span_record(row) for row in self._connection.execute(query)]

    def predicted_ranges(self, video_id: int) -> list[tuple[int, int, int]]:
        """Tracklet, first and last frame of each span of a run's tracklet, as far as the run has come."""
        span, tracklet, run = schema.span, schema.tracklet, schema.run
        last = func.min(func.coalesce(span.c.last, OPEN), func.coalesce(tracklet.c.ended_frame, OPEN),
                        run.c.finished_frame)
        query = select(span.c.tracklet, span.c.first, last).select_from(
            span.join(tracklet, tracklet.c.id == span.c.tracklet).join(run, run.c.id == tracklet.c.run)).where(
            tracklet.c.video == video_id, run.c.finished_frame.is_not(None), span.c.first <= last)
        return [(key, first, end) for key, first, end in self._connection.execute(query)]

    def marks(self, video_id: int) -> list[Mark]:
        """Marks of the video, ordered by first frame."""
        query = select(schema.mark).where(schema.mark.c.video == video_id).order_by(schema.mark.c.first,
                                                                                   schema.mark.c.id)
        return [records.mark_record(row) for row in self._connection.execute(query)]

    def values(self, video_id: int) -> list[TrackValue]:
        """Values of attributes that change over time, ordered by first frame."""
        value = schema.attribute_value
        query = select(value).where(value.c.video == video_id).order_by(value.c.first, value.c.id)
        return [records.value_record(row) for row in self._connection.execute(query)]

    def values_over_time(self, video_id: int, tracks: Iterable[Track]) -> ValuesOverTime:
        """The attributes of these tracks of a video in each frame."""
        return ValuesOverTime({track.id: track.attributes for track in tracks}, self.values(video_id))

    def video_notes(self, video_id: int) -> list[Note]:
        """Notes of the video, open and closed ones, ordered by frame."""
        note = schema.note
        query = select(note).where(note.c.video == video_id).order_by(note.c.frame, note.c.id)
        return [records.note_record(row) for row in self._connection.execute(query)]

    def note(self, note_id: int) -> Note:
        """One note.

        Raises:
            StorageError: there is no note with this id, or its video was removed.
        """
        row = self._connection.execute(select(schema.note).where(schema.note.c.id == note_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no note {note_id}; it may have been deleted or undone")
        self.check_video(row.video)
        return records.note_record(row)

    def mark(self, mark_id: int) -> Mark:
        """One mark.

        Raises:
            StorageError: there is no mark with this id.
        """
        row = self._connection.execute(select(schema.mark).where(schema.mark.c.id == mark_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no mark {mark_id}; it may have been removed or undone")
        return records.mark_record(row)

    def ignore_regions(self, video_id: int) -> list[Mark]:
        """Ignore regions of the video, which evaluators must not count, ordered by first frame."""
        mark = schema.mark
        query = select(mark).where(
            mark.c.video == video_id, mark.c.kind == MarkKind.IGNORE.value, mark.c.track.is_(None),
        ).order_by(mark.c.first, mark.c.id)
        return [records.mark_record(row) for row in self._connection.execute(query)]

    def mean_scores(self, track_ids: Iterable[int]) -> dict[int, float]:
        """Track id -> mean score of its predicted boxes; tracks without predicted boxes are omitted."""
        span, seen, tracklet = schema.span, schema.observation, schema.tracklet
        source = span.join(tracklet, tracklet.c.id == span.c.tracklet).join(seen, resolve.IN_SPAN)
        query = select(span.c.track, func.avg(seen.c.score)).select_from(source).where(
            among(span.c.track, track_ids), tracklet.c.run.is_not(None), seen.c.x1.is_not(None),
            seen.c.score.is_not(None)).group_by(span.c.track)
        return {int(track): float(score) for track, score in self._connection.execute(query)}

    def locked(self, track_ids: Iterable[int]) -> set[int]:
        """The ids of these tracks that are locked."""
        mark = schema.mark
        query = select(mark.c.track).where(among(mark.c.track, track_ids), mark.c.kind == MarkKind.LOCK.value)
        return set(self._connection.execute(query).scalars())

    def kept_tracks(self, video_id: int, before_run: int | None = None) -> set[int]:
        """Ids of the tracks that a replacing run keeps: locked ones, and those that a person has corrected; with
        ``before_run`` only by edits before that run."""
        mark = schema.mark
        locked = select(mark.c.track).where(mark.c.video == video_id, mark.c.kind == MarkKind.LOCK.value,
                                            mark.c.track.is_not(None))
        return corrected.corrected_tracks(self._connection, video_id, before_run) | set(
            self._connection.execute(locked).scalars())

    def corrected_tracks(self, video_id: int, first: int, last: int) -> set[int]:
        """Ids of the tracks that a person has corrected and that have predicted boxes in these frames (inclusive)."""
        span, tracklet = schema.span, schema.tracklet
        end = func.coalesce(span.c.last, tracklet.c.ended_frame, OPEN)
        query = select(span.c.track).join(tracklet, tracklet.c.id == span.c.tracklet).where(
            tracklet.c.video == video_id, tracklet.c.run.is_not(None), span.c.first <= last, end >= first)
        return corrected.corrected_tracks(self._connection, video_id) & set(self._connection.execute(query).scalars())

    def check_readable(self, video: VideoRecord) -> None:
        """Read everything about a video that is no box, so that whoever shows it need not expect damage.

        Raises:
            StorageError: a stored value is none that this program writes.
        """
        if video.frame_count > MOST_FRAMES:
            raise refuse("video.frame_count", video.frame_count, f"at most {MOST_FRAMES} frames")
        self.labels()
        self.attributes()
        self.class_labels()
        self.tracks(video.id)
        self.marks(video.id)
        self.values(video.id)
        self.video_notes(video.id)
        self.runs()
        self.history()
        self.video_times(video.id)

    # Boxes, resolved through spans

    def observations(self, video_id: int, frame: int, masks: bool = False) -> list[TrackObservation]:
        """Observations of the video's tracks in one frame, ordered by track number; lost and outside ones have no box.

        Raises:
            UserError: a stored box or mask is damaged.
        """
        found = resolve.frames(self._connection, video_id, frame, frame, masks).get(frame, [])
        for observation in found if masks else ():
            if observation.mask is not None:
                observation.mask.check()
        return found

    def trajectory(self, track_id: int, masks: bool = False) -> list[TrackObservation]:
        """All observations of one track, ordered by frame."""
        return resolve.trajectory(self._connection, track_id, masks)

    def track_events(self, track_id: int) -> list[TrackEvent]:
        """Frames in which a run prompted a track, prompted it again or found it occluded, ordered by frame."""
        o, s = schema.observation, schema.span
        query = select(o.c.frame, o.c.flags, o.c.occluded_by).select_from(s.join(o, resolve.IN_SPAN)).where(
            s.c.track == track_id, or_(o.c.flags != 0, o.c.occluded_by.is_not(None))).order_by(o.c.frame)
        return [TrackEvent(frame, bool(flags & schema.PROMPTED), bool(flags & schema.REPROMPTED), by is not None)
                for frame, flags, by in self._connection.execute(query)]

    def count_observations(self, video_id: int) -> int:
        """Number of stored boxes and lost frames of a video, including those of deleted tracks."""
        o = schema.observation
        return int(self._connection.execute(select(func.count()).where(o.c.video == video_id)).scalar() or 0)

    def suspicious_frames(self, video_id: int) -> dict[int, int]:
        """Track id -> number of frames in which its predicted state is suspicious; tracks without such frames are
        omitted. Reads all observations of the video."""
        o, s = schema.observation, schema.span
        query = select(s.c.track, func.count()).select_from(o.join(s, resolve.SPAN_OF)).where(
            o.c.video == video_id, o.c.state == int(TrackState.SUSPICIOUS)).group_by(s.c.track)
        return {int(track): int(count) for track, count in self._connection.execute(query)}

    def evidence(self, video_id: int) -> EvidenceTable:
        """The evidence that runs recorded for every box of the video's current tracks; about 100 bytes per box."""
        return read_evidence(self._connection, video_id)

    def iter_frames(self, video_id: int, first: int | None = None, last: int | None = None, masks: bool = False,
                    ) -> Iterator[tuple[int, list[TrackObservation]]]:
        """Yield every frame of first..last (default: the whole video) with its observations, in constant memory.

        Read from a snapshot (`Store.read_snapshot`) if others may write at the same time.
        """
        start = 0 if first is None else first
        end = self._last_frame(video_id) if last is None else last
        if end - start >= MOST_FRAMES:
            raise refuse("video.frame_count", end - start + 1, f"at most {MOST_FRAMES} frames")
        marks = resolve.MarkSweep(self._connection, video_id, start, end)
        for chunk in range(start, end + 1, _CHUNK):
            chunk_end = min(chunk + _CHUNK - 1, end)
            found = resolve.frames(self._connection, video_id, chunk, chunk_end, masks,
                                   marks.between(chunk, chunk_end))
            for frame in range(chunk, chunk_end + 1):
                yield frame, found.get(frame, [])

    def _last_frame(self, video_id: int) -> int:
        # Boxes may lie beyond the frame count in the video's header.
        count = self._connection.execute(
            select(schema.video.c.frame_count).where(schema.video.c.id == video_id)).scalar() or 0
        query = select(func.max(schema.observation.c.frame)).where(schema.observation.c.video == video_id)
        seen = self._connection.execute(query).scalar()
        last = int(max(count - 1, -1 if seen is None else seen))
        if last > 2 * count + _FRAMES_BEYOND:
            raise refuse("observation.frame", last, f"frames of a video that has {count}")
        return last

    # Runs

    def runs(self, video_id: int | None = None) -> list[Run]:
        """Runs of one video or of all videos, oldest first."""
        query = select(schema.run).order_by(schema.run.c.id)
        if video_id is not None:
            query = query.where(schema.run.c.video == video_id)
        rows = self._connection.execute(query).all()
        # Read after the runs, because another program may start a run with new labels between the two queries.
        names = self.label_names()
        return [records.run_record(row, names) for row in rows]

    def standing_runs(self, video_id: int) -> list[Run]:
        """Runs whose results count, oldest first: without those that were undone, also if they can no longer be
        redone."""
        return self._chosen_runs(video_id, standing())

    def resumable_runs(self, video_id: int) -> list[Run]:
        """Unfinished runs that may be continued, oldest first; see `annotator.storage.rows.ownership`."""
        ended = schema.run.c.status.in_([RunStatus.FINISHED.value, RunStatus.RUNNING.value])
        return self._chosen_runs(video_id, and_(owned(), ~ended))

    def check_resumable(self, run_id: int) -> None:
        """Check that a run may be continued. Raises StorageError with the reason if not."""
        row = self._connection.execute(select(schema.run).where(schema.run.c.id == run_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no run {run_id}; it may have been removed by compacting")
        check_owned(self._connection, row)

    def _chosen_runs(self, video_id: int, condition: ColumnElement[bool]) -> list[Run]:
        query = select(schema.run.c.id).where(schema.run.c.video == video_id, condition)
        chosen = set(self._connection.execute(query).scalars())
        return [run for run in self.runs(video_id) if run.id in chosen]

    def run(self, run_id: int) -> Run:
        """One run.

        Raises:
            StorageError: there is no run with this id.
        """
        row = self._connection.execute(select(schema.run).where(schema.run.c.id == run_id)).first()
        if row is None:
            raise StorageError(f"{self._path} has no run {run_id}; it may have been removed by compacting")
        return records.run_record(row, self.label_names())

    def label_names(self) -> dict[int, str]:
        """Names of all labels by id, including removed ones, to which runs still refer."""
        return {int(key): str(name) for key, name in self._connection.execute(
            select(schema.label.c.id, schema.label.c.name))}

    def proposals(self, video_id: int) -> list[Run]:
        """Runs that wait to be accepted or discarded, oldest first."""
        waiting = set(self._connection.execute(select(schema.proposal.c.run)).scalars())
        return [run for run in self.runs(video_id) if run.id in waiting]

    def detection_runs(self, video_id: int) -> list[Run]:
        """Runs that stored detections, oldest first."""
        looked = schema.detected_frame.c.run
        query = select(schema.run.c.id).where(
            schema.run.c.video == video_id,
            select(looked).where(looked == schema.run.c.id).exists())
        chosen = set(self._connection.execute(query).scalars())
        return [run for run in self.runs(video_id) if run.id in chosen]

    def detections(self, run_id: int, first: int | None = None, last: int | None = None,
                   ) -> Iterator[tuple[int, Detections]]:
        """Yield the raw detections of a run by frame, bit-identical to what was stored.

        A frame in which nothing was detected is yielded with empty detections; a frame that was not searched is not
        yielded.
        """
        for frames in self._frame_chunks(schema.detected_frame, run_id, first, last):
            found = self._detections_between(run_id, frames[0], frames[-1])
            for frame in frames:
                yield frame, found.get(frame, Detections.empty())

    def scene_cuts(self, run_id: int) -> list[int]:
        """First frames after the scene cuts that a run found, in order. Also empty if it did not look for cuts."""
        column = schema.scene_cut.c
        return list(self._connection.execute(
            select(column.frame).where(column.run == run_id).order_by(column.frame)).scalars())

    def run_results(self, run_id: int, first: int | None = None, last: int | None = None) -> Iterator[FrameResult]:
        """Yield the unedited results of a run for each frame, with evidence, for reviews and comparisons."""
        run = self.run(run_id)
        label_ids = self._run_labels(run_id)
        start = run.first_frame if first is None else first
        end = run.last_frame if last is None else last
        ended = self._ended(run_id)
        cuts = frozenset(self.scene_cuts(run_id))
        for chunk in range(start, end + 1, _CHUNK):
            chunk_end = min(chunk + _CHUNK - 1, end)
            detections = self._detections_between(run_id, chunk, chunk_end)
            objects = self._objects_between(run_id, label_ids, chunk, chunk_end)
            for frame in range(chunk, chunk_end + 1):
                if run.finished_frame is not None and frame <= run.finished_frame:
                    yield FrameResult(frame, tuple(objects.get(frame, ())), detections.get(frame, Detections.empty()),
                                      tuple(ended.get(frame, ())), frame in cuts)

    def run_objects(self, run_id: int, frame: int) -> list[TrackedObject]:
        """The results of a run for one frame, with masks; also works while it is running, in either direction.

        Raises:
            UserError: a stored box or mask is damaged.
        """
        found = self._objects_between(run_id, self._run_labels(run_id), frame, frame).get(frame, [])
        for tracked in found:
            if tracked.mask is not None:
                tracked.mask.check()
        return found

    def _run_labels(self, run_id: int) -> list[int]:
        stored = self._connection.execute(select(schema.run.c.labels).where(schema.run.c.id == run_id)).scalar_one()
        return records.run_labels(stored)

    def _frame_chunks(self, table: Any, run_id: int, first: int | None, last: int | None) -> Iterator[list[int]]:
        query = select(table.c.frame).where(table.c.run == run_id).order_by(table.c.frame)
        if first is not None:
            query = query.where(table.c.frame >= first)
        if last is not None:
            query = query.where(table.c.frame <= last)
        frames = self._connection.execute(query).scalars().all()
        for start in range(0, len(frames), _CHUNK):
            yield list(frames[start:start + _CHUNK])

    def _detections_between(self, run_id: int, first: int, last: int) -> dict[int, Detections]:
        d = schema.detection
        query = select(d.c.frame, d.c.x1, d.c.y1, d.c.x2, d.c.y2, d.c.score, d.c.label).where(
            d.c.run == run_id, d.c.frame.between(first, last)).order_by(d.c.frame, d.c.number)
        found: dict[int, Detections] = {}
        for frame, group in groupby(self._connection.execute(query), key=lambda row: row[0]):
            rows = list(group)
            values = np.array([tuple(row)[1:6] for row in rows], np.float64)  # NULL becomes NaN
            found[frame] = Detections(values[:, :4].astype(np.float32), values[:, 4].astype(np.float32),
                                      np.array([row[6] for row in rows], np.int32))
        return found

    def _objects_between(self, run_id: int, labels: list[int], first: int, last: int) -> dict[int, list[TrackedObject]]:
        o, k, m = schema.observation, schema.tracklet, schema.mask
        source = o.join(k, k.c.id == o.c.tracklet).outerjoin(
            m, (m.c.tracklet == o.c.tracklet) & (m.c.frame == o.c.frame))
        columns = [column for column in o.columns if column.name not in ("tracklet", "video")]
        masks = [m.c[name] for name in ("left", "top", "width", "height", "rle")]
        query = select(*columns, k.c.number, k.c.label, *masks).select_from(source).where(
            k.c.run == run_id, o.c.frame.between(first, last)).order_by(o.c.frame, k.c.number)
        found: dict[int, list[TrackedObject]] = {}
        for row in self._connection.execute(query):
            if row.label not in labels:
                raise refuse("tracklet.label", row.label, f"one of the classes {labels} of run {run_id}")
            found.setdefault(row.frame, []).append(_tracked_object(row, labels.index(row.label)))
        return found

    def _ended(self, run_id: int) -> dict[int, list[tuple[int, EndReason]]]:
        k = schema.tracklet
        query = select(k.c.number, k.c.ended_frame, k.c.end_reason).where(
            k.c.run == run_id, k.c.ended_frame.is_not(None)).order_by(k.c.number)
        found: dict[int, list[tuple[int, EndReason]]] = {}
        for number, frame, reason in self._connection.execute(query):
            found.setdefault(frame, []).append((number, EndReason(reason)))
        return found

    # History

    def history(self) -> list[HistoryStep]:
        """All undoable steps, oldest first; undone steps, which can be redone, come last."""
        return journal.steps(self._connection)


def _tracked_object(row: records.AnyRow, label: int) -> TrackedObject:
    evidence = Evidence(
        _number(row.score_logit), _number(row.iou_estimate), row.detection, _number(row.detection_iou),
        bool(row.flags & schema.PROMPTED), bool(row.flags & schema.REPROMPTED), row.occluded_by)
    return TrackedObject(row.number, label, TrackState(row.state), _number(row.score), records.box_of(row),
                         records.mask_of(row), evidence)


def _number(value: float | None) -> float:
    """Convert a stored number; SQLite stores NaN as NULL."""
    return math.nan if value is None else value

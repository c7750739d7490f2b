"""Labels from elsewhere become tracks or detections: one transaction, and for tracks one undo step.

As with runs, the journal keeps tracks, spans and marks, and boxes that an undo leaves without a span stay unseen until
`annotator.storage.compact.compact`. So undoing an import costs what its tracks are many, not its boxes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select, update

from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import Detections, EndReason, TrackState
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.storage import history, schema
from annotator.storage.import_keyframes import Keyframes
from annotator.storage.palette import default_color
from annotator.storage.ranges import Ranges
from annotator.storage.runs import END_TRACKLETS, insert_many
from annotator.storage.store import Store

#: Kind of the run that imported machine tracks and detections belong to.
IMPORT = "import"
#: A box seen less than this counts as hidden: the project keeps no shares.
HIDDEN_BELOW = 0.5
_CHUNK = 4096

Key = tuple[int, MarkKind]


@dataclass(slots=True)
class Imported:
    """What came in."""

    tracks: int = 0
    boxes: int = 0
    masks: int = 0
    detections: int = 0
    frames: int = 0
    """Frames with at least one box."""
    regions: int = 0
    """Ignore regions: a region that stays is one, however many frames it covers."""
    renumbered: int = 0
    """Tracks whose number was taken in the video."""
    interpolated: int = 0
    """Boxes that are kept as stretches between a person's boxes."""
    dropped: Counter[str] = field(default_factory=Counter)
    """What did not come in and how often, in words."""
    run: int | None = None


@dataclass(slots=True)
class _Incoming:
    """A track while its boxes come in."""

    track: int
    tracklet: int
    label: int
    first: int
    last: int
    attributes: dict[str, object]
    keyframes: Keyframes = field(default_factory=Keyframes)


def add_tracks(store: Store, video_id: int, labels: Sequence[str], frames: Iterable[LabelledFrame], *, human: bool,
               settings: Mapping[str, object], title: str) -> Imported:
    """Add labelled frames as tracks of a video, in one undo step.

    Args:
        labels: names that ``LabelledBox.label`` counts in; only those that occur are added to the project.
        frames: in rising order. If going through them raises, nothing is added.
        human: as boxes that a person drew, one keyframe each; else as tracklets of a run of kind ``import``.
        settings: kept with the run, to tell later where its boxes came from.

    A track keeps its number where that is free, else it gets the next one after the highest. Boxes on straight lines
    between a person's boxes become a stretch to interpolate. Boxes without a number are left out and counted, or become
    ignore regions where they are ignored.
    """
    with store.transaction(title) as transaction:
        run = None if human else _begin_run(transaction.connection, video_id, (), settings)
        importer = _TrackImporter(transaction.connection, store, video_id, labels, run)
        for frame in frames:
            importer.add(frame)
        imported = importer.finish()
        kinds = (ChangeKind.OBSERVATIONS | ChangeKind.MASKS | ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS
                 | ChangeKind.RUNS)
        transaction.touch(Changes(kinds, video=video_id))
    return imported


def add_detections(store: Store, video_id: int, labels: Sequence[str], frames: Iterable[tuple[int, Detections]], *,
                   settings: Mapping[str, object]) -> Imported:
    """Add detections of a video as a run that looked at every frame. As with a detector's run, no step of the history.

    ``frames`` rise; if going through them raises, nothing is added.
    """
    imported = Imported()
    with store.writing("import detections") as transaction:
        connection = transaction.connection
        run = _begin_run(connection, video_id, [store.ensure_label(name).id for name in labels], settings)
        count = connection.execute(select(schema.video.c.frame_count).where(schema.video.c.id == video_id)).scalar_one()
        insert_many(connection, schema.detected_frame, [(run, frame) for frame in range(count)])
        for frame, found in frames:
            boxes = np.asarray(found.box_xyxy, np.float64).tolist()
            numbered = enumerate(zip(boxes, found.score.tolist(), found.label.tolist(), strict=True))
            insert_many(connection, schema.detection, [(run, frame, number, *box, score, label)
                                                       for number, (box, score, label) in numbered])
            imported.detections += len(found)
            imported.frames += 1
        imported.run = run
        transaction.touch(Changes(ChangeKind.DETECTIONS | ChangeKind.RUNS, video=video_id))
    return imported


def _begin_run(connection: Connection, video_id: int, labels: Sequence[int], settings: Mapping[str, object]) -> int:
    """A run that is finished from the start: it is written in one go or not at all."""
    run = history.next_id(connection, schema.run)
    last = connection.execute(select(schema.video.c.frame_count).where(schema.video.c.id == video_id)).scalar_one() - 1
    connection.execute(insert(schema.run).values(
        id=run, video=video_id, kind=IMPORT, settings=json.dumps(dict(settings)), models="{}",
        labels=json.dumps(list(labels)), first_frame=0, last_frame=last, finished_frame=last,
        on_existing=OnExisting.ADD.value, message="",
        status=RunStatus.FINISHED.value, started=datetime.now(UTC).isoformat("T", "seconds")))
    return run


class _TrackImporter:
    """Writes boxes in chunks; tracks, spans and marks are few and wait for the end."""

    def __init__(self, connection: Connection, store: Store, video: int, labels: Sequence[str], run: int | None,
                 ) -> None:
        self._connection = connection
        self._store = store
        self._video = video
        self._labels = labels
        self._run = run
        self._label_ids: dict[int, int] = {}
        self._tracks: dict[int, _Incoming] = {}
        self._next_track = history.next_id(connection, schema.track)
        self._next_tracklet = history.next_id(connection, schema.tracklet)
        self._next_span = history.next_id(connection, schema.span)
        self._marks: Ranges[Key] = Ranges()
        self._regions: Ranges[tuple[float, float, float, float]] = Ranges()
        self._rows: list[tuple[Any, ...]] = []
        self._mask_rows: list[tuple[Any, ...]] = []
        self._span_rows: list[tuple[Any, ...]] = []
        self._imported = Imported(run=run)

    def add(self, frame: LabelledFrame) -> None:
        """Take one frame; frames rise."""
        before = self._imported.boxes
        for box in frame.boxes:
            self._add_box(frame.frame_index, box)
        self._imported.frames += self._imported.boxes > before
        if len(self._rows) >= _CHUNK:
            self._flush()

    def _add_box(self, frame: int, box: LabelledBox) -> None:
        x1, y1, x2, y2 = box.box_xyxy
        if x2 <= x1 or y2 <= y1:
            self._imported.dropped["boxes without width or height"] += 1
        elif box.number is None and box.ignored:
            self._regions.add((x1, y1, x2, y2), frame)
        elif box.number is None:
            self._imported.dropped["boxes without identity (they can be imported as detections)"] += 1
        else:
            track = self._track_of(frame, box, box.number)
            self._mark(track, frame, box)
            track.last = frame
            if self._run is None:
                for kept_frame, kept in track.keyframes.add(frame, box):
                    self._write(track, kept_frame, kept)
            else:
                self._write(track, frame, box)

    def _track_of(self, frame: int, box: LabelledBox, number: int) -> _Incoming:
        label = self._label_id(box.label)
        track = self._tracks.get(number)
        if track is None:
            track = _Incoming(self._next_track, self._next_tracklet, label, frame, frame, dict(box.attributes))
            self._next_track += 1
            self._next_tracklet += 1
            self._tracks[number] = track
            tracklet = track.tracklet if self._run is None else len(self._tracks)
            with self._unjournaled():
                self._connection.execute(insert(schema.tracklet).values(
                    id=track.tracklet, video=self._video, run=self._run, number=tracklet, label=label,
                    first_frame=frame))
        if label != track.label:
            self._imported.dropped["changes of label within a track (the first one counts)"] += 1
        return track

    def _label_id(self, index: int) -> int:
        if index not in self._label_ids:
            self._label_ids[index] = self._store.ensure_label(self._labels[index]).id
        return self._label_ids[index]

    def _mark(self, track: _Incoming, frame: int, box: LabelledBox) -> None:
        if box.ignored:
            self._marks.add((track.track, MarkKind.IGNORE), frame)
        if box.occluded or box.visibility < HIDDEN_BELOW:
            self._marks.add((track.track, MarkKind.OCCLUDED), frame)
        if box.visibility not in (0.0, 1.0):
            self._imported.dropped["shares of visibility (kept as hidden below 0.5)"] += 1

    def _write(self, track: _Incoming, frame: int, box: LabelledBox) -> None:
        place = (track.tracklet, frame)
        self._rows.append((*place, self._video, *map(float, box.box_xyxy), float(box.score), int(TrackState.RELIABLE),
                           None, None, None, None, 0, None))
        self._imported.boxes += 1
        mask = box.mask
        if mask is not None and not mask.is_empty():
            self._mask_rows.append((*place, mask.left, mask.top, mask.width, mask.height, mask.rle))
            self._imported.masks += 1
        if self._run is None:
            self._span_rows.append((self._next_span, track.tracklet, frame, frame, track.track))
            self._next_span += 1

    @contextmanager
    def _unjournaled(self) -> Iterator[None]:
        step = self._connection.exec_driver_sql("SELECT step FROM journal").scalar()
        history.record(self._connection, None)
        yield
        history.record(self._connection, step)

    def _flush(self) -> None:
        with self._unjournaled():
            insert_many(self._connection, schema.observation, self._rows)
            insert_many(self._connection, schema.mask, self._mask_rows)
        self._rows.clear()
        self._mask_rows.clear()

    def finish(self) -> Imported:
        """Write what is left. Returns what came in."""
        for track in self._tracks.values():
            for frame, box in track.keyframes.rest():
                self._write(track, frame, box)
        self._flush()
        self._write_tracks()
        if self._run is not None:
            self._end_tracklets(self._run)
        insert_many(self._connection, schema.span, self._span_rows)
        self._write_marks()
        self._imported.tracks = len(self._tracks)
        return self._imported

    def _write_tracks(self) -> None:
        taken = set(self._connection.execute(
            select(schema.track.c.number).where(schema.track.c.video == self._video)).scalars())
        free = max([history.next_track_number(self._connection, self._video) - 1, *self._tracks]) + 1
        rows = []
        for wanted, track in self._tracks.items():
            number = wanted
            if number in taken:
                number, free = free, free + 1
                self._imported.renumbered += 1
            rows.append((track.track, self._video, number, track.label, "", default_color(number - 1),
                         ReviewState.UNSEEN.value, json.dumps(track.attributes)))
            if self._run is not None:
                self._span_rows.append((self._next_span, track.tracklet, track.first, None, track.track))
                self._next_span += 1
        insert_many(self._connection, schema.track, rows)

    def _end_tracklets(self, run: int) -> None:
        ends = [{"key": track.tracklet, "frame": track.last, "reason": int(EndReason.LOST)}
                for track in self._tracks.values()]
        if ends:
            with self._unjournaled():
                self._connection.execute(END_TRACKLETS, ends)
        self._connection.execute(update(schema.run).where(schema.run.c.id == run).values(
            labels=json.dumps(list(self._label_ids.values()))))

    def _write_marks(self) -> None:
        ranges: list[tuple[int | None, MarkKind, int, int, str | None]] = [
            (track, kind, first, last, None) for (track, kind), first, last in self._marks.closed()]
        for track in self._tracks.values():
            ranges += [(track.track, MarkKind.INTERPOLATE, first, last, None)
                       for first, last in track.keyframes.stretches()]
            self._imported.interpolated += track.keyframes.replaced
        for (x1, y1, x2, y2), first, last in self._regions.closed():
            corners = json.dumps([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
            ranges.append((None, MarkKind.IGNORE, first, last, corners))
            self._imported.regions += 1
        key = history.next_id(self._connection, schema.mark)
        insert_many(self._connection, schema.mark, [
            (key + index, self._video, track, first, last, kind.value, region)
            for index, (track, kind, first, last, region) in enumerate(ranges)])

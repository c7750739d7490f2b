"""Import labelled frames as tracks of a video, either as manual work or as predictions."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from annotator.model.attribute import Attribute, attributes_of
from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import TrackState
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import MarkKind
from annotator.model.values import TrackAttributes
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.imports.publishing import Incoming, Mark, TrackPublisher
from annotator.storage.imports.stages import ROWS, Imported, StagedImport, Write, run_import
from annotator.storage.imports.track_attributes import declare_varying, inferred, unfit_values
from annotator.storage.rows.runs import insert_many
from annotator.storage.spans.ranges import Ranges
from annotator.storage.store import Store

#: A box with a lower visibility is imported as occluded, because the project does not store visibility as a fraction.
OCCLUDED_BELOW = 0.5

_tracklet = schema.tracklet
_KINDS = (ChangeKind.OBSERVATIONS | ChangeKind.MASKS | ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS
          | ChangeKind.HISTORY)


class TrackImport(StagedImport):
    """Imports tracks. They keep their numbers if these are free, else they get new numbers after the highest one.

    As manual work (``human``) each box becomes a keyframe, and boxes on straight lines between keyframes become
    interpolated ranges; as predictions, boxes become tracklets of the run. Boxes without a number are skipped and
    counted, or become ignore regions if they are flagged as ignored.
    """

    def __init__(self, video: int, labels: Sequence[str], settings: Mapping[str, object], *, human: bool,
                 title: str, attributes: Sequence[Attribute] = ()) -> None:
        """``attributes``: those that the file declares, with indices into ``labels``."""
        super().__init__(video, labels, settings)
        self._attributes = attributes
        self._human = human
        self._title = title
        self._tracks: dict[int, Incoming] = {}
        self._marks: Ranges[tuple[int, MarkKind]] = Ranges()
        self._regions: Ranges[Box] = Ranges()
        self._rows: deque[tuple[Incoming, tuple[Any, ...], tuple[Any, ...] | None]] = deque()

    def stage(self, frames: Iterable[LabelledFrame]) -> Iterator[Write]:
        yield self._begin
        for frame in frames:
            added = [self._add(frame.frame_index, box) for box in frame.boxes]
            self.imported.frames += any(added)
            while len(self._rows) >= ROWS:
                yield self._store
        for track in self._tracks.values():
            for index, box in track.keyframes.rest():
                self._keep(track, index, box)
        while self._rows:
            yield self._store

    def publish(self) -> Iterator[Write]:
        publisher = TrackPublisher(self._video, list(self._tracks.values()), self._all_marks(), self._human)
        yield self._open
        while publisher.left:
            yield lambda store: self._publish_some(store, publisher)
        yield self._finish
        self.imported.tracks = len(self._tracks)
        self.imported.renumbered = publisher.renumbered

    # Reading, without the store

    def _add(self, frame: int, box: LabelledBox) -> bool:
        """Take a box. Returns whether it belongs to a track."""
        x1, y1, x2, y2 = box.box_xyxy
        if x2 <= x1 or y2 <= y1:
            self.imported.dropped["boxes without width or height"] += 1
        elif box.number is None and box.ignored:
            self._regions.add((x1, y1, x2, y2), frame)
        elif box.number is None:
            self.imported.dropped["boxes without a track number (import them as detections instead)"] += 1
        else:
            track = self._track_of(frame, box, box.number)
            self._mark(box.number, frame, box)
            track.attributes.add(frame, box.attributes)
            track.last = frame
            for index, kept in track.keyframes.add(frame, box) if self._human else [(frame, box)]:
                self._keep(track, index, kept)
            return True
        return False

    def _track_of(self, frame: int, box: LabelledBox, number: int) -> Incoming:
        track = self._tracks.get(number)
        if track is None:
            track = Incoming(number, box.label, frame, frame, TrackAttributes(), len(self._tracks) + 1)
            self._tracks[number] = track
        if box.label != track.label:
            self.imported.dropped["changes of class within a track (the first class is kept)"] += 1
        return track

    def _mark(self, number: int, frame: int, box: LabelledBox) -> None:
        if box.ignored:
            self._marks.add((number, MarkKind.IGNORE), frame)
        if box.occluded or box.visibility < OCCLUDED_BELOW:
            self._marks.add((number, MarkKind.OCCLUDED), frame)
        if box.visibility not in (0.0, 1.0):
            self.imported.dropped["visibility values (imported as occluded below 0.5)"] += 1

    def _keep(self, track: Incoming, frame: int, box: LabelledBox) -> None:
        mask = box.mask
        code = None if mask is None or mask.is_empty() else (mask.left, mask.top, mask.width, mask.height, mask.rle)
        self._rows.append((track, (frame, self._video, *map(float, box.box_xyxy), float(box.score),
                                   int(TrackState.RELIABLE), None, None, None, None, 0, None), code))
        self.imported.boxes += 1
        self.imported.masks += code is not None
        if self._human:
            track.add_frame(frame)

    def _all_marks(self) -> list[Mark]:
        """Add the marks to their tracks. Returns the ignore regions."""
        for (number, kind), first, last in self._marks.closed():
            self._tracks[number].marks.append(Mark(kind, first, last))
        for track in self._tracks.values():
            track.marks += [Mark(MarkKind.INTERPOLATE, first, last) for first, last in track.keyframes.stretches()]
            self.imported.interpolated += track.keyframes.replaced
        regions = [Mark(MarkKind.IGNORE, first, last, region) for region, first, last in self._regions.closed()]
        self.imported.regions = len(regions)
        return regions

    # Writing

    def _store(self, store: Store) -> None:
        with store.writing("import labels") as transaction:
            connection = transaction.connection
            rows = [self._rows.popleft() for _ in range(min(ROWS, len(self._rows)))]
            born = self._add_tracklets(connection, [track for track, _, _ in rows if not track.tracklet])
            # In the order of the tables, so that neighbors go to the same page.
            boxes = sorted((track.tracklet, *values) for track, values, _ in rows)
            with journal.silenced(connection, schema.observation, schema.mask):
                insert_many(connection, schema.observation, boxes)
                insert_many(connection, schema.mask, [(track.tracklet, values[0], *code) for track, values, code in rows
                                                      if code is not None])
        self._stored += born

    def _add_tracklets(self, connection: Connection, tracks: list[Incoming]) -> list[int]:
        born = list(dict.fromkeys(tracks))
        if not born:
            return []
        key = journal.next_id(connection, _tracklet)
        for index, track in enumerate(born):
            track.tracklet = key + index
        # Manual tracklets stay open, because people who continue the track add boxes to them.
        insert_many(connection, _tracklet, [
            (track.tracklet, self._video, None if self._human else self._run,
             track.tracklet if self._human else track.order, self._label_id(connection, track.label), track.first,
             None, None) for track in born])
        for track in born:
            track.label_id = self._label_ids[track.label]
        return [track.tracklet for track in born]

    def _open(self, store: Store) -> None:
        with store.writing(self._title) as transaction:
            connection = transaction.connection
            self._check_not_undone(connection)
            journal.drop_undone(connection)
            step = journal.open_step(connection, self._title, self._run)
            journal.record(connection, step)
            self._show_labels(connection)
            declare_varying(connection, self._declarations())
            self.imported.dropped += unfit_values(
                connection, ((track.label_id, track.attributes) for track in self._tracks.values()))
            transaction.touch(Changes(ChangeKind.LABELS | ChangeKind.HISTORY, video=self._video))
        self._step = step

    def _declarations(self) -> list[Attribute]:
        """The attributes that change over time, with label ids: those that the file declares so, and those of which a
        track has several values."""
        found: dict[tuple[int, str], Attribute] = {}
        for index, key in self._label_ids.items():
            for each in attributes_of(index, self._attributes):
                found[key, each.name] = replace(each, label=key)
        values: dict[tuple[int, str], set[object]] = defaultdict(set)
        for track in self._tracks.values():
            for name in track.attributes.varying():
                values[track.label_id, name] |= track.attributes.values_of(name)
        for (key, name), several in values.items():
            declared = found.get((key, name))
            found[key, name] = inferred(key, name, several) if declared is None else replace(declared, varies=True)
        return [each for each in found.values() if each.varies]

    def _publish_some(self, store: Store, publisher: TrackPublisher) -> None:
        assert self._step is not None
        with store.writing(self._title) as transaction:
            self._check_not_undone(transaction.connection)
            tracks = publisher.publish_some(transaction.connection, self._step)
            transaction.touch(Changes(_KINDS, frozenset(tracks), video=self._video))


def add_tracks(store: Store, video_id: int, labels: Sequence[str], frames: Iterable[LabelledFrame], *, human: bool,
               settings: Mapping[str, object], title: str, attributes: Sequence[Attribute] = ()) -> Imported:
    """Add labelled frames as tracks of a video, as one undo step; see `TrackImport`.

    ``frames`` must be in ascending order; if iterating over them raises, nothing is added.
    """
    return run_import(store, TrackImport(video_id, labels, settings, human=human, title=title,
                                         attributes=attributes), frames)

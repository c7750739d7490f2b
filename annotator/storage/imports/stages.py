"""Import labels in stages: store them invisibly, a few rows per transaction, then publish them as one undo step.

The transactions are short, so the window stays responsive however large the file is. There are three stages:

1. Boxes are stored without spans, so that no view and no edit sees them (`StagedImport.stage`).
2. Tracks get their spans and marks, one complete track after the other (`StagedImport.publish`). All of this is one
   history step, and edits made in the meantime find complete tracks.
3. If anything fails before the end, everything is removed again (`StagedImport.discard`).

As with runs, the journal keeps tracks, spans and marks. Boxes that an undo leaves without a span stay in the file,
invisible, until `annotator.storage.upkeep.compact.compact`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from annotator.errors import Cancelled
from annotator.model.changes import ChangeKind, Changes
from annotator.model.sequence import LabelledFrame
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.file import schema
from annotator.storage.file.database import among
from annotator.storage.history import journal
from annotator.storage.history.exchange import exchange
from annotator.storage.rows.runs import IMPORT
from annotator.storage.spans.rows import label_to_use_later, unretire_labels
from annotator.storage.store import Store

#: Rows stored in one transaction, which takes about 10 ms on a desktop computer.
ROWS = 2000
_TOGETHER = 100  # tracklets deleted in one transaction

Write = Callable[[Store], None]
"""One short transaction; call it on the thread that the store belongs to."""

_TITLE = "import labels"


@dataclass(slots=True)
class Imported:
    """What was imported."""

    tracks: int = 0
    boxes: int = 0
    masks: int = 0
    detections: int = 0
    frames: int = 0
    """Frames with at least one box."""
    regions: int = 0
    """Ignore regions; a stationary region counts once, however many frames it covers."""
    renumbered: int = 0
    """Tracks that got another number because theirs was taken in the video."""
    interpolated: int = 0
    """Boxes that are stored as interpolated ranges between manual boxes."""
    dropped: Counter[str] = field(default_factory=Counter)
    """What was not imported, as text, and how often."""
    labels: tuple[str, ...] = ()
    """Labels of the imported boxes, in order of appearance."""
    run: int = 0
    """The run of kind ``import`` that records where the labels came from."""


class StagedImport(ABC):
    """An import as iterators of short transactions: to store, to publish and to discard it."""

    def __init__(self, video: int, labels: Sequence[str], settings: Mapping[str, object]) -> None:
        """``labels``: names that the label indices of boxes refer to; only those that occur are added to the project.
        """
        self.imported = Imported()
        self._video = video
        self._names = labels
        self._settings = settings
        self._run = 0
        self._step: int | None = None
        self._label_ids: dict[int, int] = {}
        self._new_labels: list[int] = []
        self._stored: list[int] = []  # ids of tracklets

    @abstractmethod
    def stage(self, frames: Iterable[LabelledFrame]) -> Iterator[Write]:
        """Store frames, given in ascending order, invisibly. Run each transaction before asking for the next one."""

    @abstractmethod
    def publish(self) -> Iterator[Write]:
        """Make the stored data visible. One of the transactions raises Cancelled if the import has been undone."""

    def discard(self) -> Iterator[Write]:
        """Remove the imported data. If later edits depend on the published part, it stays, and undo can remove it."""
        if not self._run:
            return
        undone = []
        yield lambda store: undone.append(self._undo_step(store))
        if not undone[0]:
            return
        while self._stored:
            yield self._delete_boxes
        left = [True]
        while left[0]:
            yield lambda store: left.__setitem__(0, self._delete_detections(store))
        yield self._delete_run

    # The run

    def _begin(self, store: Store) -> None:
        store.check_video(self._video)
        with store.writing(_TITLE) as transaction:
            connection = transaction.connection
            run = journal.next_id(connection, schema.run)
            count = connection.execute(
                select(schema.video.c.frame_count).where(schema.video.c.id == self._video)).scalar_one()
            connection.execute(insert(schema.run).values(
                id=run, video=self._video, kind=IMPORT, settings=json.dumps(dict(self._settings)), models="{}",
                labels="[]", first_frame=0, last_frame=count - 1, finished_frame=None,
                on_existing=OnExisting.ADD.value, message="", status=RunStatus.RUNNING.value,
                started=datetime.now(UTC).isoformat("T", "seconds")))
        self._run = self.imported.run = run

    def _finish(self, store: Store) -> None:
        with store.writing(_TITLE) as transaction:
            connection = transaction.connection
            self._check_not_undone(connection)
            row = schema.run
            connection.execute(update(row).where(row.c.id == self._run).values(
                status=RunStatus.FINISHED.value, finished_frame=row.c.last_frame,
                labels=json.dumps(list(self._label_ids.values()))))
            transaction.touch(Changes(ChangeKind.RUNS | ChangeKind.HISTORY | ChangeKind.DETECTIONS, video=self._video))
        self.imported.labels = tuple(self._names[index] for index in self._label_ids)

    def _check_not_undone(self, connection: Connection) -> None:
        if connection.execute(select(schema.video.c.removed).where(schema.video.c.id == self._video)).scalar():
            raise Cancelled  # the addition of the video was undone
        if self._step is not None:
            found = journal.step_of_run(connection, self._run)
            if found is None or found.undone:
                raise Cancelled

    # Labels

    def _label_id(self, connection: Connection, index: int) -> int:
        """Id of the label of this name. A new label is added as retired, and restored when the import is published."""
        if index not in self._label_ids:
            key, new = label_to_use_later(connection, self._names[index])
            if new:
                self._new_labels.append(key)
            self._label_ids[index] = key
        return self._label_ids[index]

    def _show_labels(self, connection: Connection) -> None:
        unretire_labels(connection, self._label_ids.values())

    # Discarding

    def _undo_step(self, store: Store) -> bool:
        """Undo and drop the step. Returns False if later steps depend on it; the run then counts as failed."""
        with store.writing(_TITLE) as transaction:
            connection = transaction.connection
            step = journal.step_of_run(connection, self._run)
            if step is not None and not step.undone:
                newest = journal.step_to_undo(connection)
                if newest is None or newest.id != step.id:
                    connection.execute(update(schema.run).where(schema.run.c.id == self._run).values(
                        status=RunStatus.FAILED.value))
                    return False
                transaction.touch(exchange(connection, step.id, undone=True))
            if step is not None:
                journal.drop_undone(connection)
                transaction.touch(Changes(ChangeKind.HISTORY, video=self._video))
        return True

    def _delete_boxes(self, store: Store) -> None:
        keys = self._stored[-_TOGETHER:]
        places = ", ".join("?" * len(keys))
        with store.writing(_TITLE) as transaction:
            connection = transaction.connection
            for name in ("mask", "observation"):
                gone = connection.exec_driver_sql(
                    f"DELETE FROM {name} WHERE (tracklet, frame) IN (SELECT tracklet, frame FROM {name} "
                    f"WHERE tracklet IN ({places}) LIMIT {ROWS})", tuple(keys)).rowcount
                if gone >= ROWS:
                    return
            connection.execute(delete(schema.tracklet).where(among(schema.tracklet.c.id, keys)))
        del self._stored[-_TOGETHER:]

    def _delete_detections(self, store: Store) -> bool:
        """Delete some detections. Returns whether there may be more."""
        with store.writing(_TITLE) as transaction:
            for name, keys in (("detection", "run, frame, number"), ("detected_frame", "run, frame")):
                gone = transaction.connection.exec_driver_sql(
                    f"DELETE FROM {name} WHERE ({keys}) IN (SELECT {keys} FROM {name} WHERE run = ? LIMIT {ROWS})",
                    (self._run,)).rowcount
                if gone >= ROWS:
                    return True
        return False

    def _delete_run(self, store: Store) -> None:
        label, used = schema.label, [schema.tracklet.c.label, schema.history_of["label"].c.id]
        with store.writing(_TITLE) as transaction:
            connection = transaction.connection
            connection.execute(delete(schema.run).where(schema.run.c.id == self._run))
            connection.execute(delete(label).where(
                among(label.c.id, self._new_labels), label.c.retired,
                *[label.c.id.not_in(select(each)) for each in used]))
            transaction.touch(Changes(ChangeKind.RUNS, video=self._video))


def run_import(store: Store, staged: StagedImport, frames: Iterable[LabelledFrame]) -> Imported:
    """Import frames synchronously, on the store's thread. If anything raises, nothing is imported."""
    try:
        for write in staged.stage(frames):
            write(store)
        for write in staged.publish():
            write(store)
    except BaseException:
        for write in staged.discard():
            write(store)
        raise
    return staged.imported

"""Import boxes without identities as the detections of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from annotator.model.changes import ChangeKind, Changes
from annotator.model.sequence import LabelledFrame
from annotator.storage.file import schema
from annotator.storage.imports.stages import ROWS, StagedImport, Write
from annotator.storage.rows.runs import insert_many
from annotator.storage.store import Store


class DetectionImport(StagedImport):
    """Imports detections as a run that searched every frame. Like a detector's run, it is no history step."""

    def __init__(self, video: int, frame_count: int, labels: Sequence[str], settings: Mapping[str, object]) -> None:
        super().__init__(video, labels, settings)
        self._frame_count = frame_count
        self._rows: deque[tuple[Any, ...]] = deque()  # rows without the run id
        self._index: dict[int, int] = {}  # label index of the file -> label index of the run

    def stage(self, frames: Iterable[LabelledFrame]) -> Iterator[Write]:
        yield self._begin
        for frame in frames:
            self._add(frame)
            while len(self._rows) >= ROWS:
                yield self._store
        while self._rows:
            yield self._store
        for first in range(0, self._frame_count, ROWS):
            yield partial(self._mark_searched, first=first)

    def publish(self) -> Iterator[Write]:
        yield self._publish_labels
        yield self._finish

    def _add(self, frame: LabelledFrame) -> None:
        number = 0
        for box in frame.boxes:
            x1, y1, x2, y2 = box.box_xyxy
            if box.ignored:
                self.imported.dropped["ignored boxes (not detections)"] += 1
            elif x2 <= x1 or y2 <= y1:
                self.imported.dropped["boxes without width or height"] += 1
            else:
                label = self._index.setdefault(box.label, len(self._index))
                # Detections are stored in float32, as detectors return them.
                values = [float(np.float32(value)) for value in (x1, y1, x2, y2, box.score)]
                self._rows.append((frame.frame_index, number, *values, label))
                number += 1
        self.imported.detections += number
        self.imported.frames += number > 0

    def _store(self, store: Store) -> None:
        with store.writing("import detections") as transaction:
            rows = [(self._run, *self._rows.popleft()) for _ in range(min(ROWS, len(self._rows)))]
            for label in list(self._index):
                self._label_id(transaction.connection, label)
            insert_many(transaction.connection, schema.detection, rows)

    def _mark_searched(self, store: Store, first: int) -> None:
        with store.writing("import detections") as transaction:
            insert_many(transaction.connection, schema.detected_frame,
                        [(self._run, frame) for frame in range(first, min(first + ROWS, self._frame_count))])

    def _publish_labels(self, store: Store) -> None:
        with store.writing("import detections") as transaction:
            self._check_not_undone(transaction.connection)
            self._show_labels(transaction.connection)
            transaction.touch(Changes(ChangeKind.LABELS, video=self._video))

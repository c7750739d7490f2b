"""A `Detector` that returns the detections an earlier run stored, so that tracking again needs no detection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.errors import SettingsError, StorageError
from annotator.model.frame import Detections, Frame
from annotator.model.track import VideoRecord
from annotator.storage.store import Store

_CHUNK = 256


@dataclass(slots=True)
class StoredDetections:
    """Reads ahead in chunks over its own read-only connection, opened on the thread of the first call.

    Detections keep their order, because ``Evidence.detection`` is an index into the stored ones. Those of unwanted
    classes get score -1, which is below every threshold.
    """

    project: Path
    run: int
    labels: tuple[str, ...]
    wanted: frozenset[int]
    """Indices into ``labels`` that are tracked."""
    _store: Store | None = None
    _chunk: dict[int, Detections] | None = None

    @classmethod
    def of(cls, store: Store, video: VideoRecord, run_id: int, first: int, last: int, labels: Sequence[str] | None,
           ) -> StoredDetections:
        """Return the stored detections of frames ``first..last``. Raises StorageError if the run has not processed all
        of them, SettingsError for unknown labels."""
        runs = {r.id: r for r in store.detection_runs(video.id)}
        if run_id not in runs:
            available = ", ".join(map(str, runs)) or "none"
            raise StorageError(f"run {run_id} stored no detections of {video.name}; runs that did: {available}")
        run = runs[run_id]
        if run.finished_frame is None or first < run.first_frame or last > run.finished_frame:
            raise StorageError(f"run {run_id} stored detections of frames {run.first_frame} to {run.finished_frame} of "
                               f"{video.name}: track only these (--start, --end), or run the detector again")
        names = run.labels
        unknown = [label for label in labels or () if label not in names]
        if unknown:
            raise SettingsError(f"run {run_id} has no class {unknown[0]!r}; its classes: {', '.join(names)}")
        wanted = frozenset(k for k, name in enumerate(names) if labels is None or name in labels)
        return cls(store.path, run_id, names, wanted)

    @property
    def name(self) -> str:
        return f"run {self.run}"

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`. Raises StorageError for a frame that the run has not processed."""
        return [self._of_frame(frame.index) for frame in frames]

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _of_frame(self, frame: int) -> Detections:
        if self._chunk is None or frame not in self._chunk:
            if self._store is None:
                self._store = Store.open(self.project, read_only=True)
            self._chunk = dict(self._store.detections(self.run, frame, frame + _CHUNK - 1))
        if frame not in self._chunk:
            raise StorageError(f"run {self.run} has no detections of frame {frame}: track only the frames it finished, "
                               "or run the detector again")
        found = self._chunk[frame]
        keep = np.isin(found.label, list(self.wanted))
        return found if keep.all() else Detections(found.box_xyxy, np.where(keep, found.score, -1).astype(np.float32),
                                                   found.label)

"""The boxes of one sequence and which of them overlap, in memory that grows with the overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntColumn = npt.NDArray[np.int64]
FloatColumn = npt.NDArray[np.float64]

#: Frames whose arrays are kept apart; small arrays take more memory than their values.
_FRAMES = 2048


@dataclass(frozen=True, slots=True)
class Overlaps:
    """A sequence as metrics need it. Tracks are renumbered from 0; detections are in order of frames."""

    frames: int
    gt_count: IntColumn
    """(G,) number of boxes of each ground-truth track."""
    count: IntColumn
    """(T,) number of boxes of each result track."""
    gt_in_frame: IntColumn
    """(frames,) number of ground-truth boxes in each frame."""
    in_frame: IntColumn
    """(frames,) number of result boxes in each frame."""
    frame: IntColumn
    """(P,) frame of each overlapping pair, ascending; in a frame, by row and then column."""
    row: IntColumn
    """(P,) position of the ground-truth box in its frame."""
    column: IntColumn
    """(P,) position of the result box in its frame."""
    gt_track: IntColumn
    """(P,) ground-truth track."""
    track: IntColumn
    """(P,) result track."""
    similarity: FloatColumn
    """(P,) above 0."""
    share: FloatColumn
    """(P,) similarity relative to all similarities of the two boxes in the frame, as HOTA weighs possible matches."""

    @property
    def gt_boxes(self) -> int:
        return int(self.gt_in_frame.sum())

    @property
    def boxes(self) -> int:
        return int(self.in_frame.sum())


class OverlapBuilder:
    """Collects the frames of a sequence in order."""

    def __init__(self) -> None:
        self._gt_ids, self._ids = _Columns(), _Columns()
        self._places, self._values = _Columns(5), _Columns(2)
        self._gt_in_frame: list[int] = []
        self._in_frame: list[int] = []

    def add(self, gt_ids: IntColumn, ids: IntColumn, similarity: FloatColumn) -> None:
        """Add a frame: ids (N,) and (M,), each at most once, and similarities (N, M) from 0 to 1."""
        frame = len(self._in_frame)
        self._gt_in_frame.append(len(gt_ids))
        self._in_frame.append(len(ids))
        self._gt_ids.add(gt_ids)
        self._ids.add(ids)
        row, column = np.nonzero(similarity > 0)
        if not len(row):
            return
        similar = similarity[row, column]
        total = similarity.sum(0)[column] + similarity.sum(1)[row] - similar
        share = np.divide(similar, total, out=np.zeros_like(similar), where=total > np.finfo(float).eps)
        places = np.empty((5, len(row)), np.int64)
        places[0], places[1], places[2], places[3], places[4] = frame, row, column, gt_ids[row], ids[column]
        self._places.add(places)
        self._values.add(np.stack((similar, share)))

    def finish(self) -> Overlaps:
        """Return the sequence. No frames may be added after this."""
        gt_known, gt_count = np.unique(self._gt_ids.whole(), return_counts=True)
        known, count = np.unique(self._ids.whole(), return_counts=True)
        frame, row, column, gt_track, track = self._places.whole().astype(np.int64, copy=False)
        similarity, share = self._values.whole().astype(np.float64, copy=False)
        return Overlaps(
            len(self._in_frame), gt_count, count, np.array(self._gt_in_frame, np.int64),
            np.array(self._in_frame, np.int64), frame, row, column, np.searchsorted(gt_known, gt_track),
            np.searchsorted(known, track), similarity, share)


class _Columns:
    """One long array from many short ones, each of a fixed number of rows or, with 0, of one dimension."""

    def __init__(self, rows: int = 0) -> None:
        self._shape = (rows, 0) if rows else (0,)
        self._joined: list[npt.NDArray[Any]] = []
        self._recent: list[npt.NDArray[Any]] = []

    def add(self, values: npt.NDArray[Any]) -> None:
        self._recent.append(values)
        if len(self._recent) == _FRAMES:
            self._joined.append(np.concatenate(self._recent, axis=-1))
            self._recent.clear()

    def whole(self) -> npt.NDArray[Any]:
        parts, self._joined, self._recent = [*self._joined, *self._recent], [], []
        return np.concatenate(parts, axis=-1) if parts else np.zeros(self._shape, np.int64)

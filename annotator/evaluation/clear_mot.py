"""CLEAR MOT counts with correspondences kept across gaps, as in the BDD100K benchmark.

TrackEval keeps a correspondence only from one frame to the next. The benchmark (through py-motmetrics) keeps the last
one indefinitely: an object that reappears under its old id is matched with it first. Source: Bernardin and
Stiefelhagen, "Evaluating Multiple Object Tracking Performance", EURASIP JIVP 2008, section 2.2.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Distance = npt.NDArray[np.float64]


@dataclass(slots=True)
class ClearCounts:
    """Counts summed over frames, sequences and classes."""

    matches: int = 0
    """Includes switches."""
    misses: int = 0
    false_positives: int = 0
    switches: int = 0
    distance: float = 0.0
    """Sum of 1 - IoU over the matches."""
    mostly_tracked: int = 0
    partly_tracked: int = 0
    mostly_lost: int = 0
    fragmentations: int = 0

    def __add__(self, other: ClearCounts) -> ClearCounts:
        return ClearCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def mota(self) -> float:
        """MOTA as a fraction; NaN without ground truth."""
        objects = self.matches + self.misses
        return 1 - (self.misses + self.false_positives + self.switches) / objects if objects else float("nan")

    @property
    def motp(self) -> float:
        """Mean IoU of the matches; NaN without matches."""
        return 1 - self.distance / self.matches if self.matches else float("nan")


@dataclass(slots=True)
class ClearAccumulator:
    """Accumulates the frames of one sequence and class in order."""

    counts: ClearCounts = field(default_factory=ClearCounts)
    _partner: dict[Hashable, Hashable] = field(default_factory=dict)
    _tracked: dict[Hashable, list[bool]] = field(default_factory=dict)

    def update(self, gt_ids: Sequence[Hashable], ids: Sequence[Hashable], distance: Distance) -> None:
        """Add one frame. ``distance`` (ground truth, result) is 1 - IoU, or NaN where a pair must not match."""
        matched = self._keep_partners(gt_ids, ids, distance)
        free = distance.copy()
        free[[row for row, _ in matched], :] = np.nan
        free[:, [column for _, column in matched]] = np.nan
        for row, column in assign(free):
            partner = self._partner.get(gt_ids[row])
            self.counts.switches += partner is not None and partner != ids[column]
            self._partner[gt_ids[row]] = ids[column]
            matched.append((row, column))
        rows = {row for row, _ in matched}
        for row, gt_id in enumerate(gt_ids):
            self._tracked.setdefault(gt_id, []).append(row in rows)
        self.counts.matches += len(matched)
        self.counts.misses += len(gt_ids) - len(matched)
        self.counts.false_positives += len(ids) - len(matched)
        self.counts.distance += float(sum(distance[row, column] for row, column in matched))

    def finish(self) -> ClearCounts:
        """Return the counts, including how completely each object was tracked. No frames may be added after this."""
        for tracked in self._tracked.values():
            share = sum(tracked) / len(tracked)
            self.counts.mostly_tracked += share >= 0.8
            self.counts.mostly_lost += share < 0.2
            self.counts.partly_tracked += 0.2 <= share < 0.8
            if any(tracked):
                last = len(tracked) - tracked[::-1].index(True)
                span = tracked[tracked.index(True):last]
                self.counts.fragmentations += sum(a and not b for a, b in pairwise(span))
        return self.counts

    def _keep_partners(self, gt_ids: Sequence[Hashable], ids: Sequence[Hashable], distance: Distance,
                       ) -> list[tuple[int, int]]:
        column_of = {each: column for column, each in enumerate(ids)}
        kept: list[tuple[int, int]] = []
        for row, gt_id in enumerate(gt_ids):
            column = column_of.get(self._partner[gt_id]) if gt_id in self._partner else None
            if column is not None and np.isfinite(distance[row, column]):
                del column_of[ids[column]]
                kept.append((row, column))
        return kept


def assign(distance: Distance) -> list[tuple[int, int]]:
    """Match as many pairs as possible, with the least total distance; NaN never matches. (N, M) -> (row, column)."""
    allowed = np.isfinite(distance)
    if not allowed.any():
        return []
    forbidden = 2 * min(distance.shape) * float(distance[allowed].max()) + 1
    rows, columns = linear_sum_assignment(np.where(allowed, distance, forbidden))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]]

"""The trajectory manager: which objects are added, re-prompted and removed (SAM2MOT, section 3.2).

Pure NumPy and plain data: it decides, the per-frame loop in `sam2mot` carries out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from annotator.engine.settings import TrajectorySettings
from annotator.model.box import Box, box_iou
from annotator.model.frame import Detections, EndReason, TrackState

Masks = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Trajectory:
    """A live object."""

    number: int
    label: int
    born: int
    """Number of frames the run had seen when it was added."""
    lost: int = 0
    scores: deque[float] = field(default_factory=deque)
    """Its last score logits, oldest first."""
    hidden_at: int | None = None
    """Last frame (counted as ``born`` is) in which cross-object interaction suppressed it."""
    hidden: int = 0
    """So many frames on end it was suppressed, up to that one."""


class TrajectoryManager:
    """Keeps the live objects of one run."""

    def __init__(self, settings: TrajectorySettings, score_window: int) -> None:
        self.settings = settings
        self._score_window = score_window
        self._live: dict[int, Trajectory] = {}
        self._next_number = 1
        self._frames = 0

    @property
    def live(self) -> Mapping[int, Trajectory]:
        """Live objects by number, oldest first."""
        return self._live

    def observe(self, scores: Mapping[int, float]) -> None:
        """Take this frame's score logits of the live objects; count lost frames."""
        self._frames += 1
        for number, score in scores.items():
            self._take(self._live[number], score)

    def revise(self, number: int, score: float) -> None:
        """Replace this frame's score of an object that was re-prompted: it was pending, so nothing is counted yet."""
        trajectory = self._live[number]
        trajectory.scores.pop()
        self._take(trajectory, score)

    def match(self, box_xyxy: Mapping[int, Box], detections: Detections,
              ) -> dict[int, tuple[int, float]]:
        """Match live objects to detections with the Hungarian method on box IoU.

        Returns object number -> (detection index, IoU); pairs below ``match_iou`` are no match.
        """
        numbers = list(box_xyxy)
        if not numbers or not len(detections):
            return {}
        boxes = np.array([box_xyxy[n] for n in numbers], np.float64)
        overlap = box_iou(boxes, detections.box_xyxy.astype(np.float64))
        if self.settings.match_labels:
            labels = np.array([self._live[n].label for n in numbers])
            overlap = np.where(labels[:, None] == detections.label[None], overlap, 0)
        overlap = np.where(overlap >= self.settings.match_iou, overlap, 0)
        rows, columns = linear_sum_assignment(-overlap)
        return {numbers[r]: (int(c), float(overlap[r, c])) for r, c in zip(rows, columns, strict=True)
                if overlap[r, c] > 0}

    def to_reprompt(self, matches: Mapping[int, tuple[int, float]], scores: Mapping[int, float],
                    labels: npt.NDArray[np.int32]) -> dict[int, int]:
        """Quality reconstruction: pending objects with a detection of their own label -> detection index."""
        if not self.settings.reconstruct:
            return {}
        return {number: index for number, (index, _) in matches.items()
                if self.settings.state_of(scores[number]) is TrackState.PENDING
                and labels[index] == self._live[number].label
                and (self.settings.reprompt_hidden or self._live[number].hidden_at != self._frames - 1)}

    def candidates(self, detections: Detections, matched: Iterable[int]) -> list[int]:
        """Detections that match no live object and may be new ones, best first."""
        taken = set(matched)
        side = (detections.box_xyxy[:, 2:] - detections.box_xyxy[:, :2]).min(1) if len(detections) else []
        order = np.argsort(-detections.score, kind="stable")
        return [int(k) for k in order if int(k) not in taken and side[k] >= self.settings.min_box_side]

    def is_free(self, box_cells: Box, covered: Masks) -> bool:
        """Whether enough of a box is not covered by live masks. The box (xyxy) counts in cells of the mask grid, and
        in fractions of them: a small box spans few cells, and its neighbour's cells at its edge are hardly its own.
        """
        x0, y0, x1, y1 = box_cells
        rows, columns = _shares(y0, y1, covered.shape[0]), _shares(x0, x1, covered.shape[1])
        area = float(rows.sum() * columns.sum())
        return area > 0 and 1 - float(rows @ covered @ columns) / area >= self.settings.uncovered

    def add(self, label: int, score: float) -> int:
        """A new object, added in the frame last observed. Returns its number."""
        number = self._next_number
        self._next_number += 1
        trajectory = self._live[number] = Trajectory(number, label, self._frames)
        self._take(trajectory, score)
        return number

    def hide(self, number: int) -> None:
        """Note that cross-object interaction suppressed the object in this frame."""
        trajectory = self._live[number]
        trajectory.hidden = trajectory.hidden + 1 if trajectory.hidden_at == self._frames - 1 else 1
        trajectory.hidden_at = self._frames

    def ended(self, mask_iou: npt.NDArray[np.floating], order: Sequence[int]) -> dict[int, EndReason]:
        """Objects that end with this frame: lost for too long, or the double of another one.

        ``mask_iou`` is (N, N), of the objects in ``order``. Ended objects are no longer live.
        """
        ends = {n: EndReason.LOST for n, t in self._live.items() if t.lost >= self.settings.max_lost}
        for a, b in np.argwhere(np.triu(mask_iou > self.settings.duplicate_iou, 1)):
            first, second = sorted((order[a], order[b]))
            if first not in ends and self._may_be_double(self._live[second]):
                ends.setdefault(second, EndReason.DUPLICATE)
        for number, trajectory in self._live.items():
            if self._is_hidden_for_good(trajectory):
                ends.setdefault(number, EndReason.DUPLICATE)
        for number in ends:
            del self._live[number]
        return ends

    def end_shot(self) -> dict[int, EndReason]:
        """End all live objects, because the video cuts. They are no longer live."""
        ends = dict.fromkeys(self._live, EndReason.CUT)
        self._live.clear()
        return ends

    def snapshot(self) -> dict[str, Any]:
        return {"next_number": self._next_number, "frames": self._frames,
                "live": [{**asdict(t), "scores": list(t.scores)} for t in self._live.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._next_number, self._frames = state["next_number"], state["frames"]
        self._live = {t["number"]: Trajectory(**{**t, "scores": deque(t["scores"])}) for t in state["live"]}

    def _take(self, trajectory: Trajectory, score: float) -> None:
        """One frame's score: remember it and count."""
        trajectory.scores.append(score)
        while len(trajectory.scores) > self._score_window:
            trajectory.scores.popleft()
        if score > self.settings.pending:
            trajectory.lost = 0
        elif self.settings.state_of(score) is TrackState.LOST:
            trajectory.lost += 1

    def _is_hidden_for_good(self, trajectory: Trajectory) -> bool:
        return (self.settings.max_hidden is not None and trajectory.hidden_at == self._frames
                and trajectory.hidden >= self.settings.max_hidden)

    def _may_be_double(self, trajectory: Trajectory) -> bool:
        young = self._frames - trajectory.born <= self.settings.duplicate_age
        hidden = trajectory.hidden_at is not None and (
            self._frames - trajectory.hidden_at <= self.settings.duplicate_grace)
        return young and not hidden


def _shares(low: float, high: float, count: int) -> npt.NDArray[np.float64]:
    """How much of each cell lies between two points of an axis. (count,) 0..1."""
    cells = np.arange(count)
    return np.asarray(np.clip(np.minimum(cells + 1, high) - np.maximum(cells, low), 0, None), np.float64)

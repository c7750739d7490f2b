"""The trajectory manager: decide which objects are added, re-prompted and removed (SAM2MOT, section 3.2).

Pure NumPy and plain data. The manager decides; the per-frame loop in `sam2mot` acts on it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from annotator.engine.settings import TrajectorySettings
from annotator.model.box import Box, box_giou, box_iou
from annotator.model.frame import Detections, EndReason, TrackState

Masks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Match:
    """A detection that belongs to a live object."""

    detection: int
    """Index among the usable detections."""
    iou: float
    """Box IoU of the two."""
    ambiguous: bool = False
    """Another detection, or another object, fits nearly as well."""


@dataclass(slots=True)
class Trajectory:
    """A live object."""

    number: int
    label: int
    born: int
    """Number of frames processed by the run when the object was added."""
    lost: int = 0
    scores: deque[float] = field(default_factory=deque)
    """The last score logits, oldest first."""
    hidden_at: int | None = None
    """Last frame (counted like ``born``) in which cross-object interaction found the object occluded."""
    hidden: int = 0
    """Number of consecutive occluded frames up to ``hidden_at``."""
    reprompted_at: int | None = None
    """Last frame (counted like ``born``) in which the object was re-prompted."""
    doubles: dict[int, int] = field(default_factory=dict)
    """Older object with nearly the same mask -> number of such frames on end. Frames in which interaction found one of
    the two occluded neither count nor end the series."""


class TrajectoryManager:
    """Manages the live objects of one run."""

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
        """Record this frame's score logits of the live objects and count lost frames."""
        self._frames += 1
        for number, score in scores.items():
            self._record(self._live[number], score)

    def revise(self, number: int, score: float) -> None:
        """Replace this frame's score of a re-prompted object. It was pending, so no lost frame has been counted."""
        trajectory = self._live[number]
        trajectory.scores.pop()
        self._record(trajectory, score)

    def match(self, box_xyxy: Mapping[int, Box], detections: Detections) -> dict[int, Match]:
        """Match live objects to detections with the Hungarian method on box overlap.

        Objects that are occluded in this frame take what the others leave, because their masks are their neighbours'.
        """
        occluded = {n for n in box_xyxy if self._live[n].hidden_at == self._frames}
        matches = self._assign([n for n in box_xyxy if n not in occluded], box_xyxy, detections, frozenset())
        taken = frozenset(match.detection for match in matches.values())
        return matches | self._assign([n for n in box_xyxy if n in occluded], box_xyxy, detections, taken)

    def _assign(self, numbers: list[int], box_xyxy: Mapping[int, Box], detections: Detections, taken: frozenset[int],
                ) -> dict[int, Match]:
        """Match these objects with the detections that are not taken."""
        if not numbers or not len(detections):
            return {}
        boxes, others = np.array([box_xyxy[n] for n in numbers], np.float64), detections.box_xyxy.astype(np.float64)
        iou, giou = box_iou(boxes, others), box_giou(boxes, others)
        possible = np.ones(iou.shape, bool)
        if self.settings.match_labels:
            possible &= np.array([self._live[n].label for n in numbers])[:, None] == detections.label[None]
        possible[:, sorted(taken)] = False
        fits = possible & self._overlaps_enough(iou, giou)
        kind = iou if self.settings.match_giou is None else giou
        rows, columns = linear_sum_assignment(-np.where(fits, np.maximum(kind, 1e-6), 0))
        pairs = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if fits[r, c]}
        ambiguous = self._ambiguous(pairs, [np.where(possible & (iou > 0), np.maximum(kind, 0), 0)
                                            for kind in (iou, giou)])
        return {numbers[r]: Match(c, float(iou[r, c]), r in ambiguous) for r, c in pairs.items()}

    def _overlaps_enough(self, iou: npt.NDArray[np.floating], giou: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        enough = (iou >= self.settings.match_iou) & (iou > 0)
        if self.settings.match_giou is not None:
            enough |= (giou >= self.settings.match_giou) & (iou > 0)
        return np.asarray(enough)

    def _ambiguous(self, pairs: Mapping[int, int], values: Sequence[npt.NDArray[np.floating]]) -> set[int]:
        """Return the matched objects that another assignment would serve nearly as well, by any of the measures.

        The other assignment gives the object another detection, or its detection another object; what that one was
        matched with changes hands or goes without. So two neighbours with a clear match each are not ambiguous, however
        much they overlap.
        """
        margin = self.settings.ambiguity_margin
        if margin is None:
            return set()
        return {r for r, c in pairs.items() if any(_second_best(value, pairs, r, c) >= -margin for value in values)}

    def to_reprompt(self, matches: Mapping[int, Match], scores: Mapping[int, float], labels: npt.NDArray[np.int32],
                    ) -> dict[int, int]:
        """Return the objects for quality reconstruction: pending object with a detection of its label -> detection
        index. An occluded object, and one whose match is weak or ambiguous, might get another object's body."""
        if not self.settings.reconstruct:
            return {}
        return {number: match.detection for number, match in matches.items()
                if self.settings.state_of(scores[number]) is TrackState.PENDING
                and labels[match.detection] == self._live[number].label
                and match.iou >= self.settings.match_iou and not match.ambiguous
                and self._is_open(self._live[number]) and self._is_due(self._live[number])}

    def reprompt(self, number: int) -> None:
        """Record that the object was re-prompted in this frame."""
        self._live[number].reprompted_at = self._frames

    def _is_due(self, trajectory: Trajectory) -> bool:
        """Whether the last re-prompt is long enough ago."""
        last = trajectory.reprompted_at
        return last is None or self._frames - last >= self.settings.reprompt_gap

    def _is_open(self, trajectory: Trajectory) -> bool:
        """Whether occlusion leaves the object free to be re-prompted."""
        if trajectory.hidden_at == self._frames:
            return False
        return self.settings.reprompt_hidden or trajectory.hidden_at != self._frames - 1

    def candidates(self, detections: Detections, matched: Iterable[int]) -> list[int]:
        """Return the detections that match no live object and may be new ones, best first."""
        taken = set(matched)
        side = (detections.box_xyxy[:, 2:] - detections.box_xyxy[:, :2]).min(1) if len(detections) else []
        order = np.argsort(-detections.score, kind="stable")
        return [int(k) for k in order if int(k) not in taken and side[k] >= self.settings.min_box_side]

    def is_free(self, box_cells: Box, covered: Masks) -> bool:
        """Whether live masks leave enough of a box uncovered. The box (xyxy) is in cells of the mask grid, with
        fractions, because a small box spans few cells and covers those at its edges only in part.
        """
        x0, y0, x1, y1 = box_cells
        rows, columns = _coverage(y0, y1, covered.shape[0]), _coverage(x0, x1, covered.shape[1])
        area = float(rows.sum() * columns.sum())
        return area > 0 and 1 - float(rows @ covered @ columns) / area >= self.settings.uncovered

    def is_new(self, mask: Masks, covered: Masks, others: Sequence[Masks]) -> bool:
        """Whether a candidate's mask is another object than the live ones.

        Most of it must be uncovered, and it must not coincide with one mask: such a candidate would end as a duplicate
        in the frame of its birth.
        """
        area = int(mask.sum())
        if area == 0 or 1 - int((mask & covered).sum()) / area < self.settings.uncovered_mask:
            return False
        return not any(_mask_iou(mask, other) > self.settings.duplicate_iou for other in others)

    def add(self, label: int, score: float) -> int:
        """Add an object in the last observed frame. Returns its number."""
        number = self._next_number
        self._next_number += 1
        trajectory = self._live[number] = Trajectory(number, label, self._frames)
        self._record(trajectory, score)
        return number

    def hide(self, number: int) -> None:
        """Record that cross-object interaction found the object occluded in this frame."""
        trajectory = self._live[number]
        trajectory.hidden = trajectory.hidden + 1 if trajectory.hidden_at == self._frames - 1 else 1
        trajectory.hidden_at = self._frames

    def ended(self, mask_iou: npt.NDArray[np.floating], order: Sequence[int]) -> dict[int, EndReason]:
        """End and return the objects that are lost for too long or duplicates of another object.

        ``mask_iou`` is (N, N), for the objects in ``order``. Ended objects are no longer live.
        """
        ends = {n: EndReason.LOST for n, t in self._live.items() if t.lost >= self.settings.max_lost}
        for a, b in np.argwhere(np.triu(mask_iou > self.settings.duplicate_iou, 1)):
            first, second = sorted((order[a], order[b]))
            if first not in ends and self._may_be_duplicate(self._live[second]):
                ends.setdefault(second, EndReason.DUPLICATE)
        for number, trajectory in self._live.items():
            if self._is_occluded_too_long(trajectory):
                ends.setdefault(number, EndReason.DUPLICATE)
        for number in self._lasting_doubles(mask_iou, order, ends):
            ends.setdefault(number, EndReason.DUPLICATE)
        for number in ends:
            del self._live[number]
        return ends

    def end_shot(self) -> dict[int, EndReason]:
        """End all live objects at a scene cut. They are no longer live."""
        ends = dict.fromkeys(self._live, EndReason.CUT)
        self._live.clear()
        return ends

    def snapshot(self) -> dict[str, Any]:
        return {"next_number": self._next_number, "frames": self._frames,
                "live": [{**asdict(t), "scores": list(t.scores), "doubles": list(t.doubles.items())}
                         for t in self._live.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._next_number, self._frames = state["next_number"], state["frames"]
        self._live = {t["number"]: Trajectory(**{**t, "scores": deque(t["scores"]),
                                                 "doubles": {int(n): int(k) for n, k in t["doubles"]}})
                      for t in state["live"]}

    def _record(self, trajectory: Trajectory, score: float) -> None:
        """Store one frame's score and update the count of lost frames."""
        trajectory.scores.append(score)
        while len(trajectory.scores) > self._score_window:
            trajectory.scores.popleft()
        if score > self.settings.pending:
            trajectory.lost = 0
        elif self.settings.state_of(score) is TrackState.LOST:
            trajectory.lost += 1

    def _is_occluded_too_long(self, trajectory: Trajectory) -> bool:
        return (self.settings.max_hidden is not None and trajectory.hidden_at == self._frames
                and trajectory.hidden >= self.settings.max_hidden and trajectory.born != self._frames)

    def _lasting_doubles(self, mask_iou: npt.NDArray[np.floating], order: Sequence[int], ending: Collection[int],
                         ) -> list[int]:
        """Count the frames in which pairs of masks coincide; return the younger of each pair that does so for too long,
        unless the older ends now."""
        if self.settings.double_frames is None:
            return []
        counts: dict[int, dict[int, int]] = {n: {} for n in self._live}
        for a, b in np.argwhere(np.triu(mask_iou > self.settings.double_iou, 1)):
            first, second = sorted((order[a], order[b]))
            occluded = self._frames in (self._live[first].hidden_at, self._live[second].hidden_at)
            counts[second][first] = self._live[second].doubles.get(first, 0) + (not occluded)
        ends: list[int] = []
        for number in sorted(counts):
            self._live[number].doubles = counts[number]
            if any(count >= self.settings.double_frames and first not in ending and first not in ends
                   for first, count in counts[number].items()):
                ends.append(number)
        return ends

    def _may_be_duplicate(self, trajectory: Trajectory) -> bool:
        young = self._frames - trajectory.born <= self.settings.duplicate_age
        recently_occluded = trajectory.hidden_at is not None and (
            self._frames - trajectory.hidden_at <= self.settings.duplicate_grace)
        return young and not recently_occluded


def _second_best(value: npt.NDArray[np.floating], pairs: Mapping[int, int], row: int, column: int) -> float:
    """Return how much the best assignment without one pair gains in value, if one other pair changes: at most about 0;
    -inf if nothing else overlaps. ``value`` is (objects, detections) and ``pairs`` object -> detection."""
    padded = np.pad(np.asarray(value, np.float64), (0, 1))
    objects, detections = len(padded) - 1, len(padded[0]) - 1
    owners = {c: r for r, c in pairs.items()}
    others = [(r, pairs.get(r, detections)) for r in range(objects) if r != row]
    others += [(owners.get(c, objects), c) for c in range(detections) if c != column]
    if not others:
        return -math.inf
    r, c = np.array(others).T
    instead = padded[r, column] + padded[row, c]
    gain = instead - padded[row, column] - padded[r, c]
    return float(gain[instead > 0].max(initial=-math.inf))


def _mask_iou(a: Masks, b: Masks) -> float:
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


def _coverage(low: float, high: float, count: int) -> npt.NDArray[np.float64]:
    """Return the fraction of each cell between two points of an axis: (count,) 0..1."""
    cells = np.arange(count)
    return np.asarray(np.clip(np.minimum(cells + 1, high) - np.maximum(cells, low), 0, None), np.float64)
